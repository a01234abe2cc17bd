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

/**
 * Adds lines up, or averages them, bucket by bucket of `interval` seconds: what stands
 * under "other". Sources need not tick together.
 */
export function combine(lines: readonly Columns[], interval: number, how: "sum" | "mean"): Columns {
  const buckets = new Map<number, { sum: number; seen: number }>();
  for (const line of lines) {
    // Within one bucket a line counts once, with its mean.
    const own = new Map<number, { sum: number; n: number }>();
    for (let i = 0; i < line.times.length; i += 1) {
      const key = Math.floor((line.times[i] ?? 0) / interval);
      const entry = own.get(key) ?? { sum: 0, n: 0 };
      entry.sum += line.values[i] ?? 0;
      entry.n += 1;
      own.set(key, entry);
    }
    for (const [key, { sum, n }] of own) {
      const entry = buckets.get(key) ?? { sum: 0, seen: 0 };
      entry.sum += sum / n;
      entry.seen += 1;
      buckets.set(key, entry);
    }
  }
  const keys = Float64Array.from(buckets.keys()).sort();
  const value = (key: number): number => {
    const entry = buckets.get(key) ?? { sum: 0, seen: 1 };
    return how === "sum" ? entry.sum : entry.sum / entry.seen;
  };
  return { times: keys.map((key) => key * interval), values: keys.map(value) };
}
