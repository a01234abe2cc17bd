import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { severityShape, titleOf } from "../data/alerts.ts";
import { SHAPES as ANOMALY_SHAPES } from "../data/anomalies.ts";
import { detailWords, kindWords } from "../data/events.ts";
import { clock, date, duration, number, plural, tied, zone } from "../data/format.ts";
import type { HistorySeries } from "../data/history.ts";
import { extent, holeOf, pathOf } from "../data/plotting.ts";
import { timeTicks } from "../data/ticks.ts";
import { unitOf, withUnit } from "../data/units.ts";
import { Shape } from "../ui/shapes.tsx";
import { alertedFirst, firesOf, knownAt, lettersOf, valueAt, type KnownThen, type ReplayData } from "./state.ts";

const STEPS = 600;
const PLAYS_MS = 100;
const [W, H, TOP, FOOT] = [360, 132, 16, 18];
/** Room for the values at the right. */
const AXIS = 56;
const PLOT = W - AXIS;

/** A span to go through again: charts, alerts and anomalies as they were known at each moment. */
export function Replay({ data }: { data: ReplayData }): JSX.Element {
  const [at, setAt] = useState(STEPS);
  const [plays, setPlays] = useState(false);
  const t = data.start + ((data.end - data.start) * at) / STEPS;
  const series = useMemo(() => alertedFirst(data), [data]);
  const known = useMemo(() => knownAt(data, t), [data, t]);
  useEffect(() => {
    if (!plays) return undefined;
    const timer = setInterval(() => setAt((n) => (n >= STEPS ? n : n + 2)), PLAYS_MS);
    return () => clearInterval(timer);
  }, [plays]);
  useEffect(() => {
    if (at >= STEPS) setPlays(false);
  }, [at]);
  const moment = `${clock(t, true)}, ${zone(t)}`;
  return (
    <div class="replay" data-testid="replay">
      <div class="scrub">
        <button
          type="button"
          class="control"
          onClick={() => {
            if (at >= STEPS) setAt(0);
            setPlays(!plays);
          }}
        >
          {plays ? "Pause" : "Play"}
        </button>
        <input type="range" min={0} max={STEPS} value={at} aria-label="Moment" aria-valuetext={moment} onInput={(event) => setAt(Number(event.currentTarget.value))} data-testid="scrub" />
        <output>{clock(t, true)}</output>
        <Lanes data={data} t={t} />
      </div>
      <p class="then" data-testid="then">
        {`At ${moment}: ${thenWords(known)}`}
      </p>
      <div class="replay-charts">
        {series.map((series) => (
          <ReplayChart key={series.id} series={series} data={data} t={t} />
        ))}
      </div>
      {data.series.length === 0 && <p class="empty">No alert and no anomaly names a series in this span.</p>}
      <Lists known={known} t={t} />
      {data.cut.map((words) => (
        <p key={words} class="hint">
          {words}
        </p>
      ))}
    </div>
  );
}

export function thenWords({ alerts, anomalies }: KnownThen): string {
  const fires = alerts.filter(({ state }) => state === "firing");
  const firing = fires.length;
  const quiet = fires.filter((one) => one.quiet !== "").length;
  const hushed = quiet === 0 ? "" : quiet === firing ? ` (${[...new Set(fires.map((one) => one.quiet))].join(", ")})` : ` (${number(quiet)} of them quiet)`;
  if (firing === 0 && anomalies.length === 0) return "nothing was known to be wrong.";
  return `${plural(firing, "alert fires", "alerts fire")}${hushed}, ${plural(anomalies.length, "series is", "series are")} unusual.`;
}

function Lanes({ data, t }: { data: ReplayData; t: number }): JSX.Element {
  const x = (at: number): number => ((at - data.start) / (data.end - data.start)) * 1000;
  const fires = firesOf(data);
  return (
    <svg class="replay-lanes" viewBox="0 0 1000 34" preserveAspectRatio="none" role="img" aria-label={`${plural(fires.length, "fire")} in this span`}>
      <line class="spark-base" x1={0} x2={1000} y1={10} y2={10} />
      {fires.map(({ from, to, alert }, i) => (
        <rect key={i} class={`lane-fire is-${severityShape(alert.severity)}`} x={x(from)} width={Math.max(2, x(to) - x(from))} y={5} height={10}>
          <title>{`${titleOf(alert)}, ${clock(from)} to ${clock(to)}`}</title>
        </rect>
      ))}
      {data.anomalies.map((anomaly) => (
        <rect key={`a${anomaly.id}`} class="lane-anomaly" x={x(Math.max(anomaly.started_at, data.start))} width={Math.max(2, x(anomaly.ended_at ?? data.end) - x(Math.max(anomaly.started_at, data.start)))} y={20} height={6}>
          <title>{`${anomaly.metric}: ${tied(anomaly.reason)}`}</title>
        </rect>
      ))}
      {lettersOf(data).map(({ at, event }) => (
        <line key={event.id} class="spark-mark" x1={x(at)} x2={x(at)} y1={0} y2={34} />
      ))}
      <line class="replay-now" x1={x(t)} x2={x(t)} y1={0} y2={34} />
    </svg>
  );
}

