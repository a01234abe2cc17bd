import type { JSX } from "preact";
import { usual } from "../../data/services.ts";

interface SparkProps {
  readonly values: readonly (number | null)[];
  /** The newest value, which may be newer than the last point. */
  readonly now: number | null;
  /** What the line is, for those who do not see it. */
  readonly words: string;
  /** From this point on it is in trouble; null: nowhere. */
  readonly wrongFrom: number | null;
  readonly shape: "crit" | "warn" | "unknown" | "ok";
  /** Places, in points, of what changed. */
  readonly marks: readonly number[];
  readonly zero: boolean;
}

const [W, H, PAD] = [100, 24, 2];
/** A line is drawn across so many missing points: a sender that is scraped seldom. */
const HOLE = 6;

/**
 * A line of an hour, as small as a word: 100 units wide whatever the room, so that it needs no
 * measuring. Shaded: where 80 % of it lay.
 */
export function Sparkline({ values, now, words, wrongFrom, shape, marks, zero }: SparkProps): JSX.Element {
  const n = values.length;
  const last = values.findLastIndex((v) => v !== null);
  if (last < 0) return <svg class="sparkline" viewBox={`0 0 ${W} ${H}`} preserveAspectRatio="none" aria-hidden="true" />;
  const known = values.filter((v): v is number => v !== null);
  const high = Math.max(...known, now ?? Number.NEGATIVE_INFINITY);
  const low = Math.min(...known, now ?? Number.POSITIVE_INFINITY);
  const base = zero && low >= 0 && low <= 0.75 * high ? 0 : low - (high - low || Math.abs(high) || 1) * 0.35;
  const top = high + (high - base || 1) * 0.08;
  const x = (i: number): number => (i / Math.max(n - 1, 1)) * (W - 2);
  const y = (v: number): number => H - PAD - ((v - base) / (top - base || 1)) * (H - 2 * PAD);
  const silent = shape === "unknown";
  const points = silent || now === null ? values : [...values.slice(0, n - 1), now];
  const band = usual(values);
  const end = points.findLastIndex((v) => v !== null);
  return (
    <svg class={`sparkline is-${shape}`} viewBox={`0 0 ${W} ${H}`} preserveAspectRatio="none" role="img" aria-label={words}>
      <line class="spark-base" x1={0} x2={W} y1={H - 0.5} y2={H - 0.5} />
      {band !== null && <rect class="spark-band" x={x(values.findIndex((v) => v !== null))} width={Math.max(0, x(last) - x(values.findIndex((v) => v !== null)))} y={y(band[1])} height={Math.max(1.5, y(band[0]) - y(band[1]))} />}
      {silent && <rect class="spark-hatch" x={x(last)} width={W - x(last)} y={0} height={H} fill="url(#hatch)" />}
      {marks.map((at) => (
        <line key={at} class="spark-mark" x1={x(at)} x2={x(at)} y1={1} y2={H} />
      ))}
      <path class="spark-line" d={path(points, 0, x, y)} />
      {wrongFrom !== null && <path class="spark-wrong" d={path(points, Math.max(0, wrongFrom), x, y)} />}
      <path class={wrongFrom === null ? "spark-dot" : "spark-dot is-wrong"} d={`M${x(end).toFixed(1)} ${y(points[end] ?? 0).toFixed(1)}h0.01`} />
    </svg>
  );
}

function path(values: readonly (number | null)[], from: number, x: (i: number) => number, y: (v: number) => number): string {
  let d = "";
  let before = Number.NEGATIVE_INFINITY;
  for (let i = from; i < values.length; i += 1) {
    const v = values[i];
    if (v === null || v === undefined) continue;
    d += `${i - before > HOLE ? "M" : "L"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`;
    before = i;
  }
  return d;
}

/** The hatch that all sparklines share. */
export function HatchPattern(): JSX.Element {
  return (
    <svg class="visually-hidden" width="0" height="0" aria-hidden="true">
      <defs>
        <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <line class="hatch-line" x1="0" x2="0" y1="0" y2="5" />
        </pattern>
      </defs>
    </svg>
  );
}
