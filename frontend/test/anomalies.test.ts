import { describe, expect, it } from "vitest";
import { withUnit } from "../src/data/units.ts";
import { anomaliesInWords, lasted, momentOf, unitOfAnomaly, type Anomaly } from "../src/data/anomalies.ts";

const NOW = 1_750_000_000;

function anomaly(more: Partial<Anomaly> = {}): Anomaly {
  return {
    id: 1,
    series: 7,
    metric: "latency_seconds",
    labels: { service: "chat" },
    started_at: NOW - 100,
    ended_at: null,
    peak: 9,
    expected_range: [1, 2],
    severity: "high",
    confidence: 93,
    detector: "jump",
    reason: "Never above 2 s.",
    evidence: 2,
    value: 8,
    judged_by: null,
    group: "g",
    verdict: null,
    ...more,
  };
}
const feedback = { right: 3, wrong: 1, precision: 0.75 };

describe("anomalies in words", () => {
  it("counts what is unusual now, and says when it is critical", () => {
    const found = { anomalies: [anomaly(), anomaly({ severity: "critical" }), anomaly({ ended_at: NOW })], feedback };
    expect(anomaliesInWords(found, NOW)).toEqual({
      shape: "crit",
      text: "2 series are unusual now.",
      sub: "3 of the 4 that somebody judged were right.",
    });
  });
  it("looks back an hour when all is calm", () => {
    const past = anomaly({ ended_at: NOW - 50 });
    expect(anomaliesInWords({ anomalies: [past], feedback }, NOW).text).toBe("Nothing is unusual now; 1 series was in the last hour.");
    expect(anomaliesInWords({ anomalies: [past], feedback }, NOW + 4000).text).toBe("Nothing is unusual.");
  });
  it("tells how long it lasted", () => {
    expect(lasted(anomaly(), NOW)).toContain("still on");
    expect(lasted(anomaly({ ended_at: NOW - 60 }), NOW)).toBe("40\u202fs");
  });
  it("leads to the moment, with the series pinned", () => {
    const address = new URL(momentOf(anomaly({ ended_at: NOW - 60 }), NOW + 900), "http://h");
    expect(address.searchParams.get("range")).toBe("5m");
    expect(address.searchParams.get("end")).toBe(String(NOW + 60));
    expect(address.searchParams.get("pin")).toContain("latency_seconds");
  });
});

describe("the unit of an anomaly's values", () => {
  it.each([
    ["http_requests_total", "6.50 req/s"],
    ["llm_tokens_total", "6.50 tokens/s"],
    ["call_duration_seconds_count", "6.50 /s"],
    ["call_duration_seconds_sum", "6 500 ms"],
    ["queue_depth", "6.50"],
  ])("is that of what is watched: %s", (metric, shown) => {
    expect(withUnit(6.5, unitOfAnomaly(metric)).replace(/\s/gu, " ")).toBe(shown);
  });
});
