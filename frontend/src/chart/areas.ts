import type uPlot from "uplot";
import type { Columns } from "../data/align.ts";
import type { Box } from "./box.ts";
import type { Palette } from "./palette.ts";
import type { DrawnLine, Picture } from "./types.ts";

/** How much of a line's colour its area takes. */
const ENVELOPE = 0.22;
const STACKED = 0.3;
const PAST_DASH = [3, 3] as const;

/** What lies under the lines for their sake: extremes, stacks, the day they are compared with. */
export function drawAreas(u: uPlot, picture: Picture, box: Box, palette: Palette): void {
  const { ctx } = box;
  ctx.save();
  ctx.beginPath();
  ctx.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  ctx.clip();
  picture.lines.forEach((line, i) => {
    ctx.fillStyle = palette.color(line.token);
    if (picture.stacked) {
      ctx.globalAlpha = STACKED;
      fillBetween(u, line, picture.lines[i - 1]?.drawn ?? null, line.drawn, box);
    } else if (line.low !== null && line.high !== null) {
      ctx.globalAlpha = ENVELOPE;
      fillBetween(u, line, line.low, line.high, box);
    }
  });
  ctx.globalAlpha = 1;
  ctx.lineWidth = 1.25 * box.k;
  ctx.setLineDash(PAST_DASH.map((length) => length * box.k));
  for (const line of picture.lines) drawPast(u, line, picture.lines.length > 1, box, palette);
  ctx.restore();
}

/** Fills from the lower to the upper edge; null: from the ground. No gap is bridged. */
function fillBetween(u: uPlot, { gaps }: DrawnLine, lower: Columns | null, upper: Columns, { ctx, bottom }: Box): void {
  const { times, values } = upper;
  const x = (i: number): number => u.valToPos(times[i] ?? 0, "x", true);
  const floor = (i: number): number => (lower === null ? bottom : u.valToPos(lower.values[i] ?? 0, "y", true));
  let start = 0;
  let gap = 0;
  for (let i = 1; i <= times.length; i += 1) {
    const broken = (gaps[gap]?.from ?? Number.POSITIVE_INFINITY) <= (times[i - 1] ?? 0);
    if (i < times.length && !broken) continue;
    if (broken) gap += 1;
    ctx.beginPath();
    for (let j = start; j < i; j += 1) ctx.lineTo(x(j), u.valToPos(values[j] ?? 0, "y", true));
    for (let j = i - 1; j >= start; j -= 1) ctx.lineTo(x(j), floor(j));
    ctx.closePath();
    ctx.fill();
    start = i;
  }
}

function drawPast(u: uPlot, { past, token, interval }: DrawnLine, several: boolean, { ctx }: Box, palette: Palette): void {
  if (past === null) return;
  const { times, values } = past;
  const widest = 2.5 * Math.max(interval, (times[1] ?? 0) - (times[0] ?? 0));
  ctx.strokeStyle = palette.color(several ? token : "ink3");
  ctx.globalAlpha = several ? 0.7 : 1;
  ctx.beginPath();
  for (let i = 0; i < times.length; i += 1) {
    const px = u.valToPos(times[i] ?? 0, "x", true);
    const py = u.valToPos(values[i] ?? 0, "y", true);
    if (i > 0 && (times[i] ?? 0) - (times[i - 1] ?? 0) <= widest) ctx.lineTo(px, py);
    else ctx.moveTo(px, py);
  }
  ctx.stroke();
  ctx.globalAlpha = 1;
}
