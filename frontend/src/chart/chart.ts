import type { Line } from "../data/lines.ts";
import type { Axis } from "../data/ticks.ts";
import { CursorLayer } from "./cursor.ts";
import { el } from "./dom.ts";
import { Delays } from "./delays.ts";
import { Ends } from "./ends.ts";
import { Hands } from "./hands.ts";
import { ChartHeader, summaryOf } from "./header.ts";
import { keepSlots, linesOf, makePicture, newestNow, newestOfAll, tracksOf } from "./picture.ts";
import { Plot } from "./plot.ts";
import { PlotState } from "./state.ts";
import { TablePanel } from "./table.ts";
import { nextPhase, shiftOf, turnOf } from "./turns.ts";
import type { ChartSpec, Picture, Slots, Stage, Window } from "./types.ts";

/** Which seven lines stand above "other" is settled anew no more often than this. */
const RERANK_SECONDS = 30;

/** One chart: header, plot, cursor, table. Reads the store, owns its element, knows no page. */
export class Chart {
  readonly element = el("article", "chart");
  readonly spec: ChartSpec;
  visible = false;

  readonly #stage: Stage;
  readonly #place = el("div", "plot");
  readonly #plot: Plot;
  readonly #header: ChartHeader;
  readonly #state: PlotState;
  readonly #table: TablePanel;
  readonly #cursor = new CursorLayer();
  readonly #hands: Hands;
  readonly #ends = new Ends();
  readonly #delays = new Delays();
  readonly #sizes: ResizeObserver;
  readonly #leave: () => void;
  #lines: readonly Line[] = [];
  #slots: Slots = new Map();
  #linesFor = "";
  #rankedAt = 0;
  #axis: Axis | null = null;
  #epoch = 0;
  #picture: Picture | null = null;
  #drawn = "";
  #drawnVersion = -1;
  #drawnSecond = 0;
  #drawnShift = 0;
  #drawnTurn = 0;
  readonly #phase = nextPhase();
  #shownVersion = -1;
  #paintedUntil = 0;
  /** Pixels of the plot's place, told by the browser: asking for them would make it lay out the page. */
  #wide = 0;
  /** How many series were known when the lines were chosen. */
  #knew = -1;

