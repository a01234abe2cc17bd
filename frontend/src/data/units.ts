import { atLeast, THIN } from "./format.ts";

/** A unit at one size: `shown = value / divisor`. */
export interface Scale {
  readonly divisor: number;
  /** As it stands after the number, "" for a plain number. */
  readonly unit: string;
}

export interface Unit {
  /** Sizes, smallest first; the first that keeps the number below its `until` is taken. */
  readonly scales: readonly (Scale & { readonly until: number })[];
  /** Rates, counts and shares start at zero. */
  readonly zero: boolean;
  /** Whether several lines may be added up. */
  readonly additive: boolean;
  /** The largest value there can usually be. */
  readonly most?: number;
  /** Below this, in the shown unit, "<0.1" is written. */
  readonly smallest: number;
}

const plain = (unit: string, additive = true): Unit => ({
  scales: [{ divisor: 1, unit, until: Number.POSITIVE_INFINITY }],
  zero: unit !== "",
  additive,
  smallest: unit === "%" ? 0.1 : 0,
});

const decimal = (units: readonly string[]): Unit => ({
  scales: units.map((unit, i) => ({
    divisor: 1000 ** i,
    unit,
    until: i === units.length - 1 ? Number.POSITIVE_INFINITY : 1000 ** (i + 1),
  })),
  zero: true,
  additive: true,
  smallest: 0.01,
});

export const NUMBER = plain("");
export const COUNT: Unit = { ...plain(""), zero: true };
export const PERCENT: Unit = { ...plain("%", false), most: 100 };
export const BYTES = decimal(["B", "kB", "MB", "GB", "TB"]);
export const BYTE_RATE = decimal(["B/s", "kB/s", "MB/s", "GB/s"]);
export const CELSIUS: Unit = { ...plain("°C", false), zero: false };
export const SECONDS: Unit = {
  scales: [
    { divisor: 0.001, unit: "ms", until: 10 },
    { divisor: 1, unit: "s", until: Number.POSITIVE_INFINITY },
  ],
  zero: true,
  additive: false,
  smallest: 0.01,
};

/** Prometheus habit: the name's last words tell the unit. */
export function unitOf(name: string): Unit {
  if (name.endsWith("_bytes_per_second")) return BYTE_RATE;
  if (name.endsWith("_requests_per_second")) return plain("req/s");
  const rate = /_(samples|tokens|bits|frames|messages|events|jobs|rows)_per_second$/.exec(name);
  if (rate !== null) return plain(`${rate[1] ?? ""}/s`);
  if (name.endsWith("_per_second")) return plain("/s");
  if (name.endsWith("_percent")) return PERCENT;
  if (name.endsWith("_bytes")) return BYTES;
  if (name.endsWith("_seconds")) return SECONDS;
  if (name.endsWith("_celsius")) return CELSIUS;
  if (name.endsWith("_ratio")) return RATIO;
  if (name.endsWith("_total") || name.endsWith("_count")) return COUNT;
  return NUMBER;
}

const RATIO: Unit = { ...PERCENT, scales: [{ divisor: 0.01, unit: "%", until: Number.POSITIVE_INFINITY }], most: 1 };
/** Money is told by the hour: a second of it is too little to see. */
const SPENT = (sign: string): Unit => ({ ...plain(`${sign}/h`), scales: [{ divisor: 1 / 3600, unit: `${sign}/h`, until: Number.POSITIVE_INFINITY }], zero: true, smallest: 0.01 });
const MONEY: Readonly<Record<string, string>> = { usd: "$", eur: "€", gbp: "£", dollars: "$", euros: "€" };

const SAID: Readonly<Record<string, Unit>> = {
  s: SECONDS,
  seconds: SECONDS,
  ms: { ...SECONDS, scales: [{ divisor: 1, unit: "ms", until: 10_000 }, { divisor: 1000, unit: "s", until: Number.POSITIVE_INFINITY }] },
  By: BYTES,
  bytes: BYTES,
  "By/s": BYTE_RATE,
  "%": PERCENT,
  percent: PERCENT,
  Cel: CELSIUS,
  celsius: CELSIUS,
  ratio: RATIO,
  "1": NUMBER,
};

/** What a sender said of a metric, where it did. */
export interface Described {
  readonly name: string;
  readonly type?: string | undefined;
  readonly unit?: string | undefined;
}

/** The unit a metric is drawn in: as its sender says, else by its name; `rate`: of its rise a second. */
export function unitFor({ name, unit = "" }: Described, rate: boolean): Unit {
  const word = /^\{(.+)\}$/.exec(unit)?.[1]; // "{request}": something that is counted
  const said = SAID[unit] ?? (word === undefined ? undefined : plain(/[a-z]$/.test(word) ? `${word.replace(/s$/, "")}s` : word));
  if (!rate) return said ?? unitOf(name);
  return rateOf(said ?? unitOf(name.replace(/_total$/, "")), name);
}

function rateOf(unit: Unit, name: string): Unit {
  const money = MONEY[/_(usd|eur|gbp|dollars|euros)(_total)?$/.exec(name)?.[1] ?? ""];
  if (money !== undefined) return SPENT(money);
  // How often, whatever it was that took so long or so much.
  if (/_(count|bucket)$/.test(name)) return { ...plain("/s"), zero: true };
  if (unit === BYTES) return BYTE_RATE;
  const counted = /_(requests|samples|tokens|bits|frames|messages|events|jobs|rows|errors)(_total)?$/.exec(name)?.[1];
  const own = unit.scales[0]?.unit ?? "";
  if (counted === "requests" || own === "requests") return plain("req/s");
  if (unit.scales.length > 1) return { ...unit, additive: true, zero: true, scales: unit.scales.map((scale) => ({ ...scale, unit: `${scale.unit}/s` })) };
  return { ...plain(`${own === "" ? (counted ?? "") : own}/s`), zero: true };
}

/** One size for a whole chart, so that the header's unit holds for the axis as well. */
export function scaleFor(unit: Unit, largest: number): Scale {
  return unit.scales.find((scale) => Math.abs(largest) < scale.until) ?? { divisor: 1, unit: "" };
}

/** A number below this share of its unit reads badly, as "0.041 MB/s" does; above so many of the smaller one, the axis does. */
const SMALL = 0.1;
const LARGE = 10_000;
/** This share of a chart's values must read badly for the chart to change its unit: a short dip is not worth it. */
const MANY = 0.1;

/** The size for a whole chart: that of its largest value, or one smaller where many of its values would be too small to be read in it. */
export function scaleForAll(unit: Unit, largest: number, columns: readonly Iterable<number>[]): Scale {
  const scale = scaleFor(unit, largest);
  const smaller = unit.scales[unit.scales.findIndex(({ divisor }) => divisor === scale.divisor) - 1];
  if (smaller === undefined || largest >= LARGE * smaller.divisor) return scale;
  const least = SMALL * scale.divisor;
  let [all, small] = [0, 0];
  for (const values of columns) {
    for (const value of values) {
      const size = Math.abs(value);
      all += 1;
      if (size > 0 && size < least) small += 1;
    }
  }
  return small > MANY * all ? smaller : scale;
}

export function inScale(value: number, unit: Unit, scale: Scale): string {
  return atLeast(value / scale.divisor, unit.smallest);
}

/** Number and unit, in the size that fits this value best. */
export function withUnit(value: number, unit: Unit): string {
  const scale = scaleFor(unit, value);
  const text = inScale(value, unit, scale);
  return scale.unit === "" ? text : `${text}${THIN}${scale.unit}`;
}
