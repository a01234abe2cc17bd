import type { ComponentChildren, JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { useCell } from "../cell.ts";
import type { ChartSpec } from "../chart/types.ts";
import { HOST, MOST_OWN, ownChart, ownNames, pinnedChart, present, QUADRA } from "../charts.ts";
import { plural } from "../data/format.ts";
import { unitOf, withUnit } from "../data/units.ts";
import { PinnableChart } from "./chart-slot.tsx";
import { useConsole } from "./context.ts";
import { Snippets } from "./snippets.tsx";

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
      <BuiltIn id="host" title="This host" sub={app.boot.hostname} charts={HOST} />
      <BuiltIn id="quadra" title="Quadra itself" sub={`version ${app.boot.version}`} charts={QUADRA} />
    </>
  );
}

function BuiltIn({ id, title, sub, charts }: { id: string; title: string; sub: string; charts: readonly ChartSpec[] }): JSX.Element | null {
  const app = useConsole();
  const listed = useCell(app.listed);
  // Until the list is here, room is kept for what usually exists.
  const shown = listed ? present(charts, app.store) : charts;
  if (shown.length === 0) return null;
  return (
    <Section id={id} title={title} sub={sub}>
      <Charts charts={shown} />
    </Section>
  );
}

/** The user's own metrics, or how to send a first one. */
function OwnMetrics(): JSX.Element {
  const app = useConsole();
  const listed = useCell(app.listed);
  const wasEmpty = useRef(false);
  const [dismissed, setDismissed] = useState(false);
  const [open, setOpen] = useState(false);
  const names = ownNames(app.store);
  const empty = listed && names.length === 0;
  if (empty) wasEmpty.current = true;
  const more = names.length - MOST_OWN;
  const sub = names.length === 0 ? "" : plural(names.length, "metric") + ", newest first";
  return (
    <Section id="own" title="Your metrics" sub={sub}>
      {empty && (
        <>
          <p class="empty" data-testid="empty">
            No data yet. Send a first metric and it appears here within 2 s.
          </p>
          <Snippets />
        </>
      )}
      {wasEmpty.current && !dismissed && names.length > 0 && (
        <FirstSample name={names.at(-1) ?? ""} onDismiss={() => setDismissed(true)} />
      )}
      <Charts charts={names.slice(0, MOST_OWN).map(ownChart)} />
      {names.length > 0 && (
        <p class="after">
          {more > 0 && <span>{`${plural(more, "more", "more")}, search to find them. `}</span>}
          <button type="button" class="link" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? "Hide the examples" : "Send another metric"}
          </button>
        </p>
      )}
      {names.length > 0 && open && <Snippets />}
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
