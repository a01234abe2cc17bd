export interface Animated {
  readonly update: () => void;
  readonly tick: () => void;
}

/**
 * The one clock of the page. Changes are drawn together in one animation frame, at most
 * ten times a second, once with reduced motion; once a second ages move on. A hidden
 * page neither draws nor ticks.
 */
export class Loop {
  readonly #members = new Set<Animated>();
  readonly #onSecond: () => void;
  readonly #calm = matchMedia("(prefers-reduced-motion: reduce)");
  #pending = false;
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
    return () => this.#members.delete(member);
  }

  /** Something changed: draw soon. */
  request(): void {
    if (this.#pending || document.hidden) return;
    this.#pending = true;
    const gap = this.#calm.matches ? 1000 : 100;
    const wait = Math.max(0, this.#last + gap - performance.now());
    if (wait === 0) requestAnimationFrame(() => this.#draw());
    else setTimeout(() => requestAnimationFrame(() => this.#draw()), wait);
  }

  #draw(): void {
    this.#pending = false;
    this.#last = performance.now();
    for (const member of this.#members) member.update();
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
