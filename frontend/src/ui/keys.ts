import type { Console } from "../controller.ts";
import { neighbour } from "../data/ranges.ts";
import { chartInUse } from "./chart-slot.tsx";

const OFF = "quadra.keys";

export const KEYS: readonly (readonly [keys: readonly string[], does: string])[] = [
  [["/"], "search"],
  [["?"], "these keys"],
  [["Space"], "pause, go live"],
  [["←", "→"], "move the cursor (Shift: by ten)"],
  [["[", "]"], "shorter, longer range"],
  [["0"], "back to now"],
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

/** Keys of the whole page. Never in fields, and none but arrows and Esc when turned off. */
export function listenToKeys(app: Console, showKeys: () => void): void {
  const actions: Record<string, () => void> = {
    "/": () => document.getElementById("search")?.focus(),
    "?": showKeys,
    " ": () => (app.view.value.end === null ? app.pause() : app.goLive()),
    "[": () => app.setRange(neighbour(app.view.value.range, -1)),
    "]": () => app.setRange(neighbour(app.view.value.range, 1)),
    "0": () => app.goLive(),
  };
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.closest("input, textarea, select, dialog, [contenteditable]") !== null) return;
    if (event.key === "Escape") app.cursor.value = null;
    const arrow = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (arrow !== 0 && target.closest("[role=tablist], pre, .chart-table") === null) {
      chartInUse(app.cursor.value?.chart)?.moveCursor(arrow * (event.shiftKey ? 10 : 1));
      event.preventDefault();
      return;
    }
    const presses = event.key === " " && target.closest("button, a, summary") !== null;
    const action = actions[event.key];
    if (action === undefined || presses || !singleKeys()) return;
    event.preventDefault();
    action();
  });
}
