import { duration, NBSP, THIN } from "./format.ts";

export interface Range {
  readonly key: string;
  readonly seconds: number;
  /** As in "Last 1 hour" and "Loading 1 hour…". */
  readonly words: string;
  readonly short: string;
}

export const RANGES: readonly [Range, ...Range[]] = [
  { key: "5m", seconds: 300, words: `5${NBSP}minutes`, short: `5${THIN}min` },
  { key: "15m", seconds: 900, words: `15${NBSP}minutes`, short: `15${THIN}min` },
  { key: "1h", seconds: 3600, words: `1${NBSP}hour`, short: `1${THIN}h` },
  { key: "6h", seconds: 21_600, words: `6${NBSP}hours`, short: `6${THIN}h` },
  { key: "24h", seconds: 86_400, words: `24${NBSP}hours`, short: `24${THIN}h` },
  { key: "7d", seconds: 604_800, words: `7${NBSP}days`, short: `7${NBSP}days` },
  { key: "30d", seconds: 2_592_000, words: `30${NBSP}days`, short: `30${NBSP}days` },
];

const SHORTEST = 2;
const LONGEST = 366 * 86_400;

export const DEFAULT_RANGE = RANGES[0];

export function rangeByKey(key: string | null): Range {
  const known = RANGES.find((range) => range.key === key);
  if (known !== undefined) return known;
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(key ?? "")?.[1];
  return seconds === undefined ? DEFAULT_RANGE : rangeOf(Number(seconds));
}

/** A stretch of any length, as zooming leaves it. */
export function rangeOf(seconds: number): Range {
  const bounded = Math.min(Math.max(seconds, SHORTEST), LONGEST);
  const rounded = bounded < 60 ? Math.round(bounded * 10) / 10 : Math.round(bounded);
  const known = RANGES.find((range) => range.seconds === rounded);
  return known ?? { key: `${rounded}s`, seconds: rounded, words: duration(rounded), short: duration(rounded) };
}

/** The next longer (+1) or shorter (-1) range; the last one stays. */
export function neighbour(range: Range, by: 1 | -1): Range {
  const others = RANGES.filter(({ seconds }) => (by === 1 ? seconds > range.seconds : seconds < range.seconds));
  return (by === 1 ? others[0] : others.at(-1)) ?? range;
}

const STEPS = [2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400] as const;

/**
 * Seconds a bucket so that about one bucket falls on one pixel; 0 means raw samples.
 * Never more than twice as many points as pixels.
 */
export function chooseStep(rangeSeconds: number, pixels: number): number {
  const ideal = rangeSeconds / Math.max(pixels, 100);
  if (ideal <= 1.5) return 0;
  return STEPS.find((step) => step >= ideal * 0.8) ?? 86_400;
}
