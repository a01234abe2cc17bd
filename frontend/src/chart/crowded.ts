import type uPlot from "uplot";
import type { Columns } from "../data/align.ts";
import type { Span } from "../data/gaps.ts";
import type { Box } from "./box.ts";
import type { DrawnLine } from "./types.ts";

/** From so many samples a column of pixels on, a line covers most of it. */
const CROWDED = 2;
/** Fewer are drawn in no time, however near each other. */
const FEW = 50;

/** The stretch of a plot: seconds, and how many columns of pixels it is wide. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly wide: number;
}

/** Whether a line has so many samples in each column of pixels that nobody sees how they are joined. */
export function isCrowded({ times }: Columns, { from, to, wide }: Stretch): boolean {
  const [first, end] = [placeOf(times, from), placeOf(times, to)];
  const count = end - first;
  const columns = (((times[end - 1] ?? from) - (times[first] ?? from)) / (to - from)) * wide;
  return count >= FEW && count >= CROWDED * columns;
}

/** Tells, column by column, from where to where a line's values lie, and on to where it comes from; open at gaps. */
export function eachBar({ times, values }: Columns, gaps: readonly Span[], { from, to, wide }: Stretch, tell: (x: number, low: number, high: number) => void): void {
  const end = placeOf(times, to);
  let [column, low, high] = [-1, 0, 0];
  for (let i = placeOf(times, from); i < end; i += 1) {
    const t = times[i] ?? 0;
    const v = values[i] ?? 0;
    const x = Math.floor(((t - from) / (to - from)) * wide);
    if (x === column) {
      if (v < low) low = v;
      if (v > high) high = v;
      continue;
    }
    let reached = v;
    if (column >= 0) {
      tell(column, low, high);
      const before = times[i - 1] ?? 0;
      if (!gaps.some((gap) => gap.from < t && gap.to > before)) {
        // Joined to the last value, through all columns on the way.
        const last = values[i - 1] ?? 0;
        reached = last;
        for (let next = column + 1; next < x; next += 1) {
          const there = last + ((v - last) * (next - column)) / (x - column);
          tell(next, Math.min(reached, there), Math.max(reached, there));
          reached = there;
        }
      }
    }
    column = x;
    low = Math.min(reached, v);
    high = Math.max(reached, v);
  }
  if (column >= 0) tell(column, low, high);
}

/**
 * A crowded line as bars, one a column of pixels. A stroke through all its samples looks the same, but without a
 * graphics card it takes several times as long to paint: the browser works out each of its thousands of corners.
 */
export function drawCrowded(u: uPlot, { drawn, gaps }: DrawnLine, stretch: Stretch, { ctx, left, top, bottom, k }: Box, color: string): void {
  const thick = Math.max(1, Math.round(1.5 * k));
  const y = (v: number): number => Math.min(bottom, Math.max(top, Math.round(u.valToPos(v, "y", true))));
  const before = Math.round(left) - (thick >> 1);
  ctx.fillStyle = color;
  eachBar(drawn, gaps, stretch, (x, low, high) => {
    const upper = y(high) - (thick >> 1);
    ctx.fillRect(before + x, upper, thick, y(low) - (thick >> 1) + thick - upper);
  });
}

/** How many times lie before `t`. */
function placeOf(times: Float64Array, t: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const mid = (low + high) >>> 1;
    if ((times[mid] ?? 0) < t) low = mid + 1;
    else high = mid;
  }
  return low;
}
