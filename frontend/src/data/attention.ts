import { firing, titleOf, whoOf, type Alert, type Piece } from "./alerts.ts";
import { SHAPES as ANOMALY_SHAPES, type Anomaly } from "./anomalies.ts";
import type { ShapeName } from "./shape.ts";

/** One thing that needs somebody. */
export type Thing = { readonly shape: ShapeName; readonly piece: Piece } & (
  | { readonly alert: Alert }
  | { readonly anomaly: Anomaly }
  | { readonly silent: string }
);

/** All that needs somebody, and the alerts that need nobody more: taken, or quiet on purpose. */
export interface Needs {
  readonly things: readonly Thing[];
  readonly aside: readonly Alert[];
}

const RANK: Readonly<Record<ShapeName, number>> = { crit: 0, warn: 1, info: 2, unknown: 3, wait: 4, ok: 5 };
const ALERT_SHAPES = { critical: "crit", warning: "warn", info: "info" } as const;

/** Anomalies that no firing alert tells of already, the worst and newest first; those of Quadra itself stand on its own page. */
export function unalerted(anomalies: readonly Anomaly[], alerted: ReadonlySet<number>): Anomaly[] {
  const told = new Set<string>();
  return anomalies
    .filter(({ severity, series, metric }) => !metric.startsWith("quadra_") && (severity === "critical" || severity === "high") && !alerted.has(series))
    .sort((a, b) => Number(b.severity === "critical") - Number(a.severity === "critical") || b.started_at - a.started_at)
    .filter(({ group }) => {
      const first = group === "" || !told.has(group);
      told.add(group);
      return first;
    });
}

/** The one source of the first sentence, the list under it, the count in the navigation and the title. */
export function needsOf(alerts: readonly Alert[], anomalies: readonly Anomaly[], silent: readonly string[]): Needs {
  const { waiting, taken, quiet } = firing(alerts);
  const told = new Set([...waiting, ...taken, ...quiet].map(({ series }) => series ?? -1));
  const things: Thing[] = [
    ...waiting.map((alert) => ({ shape: ALERT_SHAPES[alert.severity], piece: { text: titleOf(alert), alert: alert.id }, alert })),
    ...unalerted(anomalies, told).map((anomaly) => ({ shape: ANOMALY_SHAPES[anomaly.severity], piece: { text: oddWords(anomaly), page: "/anomalies" }, anomaly })),
    ...silent.map((name) => ({ shape: "unknown" as const, piece: `${name} sends no data`, silent: name })),
  ];
  // A stable sort: among equals alerts stand before what is unusual.
  return { things: things.sort((a, b) => RANK[a.shape] - RANK[b.shape]), aside: [...taken, ...quiet] };
}

function oddWords(anomaly: Anomaly): string {
  const who = whoOf(anomaly);
  return `${anomaly.metric} is unusual${who === "" ? "" : ` (${who})`}`;
}
