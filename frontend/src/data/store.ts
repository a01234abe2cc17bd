import { Track } from "./track.ts";
import type { Frame, Point, SeriesInfo } from "./types.ts";

/** All series and their points. Fed by the socket and by history, read by the charts. */
export class Store {
  /** Seconds a bucket, 0 for raw samples. */
  step = 0;
  /** Time of the newest sample of all, never in the future. */
  newest = 0;
  /** Grows when history came in or all was emptied: more than single points changed. */
  epoch = 0;
  /** Grows when all was emptied. */
  restarts = 0;
  readonly #tracks = new Map<number, Track>();
  readonly #byName = new Map<string, Track[]>();
  readonly #types = new Map<string, string>();

  get size(): number {
    return this.#tracks.size;
  }

  get names(): string[] {
    return [...this.#byName.keys()];
  }

  track(id: number): Track | undefined {
    return this.#tracks.get(id);
  }

  named(name: string): readonly Track[] {
    return this.#byName.get(name) ?? [];
  }

  /** What senders said of metrics: series of it that come to be known are drawn accordingly. */
  describe(names: readonly { readonly name: string; readonly type?: string }[]): void {
    for (const { name, type } of names) if (type !== undefined) this.#types.set(name, type);
  }

  /** Takes in series; tells which of them were not known. */
  add(infos: readonly SeriesInfo[]): SeriesInfo[] {
    const fresh: SeriesInfo[] = [];
    for (const info of infos) {
      if (this.#tracks.has(info.id)) continue;
      const type = info.type ?? this.#types.get(info.name);
      const track = new Track(type === undefined ? info : { ...info, type });
      this.#tracks.set(info.id, track);
      const namesakes = this.#byName.get(info.name);
      if (namesakes === undefined) this.#byName.set(info.name, [track]);
      else namesakes.push(track);
      fresh.push(info);
    }
    return fresh;
  }

  /**
   * Takes a frame in. `keep` is false while the view stands still: then only the newest
   * values move on. Gives the number of samples of series that are known.
   */
  apply(frame: Frame, now: number, keep = true): number {
    let count = 0;
    for (let i = 0; i < frame.id.length; i += 1) {
      const track = this.#tracks.get(frame.id[i] ?? -1);
      const t = (frame.t[i] ?? Number.NaN) / 1000;
      const v = frame.v[i] ?? Number.NaN;
      if (track === undefined || !Number.isFinite(t)) continue;
      if (Number.isNaN(v)) {
        track.ends.set(t, v);
        if (keep) track.version += 1;
      }
      if (!Number.isFinite(v)) continue;
      count += 1;
      // A sample dated ahead must not make everything look fresh until then.
      this.newest = Math.max(this.newest, Math.min(t, now));
      const known = track.recent.length > 0 && t === track.recent.lastTime;
      track.see(t, v);
      if (keep) {
        track.take(t, v, this.step, known);
        track.version += 1;
      }
    }
    return count;
  }

  /** Merges an answer of the history into what is known of one series; `agg`: what its buckets show. */
  fill(id: number, times: readonly number[], values: readonly (number | null)[], now: number, agg = "avg"): void {
    const track = this.#tracks.get(id);
    if (track === undefined) return;
    this.epoch += 1;
    track.version += 1;
    if (this.step === 0) {
      track.fill(times, values);
      this.#takeMarks(track, times, values);
      this.newest = Math.max(this.newest, Math.min(track.newest?.t ?? 0, now));
      return;
    }
    const into = { min: track.low, max: track.high, last: track.raw }[agg] ?? track.ring;
    into.merge(times, values);
    if (into === track.ring && into.length > 0) track.weighNewest(this.step);
  }

  /** Takes in the same stretch of an earlier day, moved to today. */
  fillPast(id: number, times: readonly number[], values: readonly (number | null)[], shift: number): void {
    const track = this.#tracks.get(id);
    if (track === undefined) return;
    track.past.clear();
    track.past.merge(times.map((t) => t + shift), values);
    track.version += 1;
  }

  forgetPast(): void {
    for (const track of this.#tracks.values()) {
      if (track.past.length === 0) continue;
      track.past.clear();
      track.version += 1;
    }
  }

  /** The true last value of a series whose ring holds averages. */
  setNewest(id: number, point: Point, now: number): void {
    const track = this.#tracks.get(id);
    if (track === undefined) return;
    if (track.newest === null || point.t > track.newest.t) track.newest = point;
    this.newest = Math.max(this.newest, Math.min(point.t, now));
    track.version += 1;
  }

  /** Empties the rings for another range; what is known as newest stays. */
  restart(step: number): void {
    this.step = step;
    this.epoch += 1;
    this.restarts += 1;
    for (const track of this.#tracks.values()) track.clear();
  }

  /** Forgets what lies before the range. */
  trim(before: number): void {
    for (const track of this.#tracks.values()) track.trim(before);
  }

  #takeMarks(track: Track, times: readonly number[], values: readonly (number | null)[]): void {
    for (let i = 0; i < times.length; i += 1) {
      if (values[i] === null) track.ends.set(times[i] ?? 0, Number.NaN);
    }
    for (let i = Math.max(0, times.length - 16); i < times.length; i += 1) {
      const v = values[i];
      if (typeof v === "number") track.see(times[i] ?? 0, v);
    }
  }
}
