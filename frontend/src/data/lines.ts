import { combine, type Columns } from "./align.ts";
import type { Track } from "./store.ts";
import type { Labels } from "./types.ts";

/** More than this and colours can no longer be told apart. */
export const MOST_LINES = 8;

/** One metric of a chart; `word` tells its lines apart from another metric's. */
export interface Metric {
  readonly name: string;
  readonly word?: string;
}

export interface Line {
  readonly key: string;
  readonly label: string;
  /** One track, or all that stand under "other". */
  readonly tracks: readonly Track[];
}

/** Label keys whose values differ among the series: these name the lines. */
export function distinguishing(all: readonly Labels[]): string[] {
  const keys = new Set(all.flatMap((labels) => Object.keys(labels)));
  return [...keys].sort().filter((key) => new Set(all.map((labels) => labels[key] ?? "")).size > 1);
}

/**
 * Names and orders the lines of a chart: as `order` has it, then by label, so that the
 * order, and with it the colours, never changes by value.
 */
export function makeLines(
  metrics: readonly (Metric & { readonly tracks: readonly Track[] })[],
  order: readonly string[] = [],
): Line[] {
  const keys = distinguishing(metrics.flatMap(({ tracks }) => tracks.map((track) => track.info.labels)));
  const lines = metrics.flatMap(({ word, tracks }) =>
    tracks.map((track): Line => {
      const values = keys.map((key) => track.info.labels[key] ?? "").filter((value) => value !== "");
      const label = [...values, ...(word === undefined ? [] : [word])].join(" ");
      return { key: String(track.info.id), label: label === "" ? track.info.name : label, tracks: [track] };
    }),
  );
  const rank = ({ label }: Line): number => (order.includes(label) ? order.indexOf(label) : order.length);
  return lines.sort((a, b) => rank(a) - rank(b) || a.label.localeCompare(b.label, undefined, { numeric: true }));
}

/** Eight lines at most: else the seven largest, in their order, and "other". */
export function limitLines(lines: readonly Line[]): Line[] {
  if (lines.length <= MOST_LINES) return [...lines];
  const size = (line: Line): number => line.tracks[0]?.newest?.v ?? Number.NEGATIVE_INFINITY;
  const top = new Set([...lines].sort((a, b) => size(b) - size(a)).slice(0, MOST_LINES - 1));
  const rest = lines.filter((line) => !top.has(line));
  const other: Line = { key: "other", label: `other (${rest.length})`, tracks: rest.flatMap((line) => line.tracks) };
  return [...lines.filter((line) => top.has(line)), other];
}

/** The points of a line within a range, one point beyond each end so that it reaches the edge. */
export function columnsOf(line: Line, from: number, to: number, step: number, additive: boolean): Columns {
  const [only] = line.tracks;
  if (line.tracks.length === 1 && only !== undefined) return within(only, from, to);
  const interval = Math.max(1, step, ...line.tracks.map((track) => track.interval(step)));
  const parts = line.tracks.map((track) => within(track, from, to));
  return combine(parts, interval, additive ? "sum" : "mean");
}

function within(track: Track, from: number, to: number): Columns {
  const { ring } = track;
  const low = Math.max(0, ring.indexFrom(from) - 1);
  const high = Math.min(ring.length, ring.indexFrom(to) + 1);
  return { times: ring.times.subarray(low, high), values: ring.values.subarray(low, high) };
}
