import { firing, needing, quietWords, said, severityShape, type Alert, type Piece } from "./alerts.ts";
import type { Anomaly } from "./anomalies.ts";
import { needsOf } from "./attention.ts";
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
  /** What lasts of the unusual. */
  readonly anomalies: readonly Anomaly[];
  /** The host's values stand beside the sentence: they are not told twice, of other moments. */
  readonly hostBeside: boolean;
}

export interface ServicesFacts {
  readonly standing: Readonly<Record<Standing, number>>;
  /** Those that are silent. */
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
    return { shape: "unknown", text: silentFor(silence), sub: FROM_BEFORE, troubles: 1 };
  }
  if (!Number.isFinite(facts.age)) {
    const text = facts.listed ? "No data has come yet." : "Waiting for the first data.";
    return { shape: "wait", text, sub: "", troubles: 0 };
  }
  const alerts = firing(facts.alerts ?? []);
  const { things } = needsOf(facts.alerts ?? [], facts.anomalies, facts.services?.silent ?? []);
  const [worst] = things;
  const aside = `${takenBy(alerts.taken)}${quietWords(alerts.quiet)}`;
  // Those that are only silent have a sentence of their own below.
  if (worst !== undefined && worst.shape !== "unknown") {
    const pieces = needing(things.map(({ piece }) => piece), alerts.waiting.length > 0 ? "you" : "a look");
    const sub = `${aside}${beside(facts)}`;
    return { shape: worst.shape, text: said(pieces), pieces, sub, troubles: things.length };
  }
  const fit = parts(facts).filter(({ value }) => value < BUSY);
  // Where services tell how they do, a busy CPU alone is no news.
  const busy = parts(facts).filter(({ name, value }) => value >= BUSY && (facts.services === null || name !== "CPU"));
  const known = fit.map(({ name, value }) => `${name} ${percent(value)}`);
  const rest = aside + (known.length === 0 || facts.hostBeside ? "" : `${capital(list(known))} in the last 15${THIN}s. `);
  const told = facts.services === null ? null : ofServices(facts.services, facts.alerts !== null, aside, rest);
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
  const [has] = alerts.taken;
  if (has !== undefined) {
    const sub = `${rest}${beside(facts)}`;
    return { shape: severityShape(has.severity), text: "Nothing more needs you: somebody has what is open.", sub, troubles: 0 };
  }
  if (told !== null) return told;
  return {
    shape: "ok",
    text: `Data is arriving from ${from(facts.sources)}.`,
    sub: `${rest}${aside === "" && facts.alerts !== null ? "No alert is open." : ""}`.trim(),
    troubles: 0,
  };
}

/** What a page says first, as long as its server is heard of: that all is right is not known of now without it. */
export function asHeard<T, S extends string>(told: Told<T, S>, lost: number | null): Told<T | string, S | "unknown"> {
  if (lost === null || told.shape !== "ok") return told;
  return { shape: "unknown", text: silentFor(lost), sub: FROM_BEFORE };
}

interface Told<T, S> {
  readonly shape: S;
  readonly text: T;
  readonly sub?: string;
}

const FROM_BEFORE = "What you see below is from before.";

function silentFor(seconds: number): string {
  return `Not known: no data for ${duration(seconds)}.`;
}

/**
 * What services say while nothing needs anybody. Which of them rules watch is not known here, so no
 * limit is claimed to be kept: only that none was broken.
 */
function ofServices({ standing, silent }: ServicesFacts, judged: boolean, aside: string, rest: string): Sentence {
  const total = standing.critical + standing.warning + standing.unknown + standing.ok;
  if (silent.length > 0) {
    const text = `${silent.length === 1 ? "One service is" : `${number(silent.length)} services are`} silent: ${from(silent)}.`;
    return { shape: "unknown", text, sub: aside + normal(standing), troubles: silent.length };
  }
  const broken = aside === "" ? "No rule is broken" : "Nothing needs you";
  const text = judged ? `${broken}, and nothing is unusual in ${plural(total, "service")}.` : `${plural(total, "service sends", "services send")} data.`;
  return { shape: "ok", text, sub: rest.trim(), troubles: 0 };
}

/** "11 of 14 services are normal, 1 is silent." */
function normal(standing: ServicesFacts["standing"]): string {
  const total = standing.critical + standing.warning + standing.unknown + standing.ok;
  const silent = standing.unknown === 0 ? "" : `, ${number(standing.unknown)} ${standing.unknown === 1 ? "is" : "are"} silent`;
  return `${number(standing.ok)} of ${plural(total, "service is", "services are")} as usual${silent}. Everything below is at most 2${THIN}s old unless marked.`;
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
