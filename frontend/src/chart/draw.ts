import type uPlot from "uplot";
import type { Span } from "../data/gaps.ts";
import { duration } from "../data/format.ts";
import { markText, timeTicks } from "../data/ticks.ts";
import { inScale } from "../data/units.ts";
import { drawAreas } from "./areas.ts";
import { boxOf, type Box } from "./box.ts";
import { drawHeat } from "./heat.ts";
import { nearest } from "./picture.ts";
import type { Palette } from "./palette.ts";
import type { Picture } from "./types.ts";

/** Space around the plot, in design pixels. */
export const TOP = 20;
export const BOTTOM = 20;
export const RIGHT = 52;
export const RIGHT_LABELS = 132;
const LABEL_HEIGHT = 15;

/** Grid and hatch: what lies under the lines. */
export function drawUnder(u: uPlot, picture: Picture, palette: Palette, ratio: number): void {
  const box = boxOf(u, palette, ratio);
  const { ctx, k } = box;
  ctx.save();
  ctx.setLineDash([]); // uPlot leaves its last line's
  ctx.lineWidth = Math.max(1, Math.round(k));
  for (const tick of picture.axis.ticks) {
    const y = Math.round(u.valToPos(tick, "y", true)) + 0.5;
    ctx.strokeStyle = palette.color(tick === picture.axis.ticks[0] ? "line" : "grid");
    stroke(ctx, box.left, y, box.right, y);
  }
  picture.layers?.under(u, box, palette);
  drawAreas(u, picture, box, palette);
  drawHeat(u, picture, box, palette);
  for (const gap of picture.gaps) hatch(u, gap, box, palette);
  for (const span of picture.partial) hatch(u, span, box, palette, 14);
  if (picture.tail !== null) hatch(u, picture.tail, box, palette);
  nameGaps(u, picture.gaps, box, palette);
  ctx.restore();
}

/** `pace`: how far its lines stand apart; wide where something is known, but not all. */
function hatch(u: uPlot, { from, to }: Span, box: Box, palette: Palette, pace = 7): void {
  const { ctx, k } = box;
  const left = Math.max(box.left, u.valToPos(from, "x", true));
  const right = Math.min(box.right, u.valToPos(to, "x", true));
  if (right - left < 2 * k) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, box.top, right - left, box.bottom - box.top);
  ctx.clip();
  ctx.strokeStyle = palette.color("edge");
  ctx.lineWidth = k;
  const height = box.bottom - box.top;
  ctx.beginPath();
  // Anchored to the canvas, not to the gap: the hatch stands still while time moves on.
  const apart = pace * k;
  for (let x = Math.floor((left - height) / apart) * apart; x < right; x += apart) {
    ctx.moveTo(x, box.bottom);
    ctx.lineTo(x + height, box.top);
  }
  ctx.stroke();
  ctx.restore();
}

/** Says how long nothing came; the longest first, for a name that would lie on another is left out. */
function nameGaps(u: uPlot, gaps: readonly Span[], box: Box, palette: Palette): void {
  const { ctx, k } = box;
  const taken: Span[] = [];
  for (const { from, to } of [...gaps].sort((a, b) => b.to - b.from - (a.to - a.from))) {
    const left = Math.max(box.left, u.valToPos(from, "x", true));
    const right = Math.min(box.right, u.valToPos(to, "x", true));
    if (right - left < 14 * k) continue;
    const text = `no data ${duration(to - from)}`;
    ctx.font = palette.font(12 * k);
    const half = ctx.measureText(text).width / 2;
    const middle = Math.min(Math.max((left + right) / 2, box.left + half), box.right - half);
    const ground = { from: middle - half - 3 * k, to: middle + half + 3 * k };
    if (taken.some((other) => other.from < ground.to && ground.from < other.to)) continue;
    taken.push(ground);
    // Within the plot, on a ground of its own: above it stand the letters of events.
    ctx.fillStyle = palette.color("bg");
    ctx.fillRect(ground.from, box.top + 2 * k, ground.to - ground.from, 15 * k);
    write(ctx, text, middle, box.top + 13 * k, "center", palette.color("ink3"));
  }
}

/** Marks, names and end points: what lies over the lines. */
export function drawOver(u: uPlot, picture: Picture, palette: Palette, ratio: number, cursor: number | null): void {
  const box = boxOf(u, palette, ratio);
  box.ctx.save();
  box.ctx.textBaseline = "alphabetic";
  box.ctx.setLineDash([]);
  const several = picture.lines.length > 1;
  picture.layers?.over(u, box, palette);
  drawTimes(u, picture, box, palette);
  drawEvents(u, picture, box, palette, cursor);
  drawMarks(u, picture, box, palette, several);
  if (picture.heat === undefined) drawDots(u, picture, box, palette);
  if (several) drawNames(u, picture, box, palette, cursor);
  box.ctx.restore();
}

function drawTimes(u: uPlot, picture: Picture, box: Box, palette: Palette): void {
  const { window } = picture;
  const { ctx, k } = box;
  const color = palette.color("ink3");
  const y = box.bottom + 15 * k;
  ctx.font = palette.font(12 * k);
  let free = box.right;
  if (window.live) {
    const now = (picture.layers?.until ?? window.to) > window.to ? u.valToPos(window.to, "x", true) : box.right;
    write(ctx, "now", now, y, "right", color);
    free = now - ctx.measureText("now").width - 12 * k;
  }
  for (const { t, text } of timeTicks(window.from, window.to, (box.right - box.left) / k)) {
    const half = ctx.measureText(text).width / 2;
    const x = u.valToPos(t, "x", true);
    if (x + half > free || x - half < box.left - 2 * k) continue;
    write(ctx, text, x, y, "center", color);
  }
}

