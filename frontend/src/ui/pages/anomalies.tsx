import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { anomaliesInWords, lasted, momentOf, SHAPES, type Anomalies, type Anomaly } from "../../data/anomalies.ts";
import { useAnswer } from "../../data/answer.ts";
import { clock, date, number, THIN } from "../../data/format.ts";
import { unitOf, withUnit } from "../../data/units.ts";
import { useConsole } from "../context.ts";
import { Refusal, useDoing, useMayChange } from "../doing.tsx";
import { Heading } from "../heading.tsx";
import { Shape } from "../shapes.tsx";
import { Answered, Empty } from "../states.tsx";
import { Table } from "../table.tsx";

const NONE: readonly string[] = [];
const RANK = { low: 0, medium: 1, high: 2, critical: 3 } as const;

/** What was unusual, why, and whether people agree. */
export function AnomaliesPage(): JSX.Element {
  const app = useConsole();
  const answer = useAnswer<Anomalies>("/api/v1/anomalies?limit=200", 3);
  const doing = useDoing();
  const may = useMayChange();
  useEffect(() => app.draws(NONE), [app]);
  const judge = async (anomaly: Anomaly, verdict: "right" | "wrong"): Promise<void> => {
    await doing.run("POST", `/api/v1/anomalies/${anomaly.id}/feedback`, { verdict });
    answer.again();
  };
  return (
    <Answered answer={answer} what="the anomalies">
      {(found) => (
        <>
          <Heading {...anomaliesInWords(found, app.now())} />
          <Refusal doing={doing} />
          {found.anomalies.length === 0 ? (
            <Empty>Nothing unusual was found yet. Every series is learned from its first sample on; there is nothing to switch on.</Empty>
          ) : (
            <Table
              label="Anomalies"
              rows={found.anomalies}
              keyOf={(row) => row.id}
              columns={[
                { title: "What", cell: (row) => <What row={row} now={app.now()} />, by: (row) => row.metric },
                { title: "Began", cell: (row) => began(row), by: (row) => row.started_at },
                { title: "Lasted", wide: true, cell: (row) => lasted(row, app.now()) },
                { title: "Peak", number: true, cell: (row) => withUnit(row.peak, unitOf(row.metric)) },
                { title: "Usual", number: true, wide: true, cell: usual },
                { title: "Sure", number: true, wide: true, cell: (row) => `${number(Math.round(row.confidence))}${THIN}%`, by: (row) => row.confidence },
                { title: "Severity", wide: true, cell: (row) => row.severity, by: (row) => RANK[row.severity] },
                { title: "Was it one?", cell: (row) => <Verdict row={row} may={may} busy={doing.busy} judge={judge} /> },
              ]}
            />
          )}
        </>
      )}
    </Answered>
  );
}

function What({ row, now }: { row: Anomaly; now: number }): JSX.Element {
  const labels = Object.entries(row.labels).map(([key, value]) => `${key} ${value}`);
  return (
    <>
      <span class="with-shape">
        <Shape name={row.ended_at === null ? SHAPES[row.severity] : "wait"} />
        <a href={momentOf(row, now)}>{row.metric}</a>
      </span>
      <small class="labels">{[row.reason, ...labels].join(" · ")}</small>
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
  const unit = unitOf(row.metric);
  if (low === null || high === null) return "–";
  return `${withUnit(low, unit)} to ${withUnit(high, unit)}`;
}

function began({ started_at }: Anomaly): string {
  return `${date(started_at)} ${clock(started_at, true)}`;
}
