import { age as ageText, clock, date, list, number, plural, zone } from "../data/format.ts";
import { isStale } from "../data/gaps.ts";
import { distinguishing } from "../data/lines.ts";
import type { Line } from "../data/lines.ts";
import { inScale, SECONDS, withUnit } from "../data/units.ts";
import type { Delays } from "./delays.ts";
import { el, setText } from "./dom.ts";
import type { ChartSpec, Picture } from "./types.ts";

/** Title, newest value with its unit, what the series are, and how old the newest point is. */
export class ChartHeader {
  readonly element: HTMLElement;
  readonly titleId: string;
  /** The day that is compared with, in a word. */
  readonly #past: string;
  /** Whether that day has been answered for: until then nobody knows that there is nothing of it. */
  readonly #knowsPast: () => boolean;
  readonly #value = el("span", "chart-number");
  readonly #unit = el("span", "chart-unit");
  readonly #note = el("span", "chart-note");
  readonly #age = el("span", "chart-age");

  constructor({ key, title, help, past = "" }: ChartSpec, tools: readonly HTMLElement[], knowsPast: () => boolean) {
    this.#past = past;
    this.#knowsPast = knowsPast;
    const heading = el("h3", "chart-title", title);
    this.titleId = `title-${key.replace(/\W+/g, "-")}`;
    heading.id = this.titleId;
    heading.title = help === undefined || help === "" ? title : `${title}: ${help}`;
    this.element = el(
      "header",
      "chart-head",
      heading,
      el("p", "chart-value", this.#value, this.#unit),
      el("p", "chart-sub", this.#note, el("span", "chart-tools", ...tools)),
      this.#age,
    );
  }

  show(picture: Picture, delays: Delays): void {
    const { newest, window } = picture;
    this.showValue(picture);
    setText(this.#unit, shownOf(picture) === undefined ? "" : picture.scale.unit);
    const note = this.#noteOf(picture, addsUp(picture));
    setText(this.#note, note);
    if (this.#note.title !== note) this.#note.title = note; // in full, where there is no room for it
    const old = window.live ? ageText(picture.age, window.now) : `at ${clock(newest?.t ?? 0, true)}`;
    setText(this.#age, newest === null ? "" : old);
    this.#age.title = newest === null ? "" : truthOf(picture, newest.t, delays);
  }

  /** The number alone, which moves with every sample. */
  showValue(picture: Picture): void {
    const { unit, scale } = picture;
    const shown = shownOf(picture);
    setText(this.#value, shown === undefined ? "" : inScale(shown, unit, scale));
  }

  #noteOf(picture: Picture, sums: boolean): string {
    const { lines, past, partial, window, scale } = picture;
    if (picture.heat !== undefined) return heatText(picture);
    const what = lines.length === 1 ? labelText(lines[0]?.line) : `${countText(lines)}${sums ? ", sum" : ""}`;
    const wanted = this.#past === "" || !this.#knowsPast() ? "" : `no data ${this.#past}`;
    const compared = past === "" ? wanted : `dashed: ${past}`;
    const unit = lines.length > 1 && !sums && scale.unit !== "" ? `in ${scale.unit}` : ""; // no number stands before it
    const part = partial.some(({ to }) => to >= window.to - 1) ? missingText(lines, window.now) : "";
    return [part, usualText(picture), compared, unit, what].filter((text) => text !== "").join(" · ");
  }
}

/** How a map of buckets is to be read. */
function heatText({ axis, heat }: Picture): string {
  const { word = "" } = axis;
  return [word === "" ? "" : `in ${word}`, plural(heat?.bounds.length ?? 0, "bucket"), "stronger colour: more"].filter((text) => text !== "").join(" · ");
}

/** The band in words: its shade alone says too little. */
function usualText({ layers, unit, scale }: Picture): string {
  const range = layers?.usual ?? null;
  return range === null ? "" : `usual ${inScale(range[0], unit, scale)} to ${inScale(range[1], unit, scale)}`;
}

/** The one number of a chart: its newest value, or what its lines add up to; none where that means nothing. */
export function shownOf(picture: Pick<Picture, "newest" | "lines" | "unit" | "scale">): number | undefined {
  const { newest, lines } = picture;
  if (newest === null) return undefined;
  return lines.length === 1 ? newest.v : addsUp(picture) ? total(lines) : undefined;
}

/** Rates add up to the whole; amounts may hold their own total already, as memory's states do. */
function addsUp({ lines, unit, scale }: Pick<Picture, "lines" | "unit" | "scale">): boolean {
  return lines.length > 1 && unit.additive && /\/[sh]$/.test(scale.unit);
}

function total(lines: Picture["lines"]): number {
  return lines.reduce((sum, line) => sum + (line.newest?.v ?? 0), 0);
}

function countText(lines: Picture["lines"]): string {
  const n = lines.reduce((sum, { line }) => sum + line.tracks.length, 0);
  return n === 0 ? "" : plural(n, "series", "series");
}

/** Which of the series that are added up are silent. */
function missingText(lines: Picture["lines"], now: number): string {
  const tracks = lines.flatMap(({ line }) => line.tracks);
  const silent = tracks.filter((track) => track.newest !== null && isStale(now - track.newest.t, track.interval(0)));
  if (silent.length === 0) return "";
  const keys = distinguishing(tracks.map(({ info }) => info.labels));
  const names = silent.map(({ info }) => keys.map((key) => info.labels[key] ?? "").filter((value) => value !== "").join(" "));
  const missing = names.length > 2 ? plural(names.length, "series", "series") : list(names);
  return `${plural(tracks.length - silent.length, "series", "series")} of ${number(tracks.length)} answered: ${missing} missing`;
}

/** How old the chart is, and how fast it was: seldom asked for, so it waits in a tooltip. */
function truthOf({ window }: Picture, newest: number, delays: Delays): string {
  const at = `Newest point from ${date(newest)} ${clock(newest, true)}, ${zone(newest)}.`;
  if (!window.live || delays.count === 0) return at;
  return `${at} From event to screen: ${withUnit(delays.at(0.5), SECONDS)}, at most ${withUnit(delays.at(0.99), SECONDS)} for 99 of 100.`;
}

function labelText(line: Line | undefined): string {
  const labels = Object.entries(line?.tracks[0]?.info.labels ?? {});
  return labels.map(([key, value]) => `${key} ${value}`).join(", ");
}

/** The chart in words, for who cannot see it. */
export function summaryOf(title: string, { lines, newest, unit, window, gaps, tail }: Picture): string {
  if (newest === null) return `${title}: no data.`;
  const values = lines.map(({ line, newest: point }) => {
    const text = point === null ? "no data" : withUnit(point.v, unit);
    return lines.length === 1 ? text : `${line.label} ${text}`;
  });
  const holes = gaps.length === 0 ? "" : ` ${plural(gaps.length, "gap")} without data.`;
  const late = tail === null ? "" : ` Late: the newest value is from ${clock(newest.t, true)}.`;
  return `${title}, ${clock(window.from)} to ${clock(window.to)}. Newest: ${list(values)}.${holes}${late}`;
}
