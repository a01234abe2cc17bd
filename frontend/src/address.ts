import { rangeByKey, type Range } from "./data/ranges.ts";

/** What the page shows. `end` null: up to now. */
export interface View {
  readonly range: Range;
  readonly end: number | null;
  /** Standing still by choice, rather than looking back. */
  readonly paused: boolean;
}

const STORED_PINS = "quadra.pins";

/** What the address holds beside a page's own part. */
const SHARED = ["range", "end", "paused", "pin", "token"];

/** The address says what is shown, and when it was paused, so that a link shows the same. */
export function readAddress(search: string): { view: View; pins: string[] | null } {
  const query = new URLSearchParams(search);
  const end = momentOf(query.get("end"));
  const pausedAt = momentOf(query.get("paused"));
  const pins = query.getAll("pin");
  return {
    view: { range: rangeByKey(query.get("range")), end: end ?? pausedAt, paused: end === null && pausedAt !== null },
    pins: pins.length > 0 ? pins : null,
  };
}

/** Unix seconds; null for what is none. */
function momentOf(text: string | null): number | null {
  const moment = Number(text ?? Number.NaN);
  return Number.isFinite(moment) && moment > 0 ? moment : null;
}

export function writeAddress(view: View, pins: readonly string[]): string {
  const query = new URLSearchParams({ range: view.range.key });
  if (view.end !== null) query.set(view.paused ? "paused" : "end", String(Math.round(view.end * 10) / 10));
  for (const pin of pins) query.append("pin", pin);
  return `?${query}`;
}

/** The part of an address that is a page's own, in its order. */
export function ownPart(search: string): string {
  const query = new URLSearchParams(search);
  for (const name of SHARED) query.delete(name);
  return query.toString();
}

export function storedPins(): string[] {
  try {
    const pins: unknown = JSON.parse(localStorage.getItem(STORED_PINS) ?? "[]");
    return Array.isArray(pins) ? pins.filter((pin) => typeof pin === "string") : [];
  } catch {
    return []; // storage refused or damaged: no pins
  }
}

export function storePins(pins: readonly string[]): void {
  try {
    localStorage.setItem(STORED_PINS, JSON.stringify(pins));
  } catch {
    // private window: pins live in the address alone
  }
}
