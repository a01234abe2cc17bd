import type { Schemas } from "../answers.ts";

export type Labels = Readonly<Record<string, string>>;

/** A series; when it was first and last heard of where that was asked for. Times are unix seconds. */
export type SeriesInfo = Pick<Schemas["Series"], "id" | "name" | "labels"> & Partial<Schemas["Series"]>;

/** One tick of samples, column by column. Times are unix milliseconds. */
export interface Frame {
  readonly seq: number;
  readonly t: Float64Array;
  readonly id: Uint32Array;
  readonly v: Float64Array;
}

export interface Point {
  readonly t: number;
  readonly v: number;
}
