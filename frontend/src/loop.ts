export interface Animated {
  /** Brings up to date what is cheap to change; true when it wants to be drawn anew. */
  readonly update: () => boolean;
  readonly draw: () => void;
  readonly tick: () => void;
}

/** A frame that took longer than this was too full. */
const SMOOTH_MS = 25;
const FEWEST = 2;
const MOST = 40;

/**
 * The one clock of the page. At most ten times a second, once with reduced motion, all charts
 * bring their values up to date in one animation frame; those that must be drawn anew are
 * spread over the frames that follow, as many in each as keep them smooth. Once a second ages
 * move on. A hidden page neither draws nor ticks.
 */
export class Loop {
  readonly #members = new Set<Animated>();
  readonly #onSecond: () => void;
  readonly #calm = matchMedia("(prefers-reduced-motion: reduce)");
  readonly #due = new Set<Animated>();
  #pending = false;
  #drawing = false;
  /** How many are drawn in a frame. */
  #share = 12;
  #last = 0;
  #seconds: ReturnType<typeof setInterval> | undefined;

  constructor(onSecond: () => void) {
    this.#onSecond = onSecond;
  }

  start(): void {
    document.addEventListener("visibilitychange", () => this.#visibility());
    this.#visibility();
  }

  add(member: Animated): () => void {
    this.#members.add(member);
    this.request();
    return () => {
      this.#members.delete(member);
      this.#due.delete(member);
    };
  }

  /** Something changed: draw soon. */
  request(): void {
    if (this.#pending || document.hidden) return;
    this.#pending = true;
    const gap = this.#calm.matches ? 1000 : 100;
    const wait = Math.max(0, this.#last + gap - performance.now());
    if (wait === 0) requestAnimationFrame(() => this.#round());
    else setTimeout(() => requestAnimationFrame(() => this.#round()), wait);
  }

  #round(): void {
    this.#pending = false;
    this.#last = performance.now();
    for (const member of this.#members) if (member.update()) this.#due.add(member);
    this.#drawSome();
  }

  /** Some of those that are due now, the others in the next frames. */
  #drawSome(): void {
    let left = this.#share;
    for (const member of this.#due) {
      if (left === 0) break;
      left -= 1;
      this.#due.delete(member);
      member.draw();
    }
    if (this.#due.size === 0 || this.#drawing) return;
    this.#drawing = true;
    const before = performance.now();
    requestAnimationFrame(() => {
      this.#drawing = false;
      const smooth = performance.now() - before < SMOOTH_MS;
      this.#share = smooth ? Math.min(MOST, this.#share + 1) : Math.max(FEWEST, this.#share >> 1);
      this.#drawSome();
    });
  }

  #visibility(): void {
    clearInterval(this.#seconds);
    if (document.hidden) return;
    const second = (): void => {
      this.#onSecond();
      for (const member of this.#members) member.tick();
      this.request();
    };
    this.#seconds = setInterval(second, 1000);
    second();
  }
}
