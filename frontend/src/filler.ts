import { ApiError } from "./api.ts";
import type { Load } from "./chart/types.ts";
import { fetchHistory, type Agg, type HistorySeries } from "./data/history.ts";
import { anyOfNames } from "./data/selector.ts";
import type { Store } from "./data/store.ts";
import { isCounter } from "./data/track.ts";

const READY: Load = { state: "ready" };
const OF_VALUES: readonly Agg[] = ["avg", "min", "max"];
const OF_COUNTERS: readonly Agg[] = ["rate", "last"];

/** Metrics are asked for in a few requests, so that one slow answer holds up only its own. */
const GROUPS = ["host_", "quadra_", ""] as const;

export function groupOf(metric: string): string {
  return GROUPS.find((prefix) => metric.startsWith(prefix)) ?? "";
}

/** What is to be shown: which metrics, of which stretch of time. */
export interface Wish {
  readonly names: readonly string[];
  /** Further conditions of the selector, as `a="b"`; empty for all series. */
  readonly also: string;
  readonly from: number;
  readonly to: number;
  /** As in "Loading 1 hour…". */
  readonly words: string;
  /** Seconds back to the day that is compared with; 0 for none. */
  readonly shift: number;
}

/** Fills the store from history and knows how far that has come. */
export class Filler {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #done: () => void;
  readonly #loads = new Map<string, Load>();
  /** Since which emptying of the store a metric's range is in it. */
  readonly #filled = new Map<string, number>();
  readonly #running = new Map<string, AbortController>();
  /** Since which emptying of the store the day that a metric is compared with has been answered for. */
  readonly #compared = new Map<string, number>();
  #shift = 0;
  /** Until when the past to compare with is here. */
  #pastUntil = Number.POSITIVE_INFINITY;

  constructor(store: Store, now: () => number, done: () => void) {
    this.#store = store;
    this.#now = now;
    this.#done = done;
  }

  loadOf(metric: string): Load {
    return this.#loads.get(metric) ?? READY;
  }

  /** Whether it is known by now what a metric was on the day that it is compared with. */
  knowsPast(metric: string): boolean {
    return this.#compared.get(metric) === this.#store.restarts;
  }

