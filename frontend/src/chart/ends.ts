import { el } from "./dom.ts";
import type { Plot } from "./plot.ts";
import type { DrawnLine, Picture } from "./types.ts";

/**
 * A dot at each line's newest point. Not on the canvas: it moves with every sample, while the
 * line behind it is drawn anew only when it has moved by a pixel.
 */
export class Ends {
  readonly element = el("div", "ends");
  readonly #dots: HTMLElement[] = [];

  constructor() {
    this.element.setAttribute("aria-hidden", "true");
  }

  show(plot: Plot, { lines, window, tail, axis }: Picture): void {
    while (this.#dots.length < lines.length) {
      const dot = el("i");
      this.#dots.push(dot);
      this.element.append(dot);
    }
    this.#dots.forEach((dot, i) => {
      const line = lines[i];
      const end = line === undefined ? null : endOf(line);
      // One that is off the axis for a moment would lie on what stands beside the plot.
      const off = end !== null && (end.v > axis.max || (end.v < axis.min && axis.log !== true));
      dot.hidden = line === undefined || end === null || off || end.t < window.from || end.t > window.to + (window.live ? 5 : 0);
      if (line === undefined || end === null || dot.hidden) return;
      dot.className = `end-${tail === null ? line.token : "ink3"}`;
      place(dot, Math.min(plot.x(end.t), plot.width), plot.y(end.v));
    });
  }

  hide(): void {
    for (const dot of this.#dots) dot.hidden = true;
  }
}

/** By left and top, to a tenth of a pixel: a transform would make a layer's worth of work of each dot. */
function place(dot: HTMLElement, x: number, y: number): void {
  const [left, top] = [`${x.toFixed(1)}px`, `${y.toFixed(1)}px`];
  if (dot.style.left !== left) dot.style.left = left;
  if (dot.style.top !== top) dot.style.top = top;
}

/** Where a line ends: at its newest sample where samples are drawn, else at its last bucket. */
function endOf({ drawn, columns, newest, line }: DrawnLine): { t: number; v: number } | null {
  if (drawn === columns && line.tracks.length === 1 && newest !== null) return newest;
  const t = drawn.times.at(-1);
  const v = drawn.values.at(-1);
  return t === undefined || v === undefined ? null : { t, v };
}
