import type { Schemas } from "../answers.ts";
type Alert = Schemas["Alert"];
export type Silence = Schemas["Silence"];

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
export function withSilences<A extends Pick<Alert, "quieted_by" | "labels" | "rule" | "metric" | "severity">>(alert: A, silences: readonly Silence[] | null): A {
  if (silences === null) return alert;
  const others = alert.quieted_by.filter((by) => !by.startsWith("silence"));
  const holding = silences.filter(({ state, matchers }) => state === "active" && matchers.every((text) => matchesOne(alert, text)));
  return { ...alert, quieted_by: [...others, ...holding.map(({ id }) => `silence:${id}`)] };
}

/** One condition as silences are told: `name="value"`, with `=`, `!=`, `=~` or `!~`. */
function matchesOne(alert: Pick<Alert, "labels" | "rule" | "metric" | "severity">, text: string): boolean {
  const [, name = "", op = "", quoted = ""] = /^\s*([^=!~\s]+)\s*(=~|!~|!=|=)\s*(".*")\s*$/s.exec(text) ?? [];
  const own: Readonly<Record<string, string>> = { rule: alert.rule, alertname: alert.rule, __name__: alert.metric, severity: alert.severity };
  const value = alert.labels[name] ?? own[name] ?? "";
  let wanted: string;
  try {
    wanted = JSON.parse(quoted) as string;
  } catch {
    return false; // written in a way that only the server reads
  }
  if (op === "=" || op === "!=") return (value === wanted) === (op === "=");
  try {
    return new RegExp(`^(?:${wanted})$`, "s").test(value) === (op === "=~");
  } catch {
    return false;
  }
}
