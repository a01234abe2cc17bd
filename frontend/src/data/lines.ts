import { combine, type Columns } from "./align.ts";
import type { Span } from "./gaps.ts";
import type { Ring } from "./ring.ts";
import type { Track } from "./track.ts";
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
 * order, and with it the colours, never changes by value. `split`: one line for each value
 * of this label, of all series that have it.
 */
export function makeLines(
  metrics: readonly (Metric & { readonly tracks: readonly Track[] })[],
  order: readonly string[] = [],
  split?: string,
): Line[] {
  const lines = split === undefined ? oneEach(metrics) : metrics.flatMap((metric) => byValue(metric, split));
  const rank = ({ label }: Line): number => (order.includes(label) ? order.indexOf(label) : order.length);
  return lines.sort((a, b) => rank(a) - rank(b) || a.label.localeCompare(b.label, undefined, { numeric: true }));
}

function oneEach(metrics: readonly (Metric & { readonly tracks: readonly Track[] })[]): Line[] {
  const keys = distinguishing(metrics.flatMap(({ tracks }) => tracks.map((track) => track.info.labels)));
  return metrics.flatMap(({ word, tracks }) =>
    tracks.map((track): Line => {
      const values = keys.map((key) => track.info.labels[key] ?? "").filter((value) => value !== "");
      const label = [...values, ...(word === undefined ? [] : [word])].join(" ");
      return { key: String(track.info.id), label: label === "" ? track.info.name : label, tracks: [track] };
    }),
  );
}

function byValue({ name, word, tracks }: Metric & { readonly tracks: readonly Track[] }, split: string): Line[] {
  const groups = new Map<string, Track[]>();
  for (const track of tracks) {
    const value = track.info.labels[split] ?? "";
    groups.set(value, [...(groups.get(value) ?? []), track]);
  }
  return [...groups].map(([value, group]) => ({
    key: `${name} ${value}`,
    label: [value === "" ? `no ${split}` : value, ...(word === undefined ? [] : [word])].join(" "),
    tracks: group,
  }));
}

/** Eight lines at most: else the seven largest, in their order, and "other". */
export function limitLines(lines: readonly Line[]): Line[] {
  if (lines.length <= MOST_LINES) return [...lines];
  const size = ({ tracks }: Line): number => (tracks.some((track) => track.last !== null) ? tracks.reduce((sum, track) => sum + (track.last?.v ?? 0), 0) : Number.NEGATIVE_INFINITY);
  const top = new Set([...lines].sort((a, b) => size(b) - size(a)).slice(0, MOST_LINES - 1));
  const rest = lines.filter((line) => !top.has(line));
  const other: Line = { key: "other", label: `other (${rest.length})`, tracks: rest.flatMap((line) => line.tracks) };
  return [...lines.filter((line) => top.has(line)), other];
}

/** Which stretch of a line, and what of it. */
export interface Cut {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  /** Whether several series under one name are added up, or averaged. */
  readonly additive: boolean;
  /** Counters as they count, not their rates. */
  readonly raw: boolean;
}

/** The points of a line within a range, one point beyond each end so that it reaches the edge. */
export function columnsOf(line: Line, cut: Cut): Columns & { readonly partial?: readonly Span[] } {
  const [only] = line.tracks;
  const ringOf = (track: Track): Ring => (cut.raw ? (track.raw ?? track.ring) : track.ring);
  if (line.tracks.length === 1 && only !== undefined) return within(ringOf(only), cut.from, cut.to);
  const interval = Math.max(1, cut.step, ...line.tracks.map((track) => track.interval(cut.step)));
  const parts = line.tracks.map((track) => within(ringOf(track), cut.from, cut.to));
  return combine(parts, interval, cut.additive ? "sum" : "mean");
}

/** The extremes of a line's buckets and the same stretch of an earlier day, where it has them. */
export function besides(line: Line, cut: Cut): { low: Columns | null; high: Columns | null; past: Columns | null } {
  const [only] = line.tracks;
  if (only === undefined || cut.raw) return { low: null, high: null, past: null };
  if (line.tracks.length > 1) return { low: null, high: null, past: pastOf(line, cut) };
  const stretch = (ring: Ring): Columns | null => (ring.length === 0 ? null : within(ring, cut.from, cut.to));
  return { low: stretch(only.low), high: stretch(only.high), past: stretch(only.past) };
}

function pastOf({ tracks }: Line, { from, to, step, additive }: Cut): Columns | null {
  const parts = tracks.filter(({ past }) => past.length > 0).map(({ past }) => within(past, from, to));
  if (parts.length === 0) return null;
  return combine(parts, Math.max(1, step, (to - from) / 400), additive ? "sum" : "mean");
}

function within(ring: Ring, from: number, to: number): Columns {
  const low = Math.max(0, ring.indexFrom(from) - 1);
  const high = Math.min(ring.length, ring.indexFrom(to) + 1);
  return { times: ring.times.subarray(low, high), values: ring.values.subarray(low, high) };
}
