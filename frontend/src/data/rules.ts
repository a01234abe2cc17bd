import type { Schemas } from "../answers.ts";
import { historyPath, type HistoryPath, type HistorySeries } from "./history.ts";
import { duration, list, number, plural } from "./format.ts";
import { unitOf, withUnit } from "./units.ts";
import { parseSelector } from "./selector.ts";

export const AGGREGATES = ["last", "avg", "min", "max", "sum", "count", "rate", "p50", "p90", "p95", "p99", "absent"] as const satisfies readonly Rule["aggregate"][];
export const OPERATORS = [">", ">=", "<", "<=", "==", "!="] as const satisfies readonly Rule["op"][];
export const SEVERITIES = ["critical", "warning", "info"] as const satisfies readonly Rule["severity"][];
export const NO_DATA = ["ok", "alert", "keep"] as const satisfies readonly Rule["no_data"][];

export type Rule = Schemas["Rule"];

/** A rule while it is being written: every field as it stands in the form. */
export interface Draft {
  readonly name: string;
  readonly selector: string;
  readonly aggregate: string;
  readonly window: string;
  readonly op: string;
  readonly threshold: string;
  readonly clear_threshold: string;
  readonly for: string;
  readonly keep_firing_for: string;
  readonly cooldown: string;
  readonly repeat_interval: string;
  readonly severity: string;
  readonly no_data: string;
  readonly summary: string;
  readonly channels: readonly string[];
  readonly escalate_after: string;
  readonly escalate_to: readonly string[];
  readonly enabled: boolean;
}

export const NEW_DRAFT: Draft = {
  name: "",
  selector: "",
  aggregate: "last",
  window: "1m",
  op: ">",
  threshold: "",
  clear_threshold: "",
  for: "0s",
  keep_firing_for: "0s",
  cooldown: "30m",
  repeat_interval: "4h",
  severity: "warning",
  no_data: "ok",
  summary: "",
  channels: [],
  escalate_after: "0s",
  escalate_to: [],
  enabled: true,
};

export function draftOf(rule: Rule): Draft {
  return {
    name: rule.name,
    selector: rule.selector,
    aggregate: rule.aggregate,
    window: rule.window,
    op: rule.op,
    threshold: String(rule.threshold),
    clear_threshold: rule.clear_threshold === null ? "" : String(rule.clear_threshold),
    for: rule.for,
    keep_firing_for: rule.keep_firing_for,
    cooldown: rule.cooldown,
    repeat_interval: rule.repeat_interval,
    severity: rule.severity,
    no_data: rule.no_data,
    summary: rule.annotations.summary ?? "",
    channels: rule.channels,
    escalate_after: rule.escalate_after,
    escalate_to: rule.escalate_to,
    enabled: rule.enabled,
  };
}

/** "1 500", "1,5" and "−3" are what people type; null for what is no number. */
export function typedNumber(text: string): number | null {
  const plain = text.trim().replaceAll(/[\s\u202f\u00a0]/g, "").replace("\u2212", "-").replace(",", ".");
  const value = plain === "" ? Number.NaN : Number(plain);
  return Number.isFinite(value) ? value : null;
}

/** The name of a rule that nobody named. */
export function nameFor(draft: Draft): string {
  const wanted = parseSelector(draft.selector);
  if (wanted === null) return draft.selector.slice(0, 80);
  const who = Object.values(wanted.labels).slice(0, 2).join(", ");
  if (draft.aggregate === "absent") return `${wanted.name} is absent${who === "" ? "" : ` (${who})`}`;
  return `${wanted.name} ${draft.op} ${draft.threshold}${who === "" ? "" : ` (${who})`}`;
}

const NOT_SENT = ["id", "source", "created_at", "updated_at"];

/** A rule as it may be sent back: without what the server itself notes of it. */
export function asSent(rule: Rule): Record<string, unknown> {
  return Object.fromEntries(Object.entries(rule).filter(([name]) => !NOT_SENT.includes(name)));
}

