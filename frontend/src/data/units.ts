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
  if (name.endsWith("_total") || name.endsWith("_count")) return COUNT;
  return NUMBER;
}

/** One size for a whole chart, so that the header's unit holds for the axis as well. */
export function scaleFor(unit: Unit, largest: number): Scale {
  return unit.scales.find((scale) => Math.abs(largest) < scale.until) ?? { divisor: 1, unit: "" };
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
