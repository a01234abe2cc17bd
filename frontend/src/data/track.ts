import { intervalOf } from "./gaps.ts";
import { Ring } from "./ring.ts";
import type { Point, SeriesInfo } from "./types.ts";

/** Names that by Prometheus' habit only grow; OpenTelemetry's sums come under such names too. */
const GROWING = /_(total|bucket)$|_(seconds|milliseconds|bytes|size|duration)_(count|sum)$/;

/** Whether a series counts up, so that its rate is what tells something. */
export function isCounter({ name, type }: Pick<SeriesInfo, "name" | "type">): boolean {
  if (type === "histogram" || type === "summary") return /_(count|sum|bucket)$/.test(name);
  return type === "counter" || (type !== "gauge" && GROWING.test(name));
}

/** What a counter rose by; after a fall it began again at zero. */
function riseOf(before: number, after: number): number {
  return after < before ? after : after - before;
}

/** What the console knows of one series. */
export class Track {
  readonly info: SeriesInfo;
  readonly counter: boolean;
  /** What is drawn: samples, or averages of buckets; of a counter its rate a second. */
  readonly ring = new Ring();
  /** A counter's own values; of a bucket the last. */
  readonly raw: Ring | null;
  /** The extremes within each bucket, so that averages hide no spike. Empty where samples are drawn. */
  readonly low = new Ring(16_384, 4);
  readonly high = new Ring(16_384, 4);
  /** The same stretch of an earlier day, at its own times. */
  readonly past = new Ring(16_384, 4);
  /** The newest sample itself, also where the ring holds averages. */
  newest: Point | null = null;
  /** Grows with each change: a chart compares it to know whether to draw. */
  version = 0;
  /** Times of the last samples, for the series' own rhythm. */
  readonly recent = new Ring(16, 16);
  /** When the sender said that the line ends (a staleness marker). */
  readonly ends = new Ring(256, 4);
  /** How many samples the average of the newest bucket stands for; of a counter, how many seconds. */
  weight = 0;
  /** Where a counter stood last. */
  #stood: Point | null = null;

  constructor(info: SeriesInfo) {
    this.info = info;
    this.counter = isCounter(info);
    this.raw = this.counter ? new Ring(16_384, 4) : null;
  }

  interval(step: number): number {
    return this.recent.length >= 4 ? intervalOf(this.recent.times) : intervalOf(this.ring.times, step);
  }

  /** The newest of what is drawn: of a counter its rate now. */
  get last(): Point | null {
    if (!this.counter) return this.newest;
    return this.ring.length === 0 || this.newest === null ? null : { t: this.newest.t, v: this.ring.lastValue };
  }

  see(t: number, v: number): void {
    this.recent.set(t, v);
    if (this.newest === null || t >= this.newest.t) this.newest = { t, v };
  }

  /** Puts a sample that came now where it belongs; `known`: it came before. */
  take(t: number, v: number, step: number, known: boolean): void {
    if (step > 0) {
      if (this.counter) this.#countInto(t, v, step);
      else this.#averageInto(t, v, step, known);
    } else if (this.raw === null) {
      this.ring.set(t, v);
    } else {
      const before = this.raw.length === 0 ? null : { t: this.raw.lastTime, v: this.raw.lastValue };
      this.raw.set(t, v);
      if (before === null) return;
      if (t > before.t) this.ring.set(t, riseOf(before.v, v) / (t - before.t));
      else this.#rates();
    }
  }

  /** Merges samples of history. */
  fill(times: ArrayLike<number>, values: ArrayLike<number | null>): void {
    if (this.raw === null) {
      this.ring.merge(times, values);
      return;
    }
    this.raw.merge(times, values);
    this.#rates();
  }

  /** How far the newest bucket is filled is not in history's answer: judge by its age. */
  weighNewest(step: number): void {
    const within = Math.min(step, (this.newest?.t ?? this.ring.lastTime) - this.ring.lastTime);
    this.weight = this.counter ? Math.max(within, 0.001) : Math.max(1, within / this.interval(1));
    if (this.raw !== null && this.newest !== null) this.#stood = this.newest;
  }

  clear(): void {
    for (const ring of [this.ring, this.raw, this.low, this.high, this.past]) ring?.clear();
    this.weight = 0;
    this.#stood = null;
    this.version += 1;
  }

  trim(before: number): void {
    for (const ring of [this.ring, this.raw, this.low, this.high, this.ends]) ring?.trim(before);
  }

  #averageInto(t: number, v: number, step: number, known: boolean): void {
    const start = Math.floor(t / step) * step;
    const { ring } = this;
    if (start > ring.lastTime) {
      ring.set(start, v);
      this.#spread(start, v, v);
      this.weight = 1;
    } else if (start === ring.lastTime) {
      this.#spread(start, Math.min(v, this.#extreme(this.low, start, v)), Math.max(v, this.#extreme(this.high, start, v)));
      if (known) return; // sent again after a reconnect: counted already
      this.weight += 1;
      ring.set(start, ring.lastValue + (v - ring.lastValue) / this.weight);
    } else if (ring.times[ring.indexFrom(start)] !== start) {
      ring.set(start, v); // late and alone; a filled bucket waits for the history's answer
    }
  }

  #spread(start: number, low: number, high: number): void {
    this.low.set(start, low);
    this.high.set(start, high);
  }

  #extreme(ring: Ring, start: number, otherwise: number): number {
    return ring.lastTime === start ? ring.lastValue : otherwise;
  }

  /** The rate over a bucket: all that it rose by, through the seconds in which it did. */
  #countInto(t: number, v: number, step: number): void {
    const before = this.#stood;
    if (before !== null && t <= before.t) return; // late, or sent again: the history's answer will tell
    this.#stood = { t, v };
    const start = Math.floor(t / step) * step;
    this.raw?.set(start, v);
    if (before === null) return;
    const rise = riseOf(before.v, v);
    const seconds = t - before.t;
    const { ring } = this;
    if (start > ring.lastTime) {
      ring.set(start, rise / seconds);
      this.weight = seconds;
    } else {
      const risen = ring.lastValue * this.weight + rise;
      this.weight += seconds;
      ring.set(ring.lastTime, risen / this.weight);
    }
  }

  #rates(): void {
    const { raw, ring } = this;
    if (raw === null) return;
    const { times, values } = raw;
    ring.clear();
    for (let i = 1; i < times.length; i += 1) {
      const t = times[i] ?? 0;
      const before = times[i - 1] ?? 0;
      ring.set(t, riseOf(values[i - 1] ?? 0, values[i] ?? 0) / (t - before));
    }
  }
}
