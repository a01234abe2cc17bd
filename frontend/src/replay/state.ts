import type { Schemas } from "../answers.ts";
import type { Alert } from "../data/alerts.ts";
import type { Anomaly } from "../data/anomalies.ts";
import { marksIn, newestFirst, type Happened, type Mark } from "../data/events.ts";
import type { HistorySeries } from "../data/history.ts";

export type ReplayData = Schemas["Replay"];

/** An alert as it was known at a moment. */
export interface KnownAlert {
  readonly alert: Alert;
  readonly state: "pending" | "firing";
  readonly since: number;
  readonly taken: string;
  /** What kept it quiet by then, in a word. */
  readonly quiet: string;
}

export interface KnownThen {
  readonly alerts: readonly KnownAlert[];
  readonly anomalies: readonly Anomaly[];
  readonly events: readonly Happened[];
}

const OPENS: Readonly<Record<string, "pending" | "firing">> = { pending: "pending", firing: "firing", relapsed: "firing", recovering: "firing" };
const QUIET: Readonly<Record<string, string>> = { quiet_maintenance: "in maintenance", quiet_inhibited: "told of by a worse one" };
const TOLD = ["paged", "paged_again", "escalated"];
const ENDS = ["resolved", "cancelled"];

/** What was known at a moment, and no more: nothing of what came after it. */
export function knownAt(data: ReplayData, t: number): KnownThen {
  const open = new Map<number, KnownAlert>();
  for (const { at, kind, by, alert } of [...data.changes].sort((a, b) => a.at - b.at)) {
    if (at > t) break;
    const state = OPENS[kind];
    const before = open.get(alert.id);
    if (ENDS.includes(kind)) open.delete(alert.id);
    else if (state !== undefined) open.set(alert.id, { alert, state, since: before?.state === state ? before.since : at, taken: before?.taken ?? "", quiet: before?.quiet ?? "" });
    else if (kind === "acknowledged" && before !== undefined) open.set(alert.id, { ...before, taken: by });
    else if (QUIET[kind] !== undefined && before !== undefined) open.set(alert.id, { ...before, quiet: QUIET[kind] });
    else if (TOLD.includes(kind) && before !== undefined) open.set(alert.id, { ...before, quiet: "" });
  }
  const rank = { critical: 0, warning: 1, info: 2 } as const;
  for (const { starts_at, ends_at, alerts } of data.silences) {
    if (t < starts_at || t >= ends_at) continue;
    for (const id of alerts) {
      const known = open.get(id);
      if (known !== undefined) open.set(id, { ...known, quiet: "silenced" });
    }
  }
  return {
    alerts: [...open.values()].sort((a, b) => Number(a.state === "pending") - Number(b.state === "pending") || rank[a.alert.severity] - rank[b.alert.severity] || a.since - b.since),
    anomalies: data.anomalies.filter(({ started_at, ended_at }) => started_at <= t && (ended_at === null || ended_at > t)),
    events: newestFirst(data.events.filter(({ at }) => at <= t)),
  };
}

/** Letters as they stand for the whole span, so that scrubbing renames nothing. */
export function lettersOf(data: ReplayData): Mark[] {
  return marksIn(data.events, data.start, data.end);
}

/** From when to when each alert fired, for the lane under the slider. */
export function firesOf(data: ReplayData): { from: number; to: number; alert: Alert }[] {
  const fires: { from: number; to: number; alert: Alert }[] = [];
  const open = new Map<number, { from: number; to: number; alert: Alert }>();
  for (const { at, kind, alert } of [...data.changes].sort((a, b) => a.at - b.at)) {
    const running = open.get(alert.id);
    if (kind === "firing" && running === undefined) {
      const fire = { from: Math.max(at, data.start), to: data.end, alert };
      open.set(alert.id, fire);
      fires.push(fire);
    }
    if (ENDS.includes(kind) && running !== undefined) {
      running.to = Math.min(at, data.end);
      open.delete(alert.id);
    }
  }
  return fires.filter(({ from, to }) => to > data.start && from < data.end);
}

/** The series that alerts are about first, then the others in their order. */
export function alertedFirst({ series, changes }: Pick<ReplayData, "series" | "changes">): HistorySeries[] {
  const alerted = new Set(changes.map(({ alert }) => alert.series));
  return [...series].sort((a, b) => Number(alerted.has(b.id)) - Number(alerted.has(a.id)));
}

/** The newest value that was known. */
export function valueAt({ timestamps, values }: HistorySeries, t: number): number | null {
  for (let i = timestamps.length - 1; i >= 0; i -= 1) {
    const v = values[i];
    if ((timestamps[i] ?? 0) <= t && v !== null && v !== undefined) return v;
  }
  return null;
}
