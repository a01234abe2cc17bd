import type { Schemas } from "../answers.ts";
import { quietWord } from "./quiet.ts";
import { clock, date, duration, list, number, tied } from "./format.ts";
import { unitOf, withUnit } from "./units.ts";

export type Severity = Alert["severity"];

/** Times are unix seconds. */
export type Alert = Schemas["Alert"];

/** One line of an alert's history. */
export type Happening = Schemas["AlertChange"];

export type AlertShape = "crit" | "warn" | "info" | "unknown" | "ok";

const RANK: Record<Severity, number> = { critical: 0, warning: 1, info: 2 };
const SHAPES: Record<Severity, AlertShape> = { critical: "crit", warning: "warn", info: "info" };
/** Labels that say whose alert it is, the usual ones first. */
const WHO = ["service_name", "service", "host", "instance", "job", "model", "name"];
const WORDS = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"];
const DAY = 86_400;

export function shapeOf(alert: Pick<Alert, "severity" | "state">): AlertShape {
  if (alert.state === "pending") return "unknown";
  return alert.state === "firing" ? SHAPES[alert.severity] : "ok";
}

export function severityShape(severity: Severity): AlertShape {
  return SHAPES[severity];
}

export function isOpen({ state }: Pick<Alert, "state">): boolean {
  return state === "pending" || state === "firing";
}

/** What fires before what may, what nobody has before what somebody has, the worst and the oldest first; what is quiet on purpose last. */
export function worstFirst(alerts: readonly Alert[]): Alert[] {
  const rank = (a: Alert): number =>
    (a.state === "firing" ? 0 : 100) + (quietWord(a) === "" ? 0 : 200) + (a.acknowledged_by === null ? 0 : 10) + RANK[a.severity];
  return [...alerts].sort((a, b) => rank(a) - rank(b) || a.started_at - b.started_at || a.id - b.id);
}

/** Those that fire: who wait for somebody, whom somebody has, and whom nobody need have. */
export function firing(alerts: readonly Alert[]): { waiting: Alert[]; taken: Alert[]; quiet: Alert[] } {
  const open = worstFirst(alerts).filter(({ state }) => state === "firing");
  const loud = open.filter((alert) => quietWord(alert) === "");
  return {
    waiting: loud.filter((alert) => alert.acknowledged_by === null),
    taken: loud.filter((alert) => alert.acknowledged_by !== null),
    quiet: open.filter((alert) => quietWord(alert) !== ""),
  };
}

/** The open alerts after one of them changed. */
export function withChange(open: readonly Alert[], changed: Alert): Alert[] {
  const others = open.filter(({ id }) => id !== changed.id);
  return isOpen(changed) ? [...others, changed] : others;
}

/** Whose alert it is: "chat-api", "node-3"; "" where no label says so. */
export function whoOf({ labels }: Pick<Alert, "labels">): string {
  const key = WHO.find((name) => labels[name] !== undefined) ?? Object.keys(labels)[0];
  return key === undefined ? "" : (labels[key] ?? "");
}

/** "Answers are slow (chat-api)". */
export function titleOf(alert: Alert): string {
  const who = whoOf(alert);
  return who === "" ? alert.rule : `${alert.rule} (${who})`;
}

/** The rule's own words, or what was measured and where the limit lies. */
export function causeOf(alert: Alert): string {
  const summary = tied(alert.annotations.summary ?? "");
  if (summary !== "") return /[.!?…]$/.test(summary) ? summary : `${summary}.`;
  const unit = unitOf(alert.metric);
  if (alert.value === null) return `${alert.metric === "" ? "The series" : alert.metric} sends nothing.`;
  const limit = limitOf(alert);
  // What is over is told as it was at its worst, or at its end where the worst was not kept.
  const [is, value, when] = isOpen(alert) ? ["is", alert.value, ""] : alert.peak === null ? ["was", alert.value, " at its end"] : ["was", alert.peak, " at its worst"];
  return `${alert.metric} ${is} ${withUnit(value, unit)}${when}${limit === "" ? "" : `, the ${limit.replace(" ", ` ${is} `)}`}.`;
}

/** On which side of its limit an alert is: its rule knows, but is not at hand. */
export function sideOf({ value, threshold }: Pick<Alert, "value" | "threshold">): ">" | "<" | "==" {
  if (value === null || threshold === null || value > threshold) return ">";
  return value < threshold ? "<" : "==";
}

/** "limit 500 ms"; empty where other programs judge, which don't tell theirs. */
export function limitOf({ threshold, metric }: Pick<Alert, "threshold" | "metric">): string {
  return threshold === null ? "" : `limit ${withUnit(threshold, unitOf(metric))}`;
}

export function valueOf(alert: Alert): string {
  return alert.value === null ? "no data" : withUnit(alert.value, unitOf(alert.metric));
}

/** The worst value of an alert that is over. */
export function worstValueOf({ peak, value, metric }: Pick<Alert, "peak" | "value" | "metric">): string {
  if (peak !== null) return withUnit(peak, unitOf(metric));
  return value === null ? "no data" : "not kept";
}

/** Whether it would be told, and there is nobody: `channels` can be told, null where it is not known how many. */
export function isUnheard(alert: Alert, channels: number | null): boolean {
  return channels === 0 && alert.acknowledged_by === null && alert.quieted_by.length === 0;
}

