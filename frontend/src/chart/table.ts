import { align } from "../data/align.ts";
import { clock, date } from "../data/format.ts";
import { inScale } from "../data/units.ts";
import { el } from "./dom.ts";
import type { Picture } from "./types.ts";

const MOST_ROWS = 400;
/** Seconds between renewals of an open table. */
const RENEW = 2;

/** The chart's points as a table, on request. */
export class TablePanel {
  readonly element = el("div", "chart-table");
  readonly button = el("button", "quiet", "Show as table");
  readonly #title: string;
  #made = 0;

  constructor(title: string, onToggle: () => void) {
    this.#title = title;
    this.element.hidden = true;
    this.element.tabIndex = 0;
    this.button.type = "button";
    this.button.setAttribute("aria-expanded", "false");
    this.button.addEventListener("click", () => {
      this.element.hidden = this.open;
      this.button.textContent = this.open ? "Show as chart" : "Show as table";
      this.button.setAttribute("aria-expanded", String(this.open));
      this.#made = 0;
      onToggle();
    });
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  show(picture: Picture): void {
    const { now } = picture.window;
    if (!this.open || now - this.#made < RENEW) return;
    // Rows must not move under the reader's pointer or focus.
    const inUse = this.element.matches(":hover") || this.element.contains(document.activeElement);
    if (this.#made > 0 && inUse) return;
    this.#made = now;
    this.element.replaceChildren(makeTable(this.#title, picture));
  }
}

/** Newest first. */
function makeTable(title: string, picture: Picture): HTMLTableElement {
  const [times, ...columns] = align(picture.lines.map((line) => line.columns));
  const head = el("tr", "", el("th", "", "Time"));
  for (const { line } of picture.lines) {
    const name = picture.lines.length === 1 ? "Value" : line.label;
    head.append(el("th", "number", picture.scale.unit === "" ? name : `${name}, ${picture.scale.unit}`));
  }
  for (const th of head.children) th.setAttribute("scope", "col");
  const body = el("tbody");
  for (let i = times.length - 1; i >= 0 && body.children.length < MOST_ROWS; i -= 1) {
    const t = times[i] ?? 0;
    if (t < picture.window.from || t > picture.window.to) continue;
    const row = el("tr", "", el("td", "", clock(t, true)));
    row.title = date(t);
    for (const column of columns) {
      const v = column[i];
      row.append(el("td", "number", v === undefined ? "" : inScale(v, picture.unit, picture.scale)));
    }
    body.append(row);
  }
  return el("table", "points", el("caption", "visually-hidden", `${title}, newest first`), el("thead", "", head), body);
}
