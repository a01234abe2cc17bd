import { describe, expect, it } from "vitest";
import type { Alert } from "../src/data/alerts.ts";
import type { Anomaly } from "../src/data/anomalies.ts";
import { entriesOf, placed, planCharts, sortCharts, unusual, type NameInfo } from "../src/explore/plan.ts";
import { conditions, EVERYTHING, passes, readExplore, withChoice, withFilter, writeExplore, type ExploreView } from "../src/explore/view.ts";
import { parseSelector } from "../src/data/selector.ts";

const FULL: ExploreView = {
  names: ["a_total + b", "http_*", "Ünïcode & c=d"],
  filters: [
    { label: "service", op: "=", values: ["chat api", "a=b&c"] },
    { label: "env", op: "!=", values: ["dev", ""] },
  ],
  split: "model",
  per: "service",
  order: "name",
  compare: "week",
  charts: { "a:b": { log: true, raw: true }, "x, y": { stack: true } },
};

const KNOWN: readonly NameInfo[] = [
  { name: "host_load", series: 3 },
  { name: "lat_seconds_bucket", series: 9, type: "histogram", unit: "seconds" },
  { name: "lat_seconds_count", series: 1, type: "histogram" },
  { name: "lat_seconds_sum", series: 1, type: "histogram" },
  { name: "req_total", series: 2, type: "counter" },
];

describe("the address of Explore", () => {
  it("shows the same view again, whatever stands in it", () => {
    for (const address of [
      { view: FULL, board: 7, one: "a:b" },
      { view: EVERYTHING, board: null, one: "" },
    ]) {
      expect(readExplore(writeExplore(address))).toEqual(address);
    }
    expect(writeExplore({ view: EVERYTHING, board: null, one: "" })).toBe("");
  });

  it("keeps an order of one's own", () => {
    const address = { view: { ...FULL, order: "own" as const }, board: null, one: "" };
    expect(readExplore(writeExplore(address))).toEqual(address);
  });

  it("bears nonsense", () => {
    expect(readExplore("board=x&f=&f==v&draw=log&draw=:x&order=up&compare=year")).toEqual({ view: EVERYTHING, board: null, one: "" });
  });
});

describe("filters", () => {
  it("become conditions of a selector, with every sign in its place", () => {
    expect(conditions(FULL.filters)).toBe('service=~"chat api|a=b&c",env!~"dev|"');
    const text = conditions([{ label: "a", op: "=", values: ['q"\\n'] }]);
    expect(parseSelector(`m{${text}}`)?.labels).toEqual({ a: 'q"\\n' });
  });

  it("let pass what they say, an absent label being empty", () => {
    expect(passes(FULL.filters, { service: "chat api", env: "prod" })).toBe(true);
    expect(passes(FULL.filters, { service: "chat api" })).toBe(false);
    expect(passes(FULL.filters, { env: "prod" })).toBe(false);
  });

  it("are replaced, and gone without values", () => {
    const view = withFilter(withFilter(EVERYTHING, { label: "a", op: "=", values: ["1"] }), { label: "a", op: "=", values: ["1", "2"] });
    expect(view.filters).toEqual([{ label: "a", op: "=", values: ["1", "2"] }]);
    expect(withFilter(view, { label: "a", op: "=", values: [] }).filters).toEqual([]);
  });

  it("choices are turned on and off", () => {
    const on = withChoice(EVERYTHING, "a", "log");
    expect(on.charts).toEqual({ a: { log: true } });
    expect(withChoice(on, "a", "log")).toEqual(EVERYTHING);
  });
});

describe("charts", () => {
  it("are placed by hand, no further than to an end", () => {
    const all = ["a", "b", "c", "d"];
    expect(placed(all, "c", 0)).toEqual(["c", "a", "b", "d"]);
    expect(placed(all, "a", 2)).toEqual(["b", "c", "a", "d"]);
    expect([placed(all, "b", -10), placed(all, "b", 99)]).toEqual([["b", "a", "c", "d"], ["a", "c", "d", "b"]]);
  });

  it("are of all metrics when none is named, the user's own first, a histogram by its buckets and its rate", () => {
    expect(entriesOf(EVERYTHING, KNOWN)).toEqual(["lat_seconds_bucket", "lat_seconds_count", "req_total", "host_load"]);
    expect(entriesOf({ ...EVERYTHING, names: ["lat*", "req_total", "lat_seconds_sum", "req_total+ host_load"] }, KNOWN)).toEqual([
      "lat_seconds_bucket",
      "lat_seconds_count",
      "req_total",
      "lat_seconds_sum",
      "req_total + host_load",
    ]);
  });

  it("are made for each value of a label, with its series alone", () => {
    const view: ExploreView = { ...EVERYTHING, names: ["req_total"], per: "service" };
    const charts = planCharts(view, KNOWN, ["a", "b"]);
    expect(charts.map(({ spec }) => spec.title)).toEqual(["a req_total", "b req_total"]);
    expect(new Set(charts.map(({ spec }) => spec.key)).size).toBe(2);
    expect(charts[0]?.spec.unit.scales[0]?.unit).toBe("/s");
  });

  it("have another key whenever they are drawn another way", () => {
    const views = [EVERYTHING, withChoice(EVERYTHING, "req_total", "raw"), { ...EVERYTHING, split: "x" }, { ...EVERYTHING, compare: "day" as const }];
    const keys = views.map((view) => planCharts({ ...view, names: ["req_total"] }, KNOWN, [])[0]?.spec.key);
    expect(new Set(keys).size).toBe(views.length);
  });

  it("come in the order of how much they ask to be looked at", () => {
    const view: ExploreView = { ...EVERYTHING, names: ["calm", "was_odd", "is_odd", "fires"] };
    const charts = planCharts(view, [], []);
    const anomaly = (metric: string, ended_at: number | null): Anomaly => ({ metric, labels: {}, severity: "high", ended_at }) as unknown as Anomaly;
    const found = {
      alerts: [{ metric: "fires", labels: {}, severity: "info", state: "firing" } as unknown as Alert],
      anomalies: [anomaly("was_odd", 9000), anomaly("is_odd", null), anomaly("calm", 1000)],
      now: 10_000,
    };
    const sorted = sortCharts(charts, (chart) => unusual(chart, view, found));
    expect(sorted.map(({ key }) => key)).toEqual(["fires", "is_odd", "was_odd", "calm"]);
    const elsewhere: ExploreView = { ...view, filters: [{ label: "a", op: "=", values: ["b"] }] };
    expect(charts.map((chart) => unusual(chart, elsewhere, found))).toEqual([0, 0, 0, 0]);
  });
});
