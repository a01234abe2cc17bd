import type { Window } from "./types.ts";

/** A chart whose data or time moves is drawn anew once in so many of its pixels, but at least once a second. */
const PIXELS_A_TURN = 1.5;
const LONGEST_TURN = 1;
const GOLDEN = 0.618_033_988_75;

let phase = 0;

/** Part of a turn by which a chart is drawn earlier than others: so that they take turns, however many there are. */
export function nextPhase(): number {
  phase = (phase + GOLDEN) % 1;
  return phase;
}

/** By how many pixels time has moved. */
export function shiftOf({ from, to }: Pick<Window, "from" | "to">, wide: number): number {
  return Math.floor(to / ((to - from) / wide));
}

/** Which of its turns a chart is in. Data go on while the window stands still, so it is told by the clock. */
export function turnOf({ from, to, now }: Pick<Window, "from" | "to" | "now">, wide: number, ahead: number): number {
  const turn = Math.min(LONGEST_TURN, (PIXELS_A_TURN * (to - from)) / wide);
  return Math.floor(now / turn + ahead);
}
