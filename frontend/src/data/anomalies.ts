import type { Got, Schemas } from "../answers.ts";
import { duration, plural } from "./format.ts";
import { selectorOf } from "./selector.ts";
import type { ShapeName } from "./shape.ts";
import { unitFor, unitOf, type Unit } from "./units.ts";

export type Anomaly = Schemas["Anomaly"];

export type Anomalies = Got<"/api/v1/anomalies">;

export const SHAPES: Record<Anomaly["severity"], ShapeName> = { low: "info", medium: "warn", high: "warn", critical: "crit" };

/** The page's first sentence: what is unusual now, or lately was. */
export function anomaliesInWords({ anomalies, feedback }: Anomalies, now: number, counted: number | null = null): { shape: ShapeName; text: string; sub: string } {
  const open = anomalies.filter(({ ended_at }) => ended_at === null);
  const hour = anomalies.filter(({ started_at }) => now - started_at < 3600);
  const said = feedback.right + feedback.wrong;
  const sub = said === 0 ? "Say of each whether it was right: how many were is told here." : `${feedback.right} of the ${said} that somebody judged were right.`;
  if (open.length > 0) {
    const worst = open.some(({ severity }) => severity === "critical") ? "crit" : "warn";
    // The navigation counts those that need a look: the rest is mild, Quadra's own, of the same cause, or told of by an alert.
    const look = counted === null || counted === open.length ? "" : `${counted === 0 ? "None" : counted} of them ${counted === 1 ? "needs" : "need"} a look. `;
    return { shape: worst, text: `${plural(open.length, "series is", "series are")} unusual now.`, sub: look + sub };
  }
  if (hour.length > 0) return { shape: "ok", text: `Nothing is unusual now; ${plural(hour.length, "series was", "series were")} in the last hour.`, sub };
  return { shape: "ok", text: "Nothing is unusual.", sub };
}

/** "2 min 10 s, still on" or "40 s". */
export function lasted({ started_at, ended_at }: Anomaly, now: number): string {
  return ended_at === null ? `${duration(now - started_at)}, still on` : duration(Math.max(1, ended_at - started_at));
}

/** The overview at that moment, with the series on top. */
export function momentOf({ metric, labels, started_at, ended_at }: Anomaly, now: number): string {
  const end = Math.min(now, (ended_at ?? now) + 120);
  const range = end - started_at < 240 ? "5m" : end - started_at < 840 ? "15m" : "1h";
  return `/?${new URLSearchParams({ range, end: String(Math.round(end)), pin: selectorOf(metric, labels) })}`;
}

/** The unit of an anomaly's values: counters are watched by their rise a second, sums of calls by the mean of a call. */
export function unitOfAnomaly(metric: string): Unit {
  if (metric.endsWith("_sum")) return unitOf(metric.slice(0, -"_sum".length));
  return /_(total|count)$/.test(metric) ? unitFor({ name: metric }, true) : unitOf(metric);
}
