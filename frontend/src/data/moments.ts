import type { Anomaly } from "./anomalies.ts";
import { plural } from "./format.ts";

/** Anomalies that began together. */
export interface Moment {
  readonly key: string;
  readonly from: number;
  /** Null while one of them lasts. */
  readonly to: number | null;
  /** Those first that went wrong early and strongly. */
  readonly anomalies: readonly Anomaly[];
}

/** Anomalies of one service, on the common axis of time. */
export interface Lane {
  readonly service: string;
  readonly anomalies: readonly Anomaly[];
}

const DELAY = 10;
const SERVICE_LABELS = ["service_name", "service", "job", "app", "instance"];
const SEVERITIES = ["low", "medium", "high", "critical"] as const;

/** What a series belongs to: a label that names its service, or the first word of its metric. */
export function serviceOf({ metric, labels }: Pick<Anomaly, "metric" | "labels">): string {
  for (const label of SERVICE_LABELS) {
    const value = labels[label];
    if (value !== undefined && value !== "") return value;
  }
  return metric.split("_", 1)[0] ?? metric;
}

/** One lane a service, in the alphabet's order: lanes never change places. */
export function lanesOf(anomalies: readonly Anomaly[]): Lane[] {
  const lanes = new Map<string, Anomaly[]>();
  for (const one of anomalies) lanes.set(serviceOf(one), [...(lanes.get(serviceOf(one)) ?? []), one]);
  return [...lanes].map(([service, found]) => ({ service, anomalies: found })).sort((a, b) => a.service.localeCompare(b.service));
}

/** How near to the cause: strength saturates, and ten seconds of delay weigh like a halving of it. */
export function weight({ evidence, started_at }: Pick<Anomaly, "evidence" | "started_at">, began: number): number {
  return evidence / (1 + evidence) / (1 + Math.max(0, started_at - began) / DELAY);
}

/** The moments, the newest first. */
export function momentsOf(anomalies: readonly Anomaly[]): Moment[] {
  const groups = new Map<string, Anomaly[]>();
  for (const one of anomalies) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return [...groups]
    .map(([key, found]) => {
      const from = Math.min(...found.map(({ started_at }) => started_at));
      const ends = found.map(({ ended_at }) => ended_at);
      return {
        key,
        from,
        to: ends.includes(null) ? null : Math.max(...ends.map((end) => end ?? 0)),
        anomalies: found.sort((a, b) => weight(b, from) - weight(a, from) || a.id - b.id),
      };
    })
    .sort((a, b) => b.from - a.from);
}

export function worstOf(anomalies: readonly Anomaly[]): Anomaly["severity"] {
  const rank = Math.max(0, ...anomalies.map(({ severity }) => SEVERITIES.indexOf(severity)));
  return SEVERITIES[rank] ?? "low";
}

/** "6 series of 2 services"; sources where not all of them name their service. */
export function movedInWords({ anomalies }: Moment): string {
  const services = new Set(anomalies.map(serviceOf)).size;
  const series = plural(anomalies.length, "series", "series");
  const named = ({ labels }: Anomaly): boolean => SERVICE_LABELS.some((label) => label !== "instance" && (labels[label] ?? "") !== "");
  const kind = anomalies.every(named) ? "service" : "source";
  return services > 1 ? `${series} of ${plural(services, kind)}` : `${series} of ${anomalies[0] === undefined ? "" : serviceOf(anomalies[0])}`;
}
