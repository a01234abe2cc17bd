import type uPlot from "uplot";
import { ahead, rangeAt, type Band, type Expected, type Fan, type Mark } from "../data/expected.ts";
import type { Box } from "./box.ts";
import type { Palette, Token } from "./palette.ts";
import type { ChartSpec, DrawnLine, Picture, Window } from "./types.ts";

interface Marked {
  readonly line: DrawnLine;
  readonly mark: Mark;
}

const MOST_MARKS = 60;
/** Share of the plot that the time ahead takes at most. */
const FUTURE = 0.2;
const STRONG = 5;
const TOKENS: Record<Mark["severity"], Token> = { low: "info", medium: "warn", high: "warn", critical: "crit" };

/** Adds to a picture what is expected. Only a series that stands alone has a band and a fan. */
export function withLayers(picture: Picture, spec: ChartSpec, expected: Expected): Picture {
  if (picture.heat !== undefined) return picture;
  const { window, lines, newest, tail } = picture;
  const [only] = lines;
  const track = lines.length === 1 && only?.line.tracks.length === 1 ? only.line.tracks[0] : undefined;
  const plain = track !== undefined && !picture.stacked && !(track.counter && spec.raw === true);
  if (plain) expected.want(track.info.id, track.counter);
  const band = plain ? expected.band(track.info.id) : null;
  const told = plain && window.live && tail === null && newest !== null ? expected.fan(track.info.id) : null;
  const fan = told === null || newest === null ? null : ahead(told, newest);
  const most = ((window.to - window.from) * FUTURE) / (1 - FUTURE);
  const reach = fan === null ? 0 : Math.max(0, Math.min(most, (fan.timestamps.at(-1) ?? window.to) - window.to));
  const until = window.to + reach;
  const marks = lines
    .filter(({ line }) => line.tracks.length === 1)
    .flatMap((line) => line.line.tracks.flatMap(({ info }) => expected.marks(info.id).map((mark) => ({ line, mark }))))
    .filter(({ mark }) => mark.from <= window.to && (mark.to ?? window.to) >= window.from)
    .slice(0, MOST_MARKS);
  return {
    ...picture,
    layers: {
      usual: band === null ? null : rangeAt(band, window.to),
      until,
      under: (u, box, palette) => {
        const { ctx } = box;
        ctx.save();
        clip(box);
        if (band !== null) drawBand(u, band, window, box, palette);
        if (fan !== null && reach > 0) drawFan(u, fan, window, until, box, palette);
        ctx.restore();
      },
      over: (u, box, palette) => {
        for (const one of marks) drawMark(u, one, window, box, palette);
      },
    },
  };
}

function drawBand(u: uPlot, band: Band, { from, to }: Window, { ctx, k }: Box, palette: Palette): void {
  ctx.fillStyle = palette.color("band");
  ctx.strokeStyle = palette.color("edge");
  fill(u, band, from, to, ctx, palette.contrast ? k : 0);
}

/** The ground of the time ahead, and on it what is foretold. */
function drawFan(u: uPlot, fan: Fan, { from, to }: Window, until: number, box: Box, palette: Palette): void {
  const { ctx, k } = box;
  const now = u.valToPos(to, "x", true);
  ctx.fillStyle = palette.color("future");
  ctx.fillRect(now, box.top, box.right - now, box.bottom - box.top);
  ctx.fillStyle = palette.color("band");
  fill(u, fan, from, until, ctx, 0);
  ctx.strokeStyle = palette.color("grid");
  ctx.lineWidth = k;
  path(ctx, [now, now], [box.top, box.bottom]);
  ctx.strokeStyle = palette.color("trace");
  ctx.lineWidth = 1.5 * k;
  ctx.setLineDash([4 * k, 4 * k]);
  path(
    ctx,
    fan.timestamps.map((t) => u.valToPos(t, "x", true)),
    fan.value.map((v) => u.valToPos(v, "y", true)),
  );
}

