import { describe, expect, it } from "vitest";
import { decodeFrame } from "../src/data/frame.ts";
import { Store } from "../src/data/store.ts";
import { frame, random, series } from "./helpers.ts";

describe("Store", () => {
  it("names only series that it did not know", () => {
    const store = new Store();
    expect(store.add([series(1, "a"), series(2, "a", { x: "1" })])).toHaveLength(2);
    expect(store.add([series(2, "a", { x: "1" }), series(3, "b")]).map(({ id }) => id)).toEqual([3]);
    expect(store.named("a")).toHaveLength(2);
  });

  it("takes frames in and counts only samples of known series", () => {
    const store = new Store();
    store.add([series(1, "a")]);
    expect(store.apply(frame(1, [[100, 1, 5], [100, 9, 5], [101, 1, Number.NaN]]), 101)).toBe(1);
    expect(store.track(1)?.newest).toEqual({ t: 100, v: 5 });
    expect(store.newest).toBe(100);
  });

  it("remembers where a line ended, live and in history", () => {
    const store = new Store();
    store.add([series(1, "a")]);
    store.fill(1, [100, 101, 102], [1, null, 3], 103);
    store.apply(frame(1, [[103, 1, Number.NaN], [104, 1, Number.POSITIVE_INFINITY], [105, 1, 4]]), 105);
    const track = store.track(1);
    expect([...(track?.ring.times ?? [])]).toEqual([100, 102, 105]);
    expect([...(track?.ends.times ?? [])]).toEqual([101, 103]);
    store.trim(102);
    expect([...(track?.ends.times ?? [])]).toEqual([103]);
  });

  it("does not take a sample dated ahead for fresh data later on", () => {
    const store = new Store();
    store.add([series(1, "a")]);
    store.apply(frame(1, [[9999, 1, 5]]), 100);
    expect(store.newest).toBe(100);
  });

  it("keeps the drawn points while the view stands still, but knows the newest", () => {
    const store = new Store();
    store.add([series(1, "a")]);
    store.apply(frame(1, [[100, 1, 5]]), 100);
    expect(store.apply(frame(2, [[101, 1, 6]]), 101, false)).toBe(1);
    expect([...(store.track(1)?.ring.times ?? [])]).toEqual([100]);
    expect(store.track(1)?.newest?.v).toBe(6);
  });

  it("averages live samples into the buckets of history", () => {
    const store = new Store();
    store.add([series(1, "a")]);
    store.restart(10);
    store.fill(1, [80, 90], [1, 2], 100);
    store.apply(frame(1, [[100, 1, 2], [101, 1, 4], [109, 1, 6], [110, 1, 9]]), 110);
    const ring = store.track(1)?.ring;
    expect([...(ring?.times ?? [])]).toEqual([80, 90, 100, 110]);
    expect([...(ring?.values ?? [])]).toEqual([1, 2, 4, 9]);
    store.apply(frame(2, [[110, 1, 9]]), 110); // sent again
    expect(ring?.lastValue).toBe(9);
  });

  it("never doubles a point when history and frames overlap in any way", () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const next = random(seed);
      const store = new Store();
      store.add([series(1, "a")]);
      for (let round = 0; round < 20; round += 1) {
        const start = Math.floor(next() * 50);
        const times = Array.from({ length: 1 + Math.floor(next() * 10) }, (_, i) => start + i);
        if (next() < 0.5) store.fill(1, times, times, 100);
        else store.apply(frame(round, times.map((t) => [t, 1, t] as const)), 100);
        const drawn = [...(store.track(1)?.ring.times ?? [])];
        expect(drawn).toEqual([...new Set(drawn)].sort((a, b) => a - b));
        expect([...(store.track(1)?.ring.values ?? [])]).toEqual(drawn);
      }
    }
  });
});

describe("decodeFrame", () => {
  it("reads attachments that start at any byte", () => {
    const bytes = new Uint8Array(3 + 8 + 8 + 4);
    const view = new DataView(bytes.buffer);
    view.setFloat64(3, 1500, true);
    view.setFloat64(11, 42, true);
    view.setUint32(19, 7, true);
    const at = (from: number, n: number): Uint8Array => bytes.subarray(from, from + n);
    const read = decodeFrame({ seq: 5, t: at(3, 8), v: at(11, 8), id: at(19, 4) });
    expect(read?.t[0]).toBe(1500);
    expect(read?.v[0]).toBe(42);
    expect(read?.id[0]).toBe(7);
  });

  it("refuses columns of different length and other things", () => {
    expect(decodeFrame({ seq: 1, t: new ArrayBuffer(8), id: new ArrayBuffer(8), v: new ArrayBuffer(8) })).toBeNull();
    expect(decodeFrame({ seq: 1, t: [1], id: [1], v: [1] })).toBeNull();
    expect(decodeFrame("samples")).toBeNull();
  });
});
