import { number, THIN } from "./format.ts";
import type { ShapeName } from "./shape.ts";

export interface Watched {
  readonly id: number;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly now: number | null;
  readonly forecast: Readonly<Record<"value" | "low" | "high", readonly (number | null)[]>>;
  /** By horizon, of this series alone. */
  readonly error?: readonly Skill["error"][];
  readonly proven?: readonly boolean[];
}

export interface Skill {
  readonly seconds: number;
  readonly compared: number;
  readonly error: Readonly<Record<string, number | null>>;
}

/** As GET /api/v1/training answers. */
export interface TrainingState {
  readonly running: boolean;
  readonly phase: "idle" | "waiting" | "history" | "live";
  readonly progress: number | null;
  readonly iteration: number;
  readonly loss: number | null;
  readonly reward: number | null;
  readonly variance: number;
  readonly field_size: number | null;
  readonly seed?: number;
  readonly step_seconds?: number;
  readonly ahead_seconds?: number;
  readonly model_version: string | null;
  readonly divergences: number;
  readonly detail: string;
  readonly series: readonly Watched[];
  readonly skill: readonly Skill[];
  readonly state: readonly number[];
  readonly reported_at: number | null;
  readonly stale: boolean;
}

export interface Model {
  readonly version: string;
  readonly created_at: number;
  readonly description: string;
  readonly field_size: number;
  readonly iteration: number;
  readonly loss: number | null;
  readonly production: boolean;
}

/** The page's first sentence: how the training does. */
export function describe(state: TrainingState): { shape: ShapeName; text: string; sub: string } {
  const steps = `${number(state.iteration)} steps`;
  const again = state.divergences > 0 ? `It ran away ${number(state.divergences)} times and was begun anew. ` : "";
  if (state.stale) {
    return { shape: "unknown", text: "Not known: the worker has not reported lately.", sub: "What you see below is from before." };
  }
  if (!state.running) {
    if (state.iteration === 0) {
      const sub = "The field learns your metrics and foretells them, one step and five minutes on.";
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
