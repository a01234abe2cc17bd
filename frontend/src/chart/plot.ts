import uPlot from "uplot";
import { align } from "../data/align.ts";
import { boxOf } from "./box.ts";
import { BOTTOM, drawOver, drawUnder, RIGHT, RIGHT_LABELS, TOP } from "./draw.ts";
import { drawCrowded, isCrowded, type Stretch } from "./crowded.ts";
import type { Palette } from "./palette.ts";
import type { DrawnLine, Picture } from "./types.ts";

const joined = uPlot.paths.linear?.();

/**
 * uPlot, reduced to what it does best: scales and fast lines on a canvas. Marks, names,
 * hatch and cursor are drawn here, in the console's own way.
 */
export class Plot {
  readonly #palette: Palette;
  readonly #place: HTMLElement;
  #plot: uPlot | null = null;
  #picture: Picture | null = null;
  #made = "";
  #cursor: number | null = null;

  constructor(place: HTMLElement, palette: Palette) {
    this.#place = place;
    this.#palette = palette;
  }

  get ready(): boolean {
    return this.#plot !== null;
  }

  draw(picture: Picture): void {
    this.#picture = picture;
    const data = align(picture.lines.map((line) => line.drawn));
    // A new number of lines, or of pixels a unit, needs a new plot: both are rare.
    const made = `${picture.lines.map((line) => line.line.key + line.token).join()} ${this.#palette.unit} ${String(picture.axis.log)}`;
    if (this.#plot === null || made !== this.#made) {
      this.destroy();
      this.#made = made;
      this.#plot = new uPlot(this.#options(picture), data, this.#place);
      // It would scale itself a moment later, and what lies over it asks for places now.
      this.#plot.batch(() => undefined);
      return;
    }
    const plot = this.#plot;
    plot.batch(() => {
      plot.setData(data, false);
      plot.setScale("x", { min: picture.window.from, max: picture.layers?.until ?? picture.window.to });
    });
  }

  resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#place;
    if (width > 0 && this.#plot !== null) this.#plot.setSize({ width, height });
  }

  /** Shows the lines' values at `t` beside their names. */
  point(t: number | null): void {
    if (this.#cursor === t) return;
    this.#cursor = t;
    if ((this.#picture?.lines.length ?? 0) > 1) this.#plot?.redraw(false, false);
  }

  /** Position within the place, in CSS pixels. */
  x(t: number): number {
    const plot = this.#plot;
    return plot === null ? 0 : plot.valToPos(t, "x") + plot.bbox.left / devicePixelRatio;
  }

  y(v: number): number {
    const plot = this.#plot;
    return plot === null ? 0 : plot.valToPos(v, "y") + plot.bbox.top / devicePixelRatio;
  }

  timeAt(x: number): number {
    const plot = this.#plot;
    return plot === null ? 0 : plot.posToVal(x - plot.bbox.left / devicePixelRatio, "x");
  }

  get width(): number {
    return this.#plot === null ? 0 : this.#plot.bbox.width / devicePixelRatio;
  }

  destroy(): void {
    this.#plot?.destroy();
    this.#plot = null;
  }

  #options(picture: Picture): uPlot.Options {
    const k = this.#palette.unit;
    const right = picture.lines.length > 1 ? RIGHT_LABELS : RIGHT;
    return {
      width: Math.max(this.#place.clientWidth, 100),
      height: Math.max(this.#place.clientHeight, 60),
      padding: [TOP * k, Math.min(right * k, this.#place.clientWidth / 2), BOTTOM * k, 0],
      legend: { show: false },
      cursor: { show: false },
      axes: [{ show: false }, { show: false }],
      scales: {
        x: { time: true, range: () => [this.#picture?.window.from ?? 0, this.#picture?.layers?.until ?? this.#picture?.window.to ?? 1] },
        y: {
          range: () => [this.#picture?.axis.min ?? 0, this.#picture?.axis.max ?? 1],
          // Zero and less have no place on a multiplying axis: they lie on its ground.
          // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- uPlot declares an enum that it does not export
          ...(picture.axis.log === true ? { distr: 3, clamp: () => this.#picture?.axis.min ?? 1 } : {}),
        },
      },
      series: [{}, ...picture.lines.map((_, i) => this.#series(i))],
      hooks: {
        drawClear: [(u) => this.#paint((p) => drawUnder(u, p, this.#palette, devicePixelRatio))],
        drawSeries: [(u, i) => this.#drawCrowded(u, i - 1)],
        draw: [(u) => this.#paint((p) => drawOver(u, p, this.#palette, devicePixelRatio, this.#cursor))],
      },
    };
  }

  #paint(draw: (picture: Picture) => void): void {
    if (this.#picture !== null) draw(this.#picture);
  }

  #line(index: number): DrawnLine | undefined {
    return this.#picture?.lines[index];
  }

  /** The line's own stretch of the plot, where it is so crowded there that it is not worth a stroke. */
  #crowd(u: uPlot, index: number): Stretch | null {
    const [picture, line] = [this.#picture, this.#line(index)];
    if (picture === null || line === undefined || picture.heat !== undefined || line.dash !== null) return null;
    const { from, to } = picture.window;
    const stretch = { from, to: picture.layers?.until ?? to, wide: u.bbox.width };
    return isCrowded(line.drawn, stretch) ? stretch : null;
  }

  #drawCrowded(u: uPlot, index: number): void {
    const [line, stretch] = [this.#line(index), this.#crowd(u, index)];
    if (line !== undefined && stretch !== null) drawCrowded(u, line, stretch, boxOf(u, this.#palette, devicePixelRatio), this.#color(index));
  }

  #color(index: number): string {
    return this.#palette.color((this.#picture?.tail ?? null) === null ? (this.#line(index)?.token ?? "trace") : "ink3");
  }

  #series(index: number): uPlot.Series {
    const line = this.#line(index);
    return {
      width: 1.5 * this.#palette.unit,
      paths: (u, i, first, last) => (this.#crowd(u, index) === null ? (joined?.(u, i, first, last) ?? null) : null),
      stroke: () => (this.#picture?.heat !== undefined ? "transparent" : this.#color(index)),
      ...(line?.dash ? { dash: [...line.dash] } : {}),
      points: { show: false },
      // Holes are known by time; uPlot's own, found by null, say nothing here.
      gaps: (u) =>
        (this.#line(index)?.gaps ?? []).map(({ from, to }): [number, number] => [
          Math.round(u.valToPos(from, "x", true)),
          Math.round(u.valToPos(to, "x", true)),
        ]),
    };
  }
}

