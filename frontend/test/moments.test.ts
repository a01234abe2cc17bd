import { describe, expect, it } from "vitest";
import type { Anomaly } from "../src/data/anomalies.ts";
import { ahead, rangeAt } from "../src/data/expected.ts";
import { lanesOf, momentsOf, movedInWords, serviceOf, worstOf } from "../src/data/moments.ts";
import { besidePlain } from "../src/data/training.ts";
import { ratio } from "../src/ui/anomaly-moment.tsx";

function anomaly(id: number, more: Partial<Anomaly> = {}): Anomaly {
  return {
    id,
    series: id,
    metric: "demo_requests_total",
    labels: { service_name: "chat" },
    started_at: 1000,
    ended_at: 1100,
    peak: 9,
    expected_range: [0, 1],
    severity: "low",
    confidence: 80,
    detector: "shift",
    reason: "demo_requests_total 9/s, 1/s before",
    evidence: 2,
    value: 8,
    judged_by: null,
    group: "1-1000",
    verdict: null,
    ...more,
  };
}

describe("moments", () => {
  it("brings together what began together, the newest first, early and strong ones first", () => {
    const late = anomaly(1, { started_at: 1030, evidence: 3 });
    const weak = anomaly(2, { evidence: 1 });
    const strong = anomaly(3, { started_at: 1001, evidence: 9, ended_at: null });
    const newer = anomaly(4, { group: "4-2000", started_at: 2000 });
    const [first, second] = momentsOf([late, weak, strong, newer]);
    expect(first?.key).toBe("4-2000");
    expect(second?.anomalies.map(({ id }) => id)).toEqual([3, 2, 1]);
    expect([second?.from, second?.to]).toEqual([1000, null]);
    expect(momentsOf([late, weak])[0]?.to).toBe(1100);
  });

  it("knows the service by a label, else by the metric's first word", () => {
    expect(serviceOf(anomaly(1))).toBe("chat");
    expect(serviceOf(anomaly(1, { labels: { job: "api", instance: "a:1" } }))).toBe("api");
    expect(serviceOf(anomaly(1, { labels: {}, metric: "host_load" }))).toBe("host");
  });

  it("gives each service a lane that keeps its place", () => {
    const found = [anomaly(1, { labels: { job: "b" } }), anomaly(2, { labels: { job: "a" } }), anomaly(3, { labels: { job: "b" } })];
    expect(lanesOf(found).map(({ service, anomalies }) => [service, anomalies.length])).toEqual([
      ["a", 1],
      ["b", 2],
    ]);
  });

  it("says in words what moved, and how bad it was", () => {
    const [one] = momentsOf([anomaly(1)]);
    const [two] = momentsOf([anomaly(1), anomaly(2, { labels: { job: "b" }, severity: "critical" })]);
    expect(one && movedInWords(one)).toBe("1 series of chat");
    expect(two && movedInWords(two)).toBe("2 series of 2 services");
    const [other] = momentsOf([anomaly(1), anomaly(2, { labels: {}, metric: "host_load" })]);
    expect(other && movedInWords(other)).toBe("2 series of 2 sources");
    expect(two && worstOf(two.anomalies)).toBe("critical");
  });
});

describe("what is expected", () => {
  it("takes the range known last, or the first one", () => {
    const band = { timestamps: [10, 20], low: [1, 2], high: [3, 4] };
    expect(rangeAt(band, 15)).toEqual([1, 3]);
    expect(rangeAt(band, 99)).toEqual([2, 4]);
    expect(rangeAt(band, 5)).toEqual([1, 3]);
    expect(rangeAt({ timestamps: [], low: [], high: [] }, 5)).toBeNull();
  });

  it("draws what is foretold from where the line stands", () => {
    const fan = { timestamps: [10, 20, 30], value: [1, 2, 3], low: [0, 1, 2], high: [2, 3, 4] };
    expect(ahead(fan, { t: 15, v: 9 })).toEqual({ timestamps: [15, 20, 30], value: [9, 2, 3], low: [9, 1, 2], high: [9, 3, 4] });
    expect(ahead(fan, { t: 30, v: 9 }).timestamps).toEqual([]);
  });

  it("divides a sum of calls by their number, where both are known", () => {
    const sum = { timestamps: [1, 2, 3, 4], values: [10, 4, null, 6] };
    expect(ratio(sum, { timestamps: [1, 2, 3], values: [5, 0, 2] }).values).toEqual([2, null, null, null]);
  });
});

describe("a forecast beside plain ones", () => {
  it("is compared with the best of them, also where it loses", () => {
    expect(besidePlain({ field: 0.8, last: 1, average: 2, day_before: null })).toBe("20\u202f% better than the last value");
    expect(besidePlain({ field: 1.1, last: 2, average: 1, day_before: 3 })).toBe("10\u202f% worse than an average");
    expect(besidePlain({ field: null, last: 1 })).toBe("");
    expect(besidePlain(undefined)).toBe("");
  });
});