/** What is sent; what the form does not show stays as it was in `former`. */
export function bodyOf(draft: Draft, former: Rule | null = null): Record<string, unknown> {
  const { summary, threshold, clear_threshold, name, ...same } = draft;
  const annotations = Object.fromEntries(Object.entries(former?.annotations ?? {}).filter(([key]) => key !== "summary"));
  const clear = clear_threshold.trim();
  return {
    ...(former === null ? {} : asSent(former)),
    ...same,
    name: name.trim() === "" ? nameFor(draft) : name.trim(),
    threshold: typedNumber(threshold) ?? (draft.aggregate === "absent" ? 0 : threshold),
    clear_threshold: clear === "" ? null : (typedNumber(clear) ?? clear),
    annotations: summary.trim() === "" ? annotations : { ...annotations, summary: summary.trim() },
  };
}

/** Complete enough to be tried on the past. */
export function canBeTried(draft: Draft): boolean {
  return draft.selector.trim() !== "" && (draft.aggregate === "absent" || typedNumber(draft.threshold) !== null);
}

const COMPARED: Record<string, string> = {
  ">": "is above",
  ">=": "is at least",
  "<": "is below",
  "<=": "is at most",
  "==": "is",
  "!=": "is not",
};

export function compared(op: string): string {
  return COMPARED[op] ?? op;
}

/** A selector as people read it: of metrics that are only listed by name, "a or b". */
export function selectorInWords(selector: string): string {
  const names = /^\s*\{\s*__name__\s*=~\s*"([\w:|]+)"\s*\}\s*$/.exec(selector)?.[1]?.split("|") ?? [];
  return names.length === 0 || names.includes("") ? selector : names.join(" or ");
}

/** What stands above the chart of a rule. */
export function titleOfDraft({ selector }: Pick<Draft, "selector">): string {
  return selector.trim() === "" ? "No series yet" : (parseSelector(selector)?.name ?? selectorInWords(selector.trim()));
}

/** What a rule lacks before it can be tried and kept; empty when nothing. */
export function lackOf(draft: Draft): string {
  if (draft.selector.trim() === "") return "Choose a series";
  if (canBeTried(draft)) return "";
  return draft.threshold.trim() === "" ? "Set a limit" : "Use a number as the limit";
}

/** "When p95 over 5m of latency_seconds is above 2 for 1m". */
export function ruleInWords(rule: Rule): string {
  const who = selectorInWords(rule.selector);
  if (rule.aggregate === "absent") return `When ${who} is absent for ${rule.window}`;
  const what = rule.aggregate === "last" ? who : `${rule.aggregate} over ${rule.window} of ${who}`;
  const held = rule.for === "0s" ? "" : ` for ${rule.for}`;
  const limit = withUnit(rule.threshold, unitOf(parseSelector(rule.selector)?.name ?? ""));
  return `When ${what} ${compared(rule.op)} ${limit}${held}`;
}

/** Whether a value is beyond the limit. */
export function breaches(op: string, value: number, limit: number): boolean {
  switch (op) {
    case ">":
      return value > limit;
    case ">=":
      return value >= limit;
    case "<":
      return value < limit;
    case "<=":
      return value <= limit;
    case "==":
      return value === limit;
    default:
      return value !== limit;
  }
}

/** A limit that nothing seen so far reaches: a first guess, to be dragged. */
export function suggestedLimit(series: readonly HistorySeries[], op: string): number | null {
  const values = series.flatMap((one) => one.values.filter((v): v is number => v !== null));
  if (values.length === 0) return null;
  const high = values.reduce((a, b) => Math.max(a, b));
  const low = values.reduce((a, b) => Math.min(a, b));
  const room = (high - low || Math.abs(high) || 1) * 0.25;
  const guess = op.startsWith("<") ? low - room : high + room;
  return rounded(low >= 0 ? Math.max(0, guess) : guess, 2);
}

/** Three digits, or as many as are asked for: what a person would type. */
export function rounded(value: number, digits = 3): number {
  return value === 0 ? 0 : Number(value.toPrecision(digits));
}

const SECONDS: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** "1h30m" in seconds; null for what is no duration. */
export function secondsOf(text: string): number | null {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g)];
  if (parts.length === 0 || parts.map(([all]) => all).join("") !== text.trim()) return null;
  return parts.reduce((sum, [, n, unit]) => sum + Number(n) * (SECONDS[unit ?? "s"] ?? 1), 0);
}

/** History knows no p90, and an absent series has no value. */
const IN_HISTORY: Record<string, string> = { p90: "p95", absent: "count" };
const MOST_STEPS = 600;

