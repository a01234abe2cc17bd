import type { Labels, SeriesInfo } from "./types.ts";

/** Series are named as in Prometheus: `name{label="value",…}`, labels by name. */
export function selectorOf(name: string, labels: Labels = {}): string {
  const pairs = Object.keys(labels).sort().map((key) => `${key}=${quote(labels[key] ?? "")}`);
  const plain = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
  if (!plain) pairs.unshift(`__name__=${quote(name)}`);
  const head = plain ? name : "";
  return pairs.length === 0 ? head : `${head}{${pairs.join(",")}}`;
}

/** Characters of names in one selector: the server takes 4,096 of all. */
const MOST_NAMES = 3000;

/** Selectors for all series that bear one of these names; `also`: further conditions, as `a="b",c!="d"`. */
export function anyOfNames(names: readonly string[], also = ""): string[] {
  const parts: string[][] = [];
  let room = 0;
  for (const name of names) {
    const pattern = escapePattern(name);
    room -= pattern.length + 1;
    if (room < 0) {
      parts.push([]);
      room = MOST_NAMES - pattern.length;
    }
    parts.at(-1)?.push(pattern);
  }
  return parts.map((part) => `{__name__=~${quote(part.join("|"))}${also === "" ? "" : `,${also}`}}`);
}

export interface Wanted {
  readonly name: string;
  readonly labels: Labels;
}

/** Reads what `selectorOf` writes (equality only); null for anything else. */
export function parseSelector(text: string): Wanted | null {
  const outer = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)?\s*(?:\{(.*)\})?\s*$/s.exec(text);
  if (outer === null) return null;
  let name = outer[1] ?? "";
  const labels: Record<string, string> = {};
  const body = outer[2] ?? "";
  const pair = /\s*([a-zA-Z_][a-zA-Z0-9_.]*)\s*=\s*("(?:[^"\\]|\\.)*")\s*(?:,|$)/gy;
  let at = 0;
  while (at < body.length) {
    pair.lastIndex = at;
    const found = pair.exec(body);
    if (found === null) return null;
    const value = unquote(found[2] ?? '""');
    if (found[1] === "__name__") name = value;
    else labels[found[1] ?? ""] = value;
    at = pair.lastIndex;
  }
  return name === "" ? null : { name, labels };
}

export function matches(wanted: Wanted, series: Pick<SeriesInfo, "name" | "labels">): boolean {
  return (
    series.name === wanted.name &&
    Object.entries(wanted.labels).every(([key, value]) => (series.labels[key] ?? "") === value)
  );
}

/** A label's value as it stands in a selector. */
export function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/gs, (_, c: string) => (c === "n" ? "\n" : c));
}

export function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
