import { clock, day, fixed, number, offset } from "./format.ts";

export interface Axis {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
  /** What stands at the marks, where that is not their value. */
  readonly names?: readonly string[];
  /** The unit of those names. */
  readonly word?: string;
  /** Steps of the axis multiply rather than add. */
  readonly log?: boolean;
}

export interface AxisWish {
  readonly zero: boolean;
  /** Fixed upper end, as 100 for a share. */
  readonly top?: number | undefined;
  /** No value lies beyond: no mark does either. */
  readonly most?: number | undefined;
}

/** An axis with 3 or 4 round marks that holds all values from `low` to `high`. */
export function axisFor(low: number, high: number, wish: AxisWish): Axis {
  // No values at all: marks would tell of a size that nobody knows.
  if (!Number.isFinite(low) || !Number.isFinite(high)) return { min: 0, max: 1, ticks: [] };
  if (wish.top !== undefined && low >= 0 && high <= wish.top) return axis(0, wish.top / 2, 2);
  const zero = low >= 0 && (wish.zero || low <= 0.6 * high);
  let from = zero ? 0 : low;
  let to = high;
  if (from === to) {
    // All values alike: put them in the middle, or on the ground when they are 0.
    const room = Math.abs(to) * 0.1;
    from = to === 0 ? 0 : from - room;
    to = to === 0 ? 1 : to + room;
  }
  // A line along the upper edge would look cut off.
  to += (to - from) * 0.04;
  const tightest = [2, 3].map((n) => roundAxis(from, to, n)).reduce((a, b) => (b.max - b.min < a.max - a.min ? b : a));
  const { most } = wish;
  return zero && most !== undefined && high <= most && tightest.max > most ? axis(0, most / 2, 2) : tightest;
}

/** The tightest axis of `n` round steps. */
function roundAxis(from: number, to: number, n: number): Axis {
  let step = roundStep((to - from) / n);
  let start = Math.floor(from / step + 1e-9) * step;
  // Rounding the lower end down may push the values out at the upper end.
  while (start + n * step < to - 1e-9 * step) {
    step = roundStep(step * 1.01);
    start = Math.floor(from / step + 1e-9) * step;
  }
  return axis(start, step, n);
}

/**
 * Stillness: the axis in use is kept while the values still fill a fair part of it.
 */
export function steadyAxis(old: Axis | null, low: number, high: number, wish: AxisWish): Axis {
  const next = axisFor(low, high, wish);
  if (old === null || !Number.isFinite(low)) return next;
  const fits = low >= old.min && high <= old.max && (old.min === 0) === (next.min === 0);
  return fits && next.max - next.min > 0.55 * (old.max - old.min) ? old : next;
}

function axis(min: number, step: number, n: number): Axis {
  const ticks = Array.from({ length: n + 1 }, (_, i) => min + i * step);
  return { min, max: min + n * step, ticks };
}

/** Decades around all values above zero, which alone have a place on it; marks at powers of ten, or at 1, 2, 5. */
export function logAxis(low: number, high: number): Axis {
  if (!Number.isFinite(low) || !Number.isFinite(high) || high <= 0) return { min: 1, max: 10, ticks: [], log: true };
  const bottom = Math.floor(Math.log10(Math.max(low, high / 1e12)) + 1e-9);
  const top = Math.max(Math.ceil(Math.log10(high) - 1e-9), bottom + 1);
  const every = Math.max(1, Math.ceil((top - bottom) / 4));
  const ticks: number[] = [];
  for (let power = bottom; power <= top; power += every) {
    ticks.push(10 ** power);
    if (top - bottom === 1 && power < top) ticks.push(2 * 10 ** power, 5 * 10 ** power);
  }
  return { min: 10 ** bottom, max: 10 ** top, ticks, log: true };
}

const LEADS = [1, 2, 2.5, 3, 4, 5, 10] as const;

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return (LEADS.find((lead) => lead * power >= rough * (1 - 1e-9)) ?? 10) * power;
}

/** Digits after the point that the marks of an axis need to differ. */
export function decimalsFor(step: number): number {
  for (let decimals = 0; decimals < 8; decimals += 1) {
    const scaled = step * 10 ** decimals;
    if (scaled >= 0.999 && Math.abs(scaled - Math.round(scaled)) < 1e-6) return decimals;
  }
  return 8;
}

/** Beyond these sizes marks are written as short as values are: "110 M", "2e−12". */
const LONG = 1e6;
const TINY = 1e-6;

/** How a mark of an axis is written; all of one axis alike. */
export function markText(axis: Axis, tick: number, divisor: number): string {
  if (axis.names !== undefined) return axis.names[axis.ticks.indexOf(tick)] ?? "";
  if (axis.log === true) return number(tick / divisor);
  const step = ((axis.ticks[1] ?? 1) - (axis.ticks[0] ?? 0)) / divisor;
  const largest = Math.max(Math.abs(axis.min), Math.abs(axis.max)) / divisor;
  if (largest >= LONG || step < TINY) return number(tick / divisor);
  return fixed(tick / divisor, decimalsFor(step));
}

const DAY = 86_400;
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, DAY, 2 * DAY, 5 * DAY, 10 * DAY, 30 * DAY];

/** Round local times within a range, at most one per `space` pixels; at midnight the day rather than 00:00. */
export function timeTicks(from: number, to: number, pixels: number, space = 56): { t: number; text: string }[] {
  const ideal = ((to - from) * space) / Math.max(pixels, space);
  const step = TIME_STEPS.find((candidate) => candidate >= ideal) ?? 30 * DAY;
  const shift = offset(from);
  const out: { t: number; text: string }[] = [];
  for (let t = Math.ceil((from + shift) / step) * step - shift; t <= to; t += step) {
    const midnight = step >= 3600 && (t + shift) % DAY === 0;
    out.push({ t, text: midnight ? day(t) : clock(t, step < 60) });
  }
  return out;
}
