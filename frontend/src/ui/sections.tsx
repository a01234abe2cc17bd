import type { ComponentChildren, JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { useCell } from "../cell.ts";
import type { ChartSpec } from "../chart/types.ts";
import { ownChart, pinnedChart } from "../charts.ts";
import { plural } from "../data/format.ts";
import { unitOf, withUnit } from "../data/units.ts";
import { PinnableChart } from "./chart-slot.tsx";
import { useConsole } from "./context.ts";
import { FirstVisit } from "./first-visit.tsx";
import { PageLink } from "./link.tsx";
import { Snippets } from "./snippets.tsx";

/** Charts below the services: what somebody pinned, and the metrics of no service. */
export function Sections(): JSX.Element {
  const app = useConsole();
  useCell(app.catalog);
  const pins = useCell(app.pins);
  const pinned = pins.map(pinnedChart).filter((chart) => chart !== null);
  return (
    <>
      {pinned.length > 0 && (
        <Section id="pinned" title="Pinned">
          <Charts charts={pinned} pinned />
        </Section>
      )}
      <OwnMetrics />
    </>
  );
}

/** The user's own metrics that tell of no service, or how to send a first one. */
function OwnMetrics(): JSX.Element | null {
  const app = useConsole();
  const known = useCell(app.services.known);
  const wasEmpty = useRef(false);
  const [dismissed, setDismissed] = useState(false);
  const [open, setOpen] = useState(false);
  const names = known?.others.names ?? [];
  const services = known?.rows ?? [];
  const empty = known?.complete === true && names.length === 0 && services.length === 0;
  if (empty) wasEmpty.current = true;
  const count = known?.others.count ?? 0;
  const sub = count === 0 ? "" : plural(count, "metric") + ", newest first";
  return (
    <Section id="own" title={services.length === 0 ? "Your metrics" : "Other metrics"} sub={sub}>
      {empty && <FirstVisit />}
      {wasEmpty.current && !dismissed && names.length > 0 && (
        <FirstSample name={names.at(-1) ?? ""} onDismiss={() => setDismissed(true)} />
      )}
      <Charts charts={names.map(ownChart)} />
      {!empty && (
        <p class="after">
          {count > names.length && <PageLink to="/explore">{`${plural(count - names.length, "more", "more")} in Explore`}</PageLink>}{" "}
          <button type="button" class="link" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? "Hide the examples" : "Send another metric"}
          </button>
        </p>
      )}
      {!empty && open && <Snippets />}
    </Section>
  );
}

function FirstSample({ name, onDismiss }: { name: string; onDismiss: () => void }): JSX.Element | null {
  const app = useConsole();
  useCell(app.second);
  const newest = app.store.named(name).find((track) => track.newest !== null)?.newest;
  // What was received stays said, also when the next value comes.
  const first = useRef<string | null>(null);
  if (newest) first.current ??= withUnit(newest.v, unitOf(name));
  if (first.current === null) return null;
  return (
    <p class="first-sample" data-testid="first-sample">
      <span>{`First sample received: ${name} = ${first.current}`}</span>
      <button type="button" class="link" onClick={onDismiss}>
        Dismiss
      </button>
    </p>
  );
}

interface SectionProps {
  id: string;
  title: string;
  sub?: string;
  children: ComponentChildren;
}

function Section({ id, title, sub, children }: SectionProps): JSX.Element {
  return (
    <section aria-labelledby={`section-${id}`} data-testid={`section-${id}`}>
      <h2 id={`section-${id}`}>
        {title}
        {sub !== undefined && sub !== "" && <small>{sub}</small>}
      </h2>
      {children}
    </section>
  );
}

function Charts({ charts, pinned = false }: { charts: readonly ChartSpec[]; pinned?: boolean }): JSX.Element {
  return (
    <div class="charts">
      {charts.map((chart) => (
        <PinnableChart key={chart.key} spec={chart} pinned={pinned} />
      ))}
    </div>
  );
}
