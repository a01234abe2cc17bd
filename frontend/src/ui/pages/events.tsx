import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useCell } from "../../cell.ts";
import { moment } from "../../data/alerts.ts";
import { useAnswer } from "../../data/answer.ts";
import { detailWords, kindWords, type Happened } from "../../data/events.ts";
import { number, plural } from "../../data/format.ts";
import { useConsole } from "../context.ts";
import { Heading } from "../heading.tsx";
import { PageLink } from "../link.tsx";
import { Shape, type ShapeName } from "../shapes.tsx";
import { Answered, Empty } from "../states.tsx";
import { Table } from "../table.tsx";

const NONE: readonly string[] = [];
const SHAPES: Readonly<Record<string, ShapeName>> = { critical: "crit", warning: "warn", high: "warn", info: "info" };

/** What happened, all of it, the newest first. */
export function EventsPage(): JSX.Element {
  const app = useConsole();
  const [kind, setKind] = useState("");
  const answer = useAnswer(`/api/v1/events?limit=500${kind === "" ? "" : `&kind=${kind}`}`, 15);
  const heard = useCell(app.events.all)[0]?.id ?? 0;
  useEffect(() => app.draws(NONE), [app]);
  useEffect(() => {
    if (answer.data !== null) answer.again();
  }, [heard]);
  return (
    <Answered answer={answer} what="the events">
      {({ events, next }) => (
          <>
            <Heading {...inWords(events, app.now())}>
              <label>
                <span class="visually-hidden">Kind</span>
                <select value={kind} onChange={(event) => setKind(event.currentTarget.value)} data-testid="kind">
                  <option value="">Every kind</option>
                  {["deploy", "flag", "config", "incident", "model", "restart", "alert_fired", "alert_cleared", "anomaly", "rule", "silence"].map((name) => (
                    <option key={name} value={name}>
                      {kindWords(name)}
                    </option>
                  ))}
                </select>
              </label>
            </Heading>
            {events.length === 0 ? (
              <Empty>Nothing has happened yet. Post a deployment to /api/v1/events and it stands here.</Empty>
            ) : (
              <Table
                label="Events"
                rows={events}
                keyOf={(event) => event.id}
                columns={[
                  { title: "When", cell: (event) => moment(event.at, app.now(), true), by: (event) => event.at },
                  { title: "Kind", wide: true, cell: (event) => kindWords(event.kind), by: (event) => event.kind },
                  { title: "What", cell: (event) => <What event={event} />, by: (event) => event.title },
                ]}
              />
            )}
            {next !== undefined && <p class="after">Older ones are given by the API.</p>}
          </>
      )}
    </Answered>
  );
}

function What({ event }: { event: Happened }): JSX.Element {
  const shape = SHAPES[event.severity];
  const labels = Object.entries(event.labels).map(([key, value]) => `${key} ${value}`);
  const alert = event.kind.startsWith("alert_") ? event.ref : "";
  return (
    <>
      <span class="with-shape">
        {shape !== undefined && <Shape name={event.kind === "alert_cleared" ? "ok" : shape} />}
        {alert === "" ? (
          event.title
        ) : (
          <PageLink to="/alerts" item={alert} class="row-link">
            {event.title}
          </PageLink>
        )}
      </span>
      <small class="labels">{[detailWords(event), ...labels].filter((text) => text !== "").join(" · ")}</small>
    </>
  );
}

function inWords(events: readonly Happened[], now: number): { shape: ShapeName; text: string; sub: string } {
  const hour = events.filter(({ at }) => now - at < 3600).length;
  const sub = "Changes stand as dotted lines with their letter on every chart.";
  if (events.length === 0) return { shape: "wait", text: "Nothing has happened yet.", sub };
  const text = hour === 0 ? "Nothing happened in the last hour." : `${plural(hour, "thing", "things")} happened in the last hour.`;
  return { shape: "info", text, sub: `${number(events.length)} listed. ${sub}` };
}
