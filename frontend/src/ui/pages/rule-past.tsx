import type { JSX } from "preact";
import { moment } from "../../data/alerts.ts";
import { caught, type Incident } from "../../data/curve.ts";
import { duration, number } from "../../data/format.ts";
import type { HistorySeries } from "../../data/history.ts";
import { worstOf, type Backtest, type Fire } from "../../data/rules.ts";
import { withUnit, type Unit } from "../../data/units.ts";
import { Empty } from "../states.tsx";
import { Table } from "../table.tsx";

const MOST = 50;

interface FoundProps {
  readonly found: Backtest | null;
  readonly saved: Backtest | null;
  readonly unit: Unit;
  readonly series: readonly HistorySeries[];
  readonly op: string;
  readonly incidents: readonly Incident[];
}

/** What a draft would have done: each fire, and the whole beside what the saved rule did. */
export function Found({ found, saved, unit, series, op, incidents }: FoundProps): JSX.Element {
  if (found === null) return <div class="beside past" />;
  const worstIn = (fire: Fire): string => {
    const worst = worstOf(fire, found.end, series, op);
    return worst === null ? "no data" : withUnit(worst, unit);
  };
  const fires = [...found.fires].reverse().slice(0, MOST);
  return (
    <div class="beside past">
      <section aria-labelledby="fires">
        <h2 id="fires">
          Fires
          <small>{fires.length === 0 ? "" : `${number(found.counts.fires)}, newest first`}</small>
        </h2>
        {fires.length === 0 ? (
          <Empty>It would not have fired.</Empty>
        ) : (
          <Table
            label="Fires"
            rows={fires}
            keyOf={(fire) => `${fire.fired_at} ${fire.series ?? ""}`}
            columns={[
              { title: "Began", cell: (fire) => moment(fire.fired_at) },
              { title: "Lasted", number: true, cell: (fire) => lastedIn(fire, found.end) },
              { title: "Worst", number: true, cell: (fire) => worstIn(fire) },
              { title: "Series", wide: true, cell: (fire) => Object.values(fire.labels).join(", ") },
            ]}
          />
        )}
      </section>
      <section aria-labelledby="against">
        <h2 id="against">{saved === null ? "In all" : "Against the saved rule"}</h2>
        <Compared found={found} saved={saved} incidents={incidents} />
      </section>
    </div>
  );
}

function lastedIn(fire: Fire, end: number): string {
  const text = duration((fire.resolved_at ?? end) - fire.fired_at);
  return fire.resolved_at === null ? `${text}, still on` : text;
}

function Compared({ found, saved, incidents }: { found: Backtest; saved: Backtest | null; incidents: readonly Incident[] }): JSX.Element {
  const known: [string, (of: Backtest) => string] = ["Incidents caught", (of) => `${number(caught(of, incidents))} of ${number(incidents.length)}`];
  const rows: [string, (of: Backtest) => string][] = [
    ["Fires", (of) => number(of.counts.fires)],
    ["Pages", (of) => number(of.counts.pages)],
    ["Pages a week", (of) => number(of.pages_per_week)],
    ["Pending only", (of) => number(Math.max(0, of.counts.pending - of.counts.fires))],
    ...(incidents.length === 0 ? [] : [known]),
  ];
  return (
    <Table
      label="The draft in all"
      rows={rows}
      keyOf={([name]) => name}
      columns={[
        { title: "", cell: ([name]) => name },
        ...(saved === null ? [] : [{ title: "Saved", number: true, cell: ([, of]: (typeof rows)[number]) => of(saved) }]),
        { title: "Draft", number: true, cell: ([, of]) => <b>{of(found)}</b> },
      ]}
    />
  );
}
