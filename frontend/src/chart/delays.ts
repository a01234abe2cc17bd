/** The last delays from event to paint, in seconds: what a chart tells of its own truth. */
export class Delays {
  readonly #kept = new Float64Array(200);
  #n = 0;

  add(seconds: number): void {
    this.#kept[this.#n % this.#kept.length] = Math.max(0, seconds);
    this.#n += 1;
  }

  get count(): number {
    return Math.min(this.#n, this.#kept.length);
  }

  /** The share `q` of them is at most this; NaN before the first. */
  at(q: number): number {
    const sorted = this.#kept.slice(0, this.count).sort();
    return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
  }
}