/** What changed: a dotted line and its letter, which yields to the cursor. */
function drawEvents(u: uPlot, { window }: Picture, box: Box, palette: Palette, cursor: number | null): void {
  const { ctx, k } = box;
  ctx.strokeStyle = palette.color("ink3");
  ctx.lineWidth = k;
  ctx.setLineDash([k, 3 * k]);
  ctx.font = palette.font(12 * k);
  let last = Number.POSITIVE_INFINITY;
  const under = cursor === null ? Number.NEGATIVE_INFINITY : u.valToPos(cursor, "x", true);
  for (const { at, letter } of window.marks ?? []) {
    const x = Math.round(u.valToPos(at, "x", true)) + 0.5;
    if (x < box.left || x > box.right) continue;
    stroke(ctx, x, box.top, x, box.bottom);
    const free = Math.abs(x - under) > 48 * k && Math.abs(x - last) > 12 * k;
    last = x;
    if (free) write(ctx, letter, x, box.top - 6 * k, "center", palette.color("ink2"));
  }
  ctx.setLineDash([]);
}

/** The y axis: right of the plot, or on the grid's left end where the names stand right. */
function drawMarks(u: uPlot, { axis, scale }: Picture, box: Box, palette: Palette, several: boolean): void {
  const { ctx, k } = box;
  ctx.font = palette.font(12 * k);
  for (const tick of axis.ticks) {
    const text = markText(axis, tick, scale.divisor);
    const y = u.valToPos(tick, "y", true);
    if (several) {
      if (tick === axis.ticks[0] && axis.min === 0) continue;
      // Lines may pass here: a rim of the background keeps the number readable.
      ctx.strokeStyle = palette.color("bg");
      ctx.lineWidth = 3 * k;
      ctx.lineJoin = "round";
      ctx.textAlign = "left";
      ctx.strokeText(text, box.left, y - 4 * k);
      write(ctx, text, box.left, y - 4 * k, "left", palette.color("ink3"));
    } else {
      write(ctx, text, box.right + 8 * k, y + 4 * k, "left", palette.color("ink3"));
    }
  }
}

/** A dot wherever a point stands alone between holes. */
function drawDots(u: uPlot, picture: Picture, box: Box, palette: Palette): void {
  const { ctx, k } = box;
  for (const line of picture.lines) {
    const { times, values } = line.drawn;
    ctx.fillStyle = palette.color(picture.tail === null ? line.token : "ink3");
    line.gaps.forEach((gap, i) => {
      const before = i === 0 ? times[0] : line.gaps[i - 1]?.to;
      if (before !== gap.from || gap.from < picture.window.from || gap.from > picture.window.to) return;
      const v = values[times.indexOf(gap.from)];
      if (v === undefined) return;
      ctx.beginPath();
      ctx.arc(u.valToPos(gap.from, "x", true), u.valToPos(v, "y", true), 2.25 * k, 0, 2 * Math.PI);
      ctx.fill();
    });
  }
}

function drawNames(u: uPlot, picture: Picture, box: Box, palette: Palette, cursor: number | null): void {
  const { ctx, k } = box;
  const reach = ((picture.window.to - picture.window.from) * 6 * k) / (box.right - box.left);
  const height = LABEL_HEIGHT * k;
  const labels = picture.lines
    .map((line) => ({ line, end: line.drawn.values.at(-1) }))
    .filter((label): label is typeof label & { end: number } => label.end !== undefined)
    .map(({ line, end }) => ({
      line,
      y: u.valToPos(end, "y", true),
      point: cursor === null ? line.newest : nearest(line, cursor, reach),
    }));
  spread(labels, box.top + 4 * k, box.bottom, height);
  const left = box.right + 8 * k;
  for (const { line, y, point } of labels) {
    ctx.strokeStyle = palette.color(picture.tail === null ? line.token : "ink3");
    ctx.lineWidth = 2 * k;
    ctx.setLineDash(line.dash === null ? [] : [4 * k, 2 * k]);
    stroke(ctx, left, y, left + 12 * k, y);
    ctx.setLineDash([]);
    const value = point === null ? "–" : inScale(point.v, picture.unit, picture.scale);
    ctx.font = palette.font(12 * k);
    const room = u.ctx.canvas.width - left - 20 * k - ctx.measureText(value).width - 4 * k;
    ctx.font = palette.font(12 * k, 600);
    const name = shorten(ctx, line.line.label, room);
    write(ctx, name, left + 18 * k, y + 4 * k, "left", palette.color(picture.tail === null ? "ink1" : "ink3"));
    const after = left + 22 * k + ctx.measureText(name).width;
    ctx.font = palette.font(12 * k);
    write(ctx, value, after, y + 4 * k, "left", palette.color(picture.tail === null ? "ink2" : "ink3"));
  }
}

/** Moves labels apart, as little as needed, within the plot. */
export function spread(labels: { y: number }[], top: number, bottom: number, height: number): void {
  labels.sort((a, b) => a.y - b.y);
  let least = top;
  for (const label of labels) {
    label.y = Math.max(label.y, least);
    least = label.y + height;
  }
  let most = bottom;
  for (const label of [...labels].reverse()) {
    label.y = Math.min(label.y, most);
    most = label.y - height;
  }
}

function shorten(ctx: CanvasRenderingContext2D, text: string, room: number): string {
  if (ctx.measureText(text).width <= room) return text;
  let n = text.length - 1;
  while (n > 1 && ctx.measureText(`${text.slice(0, n)}…`).width > room) n -= 1;
  return `${text.slice(0, n)}…`;
}

function write(
  ctx: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  side: CanvasTextAlign,
  color: string,
): void {
  ctx.textAlign = side;
  ctx.fillStyle = color;
  ctx.fillText(text, x, y);
}

function stroke(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}
