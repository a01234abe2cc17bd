import { describe, expect, it } from "vitest";
import { linesOf, makePicture } from "../src/chart/picture.ts";
import type { ChartSpec } from "../src/chart/types.ts";
import { boundOf, heatAxis, heatOf } from "../src/data/heat.ts";
import { Store } from "../src/data/store.ts";
import { markText } from "../src/data/ticks.ts";
import { SECONDS } from "../src/data/units.ts";
import { series } from "./helpers.ts";

const columns = (times: number[], values: number[]) => ({ times: Float64Array.from(times), values: Float64Array.from(values) });

describe("the buckets of a histogram", () => {
  it("have bounds as their label says, also the last one", () => {
    expect([boundOf("0.25"), boundOf("+Inf"), boundOf("inf")]).toEqual([0.25, Infinity, Infinity]);
    expect(boundOf("")).toBeNaN();
    expect(boundOf("wide")).toBeNaN();
  });

  it("hold what lies between their bounds, not all below", () => {
    const heat = heatOf([1, 2, Infinity], [columns([0, 10], [4, 1]), columns([0, 10], [6, 1]), columns([0, 10], [6, 9])], 25);
    expect(heat.rows.map((row) => [...row])).toEqual([[4, 1], [2, 0], [0, 8]]);
    expect(heat.most).toBe(8);
  });

  it("that were not told at a time are unknown, not empty", () => {
    const heat = heatOf([1, Infinity], [columns([0], [4]), columns([0, 10], [6, 9])], 25);
    expect([...(heat.rows[1] ?? [])]).toEqual([2, Number.NaN]);
  });

  it("stand in rows of one height, named by their upper ends", () => {
    const axis = heatAxis([0.05, 0.1, 0.25, 0.5, 1, 2.5, Infinity], SECONDS);
    expect(axis.max).toBe(7);
    expect(axis.ticks.map((tick) => markText(axis, tick, 1))).toEqual(["", "100", "500", "2\u202f500"]);
    expect(axis.word).toBe("ms");
  });
});

it("a chart of buckets adds up the series of each bound and tells how many events there are", () => {
  const store = new Store();
  const bounds = ["1", "+Inf"];
  store.add(["a", "b"].flatMap((host, h) => bounds.map((le, i) => series(10 * h + i + 1, "wait_seconds_bucket", { host, le }))));
  store.restart(10);
  for (const [id, rate] of [[1, 3], [2, 4], [11, 1], [12, 5]] as const) {
    store.fill(id, [0, 10, 20, 30], [rate, rate, rate, rate], 35, "rate");
    store.setNewest(id, { t: 35, v: 100 }, 35);
  }
  const spec: ChartSpec = { key: "x", title: "wait", metrics: [{ name: "wait_seconds_bucket" }], unit: SECONDS, heat: true };
  const window = { from: 0, to: 40, now: 40, live: false };
  const picture = makePicture(spec, linesOf(spec, store), new Map(), window, 10, null);
  expect(picture.heat?.bounds).toEqual([1, Infinity]);
  expect(picture.heat?.rows.map((row) => row[1])).toEqual([4, 5]);
  expect(picture.lines).toHaveLength(1);
  expect(picture.newest?.v).toBe(9);
  expect(picture.scale.unit).toBe("/s");
});
