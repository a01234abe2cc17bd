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

/** Adds up rates of cost, one value a step, from midnight on. */
export function costOf(series: readonly HistorySeries[], midnight: number, now: number, step: number): CostToday {
  const spent = new Map<number, number>();
  for (const { timestamps, values } of series) {
    timestamps.forEach((t, i) => {
      const from = Math.max(t, midnight);
      const seconds = Math.max(0, Math.min(t + step, now) - from);
      spent.set(t, (spent.get(t) ?? 0) + (values[i] ?? 0) * seconds);
    });
  }
  let sum = 0;
  const points = [{ t: midnight, v: 0 }];
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
