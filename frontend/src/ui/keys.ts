import type { Console } from "../controller.ts";
import { neighbour } from "../data/ranges.ts";
import { PAGES } from "../router.ts";
import { chartInUse } from "./charts-in-view.ts";
import { toggleKiosk } from "./kiosk.tsx";

const OFF = "quadra.keys";

export const KEYS: readonly (readonly [keys: readonly string[], does: string])[] = [
  [["/"], "search"],
  [["?"], "these keys"],
  [["Space"], "pause, go live"],
  [["←", "→"], "move the cursor (Shift: by ten)"],
  [["[", "]"], "shorter, longer range"],
  [["+", "-"], "shorter, longer stretch around the cursor"],
  [["0"], "back to now"],
  [["f"], "one chart, all charts"],
  [["j", "k"], "next, previous row"],
  [["Enter"], "open the row"],
  [["a"], "acknowledge"],
  [["s"], "silence"],
  [["n"], "new rule"],
  [["K"], "kiosk: for a screen on the wall"],
  ...PAGES.map(({ name, key }) => [["g", key], name] as const),
  [["Esc"], "close, clear"],
];

export function singleKeys(): boolean {
  try {
    return localStorage.getItem(OFF) !== "off";
  } catch {
    return true;
  }
}

export function setSingleKeys(on: boolean): void {
  try {
    localStorage.setItem(OFF, on ? "on" : "off");
  } catch {
    // it cannot be kept: keys stay on
  }
}

const LEAD_MS = 1500;

/** Moves the focus to the next row, or the one before: of the table in use, else of the page's first. */
function toRow(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("main .row-link")];
  const at = rows.findIndex((row) => row === document.activeElement || row.closest("li, tr")?.contains(document.activeElement) === true);
  const next = rows[at === -1 ? (by === 1 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

/** Gives the chart in use the page to itself, or the page back to all. */
function alone(app: Console): void {
  const chart = chartInUse(app.cursor.value?.chart)?.element;
  chart?.querySelector<HTMLElement>('.chart-tools [data-tool="Alone"], .chart-tools [data-tool="All"]')?.click();
}

/** Presses the button that bears this key: the one of the row in use, else the page's first. */
function press(key: string): void {
  const row = document.activeElement?.closest("li, tr");
  const button = row?.querySelector<HTMLElement>(`[data-key="${key}"]`) ?? document.querySelector<HTMLElement>(`main [data-key="${key}"]`);
  button?.click();
}

/** Keys of the whole page. Never in fields, and none but arrows and Esc when turned off. */
export function listenToKeys(app: Console, showKeys: () => void): void {
  const actions: Record<string, () => void> = {
    "/": () => document.getElementById("search")?.focus(),
    "?": showKeys,
    " ": () => (app.view.value.end === null ? app.pause() : app.goLive()),
    "[": () => app.setRange(neighbour(app.view.value.range, -1)),
    "]": () => app.setRange(neighbour(app.view.value.range, 1)),
    "+": () => app.scale(0.5),
    "=": () => app.scale(0.5), // the same key without Shift
    "-": () => app.scale(2),
    "0": () => app.goLive(),
    f: () => alone(app),
    j: () => toRow(1),
    k: () => toRow(-1),
    a: () => press("a"),
    s: () => press("s"),
    n: () => press("n"),
    K: () => toggleKiosk(),
  };
  let lead = Number.NEGATIVE_INFINITY; // no 0: a page that is just loaded would take its first key for one led by g
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.closest("input, textarea, select, dialog, [contenteditable]") !== null) return;
    if (event.key === "Escape") {
      app.cursor.value = null;
      press("Escape");
      toggleKiosk(false);
    }
    const arrow = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (arrow !== 0 && target.closest("[role=tablist], pre, .chart-table") === null) {
      chartInUse(app.cursor.value?.chart)?.moveCursor(arrow * (event.shiftKey ? 10 : 1));
      event.preventDefault();
      return;
    }
    const presses = event.key === " " && target.closest("button, a, summary") !== null;
    const led = performance.now() - lead < LEAD_MS;
    lead = event.key === "g" && !led ? performance.now() : Number.NEGATIVE_INFINITY;
    const page = led ? PAGES.find(({ key }) => key === event.key) : undefined;
    const action = page === undefined ? actions[event.key] : () => app.router.open(page.path);
    if (action === undefined || presses || !singleKeys()) return;
    event.preventDefault();
    action();
  });
}
