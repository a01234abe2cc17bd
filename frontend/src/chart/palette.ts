const FONT = 'system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif';

export type Token = "ink1" | "ink2" | "ink3" | "trace" | "line" | "grid" | "edge" | "bg" | "accent" | "band" | "future" | "crit" | "warn" | "info" | `c${number}`;

/**
 * Colours for the canvas. A custom property with light-dark() stays unresolved when
 * read, so a probe element wears it and its computed `color` is taken.
 */
export class Palette {
  /** Grows when colours or sizes changed, so that charts draw again. */
  version = 0;
  readonly #probe: HTMLElement;
  readonly #cache = new Map<Token, string>();
  #unit = 0;

  constructor(onChange: () => void) {
    this.#probe = document.createElement("span");
    this.#probe.className = "probe";
    this.#probe.hidden = true;
    document.body.append(this.#probe);
    const changed = (): void => {
      this.reset();
      onChange();
    };
    for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)", "(forced-colors: active)"]) {
      matchMedia(query).addEventListener("change", changed);
    }
    addEventListener("resize", changed);
    addEventListener("quadra-theme", changed);
  }

  reset(): void {
    this.#cache.clear();
    this.#unit = 0;
    this.version += 1;
  }

  color(token: Token): string {
    let color = this.#cache.get(token);
    if (color === undefined) {
      this.#probe.style.color = `var(--${token})`;
      color = getComputedStyle(this.#probe).color;
      this.#cache.set(token, color);
    }
    return color;
  }

  /** CSS pixels of one design pixel: grows with the root font size. */
  get unit(): number {
    if (this.#unit === 0) this.#unit = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    return this.#unit;
  }

  /** Whether whoever looks wants edges where a shade alone would do. */
  get contrast(): boolean {
    return matchMedia("(prefers-contrast: more)").matches;
  }

  font(size: number, weight = 400): string {
    return `${weight} ${size}px ${FONT}`;
  }
}
