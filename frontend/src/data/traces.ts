import { historyPath, type HistoryPath, type HistorySeries } from "./history.ts";
import { isCounter } from "./track.ts";

/** Something with a line of the last hour beside it. */
export interface Traced {
  readonly series: number | null;
  readonly metric: string;
}

export const SPAN = 3600;
export const STEP = 30;
/** Series that one request may name. */
export const MOST_TRACES = 60;

/** Asks for the last hour of all of them at once; null where there is nothing to ask. */
export function tracesPath(wanted: readonly Traced[], to: number): HistoryPath | null {
  const lines = wanted.filter(({ series }) => series !== null).slice(0, MOST_TRACES);
  if (lines.length === 0) return null;
  const aggs = [...new Set(lines.map(aggOf))].sort();
  const series = [...new Set(lines.flatMap(({ series: id }) => id ?? []))].sort((a, b) => a - b);
  return historyPath({ series, start: to - SPAN, end: to, step: STEP, aggs });
}

/** A counter is shown by its rise. */
function aggOf({ metric }: Traced): "avg" | "rate" {
  return isCounter({ name: metric }) ? "rate" : "avg";
}

export function traceOf(found: readonly HistorySeries[], one: Traced): HistorySeries | null {
  return found.find(({ id, agg }) => id === one.series && (agg === undefined || agg === aggOf(one))) ?? null;
}
