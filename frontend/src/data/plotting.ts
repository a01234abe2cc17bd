/** One line of a chart in its own columns. Times are unix seconds; null: nothing known. */
export interface Trace {
  readonly timestamps: readonly number[];
  readonly values: readonly (number | null)[];
}

export type Place = (n: number) => number;

/** An SVG path; a hole of more than `hole` seconds, or a null, is never joined. */
export function pathOf({ timestamps, values }: Trace, x: Place, y: Place, hole: number): string {
  let path = "";
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < timestamps.length; i++) {
    const t = timestamps[i] ?? 0;
    const v = values[i];
    if (v === null || v === undefined) {
      last = Number.NEGATIVE_INFINITY;
      continue;
    }
    path += `${t - last > hole ? "M" : "L"}${x(t).toFixed(1)} ${y(v).toFixed(1)}`;
    last = t;
  }
  return path;
}

/** The stretches of a line that are beyond a limit, each with the points beside it. */
export function beyond(trace: Trace, isBeyond: (v: number) => boolean): Trace[] {
  const found: { timestamps: number[]; values: (number | null)[] }[] = [];
  let open: (typeof found)[number] | null = null;
  trace.timestamps.forEach((t, i) => {
    const v = trace.values[i];
    if (v === null || v === undefined || !isBeyond(v)) {
      open = null;
      return;
    }
    if (open === null) {
      open = { timestamps: [], values: [] };
      found.push(open);
    }
    open.timestamps.push(t);
    open.values.push(v);
  });
  return found;
}

/** How far apart points may be and still be joined: four times their usual distance. */
export function holeOf({ timestamps }: Trace, least: number): number {
  const gaps = timestamps.slice(1).map((t, i) => t - (timestamps[i] ?? t));
  const middle = gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? least;
  return Math.max(4 * middle, least);
}

/** Lowest and highest of all values and of what else must be seen. */
export function extent(traces: readonly Trace[], also: readonly number[] = []): [low: number, high: number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const see = (v: number | null): void => {
    if (v === null || !Number.isFinite(v)) return;
    low = Math.min(low, v);
    high = Math.max(high, v);
  };
  for (const { values } of traces) values.forEach(see);
  also.forEach(see);
  return [low, high];
}
