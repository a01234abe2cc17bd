import { commonSpans, findGaps, isStale, type Span } from "../data/gaps.ts";
import { stackUp, type Columns } from "../data/align.ts";
import { besides, columnsOf, limitLines, makeLines, type Line } from "../data/lines.ts";
import { boundOf, heatAxis, heatOf } from "../data/heat.ts";
import type { Store } from "../data/store.ts";
import type { Track } from "../data/track.ts";
import { logAxis, steadyAxis, type Axis } from "../data/ticks.ts";
import type { Point } from "../data/types.ts";
import { scaleFor, scaleForAll, unitFor } from "../data/units.ts";
import type { ChartSpec, DrawnLine, Picture, Slots, Under, Window } from "./types.ts";

/** What the keys of lines that are buckets begin with. */
const BUCKET = "le ";
const DASH: readonly number[] = [6, 3];

export function tracksOf(spec: ChartSpec, store: Store): Track[] {
  return spec.metrics.flatMap(({ name }) => store.named(name).filter((track) => spec.only?.(track) ?? true));
}

export function linesOf(spec: ChartSpec, store: Store): Line[] {
  const buckets = spec.heat === true ? bucketsOf(tracksOf(spec, store)) : [];
  if (buckets.length > 0) return buckets;
  const lines = makeLines(
    spec.metrics.map((metric) => ({
      ...metric,
      tracks: store.named(metric.name).filter((track) => spec.only?.(track) ?? true),
    })),
    spec.order,
    spec.split,
  );
  return limitLines(lines);
}

/** A line for each bound of a histogram's buckets, the lowest first. */
function bucketsOf(tracks: readonly Track[]): Line[] {
  const known = tracks.filter(({ info }) => !Number.isNaN(boundOf(info.labels.le ?? "")));
  const bounds = [...new Set(known.map(({ info }) => boundOf(info.labels.le ?? "")))].sort((a, b) => a - b);
  return bounds.map((bound) => ({
    key: BUCKET + String(bound),
    label: bound === Number.POSITIVE_INFINITY ? "all" : String(bound),
    tracks: known.filter(({ info }) => boundOf(info.labels.le ?? "") === bound),
  }));
}

/** Gives each line a colour that it keeps for as long as it is shown. */
export function keepSlots(lines: readonly Line[], old: Slots): Slots {
  const slots = new Map<string, number>();
  for (const { key } of lines) {
    const slot = old.get(key);
    if (slot !== undefined) slots.set(key, slot);
  }
  const taken = new Set(slots.values());
  let free = 0;
  for (const { key } of lines) {
    if (slots.has(key)) continue;
    while (taken.has(free)) free += 1;
    taken.add(free);
    slots.set(key, free);
  }
  return slots;
}

/** Works out what a chart shows now. `old` is the axis in use, kept where it still fits. */
export function makePicture(
  spec: ChartSpec,
  lines: readonly Line[],
  slots: Slots,
  window: Window,
  step: number,
  old: Axis | null,
): Picture {
  if (lines[0]?.key.startsWith(BUCKET) === true) return heatPicture(spec, lines, window, step);
  const several = lines.length > 1;
  const plain = lines.map((line) => drawLine(spec, line, several ? (slots.get(line.key) ?? 0) : null, window, step));
  const stacked = spec.stack === true && several;
  const drawn = stacked ? stackLines(plain) : plain;
  const newest = newestOfAll(drawn);
  const axis = axisOf(spec, drawn, window, newest, old);
  const { age, tail } = lateness(drawn, newest, window);
  return {
    window,
    lines: drawn,
    axis,
    scale: scaleForAll(spec.unit, Math.max(Math.abs(axis.max), Math.abs(axis.min)), drawn.map(({ columns }) => columns.values)),
    unit: spec.unit,
    stacked,
    past: drawn.some(({ past }) => past !== null) ? (spec.past ?? "") : "",
    gaps: commonSpans(drawn.map((line) => line.gaps)),
    partial: drawn.flatMap(({ partial }) => partial).filter(({ to }) => to > window.from),
    tail,
    newest,
    age,
  };
}

function lateness(drawn: readonly DrawnLine[], newest: Point | null, window: Window): Pick<Picture, "age" | "tail"> {
  const age = newest === null ? Number.POSITIVE_INFINITY : Math.max(0, (window.live ? window.now : window.to) - newest.t);
  const interval = Math.min(...drawn.map((line) => line.interval), Number.MAX_VALUE);
  return { age, tail: newest !== null && isStale(age, interval) ? { from: newest.t, to: window.to } : null };
}

/** Buckets as a map; what it says in numbers is how many events there are in all. */
function heatPicture(spec: ChartSpec, lines: readonly Line[], window: Window, step: number): Picture {
  const unit = unitFor({ name: spec.metrics[0]?.name ?? "" }, true);
  const drawn = lines.map((line) => drawLine({ ...spec, unit }, line, null, window, step));
  const all = drawn.slice(-1);
  const newest = newestOfAll(all);
  const wide = 2.5 * Math.max(step, ...all.map(({ interval }) => interval));
  const heat = heatOf(lines.map(({ key }) => Number(key.slice(BUCKET.length))), drawn.map(({ columns }) => columns), wide);
  return {
    window,
    lines: all,
    axis: heatAxis(heat.bounds, spec.unit),
    scale: scaleFor(unit, newest?.v ?? 0),
    unit,
    stacked: false,
    past: "",
    gaps: commonSpans(all.map((line) => line.gaps)),
    partial: [],
    newest,
    ...lateness(all, newest, window),
    heat,
  };
}

