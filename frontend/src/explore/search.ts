import type { SeriesInfo } from "../data/types.ts";
import { EVERYTHING, writeExplore } from "./view.ts";

/** Letters from which on a page may be meant. */
const LEAST = 2;

/** The pages whose names begin with what was typed. */
export function pagesLike<P extends { readonly name: string }>(typed: string, pages: readonly P[]): P[] {
  const words = typed.trim().toLowerCase();
  return words.length < LEAST ? [] : pages.filter(({ name }) => name.toLowerCase().startsWith(words));
}

/** Explore's own part of the address that shows this one series. */
export function seriesInExplore({ name, labels }: Pick<SeriesInfo, "name" | "labels">): string {
  const filters = Object.entries(labels).map(([label, value]) => ({ label, op: "=" as const, values: [value] }));
  return writeExplore({ view: { ...EVERYTHING, names: [name], filters }, board: null, one: "" });
}
