import type { Anomaly } from "../src/data/anomalies.ts";
import { expect, test } from "vitest";
import { costOf, costWords } from "../src/data/cost.ts";
import type { HistorySeries } from "../src/data/history.ts";
import { marksIn, type Happened } from "../src/data/events.ts";
import { sentence, type Facts } from "../src/data/sentence.ts";
import { growth, linesOf, listWords, restWords, rowsOf, sameOrder, usual, valueIn, worstSignal, type ServicesAnswer } from "../src/data/services.ts";

const ANSWER: ServicesAnswer = {
  at: 1000,
  step: 30,
  start: 0,
  complete: true,
  standing: { critical: 1, warning: 0, unknown: 1, ok: 1 },
  services: {
    name: ["chat", "embed", "auth"],
    standing: ["critical", "unknown", "ok"],
    age: [1, 130, 1],
    traffic: [184.26, 40, 33],
    errors: [3.1, null, 0],
    latency: [0.842, 0.096, 12],
    saturation: [61, 1200, 0.42],
    units: ["%,%", "-,", "%,cores"],
    troubles: { "0": { signals: { errors: "critical", latency: "warning" }, alert: 7 } },
  },
  lines: {
    offset: 1,
    traffic: [[1, 2]],
    errors: [[null, null]],
    latency: [[3, 4]],
    saturation: [[5, 6]],
    metrics: [{ traffic: "jobs_total" }],
    match: ['job="embed"'],
    every: [10],
  },
  costs: false,
  others: { count: 0, names: [] },
};
const [chat, embed, auth] = rowsOf(ANSWER) as [ReturnType<typeof rowsOf>[0], ReturnType<typeof rowsOf>[0], ReturnType<typeof rowsOf>[0]];

test("columns become rows, and lines go to the service they are of", () => {
  expect(chat.trouble?.alert).toBe(7);
  expect(embed.standing).toBe("unknown");
  expect([...linesOf(ANSWER).keys()]).toEqual(["embed"]);
  expect(linesOf(ANSWER).get("embed")?.values.latency).toEqual([3, 4]);
});

test("each signal is told with its unit", () => {
  expect(valueIn("traffic", chat)).toEqual({ value: "184", unit: "req/s" });
  expect(valueIn("traffic", embed, "jobs_total")).toEqual({ value: "40", unit: "/s" });
  expect(valueIn("errors", chat)).toEqual({ value: "3.10", unit: "%" });
  expect(valueIn("errors", embed)).toEqual({ value: "–", unit: "" });
  expect(valueIn("latency", chat)).toEqual({ value: "842", unit: "ms" });
  expect(valueIn("latency", auth)).toEqual({ value: "12", unit: "s" });
  expect(valueIn("saturation", embed)).toEqual({ value: "1\u202f200", unit: "" });
  expect(valueIn("saturation", auth)).toEqual({ value: "0.42", unit: "cores" });
});

test("a narrow row shows what suffers most, else the latency", () => {
  expect(worstSignal(chat)).toBe("errors");
  expect(worstSignal(auth)).toBe("latency");
});

test("the list says how it is sorted, and the rest is named in one line", () => {
  expect(listWords(ANSWER)).toContain("sorted by trouble");
  const many = Array.from({ length: 10 }, (_, i) => ({ ...chat, name: `s${i}` })) as never[];
  expect(restWords(many)).toBe("10 more, all normal: s0, s1, s2, s3, s4, s5 and 4 others");
});

test("an order is the same only while every service stands where it stood", () => {
  expect(sameOrder(["a", "b"], ["a", "b"])).toBe(true);
  expect(sameOrder(["a", "b"], ["b", "a"])).toBe(false);
  expect(sameOrder(["a", "b"], ["a", "b", "c"])).toBe(false);
});

test("the usual range leaves a tenth on either side, and too few values have none", () => {
  expect(usual(Array.from({ length: 101 }, (_, i) => i))).toEqual([10, 90]);
  expect(usual([1, 2, null])).toBeNull();
});