function axisOf(spec: ChartSpec, drawn: readonly DrawnLine[], window: Window, newest: Point | null, old: Axis | null): Axis {
  const log = spec.log === true;
  const [low, high] = extent(drawn, window, newest, log ? 0 : Number.NEGATIVE_INFINITY);
  if (log) return logAxis(low, high);
  return steadyAxis(old?.log === true ? null : old, low, high, { zero: spec.unit.zero, top: spec.top, most: spec.unit.most });
}

function stackLines(lines: readonly DrawnLine[]): DrawnLine[] {
  const upper = stackUp(lines.map(({ columns }) => columns));
  return lines.map((line, i) => ({ ...line, drawn: upper[i] ?? line.columns, low: null, high: null, past: null }));
}

function drawLine(
  spec: ChartSpec,
  line: Line,
  slot: number | null,
  window: Window,
  step: number,
): DrawnLine {
  const cut = { from: window.from, to: window.to, step, additive: spec.unit.additive, raw: spec.raw === true };
  const { partial = [], ...columns } = columnsOf(line, cut);
  const interval = Math.max(step, ...line.tracks.map((track) => track.interval(step)));
  // Buckets are aligned, so a series slower than a bucket leaves some of them empty.
  const [only] = line.tracks;
  const ends = line.tracks.length === 1 ? only?.ends.times : undefined; // a sum goes on without one of its parts
  const gaps: Span[] = findGaps(columns.times, interval, ends);
  const { low, high, past } = besides(line, cut);
  return {
    line,
    columns,
    drawn: columns,
    low,
    high,
    past: spec.past === undefined ? null : past,
    token: slot === null ? "trace" : `c${slot + 1}`,
    dash: slot !== null && slot >= 4 ? DASH : null,
    gaps,
    partial,
    newest: newestOf(line, columns, window, cut.raw),
    interval: Math.max(...line.tracks.map((track) => track.interval(window.live ? 0 : step))),
  };
}

export function newestOfAll(lines: readonly Pick<DrawnLine, "newest">[]): Point | null {
  return lines.reduce<Point | null>((best, { newest: point }) => (point !== null && (best === null || point.t > best.t) ? point : best), null);
}

/** The newest point of a line of one series, as it is now. */
export function newestNow({ line, newest }: DrawnLine, { live }: Window, raw: boolean): Point | null {
  const [only] = line.tracks;
  return live && only !== undefined ? (raw ? only.newest : only.last) : newest;
}

function newestOf(line: Line, { times, values }: DrawnLine["columns"], window: Window, raw: boolean): Point | null {
  const [only] = line.tracks;
  if (window.live && line.tracks.length === 1) return (raw ? only?.newest : only?.last) ?? null;
  let last = times.length - 1;
  while (last >= 0 && (times[last] ?? 0) > window.to) last -= 1;
  return last < 0 ? null : { t: times[last] ?? 0, v: values[last] ?? 0 };
}

/** The values within the window that lie above `least`; where there are none, the last one known. */
function extent(lines: readonly DrawnLine[], window: Window, newest: Point | null, least: number): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const see = ({ times, values }: Columns): void => {
    for (let i = 0; i < times.length; i += 1) {
      const t = times[i] ?? 0;
      if (t < window.from || t > window.to) continue;
      const v = values[i] ?? 0;
      if (v < low && v > least) low = v;
      if (v > high) high = v;
    }
  };
  for (const { drawn, low: lows, high: highs, past } of lines) {
    see(drawn);
    for (const more of [lows, highs, past]) if (more !== null) see(more);
  }
  return low > high && newest !== null ? [newest.v, newest.v] : [low, high];
}

/** The point of a line nearest to `t`, when it is near enough to stand for it. */
export function nearest({ columns, drawn, interval }: DrawnLine, t: number, reach: number): Under | null {
  const { times, values } = columns;
  const i = nearestIndex(times, t);
  const found = times[i];
  if (found === undefined || Math.abs(found - t) > Math.max(reach, 1.25 * interval)) return null;
  const v = values[i] ?? 0;
  return { t: found, v, y: drawn === columns ? v : (drawn.values[nearestIndex(drawn.times, found)] ?? v) };
}

/** What the earlier day had at that time. */
export function pastAt({ past }: DrawnLine, t: number, reach: number): number | null {
  if (past === null) return null;
  const i = nearestIndex(past.times, t);
  const found = past.times[i];
  return found === undefined || Math.abs(found - t) > 4 * reach ? null : (past.values[i] ?? null);
}

function nearestIndex(times: Float64Array, t: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if ((times[mid] ?? 0) < t) low = mid + 1;
    else high = mid;
  }
  const before = times[low - 1] ?? Number.NEGATIVE_INFINITY;
  const after = times[low] ?? Number.POSITIVE_INFINITY;
  return t - before < after - t ? low - 1 : low;
}
