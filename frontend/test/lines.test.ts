import { describe, expect, it } from "vitest";
import { spread } from "../src/chart/draw.ts";
import { keepSlots } from "../src/chart/picture.ts";
import { align, combine, stackUp } from "../src/data/align.ts";
import { limitLines, makeLines, type Line } from "../src/data/lines.ts";
import { Store } from "../src/data/store.ts";
import { frame, series } from "./helpers.ts";

const columns = (times: number[], values: number[]): { times: Float64Array; values: Float64Array } => ({
  times: Float64Array.from(times),
  values: Float64Array.from(values),
});

describe("lines", () => {
  it("are named by the labels that differ, in an order of their own", () => {
    const store = new Store();
    store.add([series(1, "m", { host: "a", core: "10" }), series(2, "m", { host: "a", core: "9" })]);
    expect(makeLines([{ name: "m", tracks: store.named("m") }]).map(({ label }) => label)).toEqual(["9", "10"]);
    expect(makeLines([{ name: "m", tracks: store.named("m") }], ["10"]).map(({ label }) => label)).toEqual(["10", "9"]);
  });

  it("are eight at most: the seven largest and the others", () => {
    const store = new Store();
    store.add(Array.from({ length: 12 }, (_, i) => series(i, "m", { core: String(i) })));
    store.apply(frame(1, Array.from({ length: 12 }, (_, i) => [100, i, i] as const)), 100);
    const lines = limitLines(makeLines([{ name: "m", tracks: store.named("m") }]));
    expect(lines.map(({ label }) => label)).toEqual(["5", "6", "7", "8", "9", "10", "11", "other (5)"]);
  });
});

describe("colours", () => {
  const line = (key: string): Line => ({ key, label: key, tracks: [] });

  it("stay with their line when others come and go", () => {
    const first = keepSlots([line("b"), line("c")], new Map());
    const second = keepSlots([line("a"), line("b"), line("c")], first);
    expect(Object.fromEntries(second)).toEqual({ b: 0, c: 1, a: 2 });
    expect(Object.fromEntries(keepSlots([line("c"), line("d")], second))).toEqual({ c: 1, d: 0 });
  });
});

describe("align", () => {
  it("hands a single line and equal times on without a copy", () => {
    const one = columns([1, 2], [10, 20]);
    expect(align([one])[0]).toBe(one.times);
    expect(align([one, columns([1, 2], [3, 4])])).toEqual([one.times, one.values, Float64Array.of(3, 4)]);
  });

  it("puts different times on one axis", () => {
    expect(align([columns([1, 3], [10, 30]), columns([2, 3], [2, 3])])).toEqual([
      Float64Array.of(1, 2, 3),
      [10, undefined, 30],
      [undefined, 2, 3],
    ]);
  });

  it("adds up or averages sources that do not tick together", () => {
    const lines = [columns([0.1, 10.2], [1, 2]), columns([0.4, 10.9], [3, 4])];
    expect(combine(lines, 10, "sum")).toEqual({ ...columns([0, 10], [4, 6]), partial: [] });
    expect(combine(lines, 10, "mean")).toEqual({ ...columns([0, 10], [2, 3]), partial: [] });
  });

  it("lets no source that is only late look like a fall, and says where one is missing", () => {
    const steady = columns([0, 10, 20, 30, 40, 50], [1, 1, 1, 1, 1, 1]);
    const stopped = columns([0, 10, 20], [5, 5, 5]);
    const { values, partial } = combine([steady, stopped], 10, "sum");
    expect([...values]).toEqual([6, 6, 6, 6, 6, 1]);
    expect(partial).toEqual([{ from: 50, to: 60 }]);
  });

  it("stands lines upon each other", () => {
    const [lower, upper] = stackUp([columns([0, 10], [1, 2]), columns([0, 5, 10], [3, 4, 5])]);
    expect([...(lower?.values ?? [])]).toEqual([1, 1, 2]);
    expect([...(upper?.values ?? [])]).toEqual([4, 5, 7]);
  });
});

describe("names at the lines' ends", () => {
  it("never overlap and stay within the plot", () => {
    const labels = [50, 51, 52, 99, 100].map((y) => ({ y }));
    spread(labels, 0, 100, 15);
    const ys = labels.map(({ y }) => y);
    expect(Math.max(...ys)).toBeLessThanOrEqual(100);
    for (let i = 1; i < ys.length; i += 1) expect((ys[i] ?? 0) - (ys[i - 1] ?? 0)).toBeGreaterThanOrEqual(15 - 1e-9);
  });
});
