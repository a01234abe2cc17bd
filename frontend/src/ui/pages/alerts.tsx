import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useCell } from "../../cell.ts";
import { alertsHeading, lasted, moment, severityShape, titleOf, worstFirst, worstValueOf, type Alert } from "../../data/alerts.ts";
import { quietWord } from "../../data/quiet.ts";
import { useAnswer } from "../../data/answer.ts";
import { MOST_TRACES } from "../../data/traces.ts";
import { number } from "../../data/format.ts";
import { useConsole } from "../context.ts";
import { Heading } from "../heading.tsx";
import { PageLink } from "../link.tsx";
import { Pieces } from "../pieces.tsx";
import { Shape } from "../shapes.tsx";
import { Answered, Empty } from "../states.tsx";
import { Table } from "../table.tsx";
import { AlertRow } from "../trouble.tsx";
import { useTraces } from "../use-traces.ts";
import { AlertDetail } from "./alert-detail.tsx";
import { Silences } from "./silences.tsx";

const NONE: readonly string[] = [];

/** Open alerts, the one that is chosen, what is over, and what is kept quiet. */
export function AlertsPage(): JSX.Element {
  const app = useConsole();
  const known = useCell(app.alerts.open);
  const asked = useCell(app.alerts.asked);
  const item = useCell(app.router.item);
  useEffect(() => app.draws(NONE), [app]);
  if (known === null) {
    if (!asked) return <p class="empty">{"\u00a0"}</p>;
    return (
      <p class="problem" role="alert">
        {"Could not load the alerts. "}
        <button type="button" class="link" onClick={app.alerts.load}>
          Try again
        </button>
      </p>
    );
  }
  const open = worstFirst(known);
  const { shape, pieces, sub } = alertsHeading(open);
  const chosen = item === null ? (open[0]?.id ?? null) : Number(item);
  return (
    <>
      <Heading shape={shape} text={<Pieces pieces={pieces} />} sub={sub} />
      {open.length > 0 && (
        <section aria-labelledby="open-alerts">
          <h2 id="open-alerts">
            Open
            <small>{`${number(open.length)}, worst first`}</small>
          </h2>
          <ul class="alerts">
            {parted(open).map((part, n) => (
              <Rows key={n} alerts={part} first={n === 0} chosen={chosen} />
            ))}
          </ul>
        </section>
      )}
      {chosen !== null && Number.isInteger(chosen) && <AlertDetail key={chosen} id={chosen} />}
      <Closed />
      <Silences />
    </>
  );
}

/** As many at a time as one request brings the lines of. */
function parted(alerts: readonly Alert[]): (readonly Alert[])[] {
  return Array.from({ length: Math.ceil(alerts.length / MOST_TRACES) }, (_, n) => alerts.slice(n * MOST_TRACES, (n + 1) * MOST_TRACES));
}

function Rows({ alerts, first, chosen }: { alerts: readonly Alert[]; first: boolean; chosen: number | null }): JSX.Element {
  const traces = useTraces(alerts);
  return (
    <>
      {alerts.map((alert, i) => (
        <AlertRow key={alert.id} alert={alert} traces={traces} first={first && i === 0 && alert.acknowledged_by === null && quietWord(alert) === ""} here={alert.id === chosen} />
      ))}
    </>
  );
}

function Closed(): JSX.Element {
  const app = useConsole();
  const changes = useCell(app.alerts.changes);
  const answer = useAnswer("/api/v1/alerts?state=resolved&limit=50", 30);
  useEffect(() => {
    if (changes > 0) answer.again();
  }, [changes]);
  return (
    <section aria-labelledby="closed-alerts">
      <h2 id="closed-alerts">
        Closed
        <small>the last 50</small>
      </h2>
      <Answered answer={answer} what="closed alerts">
        {({ alerts }) =>
          alerts.length === 0 ? (
            <Empty>
              Nothing has fired and ended yet. <PageLink to="/rules">See what the rules watch</PageLink>
            </Empty>
          ) : (
            <Table
              label="Closed alerts"
              rows={alerts}
              keyOf={(alert) => alert.id}
              columns={[
                {
                  title: "Alert",
                  cell: (alert) => (
                    <span class="with-shape quiet-shape">
                      <Shape name={severityShape(alert.severity)} />
                      <PageLink to="/alerts" item={alert.id} class="row-link">
                        {titleOf(alert)}
                      </PageLink>
                    </span>
                  ),
                  by: (alert) => titleOf(alert),
                },
                { title: "Began", cell: (alert) => moment(alert.started_at), by: (alert) => alert.started_at },
                { title: "Lasted", number: true, cell: (alert) => lasted(alert, app.now()) },
                { title: "Worst value", number: true, wide: true, cell: worstValueOf },
                { title: "Pages", number: true, wide: true, cell: (alert) => number(alert.pages), by: (alert) => alert.pages },
                { title: "Who had it", wide: true, cell: (alert) => alert.acknowledged_by ?? "nobody" },
              ]}
            />
          )
        }
      </Answered>
    </section>
  );
}
