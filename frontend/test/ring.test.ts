import { describe, expect, it } from "vitest";
import { Ring } from "../src/data/ring.ts";
import { random } from "./helpers.ts";

const points = (ring: Ring): [number, number][] => [...ring.times].map((t, i) => [t, ring.values[i] ?? Number.NaN]);

describe("Ring", () => {
  it("keeps points in order of time, whatever order they come in", () => {
    const ring = new Ring();
    for (const t of [3, 1, 2]) ring.set(t, t * 10);
    expect(points(ring)).toEqual([[1, 10], [2, 20], [3, 30]]);
  });

  it("replaces a point of the same time", () => {
    const ring = new Ring();
    ring.set(1, 10);
    ring.set(1, 11);
    expect(points(ring)).toEqual([[1, 11]]);
  });

  it("drops the oldest beyond its limit", () => {
    const ring = new Ring(4, 2);
    for (let t = 0; t < 1000; t += 1) ring.set(t, t);
    expect([...ring.times]).toEqual([996, 997, 998, 999]);
    ring.set(1, 1);
    expect([...ring.times]).toEqual([996, 997, 998, 999]);
  });

  it("lets history win where both know a time, and skips what is absent", () => {
    const ring = new Ring();
    ring.set(2, 20);
    ring.set(4, 40);
    ring.merge([1, 2, 3], [1, 2, null]);
    expect(points(ring)).toEqual([[1, 1], [2, 2], [4, 40]]);
  });

  it("trims what lies before the range and goes on", () => {
    const ring = new Ring();
    for (let t = 0; t < 100; t += 1) ring.set(t, t);
    ring.trim(90.5);
    ring.set(100, 100);
    expect(ring.times[0]).toBe(91);
    expect(ring.length).toBe(10);
    ring.trim(1000);
    expect(ring.length).toBe(0);
  });

  it("never doubles or reorders under random sets, merges and trims", () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const next = random(seed);
      const limit = 20 + Math.floor(next() * 60);
      const ring = new Ring(limit, 4);
      const model = new Map<number, number>();
      for (let round = 0; round < 40; round += 1) {
        const start = Math.floor(next() * 80);
        if (next() < 0.5) {
          const v = next();
          const full = model.size === limit;
          if (!(full && start < Math.min(...model.keys()))) model.set(start, v);
          ring.set(start, v);
        } else if (next() < 0.8) {
          const times = Array.from({ length: Math.floor(next() * 12) }, (_, i) => start + i);
          const values = times.map(() => (next() < 0.2 ? null : next()));
          times.forEach((t, i) => {
            const v = values[i];
            if (typeof v === "number") model.set(t, v);
          });
          ring.merge(times, values);
        } else {
          ring.trim(start / 4);
          for (const t of model.keys()) if (t < start / 4) model.delete(t);
        }
        const kept = [...model].sort(([a], [b]) => a - b).slice(-limit);
        model.clear();
        for (const [t, v] of kept) model.set(t, v);
        expect(points(ring)).toEqual(kept);
      }
    }
  });
});
