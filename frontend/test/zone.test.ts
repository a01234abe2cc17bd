import { describe, expect, it } from "vitest";
import { clock, date, day, tellUtc, zone } from "../src/data/format.ts";
import { logAxis, timeTicks } from "../src/data/ticks.ts";

describe("the zone in which times are told", () => {
  it("is this machine's, or UTC", () => {
    const noon = Date.UTC(2026, 10, 21, 12, 0, 5) / 1000;
    tellUtc(true);
    try {
      expect([clock(noon, true), date(noon), zone(noon), day(noon)]).toEqual(["12:00:05", "2026-11-21", "UTC", "21\u202fNov"]);
      const texts = timeTicks(noon - 3 * 86_400, noon, 200).map(({ text }) => text);
      expect(texts).toEqual(["19\u202fNov", "20\u202fNov", "21\u202fNov"]);
    } finally {
      tellUtc(false);
    }
    expect(clock(noon)).toBe(`${String(new Date(noon * 1000).getHours()).padStart(2, "0")}:00`);
  });
});

describe("a multiplying axis", () => {
  it("holds all values between powers of ten, with few marks", () => {
    expect(logAxis(3, 900)).toMatchObject({ min: 1, max: 1000, log: true, ticks: [1, 10, 100, 1000] });
    expect(logAxis(2, 9)).toMatchObject({ min: 1, max: 10, ticks: [1, 2, 5, 10] });
    expect(logAxis(1e-9, 1e9).ticks.length).toBeLessThanOrEqual(6);
    expect(logAxis(Number.POSITIVE_INFINITY, 0).ticks).toEqual([]);
  });
});
