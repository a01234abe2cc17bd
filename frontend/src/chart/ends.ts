import { el } from "./dom.ts";
import type { Plot } from "./plot.ts";
import type { Token } from "./palette.ts";
import type { DrawnLine, Picture } from "./types.ts";

/** A dot, in pixels of the plot. */
export interface End {
  readonly token: Token;
  readonly x: number;
  readonly y: number;
}

/** The stretch of the plot, in pixels from its left, that dots are painted on. */
export interface Strip {
  readonly left: number;
  readonly right: number;
}

/** So much room has a dot in its strip at first, and so much of it may be empty before it is cut anew. */
const ROOM = 24;
const SPARE = 96;
/** A dot's own half, with something over. */
const REACH = 5;

/**
 * A dot at each line's newest point. Not on the canvas: it moves with every sample, while the
 * line behind it is drawn anew only when it has moved by a pixel. Nor an element each: the
 * browser would lay out and order the layers of the whole page anew whenever one moves. As
 * backgrounds of one element they are only painted, and on no more of the plot than they need.
 */
export class Ends {
  readonly element = el("div", "ends");
  #strip: Strip | null = null;
  #colors = "";
  #places = "";

  constructor() {
    this.element.setAttribute("aria-hidden", "true");
  }

  show(plot: Plot, picture: Picture): void {
    this.#put(endsOf(plot, picture));
  }

  hide(): void {
    this.#put([]);
  }

  #put(ends: readonly End[]): void {
    const { style } = this.element;
    const strip = stripFor(ends, this.#strip);
    if (strip !== this.#strip && strip !== null) {
      style.left = `${String(strip.left)}px`;
      style.width = `${String(strip.right - strip.left)}px`;
    }
    this.#strip = strip;
    const colors = ends.map(({ token }) => `radial-gradient(closest-side, var(--${token}) calc(100% - 1.5px), transparent calc(100% - 0.5px))`).join();
    if (colors !== this.#colors) style.backgroundImage = this.#colors = colors;
    const left = strip?.left ?? 0;
    const places = ends.map(({ x, y }) => `calc(${(x - left).toFixed(1)}px - var(--end)) calc(${y.toFixed(1)}px - var(--end))`).join();
    if (places !== this.#places) style.backgroundPosition = this.#places = places;
  }
}

/** The strip in use for as long as it has all dots on it and is not far too wide: to move it is to order the page's layers anew. */
export function stripFor(ends: readonly Pick<End, "x">[], old: Strip | null): Strip | null {
  if (ends.length === 0) return old;
  const least = Math.min(...ends.map(({ x }) => x)) - REACH;
  const most = Math.max(...ends.map(({ x }) => x)) + REACH;
  if (old !== null && least >= old.left && most <= old.right && old.right - old.left <= most - least + SPARE) return old;
  return { left: Math.floor(least - ROOM), right: Math.ceil(most + ROOM) };
}

/** The dots of a picture, the one on top first. */
export function endsOf(plot: Pick<Plot, "x" | "y" | "width">, { lines, window, tail, axis }: Picture): End[] {
  const ends: End[] = [];
  for (const line of lines) {
    const end = endOf(line);
    if (end === null || end.t < window.from || end.t > window.to + (window.live ? 5 : 0)) continue;
    // One that is off the axis for a moment would lie on what stands beside the plot.
    if (end.v > axis.max || (end.v < axis.min && axis.log !== true)) continue;
    ends.unshift({ token: tail === null ? line.token : "ink3", x: Math.min(plot.x(end.t), plot.width), y: plot.y(end.v) });
  }
  return ends;
}

/** Where a line ends: at its newest sample where samples are drawn, else at its last bucket. */
function endOf({ drawn, columns, newest, line }: DrawnLine): { t: number; v: number } | null {
  if (drawn === columns && line.tracks.length === 1 && newest !== null) return newest;
  const t = drawn.times.at(-1);
  const v = drawn.values.at(-1);
  return t === undefined || v === undefined ? null : { t, v };
}
