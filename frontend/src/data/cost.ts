import { number, THIN } from "./format.ts";
import type { HistorySeries } from "./history.ts";

export interface CostToday {
  readonly midnight: number;
  /** What had been spent by each moment. */
  readonly points: readonly { readonly t: number; readonly v: number }[];
  readonly sum: number;
  /** By the end of the day at the pace of the last hour; null while too little is known. */
  readonly forecast: number | null;
  readonly currency: string;
}

const HOUR = 3600;

/**
 * Adds up what counters of cost grew by since midnight: `series` has the least and the last value of each step.
 * A counter's first value of the day is where it begins, as nobody knows when it got there; a fall means that it began
 * again at zero.
 */
export function costOf(series: readonly HistorySeries[], midnight: number, now: number, step: number): CostToday {
  const spent = new Map<number, number>();
  const leasts = new Map(series.filter(({ agg }) => agg === "min").map((one) => [one.id, one]));
  for (const { id, timestamps, values } of series.filter(({ agg }) => agg === "last")) {
    let before = leasts.get(id)?.values[0] ?? values[0] ?? 0;
    timestamps.forEach((t, i) => {
      const value = values[i] ?? before;
      spent.set(t, (spent.get(t) ?? 0) + (value < before ? value : value - before));
      before = value;
    });
  }
  let sum = 0;
  const points = [{ t: Math.max(midnight, Math.min(...spent.keys(), now)), v: 0 }];
  for (const [t, amount] of [...spent].sort(([a], [b]) => a - b)) {
    if (t + step <= midnight || t > now) continue;
    sum += amount;
    points.push({ t: Math.min(t + step, now), v: sum });
  }
  const before = points.findLast(({ t }) => t <= now - HOUR);
  const known = before !== undefined && points.length > HOUR / step && now - midnight >= HOUR;
  const forecast = known ? sum + ((sum - before.v) / (now - before.t)) * (midnight + 86_400 - now) : null;
  return { midnight, points, sum, forecast, currency: currencyOf(series) };
}

function currencyOf(series: readonly HistorySeries[]): string {
  const names = series.map(({ name }) => name).join(" ");
  const known: readonly (readonly [word: string, sign: string])[] = [["_usd", "$"], ["dollar", "$"], ["_eur", "€"], ["_gbp", "£"]];
  return known.find(([word]) => names.includes(word))?.[1] ?? "";
}

/** "4.20 €", two decimals below 100. */
export function costWords(amount: number, currency: string): string {
  const text = amount < 99.995 ? amount.toFixed(2) : number(Math.round(amount));
  return currency === "" ? text : `${text}${THIN}${currency}`;
}
