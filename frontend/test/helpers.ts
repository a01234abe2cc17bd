import type { Frame, SeriesInfo } from "../src/data/types.ts";

/** A small generator with a seed: random, yet the same in every run. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function frame(seq: number, samples: readonly (readonly [t: number, id: number, v: number])[]): Frame {
  return {
    seq,
    t: Float64Array.from(samples, ([t]) => t * 1000),
    id: Uint32Array.from(samples, ([, id]) => id),
    v: Float64Array.from(samples, ([, , v]) => v),
  };
}

export function series(id: number, name: string, labels: Record<string, string> = {}): SeriesInfo {
  return { id, name, labels };
}
