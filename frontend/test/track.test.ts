import { describe, expect, it } from "vitest";
import { Store } from "../src/data/store.ts";
import { isCounter, type Track } from "../src/data/track.ts";
import { unitFor } from "../src/data/units.ts";
import { frame, series } from "./helpers.ts";

function trackOf(store: Store, id: number): Track {
  const track = store.track(id);
  if (track === undefined) throw new Error(`no track ${id}`);
  return track;
}

function withOne(name: string, step: number): { store: Store; track: Track } {
  const store = new Store();
  store.add([series(1, name)]);
  store.restart(step);
  return { store, track: trackOf(store, 1) };
}

describe("counters", () => {
  it("are known by what the sender says, else by their name", () => {
    expect(isCounter({ name: "http_requests_total" })).toBe(true);
    expect(isCounter({ name: "http_requests_total", type: "gauge" })).toBe(false);
    expect(isCounter({ name: "requests", type: "counter" })).toBe(true);
    expect(isCounter({ name: "latency_seconds_sum", type: "summary" })).toBe(true);
    expect(isCounter({ name: "latency_seconds", type: "summary" })).toBe(false);
    expect(isCounter({ name: "queue_count" })).toBe(false);
  });

  it("are drawn as rates, and a fall is a new beginning at zero", () => {
    const { store, track } = withOne("a_total", 0);
    store.apply(frame(1, [[100, 1, 10], [102, 1, 14], [104, 1, 2]]), 104);
    expect([...track.ring.times]).toEqual([102, 104]);
    expect([...track.ring.values]).toEqual([2, 1]);
    expect([...(track.raw?.values ?? [])]).toEqual([10, 14, 2]);
    expect(track.last).toEqual({ t: 104, v: 1 });
    expect(track.newest).toEqual({ t: 104, v: 2 });
  });

  it("have the same rates whether samples came live, from history, or late", () => {
    const live = withOne("a_total", 0);
    live.store.apply(frame(1, [[100, 1, 10], [104, 1, 14], [106, 1, 15], [102, 1, 13]]), 106);
    const asked = withOne("a_total", 0);
    asked.store.fill(1, [100, 102, 104, 106], [10, 13, 14, 15], 106);
    expect([...live.track.ring.values]).toEqual([...asked.track.ring.values]);
  });

  it("go on in the bucket that history left unfinished", () => {
    const { store, track } = withOne("a_total", 10);
    store.setNewest(1, { t: 115, v: 50 }, 115);
    store.fill(1, [100, 110], [1, 2], 115, "rate"); // of the second, five seconds
    store.fill(1, [100, 110], [40, 50], 115, "last");
    store.apply(frame(1, [[119, 1, 70], [121, 1, 80]]), 121);
    expect(track.ring.values[1]).toBeCloseTo((5 * 2 + 20) / 9);
    expect(track.ring.values[2]).toBeCloseTo(5);
    expect([...(track.raw?.values ?? [])]).toEqual([40, 70, 80]);
  });
});

describe("buckets", () => {
  it("keep their extremes, so that an average hides no spike", () => {
    const { store, track } = withOne("a", 10);
    store.fill(1, [90], [5], 100, "avg");
    store.fill(1, [90], [1], 100, "min");
    store.fill(1, [90], [9], 100, "max");
    store.apply(frame(1, [[100, 1, 2], [101, 1, 100], [102, 1, 3]]), 102);
    expect([...track.ring.values]).toEqual([5, 35]);
    expect([...track.low.values]).toEqual([1, 2]);
    expect([...track.high.values]).toEqual([9, 100]);
  });

  it("forget nothing of an earlier day but on request", () => {
    const { store, track } = withOne("a", 10);
    store.fillPast(1, [100, 110], [1, 2], 86_400);
    expect([...track.past.times]).toEqual([86_500, 86_510]);
    store.trim(86_505);
    expect(track.past.length).toBe(2);
    store.forgetPast();
    expect(track.past.length).toBe(0);
  });
});

describe("units", () => {
  const text = (unit: string, name: string, rate = false): string => unitFor({ name, unit }, rate).scales[0]?.unit ?? "";

  it("are the sender's word, then the name's", () => {
    expect(text("ms", "latency")).toBe("ms");
    expect(text("", "latency_seconds")).toBe("ms");
    expect(text("{job}", "queue")).toBe("jobs");
    expect(text("By", "size")).toBe("B");
  });

  it("of a counter are those of its rate", () => {
    expect(text("", "http_requests_total", true)).toBe("req/s");
    expect(text("{token}", "llm_output_total", true)).toBe("tokens/s");
    expect(text("", "llm_tokens_total", true)).toBe("tokens/s");
    expect(text("", "sent_bytes_total", true)).toBe("B/s");
    expect(text("", "things_total", true)).toBe("/s");
  });
});
