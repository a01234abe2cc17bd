import { describe, expect, it } from "vitest";
import { nextPhase, shiftOf, turnOf } from "../src/chart/turns.ts";

const FIVE_MINUTES = { from: 0, to: 300, now: 300 };

describe("charts take turns", () => {
  it("so that each is drawn once a second, and a tenth of them in each tenth", () => {
    const phases = Array.from({ length: 120 }, nextPhase);
    const drawnIn = (tick: number): number =>
      phases.filter((phase) => turnOf({ ...FIVE_MINUTES, now: 300 + tick / 10 }, 400, phase) !== turnOf({ ...FIVE_MINUTES, now: 300 + (tick - 1) / 10 }, 400, phase)).length;
    const counts = Array.from({ length: 10 }, (_, i) => drawnIn(i + 1));
    expect(counts.reduce((sum, n) => sum + n)).toBe(120);
    for (const n of counts) expect(n).toBeGreaterThan(8);
    for (const n of counts) expect(n).toBeLessThan(16);
  });

  it("more often where a pixel is a shorter time, and never less than once a second", () => {
    const turns = (seconds: number): number => turnOf({ from: 0, to: seconds, now: 1000 }, 400, 0) - turnOf({ from: 0, to: seconds, now: 990 }, 400, 0);
    expect(turns(60)).toBeGreaterThan(40);
    expect(turns(86_400)).toBe(10);
  });

  it("told by whole pixels of time", () => {
    expect(shiftOf({ from: 0, to: 300 }, 300) - shiftOf({ from: -1, to: 299.5 }, 300)).toBeGreaterThanOrEqual(0);
    expect(shiftOf({ from: 10, to: 310 }, 300) - shiftOf({ from: 0, to: 300 }, 300)).toBe(10);
  });
});
