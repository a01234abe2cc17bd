export type Labels = Readonly<Record<string, string>>;

/** A series as the server names it. Times are unix seconds. */
export interface SeriesInfo {
  readonly id: number;
  readonly name: string;
  readonly labels: Labels;
  readonly first?: number;
  readonly last?: number;
  /** What the sender said of the metric, where it did. */
  readonly type?: string;
  readonly unit?: string;
  readonly help?: string;
}

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
