import type { Schemas } from "../answers.ts";
import { list, number, plural, THIN } from "./format.ts";
import { COUNT, NUMBER, PERCENT, SECONDS, withUnit, type Unit } from "./units.ts";

export const SIGNALS = ["traffic", "errors", "latency", "saturation"] as const;
export type Signal = (typeof SIGNALS)[number];
export type Standing = ServicesAnswer["services"]["standing"][number];
export const ORDER: readonly Standing[] = ["critical", "warning", "unknown", "ok"];
export const SHAPES = { critical: "crit", warning: "warn", unknown: "unknown", ok: "ok" } as const;
export const TITLES: Record<Signal, string> = { traffic: "Traffic", errors: "Errors", latency: "Latency p95", saturation: "Saturation" };

type Numbers = readonly (number | null)[];

type ToldTrouble = Schemas["ServiceTrouble"];

/** Columns over all services, the worst first. */
export type ServicesAnswer = Schemas["Services"];

export type Host = Schemas["Host"];

/** One service as it stands. */
export interface Service {
  readonly name: string;
  readonly standing: Standing;
  readonly age: number;
  readonly now: Readonly<Record<Signal, number | null>>;
  readonly units: Readonly<Partial<Record<Signal, string>>>;
  readonly trouble: ToldTrouble | null;
}

/** The last hour of one service, a point a step from `start` on. */
export interface Lines {
  readonly start: number;
  readonly step: number;
  readonly values: Readonly<Record<Signal, Numbers>>;
  readonly metrics: Readonly<Partial<Record<Signal, string>>>;
  readonly match: string;
  readonly every: number;
}

export function rowsOf({ services }: ServicesAnswer): Service[] {
  return services.name.map((name, i) => {
    const [errors = "", saturation = ""] = (services.units[i] ?? "").split(",");
    return {
      name,
      standing: services.standing[i] ?? "ok",
      age: services.age[i] ?? 0,
      now: pick((signal) => services[signal][i] ?? null),
      units: { errors, saturation },
      trouble: services.troubles[String(i)] ?? null,
    };
  });
}

export function linesOf({ start, step, lines, services }: ServicesAnswer): Map<string, Lines> {
  const found = new Map<string, Lines>();
  lines?.metrics.forEach((metrics, i) => {
    const name = services.name[lines.offset + i];
    if (name === undefined) return;
    found.set(name, {
      start,
      step,
      values: pick((signal) => lines[signal][i] ?? []),
      metrics,
      match: lines.match[i] ?? "",
      every: lines.every[i] ?? 0,
    });
  });
  return found;
}

function pick<T>(of: (signal: Signal) => T): Record<Signal, T> {
  return { traffic: of("traffic"), errors: of("errors"), latency: of("latency"), saturation: of("saturation") };
}

const CORES: Unit = { ...NUMBER, zero: true, scales: [{ divisor: 1, unit: "cores", until: Number.POSITIVE_INFINITY }] };
const rate = (unit: string): Unit => ({ ...NUMBER, zero: true, scales: [{ divisor: 1, unit, until: Number.POSITIVE_INFINITY }] });
const REQUESTS = rate("req/s");
const DONE = rate("/s");

/** What a signal of a service is told in; `metric` where it is known. */
export function unitIn(signal: Signal, service: Service, metric = ""): Unit {
  if (signal === "latency") return SECONDS;
  if (signal === "traffic") return /job|task|message|event|item|record|run/.test(metric) ? DONE : REQUESTS;
  const told = service.units[signal] ?? "";
  if (told === "%") return signal === "errors" ? { ...PERCENT, additive: true } : PERCENT;
  if (told === "cores") return CORES;
  return told === "/s" ? DONE : COUNT;
}

/** Number and unit apart, as a row shows them. */
export function valueIn(signal: Signal, service: Service, metric = ""): { value: string; unit: string } {
  const now = service.now[signal];
  if (now === null) return { value: "–", unit: "" };
  const text = withUnit(now, unitIn(signal, service, metric));
  const at = text.lastIndexOf(THIN);
  const unit = at < 0 ? "" : text.slice(at + 1);
  return /^[\d\u202f]*$/.test(unit) ? { value: text, unit: "" } : { value: text.slice(0, at), unit };
}

/** The signal that a narrow row shows: what suffers, else latency, else whatever is known. */
export function worstSignal(service: Service): Signal {
  const told = service.trouble?.signals ?? {};
  const wrong = SIGNALS.filter((signal) => told[signal] !== undefined).sort(
    (a, b) => ORDER.indexOf(told[a] ?? "ok") - ORDER.indexOf(told[b] ?? "ok"),
  )[0];
  if (wrong !== undefined) return wrong;
  if (service.now.latency !== null) return "latency";
  return SIGNALS.find((signal) => service.now[signal] !== null) ?? "traffic";
}

/** What the list is called, by what is known of it. */
export function listWords({ standing }: Pick<ServicesAnswer, "standing">): string {
  const wrong = standing.critical + standing.warning + standing.unknown;
  return `${wrong === 0 ? "all normal, by name" : "sorted by trouble"}; the last hour, shaded = where 80${THIN}% of it lay`;
}

/** "985 more, all normal: auth, billing, cart and 982 others". */
export function restWords(rest: readonly Service[]): string {
  const named = rest.slice(0, 6).map(({ name }) => name);
  const more = rest.length - named.length;
  return `${plural(rest.length, "more", "more")}, all normal: ${more > 0 ? `${named.join(", ")} and ${number(more)} others` : list(named)}`;
}

/** Whether two lists stand in the same order; services that came or went aside. */
export function sameOrder(shown: readonly string[], next: readonly string[]): boolean {
  const known = new Set(next);
  const before = new Set(shown);
  const a = shown.filter((name) => known.has(name));
  const b = next.filter((name) => before.has(name));
  return a.length === b.length && a.every((name, i) => name === b[i]) && next.length === shown.length;
}

/** Where 80 % of the values lie: usual for the hour, whatever a model would say. */
export function usual(values: Numbers): [low: number, high: number] | null {
  const known = values.filter((v): v is number => v !== null).sort((a, b) => a - b);
  if (known.length < 10) return null;
  const at = (share: number): number => known[Math.round(share * (known.length - 1))] ?? 0;
  return [at(0.1), at(0.9)];
}

/** How much a signal has grown since a moment: its mean after, over its mean before; null where unknown. */
export function growth({ start, step, values }: Lines, signal: Signal, since: number): number | null {
  const at = Math.floor((since - start) / step);
  const mean = (part: Numbers): number | null => {
    const known = part.filter((v): v is number => v !== null);
    return known.length < 3 ? null : known.reduce((sum, v) => sum + v, 0) / known.length;
  };
  const before = mean(values[signal].slice(Math.max(0, at - 20), Math.max(0, at)));
  const after = mean(values[signal].slice(at + 1, at + 21));
  return before === null || after === null || before <= 0 ? null : after / before;
}
