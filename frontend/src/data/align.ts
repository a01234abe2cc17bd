import type { Span } from "./gaps.ts";

/** Points of one line. */
export interface Columns {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

export type Aligned = [Float64Array, ...(Float64Array | (number | undefined)[])[]];

/**
 * Puts lines on one common time axis, as uPlot wants it. A line that has no point at
 * another's time gets `undefined` there, which uPlot steps over; holes are told apart
 * by `findGaps`, never by what is absent here.
 */
export function align(lines: readonly Columns[]): Aligned {
  const [only] = lines;
  if (only === undefined) return [new Float64Array(0)];
  if (lines.length === 1) return [only.times, only.values];
  if (lines.every((line) => sameTimes(line.times, only.times))) {
    return [only.times, ...lines.map((line) => line.values)];
  }
  const all = new Float64Array(lines.reduce((sum, line) => sum + line.times.length, 0));
  let at = 0;
  for (const line of lines) {
    all.set(line.times, at);
    at += line.times.length;
  }
  all.sort();
  let n = 0;
  for (const t of all) {
    if (n === 0 || all[n - 1] !== t) {
      all[n] = t;
      n += 1;
    }
  }
  const times = all.subarray(0, n);
  return [times, ...lines.map((line) => spread(line, times))];
}

function sameTimes(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = a.length - 1; i >= 0; i -= 1) if (a[i] !== b[i]) return false;
  return true;
}

function spread(line: Columns, times: Float64Array): (number | undefined)[] {
  const out = new Array<number | undefined>(times.length).fill(undefined);
  let j = 0;
  for (let i = 0; i < line.times.length; i += 1) {
    while (times[j] !== line.times[i]) j += 1;
    out[j] = line.values[i];
  }
  return out;
}

/** Lines put together, and where some of them were missing. */
export interface Combined extends Columns {
  readonly partial: readonly Span[];
}

/** Buckets that a line which is only late stands in with its last value. */
const HELD = 2;
/** More buckets than this are not asked for by any chart: what lies before them is left out. */
const MOST_BUCKETS = 20_000;

/**
 * Adds lines up, or averages them, bucket by bucket of `interval` seconds: what stands
 * under "other". Sources need not tick together: one that has not come yet counts with its
 * last value for two buckets more; after that the bucket is told as partial.
 */
export function combine(lines: readonly Columns[], interval: number, how: "sum" | "mean"): Combined {
  const ends = lines.map(({ times }) => times.at(-1)).filter((t) => t !== undefined);
  const starts = lines.map(({ times }) => times[0]).filter((t) => t !== undefined);
  if (ends.length === 0) return { times: new Float64Array(0), values: new Float64Array(0), partial: [] };
  const last = Math.floor(Math.max(...ends) / interval);
  const first = Math.max(Math.floor(Math.min(...starts) / interval), last - MOST_BUCKETS);
  const sums = new Float64Array(last - first + 1);
  const seen = new Uint32Array(sums.length);
  const own = new Float64Array(sums.length);
  for (const line of lines) {
    bucketsOf(line, interval, first, own);
    let held = HELD + 1;
    let v = 0;
    for (let i = 0; i < own.length; i += 1) {
      const here = own[i] ?? Number.NaN;
      held = Number.isNaN(here) ? held + 1 : 0;
      if (held === 0) v = here;
      if (held > HELD) continue;
      sums[i] = (sums[i] ?? 0) + v;
      seen[i] = (seen[i] ?? 0) + 1;
    }
  }
  return gathered(sums, seen, { interval, first, how, all: starts.length });
}

/** The mean of a line in each bucket; NaN where it has no point. */
function bucketsOf({ times, values }: Columns, interval: number, first: number, own: Float64Array): void {
  own.fill(Number.NaN);
  let at = -1;
  let n = 0;
  for (let i = 0; i < times.length; i += 1) {
    const key = Math.floor((times[i] ?? 0) / interval) - first;
    if (key < 0) continue;
    n = key === at ? n + 1 : 1;
    at = key;
    const mean = n === 1 ? 0 : (own[key] ?? 0);
    own[key] = mean + ((values[i] ?? 0) - mean) / n;
  }
}

interface Gathering {
  readonly interval: number;
  readonly first: number;
  readonly how: "sum" | "mean";
  /** Lines that have any point. */
  readonly all: number;
}

function gathered(sums: Float64Array, seen: Uint32Array, { interval, first, how, all }: Gathering): Combined {
  const times = new Float64Array(sums.length);
  const values = new Float64Array(sums.length);
  const partial: Span[] = [];
  let n = 0;
  let open = Number.NaN;
  for (let i = 0; i < sums.length; i += 1) {
    const count = seen[i] ?? 0;
    const t = (first + i) * interval;
    if (count === all || count === 0) {
      if (!Number.isNaN(open)) partial.push({ from: open, to: t });
      open = Number.NaN;
    } else if (Number.isNaN(open)) open = t;
    if (count === 0) continue;
    times[n] = t;
    values[n] = how === "sum" ? (sums[i] ?? 0) : (sums[i] ?? 0) / count;
    n += 1;
  }
  if (!Number.isNaN(open)) partial.push({ from: open, to: (first + sums.length) * interval });
  return { times: times.subarray(0, n), values: values.subarray(0, n), partial };
}

/**
 * Each line upon those before it, at the times of all; one that has no point there stands
 * in with its last. Gives the upper edges, the first line's lowest.
 */
export function stackUp(lines: readonly Columns[]): Columns[] {
  const [times, ...columns] = align(lines);
  const under = new Float64Array(times.length);
  return columns.map((column) => {
    let v = 0;
    const values = new Float64Array(times.length);
    for (let i = 0; i < times.length; i += 1) {
      v = column[i] ?? v;
      values[i] = under[i] = (under[i] ?? 0) + v;
    }
    return { times, values };
  });
}
