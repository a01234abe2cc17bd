import type { Heat } from "../data/heat.ts";
import type { Cell } from "../cell.ts";
import type { Line, Metric } from "../data/lines.ts";
import type { Span } from "../data/gaps.ts";
import type { Point } from "../data/types.ts";
import type { Store } from "../data/store.ts";
import type { Track } from "../data/track.ts";
import type { Axis } from "../data/ticks.ts";
import type { Columns } from "../data/align.ts";
import type { Scale, Unit } from "../data/units.ts";
import type { Delays } from "./delays.ts";
import type uPlot from "uplot";
import type { Box } from "./box.ts";
import type { Palette, Token } from "./palette.ts";

/** What a chart shows: one or more metrics, all their series or those that pass `only`. */
export interface ChartSpec {
  readonly key: string;
  readonly title: string;
  readonly metrics: readonly Metric[];
  readonly unit: Unit;
  /** Fixed upper end of the axis. */
  readonly top?: number;
  readonly only?: (track: Track) => boolean;
  /** Labels of lines that come first, where the alphabet would not do. */
  readonly order?: readonly string[];
  /** One line for each value of this label. */
  readonly split?: string;
  readonly log?: boolean;
  /** Lines upon each other. */
  readonly stack?: boolean;
  /** Counters as they count, not their rates. */
  readonly raw?: boolean;
  /** The day it is compared with, as in "yesterday". */
  readonly past?: string;
  /** The buckets of a histogram, drawn as a map. */
  readonly heat?: boolean;
  /** What its sender says of the metric. */
  readonly help?: string;
}

/** The stretch of time all charts show. Unix seconds. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly now: number;
  /** False when paused or looking back. */
  readonly live: boolean;
  /** What changed, to be drawn as dotted lines with letters. */
  readonly marks?: readonly { readonly at: number; readonly letter: string }[];
}

export interface Cursor {
  readonly t: number;
  /** Key of the chart in use. */
  readonly chart: string;
}

export type Load =
  | { readonly state: "ready" }
  /** `again`: the range is drawn already and only being brought up to date. */
  | { readonly state: "loading"; readonly since: number; readonly words: string; readonly again: boolean }
  | { readonly state: "failed"; readonly why: string };

/** What every chart shares with the page. */
export interface Stage {
  readonly store: Store;
  readonly palette: Palette;
  readonly cursor: Cell<Cursor | null>;
  readonly now: () => number;
  readonly window: () => Window;
  /** From event to paint, of all charts. */
  readonly delays: Delays;
  readonly loadOf: (metric: string) => Load;
  /** Whether the day that a metric is compared with has been answered for. */
  readonly knowsPast: (metric: string) => boolean;
  readonly retry: () => void;
  /** Shows just this stretch of time. */
  readonly zoom: (from: number, to: number) => void;
  /** Moves on by seconds, back when negative. */
  readonly pan: (seconds: number) => void;
  readonly expected: Expectations;
}

/** What is expected, and what was not, of the lines of a chart. */
export interface Layers {
  /** The usual range now. */
  readonly usual: readonly [low: number, high: number] | null;
  /** Where the plot's time ends: beyond now when something is foretold. Unix seconds. */
  readonly until: number;
  readonly under: (u: uPlot, box: Box, palette: Palette) => void;
  readonly over: (u: uPlot, box: Box, palette: Palette) => void;
}

/** Adds to pictures what is expected. */
export interface Expectations {
  /** Grows with each answer. */
  readonly version: number;
  readonly dress: (picture: Picture, spec: ChartSpec) => Picture;
}

export interface Expecting extends Expectations {
  /** Once a second: asks for what is due. Seconds; `step` 0 for samples as they came. */
  readonly tick: (wish: Window & { readonly step: number }) => void;
  /** Something unusual began or ended: look at once. */
  readonly hurry: () => void;
}

/** Which of the colours c1 to c8 a line has, by its key. */
export type Slots = ReadonlyMap<string, number>;

/** One line as it is to be drawn. */
export interface DrawnLine {
  readonly line: Line;
  /** What it says. */
  readonly columns: Columns;
  /** Where it runs: above the lines below it when they are stacked. */
  readonly drawn: Columns;
  /** The extremes of each bucket. */
  readonly low: Columns | null;
  readonly high: Columns | null;
  /** The same stretch of an earlier day. */
  readonly past: Columns | null;
  readonly token: Token;
  readonly dash: readonly number[] | null;
  readonly gaps: readonly Span[];
  /** Where some of the series that it adds up were missing. */
  readonly partial: readonly Span[];
  readonly newest: Point | null;
  readonly interval: number;
}

/** A point under the cursor: what it says, and where it lies. */
export interface Under extends Point {
  readonly y: number;
}

/** Everything a chart has worked out from the store for one drawing. */
export interface Picture {
  readonly window: Window;
  readonly lines: readonly DrawnLine[];
  readonly axis: Axis;
  readonly scale: Scale;
  readonly unit: Unit;
  readonly stacked: boolean;
  /** The day it is compared with, where there is anything of it. */
  readonly past: string;
  /** Holes that all lines share; hatched. */
  readonly gaps: readonly Span[];
  /** Stretches in which a line is known only in part; hatched. */
  readonly partial: readonly Span[];
  /** From the newest point to now, when it is late. */
  readonly tail: Span | null;
  readonly newest: Point | null;
  /** Seconds since the newest point, at the window's end. */
  readonly age: number;
  readonly layers?: Layers;
  /** Of a histogram: its buckets over time, in place of lines. */
  readonly heat?: Heat;
}
