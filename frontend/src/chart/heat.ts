import type uPlot from "uplot";
import type { Box } from "./box.ts";
import type { Palette } from "./palette.ts";
import type { Picture } from "./types.ts";

/** The weakest colour that a cell with anything in it has. */
const LEAST = 0.08;

/** A cell for each bucket and time: the stronger its colour, the more events. */
export function drawHeat(u: uPlot, { heat, window }: Picture, { ctx, left, right }: Box, palette: Palette): void {
  if (heat === undefined || heat.most === 0) return;
  const { times, rows, most, wide } = heat;
  ctx.save();
  ctx.fillStyle = palette.color("c1");
  const edges = rows.map((_, i) => Math.round(u.valToPos(i + 1, "y", true)));
  const ground = Math.round(u.valToPos(0, "y", true));
  for (let k = 0; k < times.length; k += 1) {
    const t = times[k] ?? 0;
    const until = Math.min(times[k + 1] ?? window.to, t + wide, window.to);
    const [from, to] = [Math.max(left, Math.round(u.valToPos(t, "x", true))), Math.min(right, Math.round(u.valToPos(until, "x", true)))];
    if (to <= from) continue;
    rows.forEach((row, i) => {
      const v = row[k] ?? 0;
      if (!(v > 0)) return;
      // By the root: the few slow ones, which are looked for, are to be seen beside the many.
      ctx.globalAlpha = LEAST + (1 - LEAST) * Math.sqrt(v / most);
      const [top, bottom] = [edges[i] ?? ground, edges[i - 1] ?? ground];
      ctx.fillRect(from, top, to - from, bottom - top);
    });
  }
  ctx.restore();
}
