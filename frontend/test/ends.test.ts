import { describe, expect, it } from "vitest";
import { endsOf, stripFor } from "../src/chart/ends.ts";
import type { DrawnLine, Picture } from "../src/chart/types.ts";

const PLOT = { width: 400, x: (t: number) => t * 4, y: (v: number) => 100 - v };

function line(token: DrawnLine["token"], t: number, v: number): DrawnLine {
  const columns = { times: Float64Array.of(t), values: Float64Array.of(v) };
  return { token, columns, drawn: columns, newest: { t, v }, line: { key: token, label: token, tracks: [{}] } } as unknown as DrawnLine;
}

function picture(lines: readonly DrawnLine[], more: Partial<Picture> = {}): Picture {
  return { lines, window: { from: 0, to: 100, now: 100, live: true }, axis: { min: 0, max: 50 }, tail: null, ...more } as unknown as Picture;
}

describe("dots at the newest points", () => {
  it("stand where the lines end, the last line's on top, and not beyond the plot", () => {
    expect(endsOf(PLOT, picture([line("c1", 99, 10), line("c2", 101, 20)]))).toEqual([
      { token: "c2", x: 400, y: 80 },
      { token: "c1", x: 396, y: 90 },
    ]);
  });

  it("are left out where they would lie beside the plot or before it, and are grey when all is late", () => {
    expect(endsOf(PLOT, picture([line("c1", 99, 51), line("c2", 99, -1), line("c3", -1, 10)]))).toEqual([]);
    expect(endsOf(PLOT, picture([line("c1", 90, 10)], { tail: { from: 90, to: 100 } }))).toEqual([{ token: "ink3", x: 360, y: 90 }]);
  });
});

describe("the strip that dots are painted on", () => {
  it("stays where it is while they move on it", () => {
    const first = stripFor([{ x: 300 }, { x: 310 }], null);
    expect(first?.left).toBeLessThan(300);
    expect(first?.right).toBeGreaterThan(310);
    expect(stripFor([{ x: 290 }, { x: 325 }], first)).toBe(first);
    expect(stripFor([], first)).toBe(first);
  });

  it("is cut anew when one leaves it, and when they need far less", () => {
    const narrow = stripFor([{ x: 300 }], null);
    const wide = stripFor([{ x: 100 }, { x: 300 }], narrow);
    expect(wide?.left).toBeLessThan(100);
    const again = stripFor([{ x: 300 }], wide);
    expect(again?.left).toBeGreaterThan(200);
    expect(again?.right).toBeGreaterThan(300);
  });
});
