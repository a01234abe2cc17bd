import type { JSX } from "preact";
import { useCell } from "../../cell.ts";
import { useAnswer } from "../../data/answer.ts";
import { costOf, costWords, type CostToday } from "../../data/cost.ts";
import { historyPath } from "../../data/history.ts";
import { useConsole } from "../context.ts";
import { THIN } from "../../data/format.ts";

const COST = '{__name__=~".*cost.*_total"}';
const STEP = 900;
const [W, H, TOP, FOOT] = [264, 96, 8, 20];

/** What AI calls have cost since midnight, where somebody counts it. */
export function Cost(): JSX.Element | null {
  const app = useConsole();
  const known = useCell(app.services.known);
  const named = known?.others.names.some((name) => name.includes("cost")) ?? false;
  return named || known?.costs === true ? <Today /> : null;
}

function Today(): JSX.Element | null {
  const app = useConsole();
  const now = app.now();
  const day = new Date(now * 1000);
  const midnight = new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime() / 1000;
  const { data } = useAnswer(
    historyPath({ match: [COST], start: midnight, end: midnight + 86_400, step: STEP, aggs: ["last", "min"] }),
    30,
  );
  if (data === null || data.series.length === 0) return null;
  return <Drawn today={costOf(data.series, midnight, now, STEP)} />;
}

function Drawn({ today }: { today: CostToday }): JSX.Element {
  const most = Math.max(today.sum, today.forecast ?? 0) || 1;
  const x = (t: number): number => ((t - today.midnight) / 86_400) * W;
  const y = (v: number): number => H - FOOT - (v / (most * 1.05)) * (H - FOOT - TOP);
  const at = today.points.at(-1) ?? { t: today.midnight, v: 0 };
  const end = today.midnight + 86_400;
  const line = today.points.map(({ t, v }, i) => `${i === 0 ? "M" : "L"}${x(t).toFixed(1)} ${y(v).toFixed(1)}`).join("");
  return (
    <section aria-labelledby="cost-title" data-testid="cost">
      <h2 id="cost-title">
        AI cost today
        <small class="cost-sum">
          <b>{costWords(today.sum, today.currency)}</b>
        </small>
      </h2>
      <svg class="cost" viewBox={`0 0 ${W} ${H}`} role="img" aria-label={`Since midnight ${costWords(today.sum, today.currency)}${today.forecast === null ? "" : `, about ${costWords(today.forecast, today.currency)} by midnight`}`}>
        <rect class="future" x={x(at.t)} width={W - x(at.t)} y={TOP} height={H - FOOT - TOP} />
        <line class="spark-base" x1={0} x2={W} y1={H - FOOT} y2={H - FOOT} />
        <path class="trace" d={line} />
        {today.forecast !== null && <path class="trace forecast" d={`M${x(at.t)} ${y(at.v)}L${x(end)} ${y(today.forecast)}`} />}
        <text class="tick" x={0} y={H - 5}>
          00
        </text>
        <text class="tick" x={Math.min(Math.max(x(at.t), 24), W - 60)} y={H - 5} text-anchor="middle">
          now
        </text>
        <text class="tick" x={W} y={H - 5} text-anchor="end">
          {`24${THIN}h`}
        </text>
      </svg>
      {today.forecast !== null && <p class="aside-empty">{`About ${costWords(today.forecast, today.currency)} by midnight, at the last hour's pace.`}</p>}
    </section>
  );
}
