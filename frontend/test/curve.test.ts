import { describe, expect, it } from "vitest";
import type { Alert } from "../src/data/alerts.ts";
import { caught, caughtInWords, incidentsOf, limitsOver, mostShown, stretchOf } from "../src/data/curve.ts";
import type { Backtest } from "../src/data/rules.ts";

const points = [40, 20, 3, 3, 3, 3, 0].map((pages, i) => ({ limit: i * 10, pages }));
const taken = (series: number, from: number, to: number | null): Alert =>
  ({ series, acknowledged_by: "Mira", rule: "Slow", started_at: from, resolved_at: to }) as unknown as Alert;
const found = (...at: number[]): Backtest => ({ pages: at.map((t) => ({ at: t, kind: "first" })) }) as unknown as Backtest;

describe("the curve of pages for each limit", () => {
  it("has limits over all that was seen and a little beyond", () => {
    const limits = limitsOver(0, 100);
    expect([limits.length, limits[0], limits.at(-1)]).toEqual([40, -5, 105]);
    expect(limitsOver(Number.POSITIVE_INFINITY, 0)).toEqual([]);
  });

  it("tells the stretch of limits that page as often as the one in use", () => {
    expect(stretchOf(points, 37)).toEqual({ from: 20, to: 50, pages: 3 });
    expect(stretchOf(points, 5)).toBeNull();
    expect(stretchOf(points, null)).toBeNull();
  });

  it("cuts off what is far more than anybody would want", () => {
    expect(mostShown(points, 3, 4)).toBe(12);
    expect(mostShown(points, 30, 4)).toBe(40);
    expect(mostShown([{ limit: 1, pages: null }, { limit: 2, pages: 1 }], 8)).toBe(16);
  });
});

describe("known incidents", () => {
  it("are what somebody took, of these series, and are told once where they meet", () => {
    const alerts = [taken(1, 100, 200), taken(1, 250, 300), taken(2, 500, 600), taken(1, 5000, null), { ...taken(1, 900, 950), acknowledged_by: null }];
    const known = incidentsOf(alerts, [], new Set([1]), 0, 6000);
    expect(known.map(({ from, to }) => [from, to])).toEqual([[100, 300], [5000, 6000]]);
    expect(caught(found(310, 4000), known)).toBe(1);
    expect(caughtInWords(found(310, 4000), known)).toBe(", and missed 1 of 2 known incidents");
    expect(caughtInWords(found(150, 5500), known)).toBe(", and caught all 2 known incidents");
    expect(caughtInWords(found(1), [])).toBe("");
  });
});
