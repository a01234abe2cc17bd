import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { lasted, momentOf, SHAPES, type Anomaly } from "../data/anomalies.ts";
import { useAnswer } from "../data/answer.ts";
import { clock, number, THIN, tied } from "../data/format.ts";
import { fetchHistory } from "../data/history.ts";
import { distinguishing } from "../data/lines.ts";
import { movedInWords, worstOf, type Moment } from "../data/moments.ts";
import type { Trace } from "../data/plotting.ts";
import { selectorOf } from "../data/selector.ts";
import { isCounter } from "../data/track.ts";
import { Spark } from "./alert-chart.tsx";
import { useConsole } from "./context.ts";
import { useDoing, useMayChange, Refusal, type Doing } from "./doing.tsx";
import { Shape } from "./shapes.tsx";

const MOST = 16;
const AROUND = 90;

interface MomentProps {
  readonly moment: Moment;
  readonly changed: () => void;
}

/** One moment: every series that moved, those first that did so early and strongly. */
export function AnomalyMoment({ moment, changed }: MomentProps): JSX.Element {
  const app = useConsole();
  const doing = useDoing();
  const shown = moment.anomalies.slice(0, MOST);
  const telling = distinguishing(moment.anomalies.map(({ labels }) => labels)).filter((key) => !key.startsWith("otel_scope"));
  const until = moment.to ?? app.now();
  const from = moment.from - Math.max(AROUND, (until - moment.from) / 2);
  const to = Math.min(app.now(), until + AROUND);
  const ended = moment.to === null ? "still on" : `until ${clock(moment.to, true)}`;
  return (
    <section aria-labelledby="moment-title" data-testid="moment">
      <h2 id="moment-title" class="with-shape">
        <Shape name={moment.to === null ? SHAPES[worstOf(moment.anomalies)] : "wait"} />
        {movedInWords(moment)}
        <small>{`from ${clock(moment.from, true)}, ${ended}; early and strong first`}</small>
      </h2>
      <Refusal doing={doing} />
      <ol class="moved">
        {shown.map((one) => (
          <Moved key={one.id} one={one} telling={telling} began={moment.from} from={from} to={to} doing={doing} changed={changed} />
        ))}
      </ol>
      {moment.anomalies.length > MOST && <p class="hint">{`and ${number(moment.anomalies.length - MOST)} more`}</p>}
    </section>
  );
}

interface MovedProps {
  readonly one: Anomaly;
  /** Labels that tell the series of the moment apart. */
  readonly telling: readonly string[];
  readonly began: number;
  readonly from: number;
  readonly to: number;
  readonly doing: Doing;
  readonly changed: () => void;
}

function Moved({ one, telling, began, from, to, doing, changed }: MovedProps): JSX.Element {
  const app = useConsole();
  const may = useMayChange();
  const trace = useTrace(one, from, to);
  const labels = telling.flatMap((key) => (one.labels[key] === undefined ? [] : [`${key} ${one.labels[key]}`]));
  const [low, high] = one.expected_range;
  const rose = high === null || one.peak > high || low === null;
  return (
    <li class="alert-row moved-row">
      <Shape name={SHAPES[one.severity]} />
      <div>
        <a class="row-link" href={momentOf(one, app.now())}>
          {tied(one.reason)}
        </a>
        <p class="labels">{labels.join(", ")}</p>
      </div>
      <Spark trace={trace} from={from} to={to} limit={rose ? high : low} op={rose ? ">" : "<"} shape={SHAPES[one.severity] === "crit" ? "crit" : SHAPES[one.severity] === "warn" ? "warn" : "info"} />
      <p>
        {one.started_at - began < 1 ? "first" : `+${number(Math.round(one.started_at - began))}${THIN}s`}
        <br />
        {`${number(Math.round(one.confidence))}${THIN}% sure, ${one.detector}`}
        <br />
        {lasted(one, app.now())}
      </p>
      {may && <Acts one={one} doing={doing} changed={changed} />}
    </li>
  );
}


function Acts({ one, doing, changed }: { one: Anomaly; doing: Doing; changed: () => void }): JSX.Element {
  const path = `/api/v1/anomalies/series/${one.series}` as const;
  const answer = useAnswer(path, 60);
  const ask = async (method: "POST" | "PUT", to: string, body: object): Promise<void> => {
    await doing.run(method, to, body);
    answer.again();
    changed();
  };
  const about = `${one.metric}, ${clock(one.started_at)}`;
  const tuning = answer.data ?? { sensitivity: 1, muted: false };
  return (
    <div class="ack">
      {(["right", "wrong"] as const).map((verdict) => (
        <button
          key={verdict}
          type="button"
          class="quiet"
          aria-pressed={one.verdict === verdict}
          aria-label={`${about}: ${verdict}`}
          disabled={doing.busy}
          onClick={() => void ask("POST", `/api/v1/anomalies/${one.id}/feedback`, { verdict })}
        >
          {one.verdict === verdict ? `✓ ${verdict}` : verdict}
        </button>
      ))}
      <button type="button" class="quiet" aria-pressed={tuning.muted} aria-label={`${about}: mute the series`} disabled={doing.busy} onClick={() => void ask("PUT", path, { muted: !tuning.muted })}>
        {tuning.muted ? "✓ muted" : "Mute"}
      </button>
      <select
        aria-label={`${about}: how closely it is watched`}
        value={String(tuning.sensitivity)}
        disabled={doing.busy}
        onChange={(event) => void ask("PUT", path, { sensitivity: Number(event.currentTarget.value) })}
      >
        {[...new Set([0.5, 1, 2, tuning.sensitivity])].sort((a, b) => a - b).map((value) => (
          <option key={value} value={String(value)}>
            {value === 1 ? "watch as usual" : value < 1 ? `watch less (${number(value)})` : `watch more (${number(value)})`}
          </option>
        ))}
      </select>
    </div>
  );
}

/** The series as it was judged: a counter by its growth, a sum of calls by their mean. */
function useTrace({ metric, labels, reason }: Anomaly, from: number, to: number): Trace | null {
  const [trace, setTrace] = useState<Trace | null>(null);
  const [start, end] = [Math.floor(from), Math.floor(to / 10) * 10];
  const step = Math.max(1, Math.round((end - start) / 120));
  useEffect(() => {
    const leaving = new AbortController();
    const ask = async (name: string, aggs: readonly ("avg" | "rate")[]): Promise<Trace | null> =>
      (await fetchHistory({ match: [selectorOf(name, labels)], start, end, step, aggs }, leaving.signal))[0] ?? null;
    const load = async (): Promise<Trace | null> => {
      const grows = reason.includes("/s") || isCounter({ name: metric });
      if (!reason.startsWith("mean of ")) return ask(metric, [grows ? "rate" : "avg"]);
      const [sum, calls] = await Promise.all([ask(metric, ["rate"]), ask(metric.replace(/_sum$/, "_count"), ["rate"])]);
      return sum === null || calls === null ? null : ratio(sum, calls);
    };
    load().then(setTrace, () => undefined); // a row without its picture still says what happened
    return () => leaving.abort();
  }, [metric, start, end, step]);
  return trace;
}

/** One line over another, where both have a value. */
export function ratio(sum: Trace, calls: Trace): Trace {
  const at = new Map(calls.timestamps.map((t, i) => [t, calls.values[i] ?? null]));
  const values = sum.values.map((v, i) => {
    const n = at.get(sum.timestamps[i] ?? 0) ?? null;
    return v === null || n === null || n <= 0 ? null : v / n;
  });
  return { timestamps: sum.timestamps, values };
}
