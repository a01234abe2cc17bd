import type { Schemas } from "../answers.ts";
import { clock, date } from "./format.ts";

/** Times are unix seconds. */
export type Happened = Schemas["Event"];

/** An event that charts show: with a letter, where it can have caused something. */
export interface Mark {
  readonly at: number;
  readonly letter: string;
  readonly event: Happened;
}

const EFFECTS = ["alert_fired", "alert_cleared", "anomaly"];
/** People's orders: listed, but they change no service. */
const ORDERS = ["rule", "silence"];
const MOST_LETTERS = 26;

export const KINDS: Readonly<Record<string, string>> = {
  alert_fired: "Alert fired",
  alert_cleared: "Alert cleared",
  anomaly: "Anomaly",
  model: "Model",
  restart: "Restart",
  rule: "Rule",
  silence: "Silence",
  deploy: "Deployment",
  flag: "Flag",
  config: "Configuration",
  incident: "Incident",
};

export function kindWords(kind: string): string {
  return KINDS[kind] ?? `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
}

/** Whether it is a change, rather than what came of one. */
export function isChange({ kind }: Pick<Happened, "kind">): boolean {
  return !EFFECTS.includes(kind);
}

export function hasLetter({ kind }: Pick<Happened, "kind">): boolean {
  return !EFFECTS.includes(kind) && !ORDERS.includes(kind);
}

export function newestFirst(events: readonly Happened[]): Happened[] {
  return [...events].sort((a, b) => b.at - a.at || b.id - a.id);
}

/** Letters for the changes within a window, A for the newest; further ones have none. */
export function marksIn(events: readonly Happened[], from: number, to: number): Mark[] {
  return newestFirst(events)
    .filter((event) => hasLetter(event) && event.at >= from && event.at <= to)
    .map((event, i) => ({ at: event.at, letter: i < MOST_LETTERS ? String.fromCharCode(65 + i) : "", event }));
}

/** The clock; on another day, the date as well. */
export function whenWords(at: number, now: number): string {
  return date(at) === date(now) ? clock(at) : `${date(at)} ${clock(at)}`;
}

/** "4f2c91, by Mira". */
export function detailWords({ text, by }: Pick<Happened, "text" | "by">): string {
  return [text, by === "" ? "" : `by ${by}`].filter((part) => part !== "").join(", ");
}
