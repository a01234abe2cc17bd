export interface Range {
  readonly key: string;
  readonly seconds: number;
  /** As in "Last 1 hour" and "Loading 1 hour…". */
  readonly words: string;
  readonly short: string;
}

export const RANGES: readonly [Range, ...Range[]] = [
  { key: "5m", seconds: 300, words: "5 minutes", short: "5 min" },
  { key: "15m", seconds: 900, words: "15 minutes", short: "15 min" },
  { key: "1h", seconds: 3600, words: "1 hour", short: "1 h" },
  { key: "6h", seconds: 21_600, words: "6 hours", short: "6 h" },
  { key: "24h", seconds: 86_400, words: "24 hours", short: "24 h" },
];

export const DEFAULT_RANGE = RANGES[0];

export function rangeByKey(key: string | null): Range {
  return RANGES.find((range) => range.key === key) ?? DEFAULT_RANGE;
}

/** The next longer (+1) or shorter (-1) range; the last one stays. */
export function neighbour(range: Range, by: 1 | -1): Range {
  return RANGES[RANGES.indexOf(range) + by] ?? range;
}

const STEPS = [2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600] as const;

/**
 * Seconds a bucket so that about one bucket falls on one pixel; 0 means raw samples.
 * Never more than twice as many points as pixels.
 */
export function chooseStep(rangeSeconds: number, pixels: number): number {
  const ideal = rangeSeconds / Math.max(pixels, 100);
  if (ideal <= 1.5) return 0;
  return STEPS.find((step) => step >= ideal * 0.8) ?? 3600;
}