/** What a rule's chart shows: what it judges, in steps of its window or of what fits the chart. */
export function historyOf(
  draft: Pick<Draft, "selector" | "aggregate" | "window" | "op">,
  start: number,
  end: number,
): { path: HistoryPath; words: string } {
  const fine = Math.max(1, Math.ceil((end - start) / MOST_STEPS));
  const window = Math.ceil(secondsOf(draft.window) ?? 60);
  const plain = draft.aggregate === "last" || draft.aggregate === "absent";
  // A value that stands for many must not hide the one that breaks the limit.
  const worst = draft.op.startsWith("<") ? "min" : draft.op.startsWith(">") ? "max" : "last";
  const agg = draft.aggregate === "last" ? worst : (IN_HISTORY[draft.aggregate] ?? draft.aggregate);
  const step = plain ? fine : Math.max(fine, Math.min(window, (end - start) / 4));
  const path: HistoryPath = `${historyPath({ match: [draft.selector], start, end, step: Math.ceil(step) })}&agg=${agg}`;
  return { path, words: plain && step <= 10 ? "" : `${agg} of each ${duration(Math.ceil(step))}` };
}

/** What a back-test found. Times are unix seconds. */
export type Backtest = Schemas["Backtest"];

export type Fire = Schemas["Fire"];

/** The value furthest beyond the limit while it fired, as the chart shows it; the last one known where the chart shows none. */
export function worstOf(fire: Fire, end: number, series: readonly HistorySeries[], op: string): number | null {
  const own = series.find(({ id }) => id === fire.series);
  const until = fire.resolved_at ?? end;
  const [first = 0, second = first] = own?.timestamps ?? [];
  const from = fire.started_at - (second - first); // a step bears the time of its beginning
  const values = (own?.values ?? []).filter((v, i): v is number => {
    const t = own?.timestamps[i] ?? 0;
    return v !== null && t > from && t < until;
  });
  if (values.length === 0) return fire.value;
  return op.startsWith("<") ? Math.min(...values) : Math.max(...values);
}

/** Seconds that a series has data of, where that is much less than the span; else null. */
export function partKnown(series: readonly HistorySeries[], start: number, end: number): number | null {
  const first = Math.min(...series.map(({ timestamps }) => timestamps[0] ?? end));
  return Number.isFinite(first) && first - start > 0.1 * (end - start) ? Math.max(1, Math.round(end - first)) : null;
}

/** "In the last 24 hours this would have paged 5 times, not 15."; `only`: how many seconds of it there is data of. */
export function backtestInWords(found: Backtest, saved: Backtest | null, span: string, more = "", only: number | null = null): string {
  if (found.series === 0) return "No series matches, so this would never have fired.";
  const times = (n: number): string => (n === 0 ? "never" : n === 1 ? "once" : n === 2 ? "twice" : `${number(n)} times`);
  const fired = found.counts.fires;
  const fires = fired === found.counts.pages ? "" : `, and fired ${times(fired)}`;
  const was = saved?.counts.pages;
  const instead = was === undefined || was === found.counts.pages ? "" : `, not ${times(was)}`;
  const head = found.counts.pages === 0 ? "this would never have paged anybody" : `this would have paged ${times(found.counts.pages)}`;
  const when = only === null ? `In the last ${span}` : `In the ${duration(only)} of data so far,`;
  return `${when} ${head}${instead}${fires}${more}.`;
}

/** The first sentence of the page of rules. */
export function rulesInWords(rules: readonly Rule[], broken: number): { text: string; sub: string } {
  const off = rules.filter(({ enabled }) => !enabled).length;
  const files = rules.filter(({ source }) => source !== "").length;
  const parts = [off === 0 ? "" : `${number(off)} switched off`, files === 0 ? "" : `${number(files)} from files`];
  const text = rules.length === 0 ? "No rule watches anything yet." : `${plural(rules.length, "rule")} ${rules.length === 1 ? "watches" : "watch"} what comes in.`;
  const rest = parts.filter((part) => part !== "");
  return { text, sub: broken > 0 ? `${plural(broken, "file")} of rules could not be read.` : rest.length === 0 ? "" : `${list(rest)}.` };
}
