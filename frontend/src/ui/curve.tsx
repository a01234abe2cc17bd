import type { JSX } from "preact";
import type { CurvePoint } from "../data/curve.ts";
import { mostShown } from "../data/curve.ts";
import { number, plural } from "../data/format.ts";

export interface CurveShown {
  readonly points: readonly CurvePoint[];
  /** Pages at the limit that is tried, and at the one that is in force. */
  readonly pages: number | undefined;
  readonly savedPages: number | undefined;
}

interface CurveProps {
  readonly shown: CurveShown;
  readonly left: number;
  readonly width: number;
  readonly top: number;
  readonly bottom: number;
  readonly limit: number | null;
  readonly saved: number | null;
  readonly y: (v: number) => number;
}

const ROOM = 80; // for the words at its right

/** Pages for each limit, on the very axis of the chart beside it. */
export function Curve({ shown, left, width, top, bottom, limit, saved, y }: CurveProps): JSX.Element {
  const { points, pages, savedPages } = shown;
  const most = mostShown(points, pages, savedPages);
  const right = left + width - ROOM;
  const x = (n: number | null): number => left + (Math.min(n ?? most, most) / most) * (right - left);
  const clamp = (px: number): number => Math.min(Math.max(px, top), bottom);
  const at = (v: number): number => clamp(y(v));
  const path = [...points].reverse().map(({ limit: v, pages: n }, i) => `${i === 0 ? "M" : "H"}${x(n).toFixed(1)}${i === 0 ? ` ${at(v).toFixed(1)}` : `V${at(v).toFixed(1)}`}`);
  const dot = (v: number, n: number, kind: string, words: string): JSX.Element => (
    <g>
      <circle class={kind} cx={x(n)} cy={at(v)} r={4} />
      <text class={kind === "curve-dot" ? "tick strong" : "tick"} x={right + 10} y={at(v) + 4}>
        {words}
      </text>
    </g>
  );
  const apart = limit === null || saved === null || Math.abs(at(limit) - at(saved)) >= 16;
  return (
    <g class="curve" data-testid="curve" data-points={points.length}>
      <line class="grid" x1={left} x2={left} y1={top} y2={bottom} />
      <line class="grid" x1={left} x2={right} y1={bottom} y2={bottom} />
      <path class="trace" d={path.join("")} />
      {saved !== null && saved !== limit && savedPages !== undefined && dot(saved, savedPages, "curve-saved", apart ? `${number(savedPages)} saved` : "")}
      {limit !== null && <line class="limit dragged" x1={left} x2={right} y1={at(limit)} y2={at(limit)} />}
      {limit !== null && pages !== undefined && dot(limit, pages, "curve-dot", `${number(pages)} ${pages === 1 ? "page" : "pages"}`)}
      <text class="tick" x={left} y={bottom + 18} text-anchor="middle">
        0
      </text>
      <text class="tick" x={right} y={bottom + 18} text-anchor="middle">
        {plural(most, "page")}
      </text>
    </g>
  );
}
