import type { Schemas } from "../answers.ts";
import { getJson } from "../api.ts";
import type { SeriesInfo } from "./types.ts";

export type HistorySeries = Schemas["HistorySeries"];

export type Agg = "avg" | "min" | "max" | "last" | "rate";

export interface HistoryQuery {
  readonly match?: readonly string[];
  /** Ids of series, instead of selectors or beside them. */
  readonly series?: readonly number[];
  readonly start: number;
  readonly end: number;
  /** Seconds a bucket, 0 for raw samples. */
  readonly step: number;
  readonly aggs?: readonly Agg[];
}

export type HistoryPath = `/api/v1/history?${string}`;

export function historyPath({ match = [], series = [], start, end, step, aggs = [] }: HistoryQuery): HistoryPath {
  const query = new URLSearchParams(match.map((selector) => ["match", selector]));
  for (const id of series) query.append("series", String(id));
  query.set("start", start.toFixed(3));
  query.set("end", end.toFixed(3));
  if (step > 0) query.set("step", String(step));
  for (const agg of aggs) query.append("agg", agg);
  return `/api/v1/history?${query.toString()}`;
}

export async function fetchHistory(query: HistoryQuery, signal?: AbortSignal): Promise<readonly HistorySeries[]> {
  const answer = await getJson(
    historyPath(query),
    signal === undefined ? {} : { signal },
  );
  return answer.series;
}

/** Series that match, page by page, `most` at most. */
export async function fetchSeries(match: readonly string[], most = 2000): Promise<SeriesInfo[]> {
  const found: SeriesInfo[] = [];
  let after: number | undefined;
  do {
    const query = new URLSearchParams(match.map((selector) => ["match", selector]));
    query.set("limit", "200");
    if (after !== undefined) query.set("after", String(after));
    const page = await getJson(`/api/v1/series?${query}`);
    found.push(...page.series);
    after = page.next;
  } while (after !== undefined && found.length < most);
  return found;
}

/** Series whose name or label values contain every word of `q`. */
export async function searchSeries(q: string, signal: AbortSignal): Promise<readonly SeriesInfo[]> {
  const query = new URLSearchParams({ q, limit: "20" });
  return (await getJson(`/api/v1/series?${query}`, { signal })).series;
}
