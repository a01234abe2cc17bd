import { firing, needs, said, severityShape, type Alert, type Piece } from "./alerts.ts";
import { duration, list, number, plural, THIN } from "./format.ts";
import type { Standing } from "./services.ts";

export type Shape = "ok" | "crit" | "warn" | "info" | "unknown" | "wait";

export interface Facts {
  /** Seconds since the newest sample of all; infinite when there is none. */
  readonly age: number;
  /** Seconds since the connection was lost, null while it stands. */
  readonly lost: number | null;
  readonly listed: boolean;
  /** Means of the last seconds, percent; null where not measured. */
  readonly cpu: number | null;
  readonly memory: number | null;
  readonly disk: number | null;
  /** Metrics of the user's own that had a rhythm and lost it. */
  readonly silent: number;
  /** Who sent something within the last minute. */
  readonly sources: readonly string[];
  /** How the services stand; null while none is known. */
  readonly services: ServicesFacts | null;
  /** The open alerts, null while they are not known. */
  readonly alerts: readonly Alert[] | null;
}

export interface ServicesFacts {
  readonly standing: Readonly<Record<Standing, number>>;
  /** Those in trouble, the worst first, and those that are silent. */
  readonly wrong: readonly string[];
  readonly silent: readonly string[];
}

export interface Sentence {
  readonly shape: Shape;
  readonly text: string;
  /** The same text, with the alerts in it that can be opened. */
  readonly pieces?: readonly Piece[];
  readonly sub: string;
  /** For the title and the icon. */
  readonly troubles: number;
}

/** From here on a part of this machine is called busy or nearly full. */
const BUSY = 90;
/** Silence of every source beyond this: nothing is known any more. */
const SILENT = 10;

/** More sources than this are only counted. */
const MOST_NAMED = 4;

/** The page's first words: what is known, and no more. */
export function sentence(facts: Facts): Sentence {
  const silence = Math.max(facts.lost ?? 0, facts.age > SILENT && Number.isFinite(facts.age) ? facts.age : 0);
  if (facts.lost !== null || silence > SILENT) {
    const text = `Not known: no data for ${duration(silence)}.`;
    return { shape: "unknown", text, sub: "What you see below is from before.", troubles: 1 };
  }
  if (!Number.isFinite(facts.age)) {
    const text = facts.listed ? "No data has come yet." : "Waiting for the first data.";
    return { shape: "wait", text, sub: "", troubles: 0 };
  }
  const alerts = firing(facts.alerts ?? []);
  const worst = alerts.waiting[0];
  const taken = takenBy(alerts.taken);
  if (worst !== undefined) {
    const pieces = needs(alerts.waiting);
    const sub = `${taken}${beside(facts)}`;
    return { shape: severityShape(worst.severity), text: said(pieces), pieces, sub, troubles: alerts.waiting.length };
  }
  const fit = parts(facts).filter(({ value }) => value < BUSY);
  // Where services tell how they do, a busy CPU alone is no news.
  const busy = parts(facts).filter(({ name, value }) => value >= BUSY && (facts.services === null || name !== "CPU"));
  const known = fit.map(({ name, value }) => `${name} ${percent(value)}`);
  const rest = taken + (known.length === 0 ? "" : `${capital(list(known))} in the last 15${THIN}s. `);
  const told = facts.services === null ? null : ofServices(facts.services, taken, rest);
  if (told !== null && told.shape !== "ok" && told.shape !== "unknown") return told;
  if (busy.length > 0) {
    const text = `This host is ${busy.map((part) => `${part.state}: ${part.name} ${percent(part.value)}`).join(", and ")}.`;
    return { shape: "warn", text, sub: `${rest}Data is arriving from ${from(facts.sources)}.`, troubles: busy.length };
  }
  if (told?.shape === "unknown") return told;
  if (facts.silent > 0) {
    const text = facts.silent === 1 ? "One of your metrics is silent." : `${facts.silent} of your metrics are silent.`;
    const sub = `${rest}Data is arriving from ${from(facts.sources)}.`;
    return { shape: "unknown", text, sub, troubles: facts.silent };
  }
  if (told !== null) return told;
  return {
    shape: "ok",
    text: `Data is arriving from ${from(facts.sources)}.`,
    sub: `${rest}${taken === "" && facts.alerts !== null ? "No alert is open." : ""}`.trim(),
    troubles: 0,
  };
}

/** What services say while no alert waits: all is right, something is unusual, or somebody is silent. */
function ofServices({ standing, wrong, silent }: ServicesFacts, taken: string, rest: string): Sentence {
  const total = standing.critical + standing.warning + standing.unknown + standing.ok;
  if (wrong.length > 0) {
    const text = `${wrong.length === 1 ? "One service needs" : `${number(wrong.length)} services need`} a look: ${from(wrong)}.`;
    return { shape: standing.critical > 0 ? "crit" : "warn", text, sub: taken + normal(standing), troubles: wrong.length };
  }
  if (silent.length > 0) {
    const text = `${silent.length === 1 ? "One service is" : `${number(silent.length)} services are`} silent: ${from(silent)}.`;
    return { shape: "unknown", text, sub: taken + normal(standing), troubles: silent.length };
  }
  const all = `${number(total)} of ${plural(total, "service is", "services are")} within ${total === 1 ? "its" : "their"} limits`;
  return { shape: "ok", text: `All is right. ${all}.`, sub: `${taken === "" ? "Nothing open. " : taken}${rest}`.trim(), troubles: 0 };
}

/** "11 of 14 services are normal, 1 is silent." */
function normal(standing: ServicesFacts["standing"]): string {
  const total = standing.critical + standing.warning + standing.unknown + standing.ok;
  const silent = standing.unknown === 0 ? "" : `, ${number(standing.unknown)} ${standing.unknown === 1 ? "is" : "are"} silent`;
  return `${number(standing.ok)} of ${plural(total, "service is", "services are")} normal${silent}. Everything below is at most 2${THIN}s old unless marked.`;
}

function beside(facts: Facts): string {
  return facts.services === null ? `Data is arriving from ${from(facts.sources)}.` : normal(facts.services.standing);
}

/** "Mira has 1 open alert. " */
function takenBy(taken: readonly Alert[]): string {
  if (taken.length === 0) return "";
  const who = [...new Set(taken.map((alert) => alert.acknowledged_by ?? ""))];
  return `${list(who)} ${who.length === 1 ? "has" : "have"} ${number(taken.length)} open ${taken.length === 1 ? "alert" : "alerts"}. `;
}

function parts({ cpu, memory, disk }: Facts): { name: string; state: string; value: number }[] {
  return [
    { name: "CPU", state: "busy", value: cpu },
    { name: "memory", state: "nearly full", value: memory },
    { name: "disk", state: "nearly full", value: disk },
  ].filter((part): part is { name: string; state: string; value: number } => part.value !== null);
}

function from(sources: readonly string[]): string {
  if (sources.length <= MOST_NAMED) return list(sources);
  return list([...sources.slice(0, MOST_NAMED - 1), `${sources.length - MOST_NAMED + 1} others`]);
}

function percent(value: number): string {
  return `${value.toFixed(0)}${THIN}%`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