function Lists({ known, t }: { known: KnownThen; t: number }): JSX.Element {
  return (
    <div class="replay-lists">
      <section>
        <h2>Alerts</h2>
        <ul>
          {known.alerts.map(({ alert, state, since, taken, quiet }) => (
            <li key={alert.id}>
              <Shape name={state === "pending" ? "unknown" : severityShape(alert.severity)} />
              <span>
                {titleOf(alert)}
                <small>{`${state}${quiet === "" ? "" : `, ${quiet}`}, ${duration(t - since)}${taken === "" ? "" : `, ${taken} has it`}`}</small>
              </span>
            </li>
          ))}
          {known.alerts.length === 0 && <li class="none">none</li>}
        </ul>
      </section>
      <section>
        <h2>Unusual</h2>
        <ul>
          {known.anomalies.slice(0, 12).map((anomaly) => (
            <li key={anomaly.id}>
              <Shape name={ANOMALY_SHAPES[anomaly.severity]} />
              <span>
                {anomaly.metric}
                <small>{`${duration(t - anomaly.started_at)}, ${Object.values(anomaly.labels).join(", ")}`}</small>
              </span>
            </li>
          ))}
          {known.anomalies.length > 12 && <li class="none">{`${number(known.anomalies.length - 12)} more`}</li>}
          {known.anomalies.length === 0 && <li class="none">nothing</li>}
        </ul>
      </section>
      <section>
        <h2>Deployments and other events</h2>
        <ul>
          {known.events.slice(0, 10).map((event) => (
            <li key={event.id}>
              <time>{clock(event.at)}</time>
              <span>
                {event.title}
                <small>{[kindWords(event.kind), detailWords(event)].filter((text) => text !== "").join(", ")}</small>
              </span>
            </li>
          ))}
          {known.events.length === 0 && <li class="none">none so far</li>}
        </ul>
      </section>
    </div>
  );
}

function ReplayChart({ series, data, t }: { series: HistorySeries; data: ReplayData; t: number }): JSX.Element {
  const unit = unitOf(series.name);
  const [low, high] = extent([series]);
  const base = unit.zero && low >= 0 && low <= 0.75 * high ? 0 : low;
  const x = (at: number): number => ((at - data.start) / (data.end - data.start)) * PLOT;
  const y = (v: number): number => TOP + (1 - (v - base) / (high - base || 1)) * (H - TOP - FOOT);
  const until = series.timestamps.findIndex((at) => at > t);
  const cut = until < 0 ? series.timestamps.length : until;
  const then = { timestamps: series.timestamps.slice(0, cut), values: series.values.slice(0, cut) };
  const value = valueAt(series, t);
  const labels = Object.entries(series.labels).map(([key, text]) => `${key} ${text}`).join(", ");
  const said = value === null ? "–" : withUnit(value, unit);
  return (
    <figure class="replay-chart">
      <figcaption>
        <b>{series.name}</b>
        <span>{said}</span>
        <small>{labels}</small>
      </figcaption>
      <svg viewBox={`0 0 ${W} ${H}`} role="img" aria-label={`${series.name}: ${said} at ${clock(t, true)}`}>
        <line class="grid" x1={0} x2={PLOT} y1={H - FOOT} y2={H - FOOT} />
        <line class="grid" x1={0} x2={PLOT} y1={TOP} y2={TOP} />
        {[high, base].map((v) => (
          <text key={v} class="tick" x={PLOT + 6} y={y(v) + 4}>
            {withUnit(v, unit)}
          </text>
        ))}
        {timeTicks(data.start, data.end, PLOT, 72).map(({ t: at, text }) => (
          <text key={at} class="tick" text-anchor="middle" x={Math.min(Math.max(x(at), 16), PLOT - 16)} y={H - 4}>
            {text}
          </text>
        ))}
        {lettersOf(data)
          .filter(({ at }) => at <= t)
          .map(({ at, letter, event }) => (
            <g key={event.id}>
              <line class="spark-mark" x1={x(at)} x2={x(at)} y1={TOP} y2={H - FOOT} />
              <text class="tick" text-anchor="middle" x={x(at)} y={TOP - 4}>
                {letter}
              </text>
            </g>
          ))}
        <path class="trace" d={pathOf(then, x, y, holeOf(series, data.step))} />
        <rect class="unknown-yet" x={x(t)} width={Math.max(0, PLOT - x(t))} y={TOP} height={H - FOOT - TOP} />
        <line class="replay-now" x1={x(t)} x2={x(t)} y1={TOP} y2={H - FOOT} />
      </svg>
    </figure>
  );
}

/** "2026-11-28, 03:10 to 03:40". */
export function spanWords({ start, end }: Pick<ReplayData, "start" | "end">): string {
  const last = date(start) === date(end) ? clock(end) : `${date(end)} ${clock(end)}`;
  return `${date(start)}, ${clock(start)} to ${last}, ${zone(end)}`;
}