  constructor(spec: ChartSpec, stage: Stage, tools: readonly HTMLElement[]) {
    this.spec = spec;
    this.#stage = stage;
    this.#plot = new Plot(this.#place, stage.palette);
    this.#state = new PlotState(spec.title, stage.retry);
    this.#table = new TablePanel(spec.title, () => this.#redraw());
    this.#header = new ChartHeader(spec, [...tools, this.#table.button], () => spec.metrics.every(({ name }) => stage.knowsPast(name)));
    this.#hands = new Hands(this.#place, this.#plot, stage, spec.key);
    this.#assemble();
    this.#sizes = new ResizeObserver(([entry]) => {
      this.#wide = Math.round(entry?.contentRect.width ?? 0);
      this.#plot.resize();
      this.#redraw();
    });
    this.#sizes.observe(this.#place);
    this.#leave = stage.cursor.subscribe(() => this.#showCursor());
  }

  destroy(): void {
    this.#leave();
    this.#sizes.disconnect();
    this.#plot.destroy();
  }

  /** Alike for all charts of the page, whatever stands beside their plots; 0 while out of view. */
  get width(): number {
    return this.visible ? this.#wide : 0;
  }

  /** Brings values up to date and moves the lines' ends; true when the lines must be drawn anew. */
  update(): boolean {
    if (!this.visible || this.#wide === 0) return false;
    const window = this.#stage.window();
    this.#chooseLines(window.now);
    const version = this.#version();
    if (this.#fingerprint(window, version) !== this.#drawn) return true;
    if (version === this.#shownVersion) return false;
    this.#shownVersion = version;
    return !this.#moveEnds(window);
  }

  draw(): void {
    if (!this.visible || this.#wide === 0) return;
    const { store } = this.#stage;
    const window = this.#stage.window();
    this.#shownVersion = this.#version();
    this.#drawnVersion = this.#shownVersion;
    this.#drawnSecond = Math.floor(window.now);
    this.#drawnShift = shiftOf(window, this.#wide);
    this.#drawnTurn = turnOf(window, this.#wide, this.#phase);
    this.#drawn = this.#fingerprint(window, this.#shownVersion);
    // An axis is kept steady from frame to frame, not from range to range.
    if (store.epoch !== this.#epoch) this.#axis = null;
    this.#epoch = store.epoch;
    const picture = this.#makePicture(window);
    this.#axis = picture.axis;
    this.#plot.draw(picture);
    this.#show(picture);
    this.#showCursor();
    this.#table.show(picture);
    this.#timePaint(picture);
  }

  /** Shows the newest values on the drawing that is there; false when they have no place on it. */
  #moveEnds(window: Window): boolean {
    const before = this.#picture;
    if (before === null || before.stacked || before.heat !== undefined || before.lines.some(({ line }) => line.tracks.length > 1)) return true; // within a second they are drawn
    const { axis } = before;
    const lines = before.lines.map((line) => ({ ...line, newest: newestNow(line, window, this.spec.raw === true) }));
    const newest = newestOfAll(lines);
    if (lines.some((line) => line.newest !== null && (line.newest.v > axis.max || line.newest.v < axis.min))) return false;
    const age = newest === null ? before.age : Math.max(0, window.now - newest.t);
    if (before.tail !== null) return false;
    const picture = { ...before, lines, newest, age };
    this.#picture = picture;
    this.#header.showValue(picture);
    this.#ends.show(this.#plot, picture);
    this.#tellNewest(picture);
    this.#timePaint(picture);
    return true;
  }

  /** How long the newest point took from its event to here, where it has just come. */
  #timePaint({ newest, window }: Picture): void {
    this.element.dataset.painted = String(Date.now());
    if (newest === null || newest.t <= this.#paintedUntil) return;
    // The first paint brings what is old already.
    if (this.#paintedUntil > 0 && window.live) {
      const delay = this.#stage.now() - newest.t;
      this.#delays.add(delay);
      this.#stage.delays.add(delay);
    }
    this.#paintedUntil = newest.t;
  }

  #makePicture(window: Window): Picture {
    const { store, expected } = this.#stage;
    return expected.dress(makePicture(this.spec, this.#lines, this.#slots, window, store.step, this.#axis), this.spec);
  }

  /** Once a second: age and lateness move on even when no data comes. */
  tick(): void {
    if (!this.visible || this.#picture === null) return;
    const window = this.#stage.window();
    if (window.live && Math.floor(window.now) - this.#drawnSecond <= 1 && this.#picture.tail === null) {
      // Drawn just now, and in time: only the age is to be told.
      const { newest } = this.#picture;
      this.#header.show({ ...this.#picture, window, age: newest === null ? this.#picture.age : Math.max(0, window.now - newest.t) }, this.#delays);
      return;
    }
    const late = this.#picture.tail !== null;
    this.#show(this.#makePicture(window));
    if (late !== (this.#picture.tail !== null)) this.#drawn = "";
  }

  /** Moves the cursor by points of this chart. */
  moveCursor(by: number): void {
    const picture = this.#picture;
    if (picture === null) return;
    const { from, to } = picture.window;
    const pixel = (to - from) / Math.max(this.#plot.width, 1);
    const rhythm = Math.min(...picture.lines.map((line) => line.interval), to - from);
    const pace = Math.max(this.#stage.store.step, pixel, rhythm);
    const start = this.#stage.cursor.value?.t ?? picture.newest?.t ?? to;
    this.#stage.cursor.value = { t: Math.min(to, Math.max(from, start + by * pace)), chart: this.spec.key };
  }

  #assemble(): void {
    const { element, spec } = this;
    element.setAttribute("aria-labelledby", this.#header.titleId);
    element.dataset.testid = "chart";
    element.dataset.metric = spec.metrics[0]?.name ?? "";
    element.dataset.key = spec.key;
    this.#place.tabIndex = 0;
    this.#place.setAttribute("role", "img");
    this.#place.setAttribute("aria-label", spec.title);
    element.append(
      this.#header.element,
      el("div", "chart-body", this.#place, this.#ends.element, this.#hands.element, this.#cursor.element, this.#state.element, this.#table.element),
    );
  }

  #redraw(): void {
    this.#drawn = "";
    this.draw();
  }

  #version(): number {
    let version = 0;
    for (const line of this.#lines) for (const track of line.tracks) version += track.version;
    return version;
  }

  /** Changes whenever the drawing would: range, colours, lines, history; data and time in this chart's turn. */
  #fingerprint(window: Window, version: number): string {
    const { from, to, live } = window;
    const moved = version !== this.#drawnVersion || shiftOf(window, this.#wide) !== this.#drawnShift;
    const turn = moved ? turnOf(window, this.#wide, this.#phase) : this.#drawnTurn;
    return [turn, this.#stage.store.epoch, this.#stage.expected.version, to - from, live, this.#stage.palette.version, this.#rankedAt, this.#linesFor].join(" ");
  }

  #chooseLines(now: number): void {
    const { store } = this.#stage;
    const ranked = this.#lines.some((line) => line.key === "other");
    const due = ranked && (now - this.#rankedAt > RERANK_SECONDS || store.epoch !== this.#epoch);
    if (store.size === this.#knew && !due) return;
    this.#knew = store.size;
    const ids = tracksOf(this.spec, store)
      .map((track) => track.info.id)
      .join();
    if (ids === this.#linesFor && !due) return;
    this.#linesFor = ids;
    this.#rankedAt = now;
    this.#lines = linesOf(this.spec, store);
    this.#slots = keepSlots(this.#lines, this.#slots);
  }

  #show(picture: Picture): void {
    this.#picture = picture;
    this.#header.show(picture, this.#delays);
    if (this.#plot.ready && !this.#table.open && picture.heat === undefined) this.#ends.show(this.#plot, picture);
    else this.#ends.hide();
    this.element.classList.toggle("late", picture.tail !== null);
    this.#place.setAttribute("aria-label", summaryOf(this.spec.title, picture));
    const load = this.#stage.loadOf(this.spec.metrics[0]?.name ?? "");
    this.#state.show(load, picture.lines.every((line) => line.columns.times.length === 0), picture.window.now);
    this.#tellNewest(picture);
  }

  #tellNewest({ newest }: Picture): void {
    if (newest === null) return;
    this.element.dataset.newest = String(Math.round(newest.t * 1000));
    this.element.dataset.value = String(newest.v);
  }

  #showCursor(): void {
    if (!this.visible || this.#picture === null) return;
    const cursor = this.#stage.cursor.value;
    if (cursor === null || !this.#plot.ready || this.#table.open) this.#cursor.hide();
    else this.#cursor.show(this.#plot, this.#picture, cursor.t, cursor.chart === this.spec.key);
    this.#plot.point(cursor?.t ?? null);
  }
}