  /** Fetches a range for these metrics and merges it in. A newer call replaces an older one for the same. */
  fill(wish: Wish): void {
    if (wish.shift !== this.#shift) this.#compared.clear();
    this.#shift = wish.shift;
    for (const group of GROUPS) {
      const names = wish.names.filter((name) => groupOf(name) === group);
      if (names.length > 0) void this.#fill({ ...wish, names });
    }
  }

  /** True once the window has moved beyond the past that was fetched. */
  lacksPast(to: number): boolean {
    return to > this.#pastUntil;
  }

  async #fill(wish: Wish): Promise<void> {
    const { names } = wish;
    const running = this.#begin(names);
    const { restarts } = this.#store;
    const again = names.every((name) => this.#filled.get(name) === restarts);
    const loading: Load = { state: "loading", since: this.#now(), words: wish.words, again };
    for (const name of names) this.#loads.set(name, loading);
    try {
      await this.#range(wish, running.signal);
      for (const name of this.#own(names, running)) {
        this.#filled.set(name, restarts);
        this.#loads.set(name, READY);
      }
      void this.#before(wish, running.signal)
        .catch(() => undefined) // the charts say "no data" without it
        .then(() => {
          if (running.signal.aborted || restarts !== this.#store.restarts || wish.shift !== this.#shift) return;
          for (const name of this.#own(names, running)) this.#compared.set(name, restarts);
          this.#done();
        });
    } catch (error) {
      if (running.signal.aborted || restarts !== this.#store.restarts) return;
      // One metric of too many series must not take its neighbours along.
      if (error instanceof ApiError && error.status === 422 && names.length > 1) {
        for (const name of names) void this.#fill({ ...wish, names: [name] });
        return;
      }
      const why = error instanceof ApiError ? error.message.replace(/\.$/, "") : "an error here";
      for (const name of this.#own(names, running)) this.#loads.set(name, { state: "failed", why });
    }
    this.#done();
  }

  /** From now on these metrics wait for this request; older ones that nobody waits for any more are given up. */
  #begin(names: readonly string[]): AbortController {
    const before = new Set(names.map((name) => this.#running.get(name)).filter((one) => one !== undefined));
    const running = new AbortController();
    for (const name of names) this.#running.set(name, running);
    const waited = new Set(this.#running.values());
    for (const one of before) if (!waited.has(one)) one.abort();
    return running;
  }

  #own(names: readonly string[], running: AbortController): string[] {
    return names.filter((name) => this.#running.get(name) === running);
  }

  async #range({ names, also, from, to }: Wish, signal: AbortSignal): Promise<void> {
    const { step, restarts } = this.#store;
    const ask = (of: readonly string[], aggs: readonly Agg[]): Promise<readonly HistorySeries[]> =>
      of.length === 0 ? Promise.resolve([]) : fetchHistory({ match: anyOfNames(of, also), start: from - step, end: to, step, aggs }, signal);
    const counting = (name: string): boolean => this.#store.named(name)[0]?.counter ?? isCounter({ name });
    const [values, counters, last] = await Promise.all([
      ask(step === 0 ? names : names.filter((name) => !counting(name)), step === 0 ? [] : OF_VALUES),
      step === 0 ? [] : ask(names.filter(counting), OF_COUNTERS),
      // Buckets hold averages: the newest value itself is asked for apart.
      step === 0 ? [] : fetchHistory({ match: anyOfNames(names, also), start: from, end: to, step: to - from, aggs: ["last"] }, signal),
    ]);
    if (signal.aborted || restarts !== this.#store.restarts) return;
    const points = [...values, ...counters];
    this.#store.add([...points, ...last]);
    this.#takeNewest(last);
    for (const { id, timestamps, values: column, agg } of points) this.#store.fill(id, timestamps, column, this.#now(), agg);
  }

  /** What lies before the range: last values of the silent, and the day to compare with. */
  async #before(wish: Wish, signal: AbortSignal): Promise<void> {
    const past = wish.shift > 0 ? this.#past(wish, signal) : undefined;
    await this.#recall(wish);
    await past;
  }

  async #past({ names, also, from, to, shift }: Wish, signal: AbortSignal): Promise<void> {
    const { restarts } = this.#store;
    const step = this.#store.step === 0 ? Math.max(1, Math.round((to - from) / 400)) : this.#store.step;
    // A little ahead, so that the line goes on while time does.
    const until = to + Math.max(30, (to - from) / 4);
    const counting = (name: string): boolean => this.#store.named(name)[0]?.counter ?? isCounter({ name });
    const ask = (of: readonly string[], aggs: readonly Agg[]): Promise<readonly HistorySeries[]> =>
      of.length === 0 ? Promise.resolve([]) : fetchHistory({ match: anyOfNames(of, also), start: from - shift, end: until - shift, step, aggs }, signal);
    const answers = await Promise.all([ask(names.filter((name) => !counting(name)), ["avg"]), ask(names.filter(counting), ["rate"])]);
    if (signal.aborted || restarts !== this.#store.restarts) return;
    for (const { id, timestamps, values } of answers.flat()) this.#store.fillPast(id, timestamps, values, shift);
    this.#pastUntil = until;
  }

  /** The last value of series that fell silent before the range, so that they are not shown as if they never were. */
  async #recall({ names, also, from: before }: Wish): Promise<void> {
    const silent = names
      .flatMap((name) => this.#store.named(name))
      .filter((track) => track.newest === null && (track.info.last ?? before) < before);
    if (silent.length === 0) return;
    const start = Math.min(...silent.map((track) => track.info.last ?? before)) - 1;
    const match = anyOfNames([...new Set(silent.map((track) => track.info.name))], also);
    this.#takeNewest(await fetchHistory({ match, start, end: before, step: Math.ceil(before - start), aggs: ["last"] }));
  }

  #takeNewest(answer: readonly HistorySeries[]): void {
    for (const { id, timestamps, values } of answer) {
      const v = values.at(-1);
      const t = this.#store.track(id)?.info.last ?? timestamps.at(-1);
      if (typeof v === "number" && t !== undefined) this.#store.setNewest(id, { t, v }, this.#now());
    }
  }
}
