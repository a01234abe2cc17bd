import { describe, expect, it } from "vitest";
import { commonSpans, findGaps, intervalOf, isStale } from "../src/data/gaps.ts";
import { chooseStep, neighbour, RANGES, rangeByKey, rangeOf } from "../src/data/ranges.ts";
import { axisFor, decimalsFor, markText, steadyAxis, timeTicks } from "../src/data/ticks.ts";

describe("gaps", () => {
  it("takes a hole for a hole and jitter for jitter", () => {
    const times = [0, 1, 2.2, 3, 4, 10, 11, 12];
    expect(findGaps(times, intervalOf(times))).toEqual([{ from: 4, to: 10 }]);
  });

  it("does not join points of which too few are known to tell a rhythm", () => {
    expect(findGaps([0, 600], intervalOf([0, 600]))).toEqual([{ from: 0, to: 600 }]);
  });

  it("knows the rhythm of a slow series", () => {
    const times = [0, 60, 120, 180, 240];
    expect(intervalOf(times)).toBe(60);
    expect(findGaps(times, 60)).toEqual([]);
  });

  it("does not take an older, slower rhythm for holes", () => {
    const slow = Array.from({ length: 10 }, (_, i) => i * 30);
    const fast = Array.from({ length: 60 }, (_, i) => 300 + i);
    const times = [...slow, ...fast];
    expect(findGaps(times, intervalOf(times))).toEqual([]);
    expect(findGaps([...fast, ...fast.map((t) => t + 100)], 1)).toEqual([{ from: 359, to: 400 }]);
  });

  it("joins nothing across the end of a line, however short the pause", () => {
    const times = [0, 15, 30, 45, 60];
    expect(findGaps(times, 15, [-5, 16, 31, 45, 99])).toEqual([{ from: 15, to: 30 }, { from: 30, to: 45 }]);
  });

  it("finds what all lines miss", () => {
    expect(commonSpans([[{ from: 0, to: 10 }], [{ from: 5, to: 20 }], [{ from: 7, to: 8 }, { from: 9, to: 30 }]])).toEqual([
      { from: 7, to: 8 },
      { from: 9, to: 10 },
    ]);
    expect(commonSpans([])).toEqual([]);
  });

  it("calls late what is older than 3 intervals and 10 s", () => {
    expect([isStale(9, 1), isStale(11, 1), isStale(100, 60), isStale(181, 60)]).toEqual([false, true, false, true]);
  });
});

describe("ranges", () => {
  it("chooses raw samples for short ranges and about a bucket a pixel for long ones", () => {
    expect(RANGES.map(({ seconds }) => chooseStep(seconds, 340))).toEqual([0, 5, 10, 60, 300, 1800, 7200]);
    for (const { seconds } of RANGES) {
      for (const pixels of [100, 300, 700, 1400, 3000]) {
        const step = chooseStep(seconds, pixels);
        if (step > 0) expect(seconds / step).toBeLessThanOrEqual(2 * Math.max(pixels, 100));
      }
    }
  });

  it("finds ranges by key and by neighbourhood", () => {
    expect(rangeByKey("6h").seconds).toBe(21_600);
    expect(rangeByKey("nonsense")).toBe(RANGES[0]);
    expect(neighbour(rangeByKey("30d"), 1).key).toBe("30d");
    expect(neighbour(rangeOf(1000), 1).key).toBe("1h");
    expect(neighbour(rangeOf(1000), -1).key).toBe("15m");
  });

  it("of any length, as zooming leaves them, are found again by their key", () => {
    for (const seconds of [2, 12.3, 100, 137, 4000, 100_000]) {
      expect(rangeByKey(rangeOf(seconds).key)).toEqual(rangeOf(seconds));
    }
    expect(rangeOf(3600).key).toBe("1h");
    expect(rangeOf(0).seconds).toBe(2);
    expect(neighbour(rangeByKey("1h"), -1).key).toBe("15m");
  });
});

describe("axes", () => {
  const free = { zero: false };

  it("has 3 or 4 round marks and holds every value", () => {
    for (const [low, high] of [[0, 93], [400, 842], [1e-4, 3e-4], [-5, 5], [7, 7], [0, 0], [-3, -3], [1e9, 1.01e9]] as const) {
      const axis = axisFor(low, high, free);
      expect(axis.min, `${low} ${high}`).toBeLessThanOrEqual(low);
      expect(axis.max, `${low} ${high}`).toBeGreaterThanOrEqual(high);
      expect([3, 4]).toContain(axis.ticks.length);
      expect(axis.ticks[0]).toBe(axis.min);
    }
  });

  it("starts counts and shares at zero, and ends a share at 100", () => {
    expect(axisFor(50, 60, { zero: true }).min).toBe(0);
    expect(axisFor(50, 60, { zero: true, top: 100 }).ticks).toEqual([0, 50, 100]);
    expect(axisFor(3, 99, { zero: true, most: 100 }).max).toBe(100);
    expect(axisFor(3, 40, { zero: true, most: 100 }).max).toBeLessThan(100);
    expect(axisFor(50, 160, { zero: true, top: 100 }).max).toBeGreaterThanOrEqual(160);
  });

  it("stays while the values still fill it, and follows when they do not", () => {
    const first = axisFor(0, 90, free);
    expect(steadyAxis(first, 0, 70, free)).toBe(first);
    expect(steadyAxis(first, 0, 900, free)).not.toBe(first);
    expect(steadyAxis(first, 0, 5, free)).not.toBe(first);
  });

  it("shows as many decimals as its marks need", () => {
    expect([100, 50, 2.5, 0.5, 0.25, 0.001].map(decimalsFor)).toEqual([0, 0, 1, 1, 2, 3]);
  });

  it("puts times on round marks", () => {
    const ticks = timeTicks(1_000_000, 1_003_600, 300);
    expect(ticks.length).toBeGreaterThan(2);
    for (const { t } of ticks) expect(t % 300).toBe(0);
  });
});

describe("marks of an axis", () => {
  const marks = (low: number, high: number): string[] => {
    const axis = axisFor(low, high, { zero: false });
    return axis.ticks.map((tick) => markText(axis, tick, 1));
  };

  it.each([
    [-123_456_789.5, -120_000_000],
    [1e-12, 3e-12],
    [2e9, 9e9],
    [0, 0.3],
    [995, 1005],
  ])("differ and stay short between %d and %d", (low, high) => {
    const texts = marks(low, high);
    expect(new Set(texts).size).toBe(texts.length);
    for (const text of texts) expect(text.length).toBeLessThan(9);
  });
});
