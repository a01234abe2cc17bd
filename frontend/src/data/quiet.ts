import type { Schemas } from "../answers.ts";
type Alert = Schemas["Alert"];
export type Silence = Schemas["ListedSilence"];

/** What keeps an alert quiet because somebody wants it so, or something worse tells of it. */
const ON_PURPOSE: Readonly<Record<string, string>> = { silence: "silenced", maintenance: "in maintenance", inhibited: "told of by a worse one" };

/** An alert that needs nobody now, in a word; empty where it needs somebody. */
export function quietWord({ quieted_by, paged_at }: Pick<Alert, "quieted_by" | "paged_at">): string {
  const kinds = quieted_by.map((by) => by.split(":")[0] ?? by);
  if (kinds.includes("silence")) return "silenced";
  // What was paged after all is not held back any more.
  const held = paged_at === null ? kinds.find((kind) => ON_PURPOSE[kind] !== undefined) : undefined;
  return held === undefined ? "" : (ON_PURPOSE[held] ?? "");
}

/** The alert with the silences that hold now in place of those that once kept a page back. */
export function withSilences<A extends Pick<Alert, "id" | "quieted_by">>(alert: A, silences: readonly Silence[] | null): A {
  if (silences === null) return alert;
  // What it says of a silence still holds while that one does: the alert may be younger than the list.
  const over = new Set(silences.filter(({ state }) => state !== "active").map(({ id }) => `silence:${id}`));
  const holding = silences.filter(({ alerts }) => alerts.includes(alert.id)).map(({ id }) => `silence:${id}`);
  return { ...alert, quieted_by: [...new Set([...alert.quieted_by.filter((by) => !over.has(by)), ...holding])] };
}
