import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useCell } from "../../cell.ts";
import { anomaliesInWords, lasted, momentOf, SHAPES, unitOfAnomaly, type Anomaly } from "../../data/anomalies.ts";
import { moment } from "../../data/alerts.ts";
import { useAnswer } from "../../data/answer.ts";
import { clock, number, THIN, tied } from "../../data/format.ts";
import { lanesOf, momentsOf } from "../../data/moments.ts";
import { withUnit } from "../../data/units.ts";
import { AnomalyMoment } from "../anomaly-moment.tsx";
import { AnomalyTimeline } from "../anomaly-timeline.tsx";
import { useConsole } from "../context.ts";
import { Refusal, useDoing, useMayChange, type Doing } from "../doing.tsx";
import { Heading } from "../heading.tsx";
import { Shape } from "../shapes.tsx";
import { useNeeds } from "../signs.ts";
import { Answered, Empty } from "../states.tsx";
import { Table } from "../table.tsx";

const NONE: readonly string[] = [];
const RANK = { low: 0, medium: 1, high: 2, critical: 3 } as const;

const MOST = 500;
const IN_TABLE = 50;

/** What was unusual in the range: by service on one time axis, one moment in full, all in a table. */
export function AnomaliesPage(): JSX.Element {
  const app = useConsole();
  const view = useCell(app.view);
  useCell(app.second);
  const { from, to } = app.window();
  const since = view.end === null ? Math.floor(from / 30) * 30 : from;
  const until = view.end === null ? "" : `&end=${to.toFixed(0)}`;
  const answer = useAnswer(`/api/v1/anomalies?limit=${MOST}&start=${since.toFixed(0)}${until}`, 2);
  const news = useCell(app.anomalies.news);
  const [heard] = useState(news); // what came before is in the first answer
  useEffect(() => {
    if (news !== heard) answer.again();
  }, [news]);
  const counted = useNeeds(app).things.filter((thing) => "anomaly" in thing).length;
  const doing = useDoing();
  const item = useCell(app.router.item);
  useEffect(() => app.draws(NONE), [app]);
  return (
    <Answered answer={answer} what="the anomalies">
      {(found) => {
        const moments = momentsOf(found.anomalies);
        const open = moments.find(({ key }) => key === item) ?? moments[0];
        return (
          <>
            <Heading {...anomaliesInWords(found, app.now(), counted)} />
            <Refusal doing={doing} />
            {open === undefined ? (
              <Empty>{`Nothing unusual in ${view.range.words}. Every series is learned from its first sample on; there is nothing to switch on.`}</Empty>
            ) : (
              <>
                <AnomalyTimeline lanes={lanesOf(found.anomalies)} from={from} to={to} chosen={open.key} choose={(group) => app.router.open("/anomalies", group)} />
                <AnomalyMoment key={open.key} moment={open} changed={answer.again} />
                <All rows={found.anomalies.slice(0, IN_TABLE)} doing={doing} again={answer.again} />
              </>
            )}
          </>
        );
      }}
    </Answered>
  );
}

function All({ rows, doing, again }: { rows: readonly Anomaly[]; doing: Doing; again: () => void }): JSX.Element {
  const app = useConsole();
  const may = useMayChange();
  const judge = async (anomaly: Anomaly, verdict: "right" | "wrong"): Promise<void> => {
    await doing.run("POST", `/api/v1/anomalies/${anomaly.id}/feedback`, { verdict });
    again();
  };
  return (
    <section aria-labelledby="all-anomalies">
      <h2 id="all-anomalies">
        All
        <small>{`the newest ${number(rows.length)}`}</small>
      </h2>
      <Table
        label="Anomalies"
        rows={rows}
        keyOf={(row) => row.id}
        columns={[
          { title: "What", cell: (row) => <What row={row} now={app.now()} />, by: (row) => row.metric },
          { title: "Began", cell: (row) => moment(row.started_at, app.now(), true), by: (row) => row.started_at },
          { title: "Lasted", wide: true, cell: (row) => lasted(row, app.now()) },
          { title: "Peak", number: true, wide: true, cell: (row) => withUnit(row.peak, unitOfAnomaly(row.metric)) },
          { title: "Usual", number: true, wide: true, cell: usual },
          { title: "Sure", number: true, wide: true, cell: (row) => `${number(Math.round(row.confidence))}${THIN}%`, by: (row) => row.confidence },
          { title: "Severity", wide: true, cell: (row) => row.severity, by: (row) => RANK[row.severity] },
          { title: "Was it one?", cell: (row) => <Verdict row={row} may={may} busy={doing.busy} judge={judge} /> },
        ]}
      />
    </section>
  );
}

function What({ row, now }: { row: Anomaly; now: number }): JSX.Element {
  const labels = Object.entries(row.labels).flatMap(([key, value]) => (key.startsWith("otel_scope") ? [] : [`${key} ${value}`]));
  return (
    <>
      <span class="with-shape">
        <Shape name={row.ended_at === null ? SHAPES[row.severity] : "wait"} />
        <a href={momentOf(row, now)}>{row.metric}</a>
      </span>
      <small class="labels">{[tied(row.reason), ...labels].join(" · ")}</small>
    </>
  );
}

interface VerdictProps {
  readonly row: Anomaly;
  readonly may: boolean;
  readonly busy: boolean;
  readonly judge: (row: Anomaly, verdict: "right" | "wrong") => Promise<void>;
}

function Verdict({ row, may, busy, judge }: VerdictProps): JSX.Element {
  if (!may) return <>{row.verdict ?? "not said"}</>;
  return (
    <span class="row-actions">
      {(["right", "wrong"] as const).map((verdict) => (
        <button
          key={verdict}
          type="button"
          class="quiet"
          aria-pressed={row.verdict === verdict}
          aria-label={`${row.metric}, ${clock(row.started_at)}: ${verdict}`}
          disabled={busy}
          onClick={() => void judge(row, verdict)}
        >
          {row.verdict === verdict ? `✓ ${verdict}` : verdict}
        </button>
      ))}
    </span>
  );
}

function usual(row: Anomaly): string {
  const [low, high] = row.expected_range;
  const unit = unitOfAnomaly(row.metric);
  if (low === null || high === null) return "–";
  return `${withUnit(low, unit)} to ${withUnit(high, unit)}`;
}
