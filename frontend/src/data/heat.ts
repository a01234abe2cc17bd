import { align, type Columns } from "./align.ts";
import type { Axis } from "./ticks.ts";
import { inScale, scaleFor, type Unit } from "./units.ts";

/** How many events a second fell into each bucket of a histogram, over time. */
export interface Heat {
  readonly times: Float64Array;
  /** A row for each bucket, the lowest first. */
  readonly rows: readonly Float64Array[];
  /** Upper ends of the rows; the last one's may be infinite. */
  readonly bounds: readonly number[];
  /** The largest value of all cells. */
  readonly most: number;
  /** Seconds that a cell is wide at most. */
  readonly wide: number;
}

const MOST_TICKS = 4;

/** Upper end of a bucket as its label `le` has it. */
export function boundOf(le: string): number {
  const text = le.trim();
  return /^\+?inf$/i.test(text) ? Number.POSITIVE_INFINITY : Number(text === "" ? Number.NaN : text);
}

/** From rates that count all events up to each bound to those of each bucket alone; `bounds` rise. */
export function heatOf(bounds: readonly number[], upTo: readonly Columns[], wide: number): Heat {
  const [times, ...columns] = align(upTo);
  const rows = columns.map((column, i) => {
    const below = columns[i - 1];
    // A bucket that was not told at a time is not known, and neither is the one above it.
    return Float64Array.from(times, (_, k) => Math.max(0, (column[k] ?? Number.NaN) - (below === undefined ? 0 : (below[k] ?? Number.NaN))));
  });
  let most = 0;
  for (const row of rows) for (const v of row) if (v > most) most = v;
  return { times, rows, bounds, most, wide };
}

/** Rows of one height, as the bounds of buckets mostly multiply; named by some of their upper ends. */
export function heatAxis(bounds: readonly number[], unit: Unit): Axis {
  const finite = bounds.filter(Number.isFinite);
  const scale = scaleFor(unit, Math.max(0, ...finite.map(Math.abs)));
  const every = Math.max(1, Math.ceil(finite.length / MOST_TICKS));
  const ticks = finite.map((_, i) => i + 1).filter((at) => (finite.length - at) % every === 0);
  return { min: 0, max: Math.max(1, bounds.length), ticks: [0, ...ticks], names: ["", ...ticks.map((at) => inScale(finite[at - 1] ?? 0, unit, scale))], word: scale.unit };
}
