import { expect, test } from "vitest";
import { eachBar, isCrowded } from "../src/chart/crowded.ts";
import { random } from "./helpers.ts";

const STRETCH = { from: 0, to: 100, wide: 100 };

function columns(points: readonly (readonly [t: number, v: number])[]): { times: Float64Array; values: Float64Array } {
  return { times: Float64Array.from(points, ([t]) => t), values: Float64Array.from(points, ([, v]) => v) };
}

function barsOf(...given: [line: Parameters<typeof eachBar>[0], gaps: Parameters<typeof eachBar>[1], stretch: Parameters<typeof eachBar>[2]]): { x: number; low: number; high: number }[] {
  const bars: { x: number; low: number; high: number }[] = [];
  eachBar(...given, (x, low, high) => bars.push({ x, low, high }));
  return bars;
}

test("a line is crowded by what is in view, wherever in it that lies", () => {
  const every = (pace: number, from = 0): ReturnType<typeof columns> => columns(Array.from({ length: 200 }, (_, i) => [from + i * pace, i] as const));
  expect([isCrowded(every(0.4), STRETCH), isCrowded(every(0.6), STRETCH)]).toEqual([true, false]);
  expect(isCrowded(every(0.1, 75), STRETCH)).toBe(true); // it has only just begun
  expect(isCrowded(every(0.1, 200), STRETCH)).toBe(false);
  expect(isCrowded(columns([[1, 1], [1.1, 2]]), STRETCH)).toBe(false);
});

test("no extreme is lost, and columns touch where the line goes on", () => {
  const next = random(7);
  const points = Array.from({ length: 1000 }, (_, i) => [i / 10, next() * 50] as const);
  const bars = barsOf(columns(points), [], STRETCH);
  expect(bars.map(({ x }) => x)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  bars.forEach(({ x, low, high }, i) => {
    const inside = points.filter(([t]) => Math.floor(t) === x).map(([, v]) => v);
    const [least, most] = [Math.min(...inside), Math.max(...inside)];
    expect(low).toBeLessThanOrEqual(least);
    expect(high).toBeGreaterThanOrEqual(most);
    const before = bars[i - 1];
    if (before === undefined) return;
    expect(low).toBeLessThanOrEqual(before.high);
    expect(high).toBeGreaterThanOrEqual(before.low);
  });
});

test("columns without samples are crossed, gaps are not, and what is out of view is left out", () => {
  const line = columns([[-1, 9], [0, 0], [0.5, 1], [3, 7], [10, 7], [101, 9]]);
  expect(barsOf(line, [], { ...STRETCH, to: 5, wide: 5 })).toEqual([
    { x: 0, low: 0, high: 1 },
    { x: 1, low: 1, high: 3 },
    { x: 2, low: 3, high: 5 },
    { x: 3, low: 5, high: 7 },
  ]);
  expect(barsOf(line, [{ from: 3, to: 10 }], STRETCH).map(({ x }) => x)).toEqual([0, 1, 2, 3, 10]);
});