/** Who has it, or who was told. */
export function ownerOf(alert: Alert, channels: number | null = null): string {
  if (alert.acknowledged_by !== null) {
    return alert.acknowledged_at === null
      ? `${alert.acknowledged_by} has it`
      : `${alert.acknowledged_by} has it since ${moment(alert.acknowledged_at)}`;
  }
  const held = quietWord(alert);
  if (held !== "") return `${held.charAt(0).toUpperCase()}${held.slice(1)}`;
  if (isUnheard(alert, channels)) return "No channel tells of it";
  if (alert.paged_at !== null) return `Paged at ${moment(alert.paged_at)}`;
  const quiet = alert.quieted_by.map((by) => by.split(":")[0] ?? by);
  return quiet.length > 0 ? `Held back: ${quiet.join(", ")}` : "Nobody paged yet";
}

/** The clock, with the day when it was not today. */
export function moment(t: number, now = Date.now() / 1000, withSeconds = false): string {
  const at = clock(t, withSeconds);
  return now - t < DAY / 2 || date(t) === date(now) ? at : `${date(t)} ${at}`;
}

export function inWords(n: number): string {
  return WORDS[n] ?? number(n);
}

/** A piece of a sentence: words, the name of an alert to be opened, or words that lead to a page. */
export type Piece = string | { readonly text: string; readonly alert: number } | { readonly text: string; readonly page: string };

/** "Two things need you: A, and B." with at most two of them named. */
export function needs(waiting: readonly Alert[]): Piece[] {
  return needing(waiting.map((alert) => ({ text: titleOf(alert), alert: alert.id })));
}

/** The same of whatever needs somebody. */
export function needing(waiting: readonly Piece[], what = "you"): Piece[] {
  const [first, second] = waiting;
  const head = `${inWords(waiting.length)} ${waiting.length === 1 ? "thing needs" : "things need"} ${what}: `;
  if (first === undefined) return [];
  if (second === undefined) return [head, first, "."];
  if (waiting.length === 2) return [head, first, ", and ", second, "."];
  return [head, first, ", ", second, ` and ${number(waiting.length - 2)} more.`];
}

export function said(pieces: readonly Piece[]): string {
  return pieces.map((piece) => (typeof piece === "string" ? piece : piece.text)).join("");
}

/** The first sentence of the page of alerts. */
export function alertsHeading(open: readonly Alert[]): { shape: AlertShape; pieces: Piece[]; sub: string } {
  const { waiting, taken, quiet } = firing(open);
  const pending = open.filter(({ state }) => state === "pending").length;
  const held = taken.length === 0 ? "" : `${number(taken.length)} more ${taken.length === 1 ? "is" : "are"} taken. `;
  const hushed = quietWords(quiet);
  const soon = pending === 0 ? "" : `${number(pending)} ${pending === 1 ? "is" : "are"} pending: over the limit, but not for long enough.`;
  const first = waiting[0];
  if (first !== undefined) return { shape: SHAPES[first.severity], pieces: needs(waiting), sub: held + hushed + soon };
  const has = taken[0];
  if (has !== undefined) {
    const text = taken.length === 1 ? `${has.acknowledged_by ?? "Somebody"} has the one open alert.` : `Somebody has each of the ${number(taken.length)} open alerts.`;
    return { shape: SHAPES[has.severity], pieces: [text], sub: hushed + soon };
  }
  if (quiet.length > 0) return { shape: "ok", pieces: [`Nothing needs you: ${lower(hushed.trim())}`], sub: soon };
  return { shape: "ok", pieces: ["Nothing is open: no rule finds anything wrong."], sub: soon };
}

/** "1 alert fires, silenced. " */
export function quietWords(quiet: readonly Alert[]): string {
  if (quiet.length === 0) return "";
  const words = [...new Set(quiet.map(quietWord))];
  return `${number(quiet.length)} ${quiet.length === 1 ? "alert fires" : "alerts fire"}, ${list(words)}. `;
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

const KINDS: Record<string, string> = {
  pending: "Over the limit",
  firing: "Fires",
  recovering: "Back within its limit, still watched",
  resolved: "Over",
  cancelled: "Was over before it fired",
  paged: "Paged",
  paged_again: "Paged again",
  nobody_told: "Nobody told",
  escalated: "Escalated",
  acknowledged: "Acknowledged",
  resolved_told: "Its end was told",
  delivered: "Page delivered",
  delivery_failed: "Page not delivered",
  quiet_silence: "Kept quiet by a silence",
  quiet_maintenance: "Kept quiet by a maintenance window",
  quiet_cooldown: "Kept quiet by the cooldown",
  quiet_inhibited: "Kept quiet by a worse alert",
  quiet_flapping: "Kept quiet: it comes and goes",
};

/** What happened, in words: "Acknowledged by Mira". */
export function happened({ kind, by, ref, detail, value, alert }: Happening): string {
  const what = KINDS[kind] ?? `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`.replaceAll("_", " ");
  const who = by === "" ? "" : ` by ${by}`;
  const through = kind.startsWith("deliver") && ref !== "" ? ` through ${ref}` : "";
  const why = through !== "" && detail === ref ? "" : through !== "" && detail.startsWith(`${ref}: `) ? detail.slice(ref.length + 2) : detail;
  const size = value === null ? "" : `, at ${withUnit(value, unitOf(alert.metric))}`;
  return `${what}${who}${through}${size}${why === "" ? "" : `: ${tied(why)}`}`;
}

/** How long it lasted, or has lasted. */
export function lasted(alert: Pick<Alert, "started_at" | "resolved_at">, now: number): string {
  const text = duration(Math.max(0, (alert.resolved_at ?? now) - alert.started_at));
  return alert.resolved_at === null ? `${text}, still on` : text;
}

/** Conditions of a silence: of this very series, or of all that the rule watches. */
export function matchersFor(alert: Alert, whole: boolean): string[] {
  const labels = whole ? [] : Object.entries(alert.labels);
  return [["rule", alert.rule] as const, ...labels].map(([name, value]) => `${name}=${JSON.stringify(value)}`);
}
