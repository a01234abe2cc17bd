/** A stretch of time in unix seconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** With fewer points than this a rhythm cannot be told. */
const ENOUGH = 4;
/** What is assumed of a series whose rhythm is unknown. */
const ASSUMED_INTERVAL = 10;

/** Seconds between points: the median distance of the newest ones, at least `step`. */
export function intervalOf(times: ArrayLike<number>, step = 0): number {
  const n = times.length;
  if (n < ENOUGH) return Math.max(ASSUMED_INTERVAL, step);
  return Math.max(median(distances(times, Math.max(1, n - 30), n)), step);
}

/** A shorter silence is never called a hole. */
const SHORTEST_GAP = 3;

/**
 * Stretches between neighbours that no line may join: they lie too far apart, or the sender
 * said between them that its line has ended (`ends`, ascending).
 */
export function findGaps(times: ArrayLike<number>, interval: number, ends: ArrayLike<number> = []): Span[] {
  const gaps: Span[] = [];
  const widest = Math.max(2.5 * interval, SHORTEST_GAP);
  let end = 0;
  for (let i = 1; i < times.length; i += 1) {
    const from = times[i - 1] ?? 0;
    const to = times[i] ?? 0;
    while (end < ends.length && (ends[end] ?? 0) <= from) end += 1;
    const ended = end < ends.length && (ends[end] ?? 0) < to;
    if (ended || (to - from > widest && to - from > 2.5 * rhythmAround(times, i))) gaps.push({ from, to });
  }
  return gaps;
}

const AROUND = 7;

/** A series may once have been slower: the longer median distance just before or after point `i`. */
function rhythmAround(times: ArrayLike<number>, i: number): number {
  const before = distances(times, Math.max(1, i - AROUND), i);
  const after = distances(times, i + 1, Math.min(times.length, i + 1 + AROUND));
  return Math.max(median(before), median(after));
}

function distances(times: ArrayLike<number>, first: number, end: number): number[] {
  const out: number[] = [];
  for (let i = first; i < end; i += 1) out.push((times[i] ?? 0) - (times[i - 1] ?? 0));
  return out;
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return values.length < ENOUGH - 1 ? 0 : (values[values.length >> 1] ?? 0);
}

/** What lies in every one of the lists; each list is ascending and free of overlap. */
export function commonSpans(lists: readonly (readonly Span[])[]): Span[] {
  const [first, ...rest] = lists;
  return rest.reduce<Span[]>((spans, other) => overlap(spans, other), [...(first ?? [])]);
}

function overlap(a: readonly Span[], b: readonly Span[]): Span[] {
  const out: Span[] = [];
  for (const x of a) {
    for (const y of b) {
      const from = Math.max(x.from, y.from);
      const to = Math.min(x.to, y.to);
      if (from < to) out.push({ from, to });
    }
  }
  return out;
}

/** Late: older than three intervals and than ten seconds. */
export function isStale(age: number, interval: number): boolean {
  return age > 10 && age > 3 * interval;
}
