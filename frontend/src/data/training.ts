import type { Schemas } from "../answers.ts";
import { number, THIN } from "./format.ts";
import type { ShapeName } from "./shape.ts";

export type Watched = Schemas["Watched"];

export type Skill = Schemas["Skill"];

export type TrainingState = Schemas["Training"];

export type Model = Schemas["Model"];

/** The page's first sentence: how the training does. */
export function describe(state: TrainingState): { shape: ShapeName; text: string; sub: string } {
  const steps = `${number(state.iteration)} steps`;
  const again = state.divergences > 0 ? `It ran away ${number(state.divergences)} times and was begun anew. ` : "";
  if (state.stale) {
    return { shape: "unknown", text: "Not known: the worker has not reported lately.", sub: "What you see below is from before." };
  }
  if (!state.running) {
    if (state.iteration === 0) {
      const sub = "The field learns the series you choose and foretells them, one step and five minutes on.";
      return { shape: "wait", text: "Nothing is trained yet.", sub };
    }
    return { shape: "wait", text: `Training stands still after ${steps}.`, sub: `${again}What was learned is kept.` };
  }
  if (state.phase === "waiting") return { shape: "wait", text: "Waiting for series to learn from.", sub: state.detail };
  if (state.phase === "history") {
    const done = Math.round((state.progress ?? 0) * 100);
    return { shape: "ok", text: `Learning from history: ${done}${THIN}% done.`, sub: `${again}${steps} so far.` };
  }
  const reward = state.reward === null ? "too early for a reward" : `reward ${number(state.reward)}`;
  return { shape: "ok", text: `The field learns live: ${reward}.`, sub: `${again}${steps} so far.` };
}

const PLAIN: Readonly<Record<string, string>> = { last: "the last value", average: "an average", day_before: "the day before" };

/** "20 % better than the last value": the field's error beside that of the best plain forecast; empty while unknown. */
export function besidePlain(error: Skill["error"] | undefined): string {
  const rivals = Object.entries(error ?? {}).filter((entry): entry is [string, number] => entry[0] !== "field" && entry[1] !== null);
  const best = rivals.sort((a, b) => a[1] - b[1])[0];
  const own = error?.field;
  if (best === undefined || typeof own !== "number" || best[1] === 0) return "";
  const share = Math.round((1 - own / best[1]) * 100);
  return `${number(Math.abs(share))}${THIN}% ${share >= 0 ? "better" : "worse"} than ${PLAIN[best[0]] ?? best[0]}`;
}
