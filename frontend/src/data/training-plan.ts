import type { Schemas } from "../answers.ts";

/** Which series the field learns: the user's own, this host's, those of one selector, or several as they were chosen. */
export type Learns = "own" | "host" | "these" | "several";

/** What stands in the fields, as it was typed. */
export interface PlanDraft {
  readonly learns: Learns;
  readonly selector: string;
  readonly field_size: string;
  readonly step: string;
  readonly seed: string;
}

/** All but what Quadra tells of this host and of itself, and the counters behind histograms. */
export const OWN = '{__name__=~".+",__name__!~"(host|quadra)_.*|.*_bucket"}';
export const HOST = '{__name__=~"host_.*"}';

type Plan = Pick<Schemas["Training"], "match" | "field_size" | "step_seconds" | "seed" | "iteration">;

/** What is trained now; before anything was, the user's own series where there are any. */
export function draftOf(state: Plan, hasOwn: boolean): PlanDraft {
  const match = state.match ?? [];
  const learns = state.iteration === 0 && hasOwn && learnsOf(match) === "host" ? "own" : learnsOf(match);
  return {
    learns,
    selector: learns === "these" ? (match[0] ?? "") : "",
    field_size: String(state.field_size ?? 128),
    step: `${state.step_seconds ?? 1}s`,
    seed: String(state.seed ?? 0),
  };
}

function learnsOf(match: readonly string[]): Learns {
  if (match.length === 1 && match[0] === OWN) return "own";
  if (match.every((selector) => selector === HOST || selector.startsWith("host_"))) return "host";
  return match.length === 1 ? "these" : "several";
}

/** What the API is to be sent; a field that is no number goes as it is, to be refused by name. */
export function planOf(draft: PlanDraft, state: Plan): Record<string, unknown> {
  const whole = (text: string): number | string => (/^\d+$/.test(text.trim()) ? Number(text) : text);
  const match = state.match ?? [];
  const chosen: Record<Learns, readonly string[]> = {
    own: [OWN],
    host: learnsOf(match) === "host" && match.length > 0 ? match : [HOST],
    these: [draft.selector],
    several: match,
  };
  const step = /^\d+(\.\d+)?$/.test(draft.step.trim()) ? Number(draft.step) : draft.step.trim();
  return { match: chosen[draft.learns], field_size: whole(draft.field_size), step, seed: whole(draft.seed) };
}
