import type { Schemas } from "../answers.ts";
import { escapePattern, quote } from "../data/selector.ts";
import type { Labels } from "../data/types.ts";

type Kept = Schemas["BoardView"];

/** A label and the values that series must have, or must not. */
export type Filter = Kept["filters"][number];

/** How one chart is drawn, where that is not as usual. */
export type Choice = Kept["charts"][string];

export type ChoiceName = keyof Choice;
export const CHOICES: readonly ChoiceName[] = ["log", "stack", "raw"];

/**
 * What the Explore page shows; a board keeps just this. `names`: a chart each: a metric, a pattern with `*`, or
 * several metrics joined by `+`; none: all. `split`: a line for each value of this label; empty: for each series.
 * `per`: a chart for each value of this label.
 */
export type ExploreView = Omit<Kept, "range">;

/** The page's own part of the address. */
export interface ExploreAddress {
  readonly view: ExploreView;
  /** The board that it was opened from. */
  readonly board: number | null;
  /** The chart that has the page to itself. */
  readonly one: string;
}

export const EVERYTHING: ExploreView = { names: [], filters: [], split: "", per: "", order: "unusual", compare: "", charts: {} };

export const SHIFTS: Readonly<Record<ExploreView["compare"], number>> = { "": 0, day: 86_400, week: 604_800 };
export const SHIFT_WORDS: Readonly<Record<ExploreView["compare"], string>> = { "": "", day: "yesterday", week: "last week" };

export function readExplore(own: string): ExploreAddress {
  const query = new URLSearchParams(own);
  const board = Number(query.get("board") ?? Number.NaN);
  const compare = query.get("compare");
  const order = query.get("order");
  return {
    view: {
      names: query.getAll("m"),
      filters: readFilters(query.getAll("f")),
      split: query.get("split") ?? "",
      per: query.get("per") ?? "",
      order: order === "name" || order === "own" ? order : "unusual",
      compare: compare === "day" || compare === "week" ? compare : "",
      charts: readCharts(query.getAll("draw")),
    },
    board: Number.isInteger(board) && board > 0 ? board : null,
    one: query.get("one") ?? "",
  };
}

export function writeExplore({ view, board, one }: ExploreAddress): string {
  const query = new URLSearchParams();
  if (board !== null) query.set("board", String(board));
  for (const name of view.names) query.append("m", name);
  for (const { label, op, values } of view.filters) for (const value of values) query.append("f", `${label}${op}${value}`);
  if (view.split !== "") query.set("split", view.split);
  if (view.per !== "") query.set("per", view.per);
  if (view.order !== "unusual") query.set("order", view.order);
  if (view.compare !== "") query.set("compare", view.compare);
  for (const [key, choice] of Object.entries(view.charts)) {
    const chosen = CHOICES.filter((name) => choice[name] === true);
    if (chosen.length > 0) query.append("draw", `${chosen.join(",")}:${key}`);
  }
  if (one !== "") query.set("one", one);
  return query.toString();
}

function readFilters(texts: readonly string[]): Filter[] {
  const found = new Map<string, Filter & { values: string[] }>();
  for (const text of texts) {
    const [, label, op, value] = /^([^=!]+)(!?=)(.*)$/s.exec(text) ?? [];
    if (label === undefined || value === undefined || (op !== "=" && op !== "!=")) continue;
    const filter = found.get(label + op) ?? { label, op, values: [] };
    filter.values.push(value);
    found.set(label + op, filter);
  }
  return [...found.values()];
}

function readCharts(texts: readonly string[]): Record<string, Choice> {
  return Object.fromEntries(
    texts.flatMap((text) => {
      const [, chosen, key] = /^([a-z,]+):(.+)$/s.exec(text) ?? [];
      if (chosen === undefined || key === undefined) return [];
      const words = chosen.split(",");
      return [[key, Object.fromEntries(CHOICES.filter((name) => words.includes(name)).map((name) => [name, true]))] as const];
    }),
  );
}

/** The filters as conditions of a selector: `a="b",c!~"d|e"`. */
export function conditions(filters: readonly Filter[]): string {
  return filters
    .filter(({ values }) => values.length > 0)
    .map(({ label, op, values }) => {
      const [only] = values;
      if (values.length === 1 && only !== undefined) return `${label}${op}${quote(only)}`;
      return `${label}${op === "=" ? "=~" : "!~"}${quote(values.map(escapePattern).join("|"))}`;
    })
    .join(",");
}

export function passes(filters: readonly Filter[], labels: Labels): boolean {
  return filters.every(({ label, op, values }) => values.length === 0 || values.includes(labels[label] ?? "") === (op === "="));
}

/** One filter set anew; without values it is gone. */
export function withFilter(view: ExploreView, filter: Filter): ExploreView {
  const others = view.filters.filter(({ label, op }) => label !== filter.label || op !== filter.op);
  return { ...view, filters: filter.values.length === 0 ? others : [...others, filter] };
}

/** One choice for one chart turned on or off. */
export function withChoice(view: ExploreView, key: string, name: ChoiceName): ExploreView {
  const { [name]: was, ...others } = view.charts[key] ?? {};
  const rest = Object.fromEntries(Object.entries(view.charts).filter(([other]) => other !== key));
  const choice = was === true ? others : { ...others, [name]: true };
  return { ...view, charts: Object.keys(choice).length === 0 ? rest : { ...rest, [key]: choice } };
}
