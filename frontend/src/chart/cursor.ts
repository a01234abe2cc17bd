import { clock } from "../data/format.ts";
import { inScale } from "../data/units.ts";
import { el, setText } from "./dom.ts";
import { nearest, pastAt } from "./picture.ts";
import type { Plot } from "./plot.ts";
import type { Picture, Under } from "./types.ts";

/** The cursor over one plot: a line, a dot on each line, the value above, the time below. */
export class CursorLayer {
  readonly element = el("div", "cursor");
  readonly #line = el("div", "cursor-line");
  readonly #value = el("div", "chip cursor-value");
  readonly #time = el("div", "chip cursor-time");
  readonly #dots: HTMLElement[] = [];

  constructor() {
    this.element.append(this.#line, this.#value, this.#time);
    this.element.setAttribute("aria-hidden", "true");
    this.hide();
  }

  hide(): void {
    this.element.hidden = true;
  }

  show(plot: Plot, picture: Picture, t: number, inUse: boolean): void {
    if (t < picture.window.from || t > picture.window.to) {
      this.hide();
      return;
    }
    this.element.hidden = false;
    const reach = ((picture.window.to - picture.window.from) * 6) / Math.max(plot.width, 1);
    const points = picture.lines.map((line) => nearest(line, t, reach));
    const single = picture.lines.length === 1;
    const x = plot.x(single ? (points[0]?.t ?? t) : t);
    move(this.#line, x, 0);
    this.#placeDots(plot, picture.heat === undefined ? points : []);
    this.#value.hidden = !single;
    if (single) {
      const [point] = points;
      setText(this.#value, point ? said(picture, point.v) + pastSaid(picture, point.t, reach) : "no data");
      this.#center(this.#value, x, plot);
    }
    this.#time.hidden = !inUse;
    if (inUse) {
      setText(this.#time, clock(single ? (points[0]?.t ?? t) : t, true));
      this.#center(this.#time, x, plot);
    }
  }

  #placeDots(plot: Plot, points: readonly (Under | null)[]): void {
    while (this.#dots.length < points.length) {
      const dot = el("div", "cursor-dot");
      this.#dots.push(dot);
      this.element.append(dot);
    }
    this.#dots.forEach((dot, i) => {
      const point = points[i];
      dot.hidden = !point;
      if (point) move(dot, plot.x(point.t), plot.y(point.y));
    });
  }

  /** Above or below the line, but never outside the chart. */
  #center(chip: HTMLElement, x: number, plot: Plot): void {
    const half = chip.offsetWidth / 2;
    const most = Math.max(plot.width, 2 * half) - half;
    move(chip, Math.min(Math.max(x, half), most) - half, 0);
  }
}

function said({ unit, scale }: Picture, v: number): string {
  return inScale(v, unit, scale) + (scale.unit === "" ? "" : `\u202f${scale.unit}`);
}

function pastSaid(picture: Picture, t: number, reach: number): string {
  const [line] = picture.lines;
  const v = line === undefined ? null : pastAt(line, t, reach);
  return v === null ? "" : ` · ${picture.past} ${inScale(v, picture.unit, picture.scale)}`;
}

function move(node: HTMLElement, x: number, y: number): void {
  node.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
}
