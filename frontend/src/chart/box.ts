import type uPlot from "uplot";
import type { Palette } from "./palette.ts";

/** Where the plot lies on its canvas. */
export interface Box {
  readonly ctx: CanvasRenderingContext2D;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** Canvas pixels of one design pixel. */
  readonly k: number;
}

export function boxOf(u: uPlot, palette: Palette, ratio: number): Box {
  const { left, top, width, height } = u.bbox;
  return { ctx: u.ctx, left, top, right: left + width, bottom: top + height, k: ratio * palette.unit };
}
