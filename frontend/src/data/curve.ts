import type { Schemas } from "../answers.ts";
import type { Alert } from "./alerts.ts";
import type { Anomaly } from "./anomalies.ts";
import { number, plural } from "./format.ts";
import { rounded, type Backtest } from "./rules.ts";

/** How often a rule would have paged at a limit; null: too often to be counted. */
export type CurvePoint = Schemas["CurvePoint"];

const POINTS = 40;

/** Limits over the whole height of a chart, from low to high. */
export function limitsOver(low: number, high: number): number[] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [];
  const room = (high - low || Math.abs(high) || 1) * 0.05;
  const step = (high - low + 2 * room) / (POINTS - 1);
  return Array.from({ length: POINTS }, (_, i) => rounded(low - room + i * step, 6));
}

/** The most pages that a curve shows: what is far more than draft and saved rule page is all the same. */
export function mostShown(points: readonly CurvePoint[], ...pages: readonly (number | undefined)[]): number {
  const highest = points.reduce((most, point) => Math.max(most, point.pages ?? 0), 1);
  const wanted = Math.max(4, ...pages.map((n) => 2 * (n ?? 0)));
  const all = points.every((point) => point.pages !== null);
  return all ? Math.min(highest, Math.max(wanted, 12)) : Math.max(wanted, 12);
}

/** "Between 60 and 85 it stays at 4." for the stretch of limits that holds a limit. */
export function stretchOf(points: readonly CurvePoint[], limit: number | null): { from: number; to: number; pages: number } | null {
  if (limit === null) return null;
  const at = points.findLastIndex((point) => point.limit <= limit);
  const pages = points[at]?.pages;
  if (pages === null || pages === undefined) return null;
  let [low, high] = [at, at];
  while (points[low - 1]?.pages === pages) low--;
  while (points[high + 1]?.pages === pages) high++;
  return high - low < 2 ? null : { from: points[low]?.limit ?? limit, to: points[high]?.limit ?? limit, pages };
}

/** A time at which something is known to have been wrong. Times are unix seconds. */
export interface Incident {
  readonly from: number;
  readonly to: number;
  readonly words: string;
}

const NEAR = 120;

/** What somebody took for real: alerts that were acknowledged and anomalies that were right, of these series. */
export function incidentsOf(alerts: readonly Alert[], anomalies: readonly Anomaly[], series: ReadonlySet<number>, from: number, to: number): Incident[] {
  const taken = alerts
    .filter((one) => one.acknowledged_by !== null && one.series !== null && series.has(one.series))
    .map((one) => ({ from: one.started_at, to: one.resolved_at ?? to, words: `${one.acknowledged_by ?? ""} took ${one.rule}` }));
  const right = anomalies
    .filter((one) => one.verdict === "right" && series.has(one.series))
    .map((one) => ({ from: one.started_at, to: one.ended_at ?? to, words: "an anomaly that was right" }));
  const found: Incident[] = [];
  for (const one of [...taken, ...right].filter((each) => each.to > from && each.from < to).sort((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last !== undefined && one.from <= last.to + NEAR) found[found.length - 1] = { ...last, to: Math.max(last.to, one.to) };
    else found.push(one);
  }
  return found;
}

/** How many incidents a rule would have paged in, or shortly before or after. */
export function caught({ pages }: Pick<Backtest, "pages">, incidents: readonly Incident[]): number {
  return incidents.filter(({ from, to }) => pages.some(({ at }) => at >= from - NEAR && at <= to + NEAR)).length;
}

/** ", and caught all 4 incidents" or ", and missed 1 of 4 incidents"; nothing where none is known. */
export function caughtInWords(found: Backtest, incidents: readonly Incident[]): string {
  const n = incidents.length;
  if (n === 0) return "";
  const missed = n - caught(found, incidents);
  if (missed === 0) return n === 1 ? ", and caught the one known incident" : `, and caught all ${number(n)} known incidents`;
  return `, and missed ${number(missed)} of ${plural(n, "known incident")}`;
}
