import { ApiError } from "./api.ts";
import type { Load } from "./chart/types.ts";
import { fetchHistory, type HistorySeries } from "./data/history.ts";
import { anyOfNames } from "./data/selector.ts";
import type { Store } from "./data/store.ts";

const READY: Load = { state: "ready" };

/** Metrics are asked for in a few requests, so that one slow answer holds up only its own. */
const GROUPS = ["host_", "quadra_", ""] as const;
type Group = (typeof GROUPS)[number];

export function groupOf(metric: string): Group {
  return GROUPS.find((prefix) => metric.startsWith(prefix)) ?? "";
}

/** Fills the store from history and knows how far that has come. */
export class Filler {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #done: () => void;
  readonly #loads = new Map<Group, Load>();
  /** Groups whose range is in the store, and since which emptying of the store. */
  readonly #filled = new Map<Group, number>();
  readonly #running = new Map<Group, AbortController>();

  constructor(store: Store, now: () => number, done: () => void) {
    this.#store = store;
    this.#now = now;
    this.#done = done;
  }

  loadOf(metric: string): Load {
    return this.#loads.get(groupOf(metric)) ?? READY;
  }

  /** Fetches a range for these metrics and merges it in. A newer call replaces an older one. */
  fill(names: readonly string[], from: number, to: number, words: string): void {
    for (const group of GROUPS) {
      const wanted = names.filter((name) => groupOf(name) === group);
      if (wanted.length > 0) void this.#fillGroup(group, wanted, from, to, words);
    }
  }

  async #fillGroup(group: Group, names: readonly string[], from: number, to: number, words: string): Promise<void> {
    this.#running.get(group)?.abort();
    const running = new AbortController();
    this.#running.set(group, running);
    const { step, restarts } = this.#store;
    const again = this.#filled.get(group) === restarts;
    this.#loads.set(group, { state: "loading", since: this.#now(), words, again });
    const match = [anyOfNames(names)];
    try {
      const [points, last] = await Promise.all([
        fetchHistory({ match, start: from - step, end: to, step }, running.signal),
        // Buckets hold averages: the newest value itself is asked for apart.
        step === 0 ? [] : fetchHistory({ match, start: from, end: to, step: to - from, agg: "last" }, running.signal),
      ]);
      if (running.signal.aborted || restarts !== this.#store.restarts) return;
      this.#store.add([...points, ...last]);
      for (const { id, timestamps, values } of points) this.#store.fill(id, timestamps, values, this.#now());
      this.#takeNewest(last);
      this.#filled.set(group, restarts);
      this.#loads.set(group, READY);
      void this.#recall(names, from).then(this.#done, () => undefined); // the charts say "no data" without it
    } catch (error) {
      if (running.signal.aborted) return;
      this.#loads.set(group, { state: "failed", why: error instanceof ApiError ? error.message : "an error here" });
    }
    this.#done();
  }

  /** The last value of series that fell silent before the range, so that they are not shown as if they never were. */
  async #recall(names: readonly string[], before: number): Promise<void> {
    const silent = names
      .flatMap((name) => this.#store.named(name))
      .filter((track) => track.newest === null && (track.info.last ?? before) < before);
    if (silent.length === 0) return;
    const start = Math.min(...silent.map((track) => track.info.last ?? before)) - 1;
    const match = [anyOfNames([...new Set(silent.map((track) => track.info.name))])];
    this.#takeNewest(await fetchHistory({ match, start, end: before, step: Math.ceil(before - start), agg: "last" }));
  }

  #takeNewest(answer: readonly HistorySeries[]): void {
    for (const { id, timestamps, values } of answer) {
      const v = values.at(-1);
      const t = this.#store.track(id)?.info.last ?? timestamps.at(-1);
      if (typeof v === "number" && t !== undefined) this.#store.setNewest(id, { t, v }, this.#now());
    }
  }
}
