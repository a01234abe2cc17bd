import { expect, test } from "vitest";
import { traceOf, tracesPath } from "../src/data/traces.ts";

const LOAD = { series: 9, metric: "load" };
const CALLS = { series: 4, metric: "calls_total" };

test("lines of all troubles are asked for at once, counters by their rise", () => {
  expect(tracesPath([LOAD, CALLS, LOAD], 7200)).toBe("/api/v1/history?series=4&series=9&start=3600.000&end=7200.000&step=30&agg=avg&agg=rate");
  expect(tracesPath([LOAD], 7200)).toContain("series=9&start=3600.000&end=7200.000&step=30&agg=avg");
  expect(tracesPath([{ series: null, metric: "up" }], 7200)).toBeNull();
});

test("each is given its own line", () => {
  const line = { name: "x", labels: {}, timestamps: [1], values: [2] };
  const both = [{ ...line, id: 9, agg: "rate" }, { ...line, id: 9, agg: "avg" }, { ...line, id: 4, agg: "avg" }, { ...line, id: 4, agg: "rate" }];
  expect([traceOf(both, LOAD)?.agg, traceOf(both, CALLS)?.agg, traceOf(both, { ...LOAD, series: 8 })]).toEqual(["avg", "rate", null]);
  expect(traceOf([{ ...line, id: 9 }], LOAD)?.id).toBe(9);
});