/** The stretch recoloured, a shape at its start, a ribbon below as strong as the evidence. */
function drawMark(u: uPlot, { line, mark }: Marked, window: Window, box: Box, palette: Palette): void {
  const { ctx, k } = box;
  const from = Math.max(mark.from, window.from);
  const to = Math.min(mark.to ?? window.to, window.to);
  const [left, right] = [u.valToPos(from, "x", true), u.valToPos(to, "x", true)];
  ctx.save();
  ctx.fillStyle = ctx.strokeStyle = palette.color(TOKENS[mark.severity]);
  ctx.globalAlpha = Math.min(1, 0.35 + 0.65 * (mark.evidence / STRONG));
  ctx.fillRect(left, box.bottom, Math.max(right - left, 2 * k), 4 * k);
  ctx.globalAlpha = 1;
  clip(box);
  recolour(u, line, from, to, ctx, 2.5 * k);
  if (mark.from >= window.from) shape(ctx, mark.severity, left, shapeHeight(u, line, from, box), k, palette.color("bg"));
  ctx.restore();
}

function clip({ ctx, left, top, right, bottom }: Box): void {
  ctx.beginPath();
  ctx.rect(left, top, right - left, bottom - top);
  ctx.clip();
}

/** Fills a band; the last range that is known reaches to the end. */
function fill(u: uPlot, band: Band, from: number, to: number, ctx: CanvasRenderingContext2D, outline: number): void {
  const { timestamps, low, high } = band;
  const first = Math.max(0, timestamps.findIndex((t) => t >= from) - 1);
  if (timestamps.length === 0 || (timestamps[first] ?? to) >= to) return;
  const places = timestamps.slice(first).map((t, i) => ({ x: u.valToPos(Math.min(t, to), "x", true), i: first + i }));
  const last = places.at(-1);
  if (last !== undefined && (timestamps[last.i] ?? to) < to) places.push({ x: u.valToPos(to, "x", true), i: last.i });
  ctx.beginPath();
  for (const { x, i } of places) ctx.lineTo(x, u.valToPos(high[i] ?? 0, "y", true));
  for (const { x, i } of places.reverse()) ctx.lineTo(x, u.valToPos(low[i] ?? 0, "y", true));
  ctx.closePath();
  ctx.fill();
  if (outline === 0) return;
  ctx.lineWidth = outline;
  ctx.stroke();
}

function path(ctx: CanvasRenderingContext2D, xs: readonly number[], ys: readonly number[]): void {
  ctx.beginPath();
  xs.forEach((x, i) => ctx.lineTo(x, ys[i] ?? 0));
  ctx.stroke();
}

function recolour(u: uPlot, { drawn, gaps }: DrawnLine, from: number, to: number, ctx: CanvasRenderingContext2D, width: number): void {
  const { times, values } = drawn;
  ctx.lineWidth = width;
  ctx.lineJoin = "round";
  ctx.setLineDash([]);
  ctx.beginPath();
  let before = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < times.length; i += 1) {
    const t = times[i] ?? 0;
    if (t < from || t > to) continue;
    const x = u.valToPos(t, "x", true);
    const y = u.valToPos(values[i] ?? 0, "y", true);
    const broken = before === Number.NEGATIVE_INFINITY || gaps.some((gap) => gap.from < t && gap.to > before);
    if (broken) ctx.moveTo(x, y);
    else ctx.lineTo(x, y);
    before = t;
  }
  ctx.stroke();
}

/** Above the line where it began, or below it where there is no room. */
function shapeHeight(u: uPlot, { drawn }: DrawnLine, from: number, { top, bottom, k }: Box): number {
  const i = drawn.times.findIndex((t) => t >= from);
  const y = i < 0 ? bottom : u.valToPos(drawn.values[i] ?? 0, "y", true);
  return y - 12 * k < top + 6 * k ? Math.min(y + 12 * k, bottom - 6 * k) : Math.max(top + 6 * k, y - 12 * k);
}

function shape(ctx: CanvasRenderingContext2D, severity: Mark["severity"], x: number, y: number, k: number, rim: string): void {
  const r = 5 * k;
  ctx.beginPath();
  if (severity === "low") ctx.arc(x, y, 0.8 * r, 0, 2 * Math.PI);
  else {
    const sides = severity === "critical" ? [[0, -r], [r, 0], [0, r], [-r, 0]] : [[0, -r], [r, 0.8 * r], [-r, 0.8 * r]];
    for (const [dx = 0, dy = 0] of sides) ctx.lineTo(x + dx, y + dy);
  }
  ctx.closePath();
  ctx.strokeStyle = rim;
  ctx.lineWidth = 2 * k;
  ctx.stroke();
  ctx.fill();
}