test("what grew since a change is told by the means before and after", () => {
  const errors = [...Array.from({ length: 20 }, () => 1), ...Array.from({ length: 20 }, () => 14)];
  const lines = { start: 0, step: 30, values: { traffic: [], errors, latency: [], saturation: [] }, metrics: {}, match: "", every: 1 };
  expect(growth(lines, "errors", 600)).toBe(14);
  expect(growth(lines, "latency", 600)).toBeNull();
});

const FACTS: Facts = { age: 1, lost: null, listed: true, cpu: 99, memory: 10, disk: 10, silent: 0, sources: ["chat"], services: null, alerts: [], anomalies: [], hostBeside: false };
const calm = { standing: { critical: 0, warning: 0, unknown: 0, ok: 14 }, silent: [] };

test("all is right only while every service says so", () => {
  const said = sentence({ ...FACTS, services: calm });
  expect([said.shape, said.text]).toEqual(["ok", "No rule is broken, and nothing is unusual in 14 services."]);
  const silent = sentence({ ...FACTS, services: { ...calm, standing: { ...calm.standing, unknown: 1, ok: 13 }, silent: ["embed"] } });
  expect([silent.shape, silent.text]).toEqual(["unknown", "One service is silent: embed."]);
  expect(silent.sub).toContain("13 of 14 services are as usual, 1 is silent.");
  const anomaly = { id: 7, severity: "high", metric: "latency", labels: { service: "chat" }, series: 4, group: "", started_at: 1 } as unknown as Anomaly;
  const odd = sentence({ ...FACTS, services: { ...calm, standing: { ...calm.standing, warning: 1, ok: 13 } }, anomalies: [anomaly] });
  expect([odd.shape, odd.text, odd.troubles]).toEqual(["warn", "One thing needs a look: latency is unusual (chat).", 1]);
  expect(sentence({ ...FACTS, services: calm, alerts: null }).text).toBe("14 services send data.");
  expect(sentence({ ...FACTS, age: 60, services: calm }).shape).toBe("unknown");
  expect(sentence(FACTS).text).toContain("CPU");
});

const event = (id: number, at: number, kind: string): Happened => ({ id, at, kind, title: kind, text: "", severity: "", labels: {}, by: "", ref: "" });

test("changes get letters from the newest on; alerts and rules get none", () => {
  const events = [event(1, 10, "deploy"), event(2, 20, "alert_fired"), event(3, 30, "flag"), event(4, 40, "rule"), event(5, 5, "deploy")];
  expect(marksIn(events, 8, 50).map(({ letter, event: { id } }) => `${letter}${id}`)).toEqual(["A3", "B1"]);
});

const counted = (name: string, timestamps: number[], lasts: number[], least: number): HistorySeries[] =>
  (["last", "min"] as const).map((agg) => ({
    id: 1, name, labels: {}, agg, timestamps, values: agg === "last" ? lasts : lasts.map((_, i) => (i === 0 ? least : (lasts[i - 1] ?? 0))),
  }));

test("cost is added up from midnight, and foretold from the last hour", () => {
  const step = 900;
  const timestamps = Array.from({ length: 8 }, (_, i) => i * step);
  const series = counted("demo_cost_usd_total", timestamps, timestamps.map((t) => 5 + (t + step) * 0.001), 5);
  const today = costOf(series, 0, 7200, step);
  expect(today.sum).toBeCloseTo(7.2);
  expect(today.forecast).toBeCloseTo(86.4);
  expect(costWords(today.sum, today.currency)).toBe("7.20\u202f$");
  expect(costOf(series, 0, 1800, step).forecast).toBeNull();
});

test("cost begins where its counter does, within a step too, and goes on after the counter began again", () => {
  const today = costOf(counted("a_cost_total", [36_000, 36_900, 37_800], [21.3, 25, 2], 20.1), 0, 37_900, 900);
  expect(today.sum).toBeCloseTo(1.2 + 3.7 + 2);
  expect(today.points[0]).toEqual({ t: 36_000, v: 0 });
  expect(today.points.at(-1)?.t).toBe(37_900);
});
