import { age as ageText, clock, list, plural } from "../data/format.ts";
import type { Line } from "../data/lines.ts";
import { inScale, withUnit } from "../data/units.ts";
import { el, setText } from "./dom.ts";
import type { Picture } from "./types.ts";

/** Title, newest value with its unit, what the series are, and how old the newest point is. */
export class ChartHeader {
  readonly element: HTMLElement;
  readonly titleId: string;
  readonly #value = el("span", "chart-number");
  readonly #unit = el("span", "chart-unit");
  readonly #note = el("span", "chart-note");
  readonly #age = el("span", "chart-age");

  constructor(key: string, title: string, tools: readonly HTMLElement[]) {
    const heading = el("h3", "chart-title", title);
    this.titleId = `title-${key.replace(/\W+/g, "-")}`;
    heading.id = this.titleId;
    heading.title = title;
    this.element = el(
      "header",
      "chart-head",
      heading,
      el("p", "chart-value", this.#value, this.#unit),
      el("p", "chart-sub", this.#note, el("span", "chart-tools", ...tools)),
      this.#age,
    );
  }

  show(picture: Picture): void {
    const { newest, lines, window } = picture;
    const sums = lines.length > 1 && picture.unit.additive && picture.scale.unit !== "";
    const shown = lines.length === 1 ? newest?.v : sums ? total(lines) : undefined;
    setText(this.#value, shown === undefined ? "" : inScale(shown, picture.unit, picture.scale));
    setText(this.#unit, newest === null ? "" : picture.scale.unit);
    setText(this.#note, lines.length === 1 ? labelText(lines[0]?.line) : `${countText(lines)}${sums ? ", sum" : ""}`);
    const old = window.live ? ageText(picture.age, window.now) : `at ${clock(newest?.t ?? 0, true)}`;
    setText(this.#age, newest === null ? "" : old);
  }
}

function total(lines: Picture["lines"]): number {
  return lines.reduce((sum, line) => sum + (line.newest?.v ?? 0), 0);
}

function countText(lines: Picture["lines"]): string {
  const n = lines.reduce((sum, { line }) => sum + line.tracks.length, 0);
  return n === 0 ? "" : plural(n, "series", "series");
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
