import { expect, test } from "vitest";
import type { Alert, Happening } from "../src/data/alerts.ts";
import { alertedFirst, firesOf, knownAt, valueAt, type ReplayData } from "../src/replay/state.ts";
import { thenWords } from "../src/replay/view.tsx";

const alert = (id: number, severity: Alert["severity"] = "warning"): Alert => ({ id, severity, rule: `r${id}`, labels: {}, annotations: {} }) as unknown as Alert;
const change = (at: number, kind: string, who: Alert, by = ""): Happening => ({ at, kind, value: null, by, ref: "", detail: "", alert: who });
const DATA: ReplayData = {
  start: 100,
  end: 200,
  made_at: 300,
  environment: "production",
  hostname: "vm",
  version: "1",
  step: 1,
  series: [],
  changes: [
    change(190, "resolved", alert(1)),
    change(90, "firing", alert(1)),
    change(120, "pending", alert(2, "critical")),
    change(130, "firing", alert(2, "critical")),
    change(140, "acknowledged", alert(2, "critical"), "Mira"),
    change(150, "recovering", alert(2, "critical")),
  ],
  anomalies: [{ id: 5, started_at: 110, ended_at: 160 } as unknown as ReplayData["anomalies"][number]],
  silences: [],
  events: [{ id: 9, at: 125, kind: "deploy", title: "d", text: "", severity: "", labels: {}, by: "", ref: "" }],
  cut: [],
};

test("a moment knows nothing of what came after it", () => {
  expect(knownAt(DATA, 105).alerts.map(({ alert: { id }, state }) => [id, state])).toEqual([[1, "firing"]]);
  expect(knownAt(DATA, 125).alerts.map(({ alert: { id }, state }) => [id, state])).toEqual([[1, "firing"], [2, "pending"]]);
  expect(knownAt(DATA, 124).events).toEqual([]);
  expect(knownAt(DATA, 125).events).toHaveLength(1);
});

test("the worst comes first, with who had it by then", () => {
  expect(knownAt(DATA, 135).alerts[0]).toMatchObject({ state: "firing", taken: "", since: 130 });
  expect(knownAt(DATA, 155).alerts[0]).toMatchObject({ state: "firing", taken: "Mira", since: 130 });
  expect(knownAt(DATA, 195).alerts.map(({ alert: { id } }) => id)).toEqual([2]);
});

test("anomalies stand from their beginning to their end", () => {
  expect([109, 110, 159, 160].map((t) => knownAt(DATA, t).anomalies.length)).toEqual([0, 1, 1, 0]);
});

test("fires are cut to the span, and those that last go to its end", () => {
  expect(firesOf(DATA).map(({ from, to, alert: { id } }) => [id, from, to])).toEqual([[1, 100, 190], [2, 130, 200]]);
});

test("the value of a moment is the newest that was known", () => {
  const series = { id: 1, name: "m", labels: {}, timestamps: [100, 110, 120], values: [1, null, 3] };
  expect([99, 100, 115, 120].map((t) => valueAt(series, t))).toEqual([null, 1, 1, 3]);
});

test("a moment knows what kept an alert quiet, and no longer than it did", () => {
  const quiet = (data: ReplayData, ...times: number[]): (string | undefined)[] => times.map((t) => knownAt(data, t).alerts.find(({ alert: { id } }) => id === 2)?.quiet);
  const silenced = { ...DATA, silences: [{ id: 3, starts_at: 135, ends_at: 170, alerts: [2] }] };
  expect(quiet(silenced, 134, 135, 169, 170)).toEqual(["", "silenced", "silenced", ""]);
  const held = { ...DATA, changes: [...DATA.changes, change(136, "quiet_maintenance", alert(2, "critical")), change(170, "paged", alert(2, "critical"))] };
  expect(quiet(held, 135, 140, 175)).toEqual(["", "in maintenance", ""]);
  expect(thenWords({ ...knownAt(silenced, 145), anomalies: [] })).toBe("2 alerts fire (1 of them quiet), 0 series are unusual.");
  expect(thenWords(knownAt({ ...silenced, changes: [change(130, "firing", alert(2))], anomalies: [] }, 140))).toBe("1 alert fires (silenced), 0 series are unusual.");
});

test("the series of alerts come first", () => {
  const series = [1, 2, 3].map((id) => ({ id, name: `m${id}`, labels: {}, timestamps: [], values: [] }));
  expect(alertedFirst({ series, changes: [change(1, "firing", { ...alert(1), series: 3 })] }).map(({ id }) => id)).toEqual([3, 1, 2]);
});
