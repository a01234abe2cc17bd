import type { ChartSpec } from "../chart/types.ts";
import { isOwn } from "../charts.ts";
import type { Alert } from "../data/alerts.ts";
import type { Anomaly } from "../data/anomalies.ts";
import { isCounter } from "../data/track.ts";
import type { Labels } from "../data/types.ts";
import { unitFor } from "../data/units.ts";
import { passes, SHIFT_WORDS, type ExploreView, type Filter } from "./view.ts";

/** As GET /api/v1/names answers. */
export interface NameInfo {
  readonly name: string;
  readonly series: number;
  readonly type?: string;
  readonly unit?: string;
  readonly help?: string;
}

export const MOST_CHARTS = 120;

/** A chart as the page knows it. */
export interface Planned {
  /** What its choices are kept under, and what the address calls it. */
  readonly key: string;
  /** Which of the view's entries it is of. */
  readonly entry: string;
  readonly spec: ChartSpec;
  readonly names: readonly string[];
  readonly counter: boolean;
  /** The value of the label that charts are made for. */
  readonly value: string;
}

/** Entries, with patterns resolved, each once and in its order. */
export function entriesOf(view: ExploreView, known: readonly NameInfo[]): string[] {
  if (view.names.length === 0) return ordered(known);
  const all = view.names.flatMap((entry) => {
    if (!entry.includes("*") || entry.includes("+")) return [partsOf(entry).join(" + ")];
    return ordered(known.filter(({ name }) => matchesPattern(entry, name)));
  });
  return [...new Set(all)];
}

/** Each part of a histogram would be a chart: its buckets and its sum are left out until they are asked for. */
function ordered(known: readonly NameInfo[]): string[] {
  const names = known.filter(({ name, type }) => !(type === "histogram" && name.endsWith("_sum"))).map(({ name }) => name);
  return names.sort((a, b) => Number(!isOwn(a)) - Number(!isOwn(b)) || a.localeCompare(b));
}

export function partsOf(entry: string): string[] {
  return entry.split("+").map((part) => part.trim()).filter((part) => part !== "");
}

export function matchesPattern(pattern: string, name: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(name);
}

/** The charts of a view, in the order of its entries; `values`: those of the label that charts are made for. */
export function planCharts(view: ExploreView, known: readonly NameInfo[], values: readonly string[]): Planned[] {
  const infos = new Map(known.map((info) => [info.name, info]));
  const wanted = view.per === "" ? [""] : values;
  return entriesOf(view, known).flatMap((entry) => wanted.map((value) => planned(view, entry, value, infos)));
}

function planned(view: ExploreView, entry: string, value: string, infos: ReadonlyMap<string, NameInfo>): Planned {
  const names = partsOf(entry);
  const key = value === "" ? entry : `${entry} @${value}`;
  const first = infos.get(names[0] ?? "") ?? { name: names[0] ?? "", series: 0 };
  const counter = isCounter(first);
  const choice = view.charts[key] ?? {};
  const filters: Filter[] = value === "" ? [...view.filters] : [...view.filters, { label: view.per, op: "=", values: [value] }];
  const heat = (first.type ?? "histogram") === "histogram" && first.name.endsWith("_bucket") && names.length === 1;
  const spec: ChartSpec = {
    // Charts of one key never differ: all that shapes it stands in it.
    key: `explore ${JSON.stringify([key, choice, view.split, filters, view.compare])}`,
    title: value === "" ? titleOf(entry, heat) : `${value} ${titleOf(entry, heat)}`,
    metrics: names.map((name) => (names.length > 1 ? { name, word: name } : { name })),
    unit: heat ? unitFor({ name: first.name.replace(/_bucket$/, ""), unit: first.unit }, false) : unitFor(first, counter && choice.raw !== true),
    only: (track) => passes(filters, track.info.labels),
    ...choice,
    ...(heat ? { heat: true } : {}),
    ...(first.help === undefined ? {} : { help: first.help }),
    ...(view.split === "" ? {} : { split: view.split }),
    ...(view.compare === "" ? {} : { past: SHIFT_WORDS[view.compare] }),
  };
  return { key, entry, spec, names, counter, value };
}

function titleOf(entry: string, heat: boolean): string {
  return heat ? entry.replace(/_bucket$/, "") : entry;
}

const ANOMALY = { low: 1, medium: 2, high: 3, critical: 4 } as const;
const ALERT = { info: 10, warning: 20, critical: 30 } as const;
/** Seconds after which an anomaly that has ended is no longer news. */
const NEWS = 3600;

/** How much a chart asks to be looked at: what fires first, then what is unusual now, then what was lately. */
export function unusual(
  { names, value }: Planned,
  view: ExploreView,
  found: { readonly alerts: readonly Alert[]; readonly anomalies: readonly Anomaly[]; readonly now: number },
): number {
  const mine = ({ metric, labels }: { metric: string; labels: Labels }): boolean =>
    names.includes(metric) && passes(view.filters, labels) && (value === "" || labels[view.per] === value);
  const fires = found.alerts.filter((alert) => alert.state === "firing" && mine(alert)).map(({ severity }) => ALERT[severity]);
  const odd = found.anomalies.filter(mine).map(({ severity, ended_at }) => {
    if (ended_at === null) return ANOMALY[severity];
    return found.now - ended_at < NEWS ? ANOMALY[severity] / 10 : 0;
  });
  return Math.max(0, ...fires, ...odd);
}

/** The entries with one of them at another place; a place beyond an end is that end. */
export function placed(entries: readonly string[], entry: string, to: number): string[] {
  const rest = entries.filter((other) => other !== entry);
  const at = Math.min(Math.max(to, 0), rest.length);
  return [...rest.slice(0, at), entry, ...rest.slice(at)];
}

/** The most unusual first; equals stay as they were. */
export function sortCharts(charts: readonly Planned[], score: (chart: Planned) => number): Planned[] {
  const scores = new Map(charts.map((chart) => [chart, score(chart)]));
  return [...charts].sort((a, b) => (scores.get(b) ?? 0) - (scores.get(a) ?? 0));
}
