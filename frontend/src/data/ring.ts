/**
 * The points of one series: unix seconds ascending, no time twice, in two typed
 * arrays. The live part lies in one piece, so a chart can look at it without a copy;
 * the oldest points leave at the front and room is regained by sliding.
 */
export class Ring {
  readonly limit: number;
  #t: Float64Array<ArrayBuffer>;
  #v: Float64Array<ArrayBuffer>;
  #start = 0;
  #end = 0;

  constructor(limit = 16_384, room = 64) {
    this.limit = limit;
    this.#t = new Float64Array(Math.min(room, limit));
    this.#v = new Float64Array(Math.min(room, limit));
  }

  get length(): number {
    return this.#end - this.#start;
  }

  /** A view, good until the next change. */
  get times(): Float64Array {
    return this.#t.subarray(this.#start, this.#end);
  }

  /** A view, good until the next change. */
  get values(): Float64Array {
    return this.#v.subarray(this.#start, this.#end);
  }

  get lastTime(): number {
    return this.length === 0 ? Number.NEGATIVE_INFINITY : (this.#t[this.#end - 1] ?? 0);
  }

  get lastValue(): number {
    return this.length === 0 ? Number.NaN : (this.#v[this.#end - 1] ?? Number.NaN);
  }

  /** Puts one point in its place; a point at the same time is replaced. */
  set(t: number, v: number): void {
    if (t > this.lastTime) {
      this.#reserve();
      this.#t[this.#end] = t;
      this.#v[this.#end] = v;
      this.#end += 1;
      return;
    }
    const at = this.#start + this.indexFrom(t);
    if (this.#t[at] === t) {
      this.#v[at] = v;
      return;
    }
    if (this.length === this.limit && at === this.#start) return; // older than all we may keep
    const fromEnd = this.#end - at;
    this.#reserve();
    const place = this.#end - fromEnd;
    this.#t.copyWithin(place + 1, place, this.#end);
    this.#v.copyWithin(place + 1, place, this.#end);
    this.#t[place] = t;
    this.#v[place] = v;
    this.#end += 1;
  }

  /**
   * Merges a stretch that is already ascending, as history answers are. Where both
   * know a time the incoming value wins; null and non-finite values count as absent.
   */
  merge(times: ArrayLike<number>, values: ArrayLike<number | null>): void {
    const mine = this.times;
    const own = this.values;
    const t = new Float64Array(mine.length + times.length);
    const v = new Float64Array(mine.length + times.length);
    let n = 0;
    let i = 0;
    const put = (time: number, value: number): void => {
      if (n > 0 && t[n - 1] === time) n -= 1;
      t[n] = time;
      v[n] = value;
      n += 1;
    };
    for (let j = 0; j < times.length; j += 1) {
      const time = times[j] ?? Number.NaN;
      const value = values[j];
      if (value === null || value === undefined || !Number.isFinite(value) || !Number.isFinite(time)) continue;
      for (; i < mine.length && (mine[i] ?? 0) <= time; i += 1) put(mine[i] ?? 0, own[i] ?? 0);
      put(time, value);
    }
    for (; i < mine.length; i += 1) put(mine[i] ?? 0, own[i] ?? 0);
    this.#t = t;
    this.#v = v;
    this.#start = Math.max(0, n - this.limit);
    this.#end = n;
  }

  /** Drops what is older than `before`. */
  trim(before: number): void {
    this.#start += this.indexFrom(before);
    if (this.#start === this.#end) this.#start = this.#end = 0;
  }

  clear(): void {
    this.#start = this.#end = 0;
  }

  /** Index of the first point at or after `t`, within `times`. */
  indexFrom(t: number): number {
    let low = this.#start;
    let high = this.#end;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if ((this.#t[mid] ?? 0) < t) low = mid + 1;
      else high = mid;
    }
    return low - this.#start;
  }

  /** Makes room for one more point: drop the oldest, slide, or grow. */
  #reserve(): void {
    if (this.length === this.limit) this.#start += 1;
    if (this.#end < this.#t.length) return;
    const n = this.length;
    // Slide only when at least half is free, so that the cost stays constant a point.
    const size = n >= this.#t.length / 2 ? Math.max(16, this.#t.length * 2) : this.#t.length;
    const t = size === this.#t.length ? this.#t : new Float64Array(size);
    const v = size === this.#v.length ? this.#v : new Float64Array(size);
    t.set(this.times, 0);
    v.set(this.values, 0);
    this.#t = t;
    this.#v = v;
    this.#start = 0;
    this.#end = n;
  }
}
