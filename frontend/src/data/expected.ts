import { getJson } from "../api.ts";
import type { Anomaly } from "./anomalies.ts";
import type { Point } from "./types.ts";

/** Where four in five of the values before lay, at some times. */
export interface Band {
  readonly timestamps: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** What is foretold, and between what four in five outcomes lie. */
export interface Fan extends Band {
  readonly value: readonly number[];
}

/** A stretch of a line that is anomalous; `to` null while it lasts. */
export interface Mark {
  readonly from: number;
  readonly to: number | null;
  readonly severity: Anomaly["severity"];
  /** 1 is the threshold. */
  readonly evidence: number;
}

/** What is asked for. Seconds; `step` 0 for samples as they came. */
export interface Wish {
  readonly from: number;
  readonly to: number;
  readonly live: boolean;
  readonly step: number;
}

const USUAL_EVERY = 20;
const FORECAST_EVERY = 3;
const FORECAST_IDLE_EVERY = 20;
const ANOMALIES_EVERY = 10;
const MOST_AT_ONCE = 40;
const FORGET_AFTER = 5;

/** What is expected of the series that charts show. Asked for while they are in view. */
export class Expected {
  /** Grows with each answer. */
  version = 0;
  readonly #now: () => number;
  readonly #changed: () => void;
  /** When a chart last showed the series, and whether it counts up. */
  readonly #wanted = new Map<number, { at: number; counter: boolean }>();
  #bands = new Map<number, Band>();
  #marks = new Map<number, Mark[]>();
  #fans = new Map<number, Fan>();
  #span = "";
  readonly #due = { usual: 0, forecasts: 0, anomalies: 0 };
  #busy = false;

  constructor(now: () => number, changed: () => void) {
    this.#now = now;
    this.#changed = changed;
  }

  /** A chart shows this series alone: its band and forecast are wanted. */
  want(id: number, counter: boolean): void {
    if (!this.#wanted.has(id)) this.#due.usual = 0;
    this.#wanted.set(id, { at: this.#now(), counter });
  }

  band(id: number): Band | null {
    return this.#bands.get(id) ?? null;
  }

  marks(id: number): readonly Mark[] {
    return this.#marks.get(id) ?? [];
  }

  fan(id: number): Fan | null {
    return this.#fans.get(id) ?? null;
  }

  /** Something began or ended: look at once. */
  hurry(): void {
    this.#due.anomalies = 0;
  }

  /** Once a second: asks for what is due. Failures are tried again in their turn. */
  tick(wish: Wish): void {
    const now = this.#now();
    for (const [id, { at }] of this.#wanted) if (now - at > FORGET_AFTER) this.#wanted.delete(id);
    const span = `${String(wish.to - wish.from)} ${String(wish.step)} ${wish.live ? "" : String(wish.to)}`;
    if (span !== this.#span) {
      this.#span = span;
      this.#bands = new Map();
      this.#marks = new Map();
      this.#due.usual = this.#due.anomalies = 0;
    }
    if (this.#busy) return;
    this.#busy = true;
    void this.#ask(wish, now).finally(() => (this.#busy = false));
  }

  async #ask(wish: Wish, now: number): Promise<void> {
    const due = this.#due;
    const asked: Promise<void>[] = [];
    if (now >= due.anomalies) {
      due.anomalies = now + ANOMALIES_EVERY;
      asked.push(this.#askAnomalies(wish));
    }
    if (this.#wanted.size > 0 && now >= due.usual) {
      due.usual = now + (wish.live ? Math.max(USUAL_EVERY, wish.step) : Number.POSITIVE_INFINITY);
      for (const counter of [false, true]) asked.push(this.#askUsual(wish, counter));
    }
    if (wish.live && this.#wanted.size > 0 && now >= due.forecasts) {
      due.forecasts = now + FORECAST_EVERY;
      asked.push(this.#askForecasts(now));
    }
    if (asked.length === 0) return;
    await Promise.allSettled(asked);
    this.version += 1;
    this.#changed();
  }

  async #askAnomalies({ from, to }: Wish): Promise<void> {
    const query = new URLSearchParams({ start: from.toFixed(0), end: Math.ceil(to + 1).toFixed(0), limit: "500" });
    const found = await getJson(`/api/v1/anomalies?${query}`);
    const marks = new Map<number, Mark[]>();
    for (const one of found.anomalies) {
      const mark = { from: one.started_at, to: one.ended_at, severity: one.severity, evidence: one.evidence };
      marks.set(one.series, [...(marks.get(one.series) ?? []), mark]);
    }
    this.#marks = marks;
  }

  async #askUsual({ from, to, step }: Wish, counter: boolean): Promise<void> {
    const ids = [...this.#wanted].filter(([, wanted]) => wanted.counter === counter).map(([id]) => id);
    for (let i = 0; i < ids.length; i += MOST_AT_ONCE) {
      const query = new URLSearchParams(ids.slice(i, i + MOST_AT_ONCE).map((id) => ["series", String(id)]));
      query.set("start", from.toFixed(3));
      query.set("end", to.toFixed(3));
      if (step > 0) query.set("step", String(step));
      if (counter) query.set("agg", "rate");
      const answer = await getJson(`/api/v1/usual?${query}`);
      for (const band of answer.series) this.#bands.set(band.id, band);
    }
  }

  async #askForecasts(now: number): Promise<void> {
    const answer = await getJson("/api/v1/forecasts");
    if (!answer.running) this.#due.forecasts = now + FORECAST_IDLE_EVERY;
    this.#fans = new Map(answer.forecasts.flatMap(({ id, ahead }) => (isFan(ahead) ? [[id, ahead] as const] : [])));
  }
}

function isFan(ahead: Partial<Fan>): ahead is Fan {
  return (ahead.timestamps?.length ?? 0) > 1 && ahead.value !== undefined && ahead.low !== undefined && ahead.high !== undefined;
}

/** The range at a time: the last one known before it, or the first after. */
export function rangeAt(band: Band, t: number): readonly [number, number] | null {
  let i = band.timestamps.findLastIndex((at) => at <= t);
  if (i < 0) i = 0;
  const [low, high] = [band.low[i], band.high[i]];
  return low === undefined || high === undefined ? null : [low, high];
}

/** The points of a fan that are yet to come, beginning where the line is now. */
export function ahead(fan: Fan, now: Point): Fan {
  const i = fan.timestamps.findIndex((t) => t > now.t);
  if (i < 0) return { timestamps: [], value: [], low: [], high: [] };
  return {
    timestamps: [now.t, ...fan.timestamps.slice(i)],
    value: [now.v, ...fan.value.slice(i)],
    low: [now.v, ...fan.low.slice(i)],
    high: [now.v, ...fan.high.slice(i)],
  };
}
