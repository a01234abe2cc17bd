import { intervalOf } from "./gaps.ts";
import { Ring } from "./ring.ts";
import type { Frame, Point, SeriesInfo } from "./types.ts";

/** What the console knows of one series. */
export class Track {
  readonly info: SeriesInfo;
  readonly ring = new Ring();
  /** The newest sample itself, also where the ring holds averages. */
  newest: Point | null = null;
  /** Grows with each change: a chart compares it to know whether to draw. */
  version = 0;
  /** How many samples the average of the newest bucket stands for. */
  weight = 0;
  /** Times of the last samples, for the series' own rhythm. */
  readonly recent = new Ring(16, 16);

  /** When the sender said that the line ends (a staleness marker). */
  readonly ends = new Ring(256, 4);

  constructor(info: SeriesInfo) {
    this.info = info;
  }

  interval(step: number): number {
    return this.recent.length >= 4 ? intervalOf(this.recent.times) : intervalOf(this.ring.times, step);
  }

  see(t: number, v: number): void {
    this.recent.set(t, v);
    if (this.newest === null || t >= this.newest.t) this.newest = { t, v };
  }
}

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

  /** Takes in series; tells which of them were not known. */
  add(infos: readonly SeriesInfo[]): SeriesInfo[] {
    const fresh: SeriesInfo[] = [];
    for (const info of infos) {
      if (this.#tracks.has(info.id)) continue;
      const track = new Track(info);
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
        if (this.step > 0) this.#bucket(track, t, v, known);
        else track.ring.set(t, v);
        track.version += 1;
      }
    }
    return count;
  }

  /** Merges an answer of the history into the ring of one series. */
  fill(id: number, times: readonly number[], values: readonly (number | null)[], now: number): void {
    const track = this.#tracks.get(id);
    if (track === undefined) return;
    this.epoch += 1;
    track.ring.merge(times, values);
    if (this.step === 0) {
      for (let i = 0; i < times.length; i += 1) {
        if (values[i] === null) track.ends.set(times[i] ?? 0, Number.NaN);
      }
      for (let i = Math.max(0, track.ring.length - 16); i < track.ring.length; i += 1) {
        track.see(track.ring.times[i] ?? 0, track.ring.values[i] ?? 0);
      }
      this.newest = Math.max(this.newest, Math.min(track.ring.lastTime, now));
    } else if (track.ring.length > 0) {
      // How far the newest bucket is filled is not in the answer: judge by its age.
      const within = (track.newest?.t ?? track.ring.lastTime) - track.ring.lastTime;
      track.weight = Math.max(1, Math.min(this.step, within) / track.interval(1));
    }
    track.version += 1;
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
    for (const track of this.#tracks.values()) {
      track.ring.clear();
      track.weight = 0;
      track.version += 1;
    }
  }

  /** Forgets what lies before the range. */
  trim(before: number): void {
    for (const track of this.#tracks.values()) {
      track.ring.trim(before);
      track.ends.trim(before);
    }
  }

  #bucket(track: Track, t: number, v: number, known: boolean): void {
    const start = Math.floor(t / this.step) * this.step;
    const { ring } = track;
    if (start > ring.lastTime) {
      ring.set(start, v);
      track.weight = 1;
    } else if (start === ring.lastTime) {
      if (known) return; // sent again after a reconnect: counted already
      track.weight += 1;
      ring.set(start, ring.lastValue + (v - ring.lastValue) / track.weight);
    } else if (ring.times[ring.indexFrom(start)] !== start) {
      ring.set(start, v); // late and alone; a filled bucket waits for the history's answer
    }
  }
}
