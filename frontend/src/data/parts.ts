import type { Schemas } from "../answers.ts";
import { duration, number, plural } from "./format.ts";
import type { Part } from "./trouble.ts";

export type Status = Schemas["Status"];
type Queue = Schemas["Queue"];

/** A part of Quadra as its page shows it; what nothing waits for has no queue. */
export interface Row extends Part {
  readonly name: string;
  readonly queue: string;
  /** How long the first of the queue has waited. */
  readonly waits: string;
  readonly lag: string;
}

/** Seconds from which on the judge is called late, whatever waits. */
const JUDGE_LATE_S = 30;

/** What works a queue off: what waits in it, and what that means. */
const WORKERS: Readonly<Record<string, { readonly noun: (n: number) => string; readonly idle: string; readonly behind: string }>> = {
  judge: { noun: (n) => plural(n, "sample"), idle: "rules and detectors have seen every sample", behind: "rules and detectors see samples late" },
  sealer: { noun: (n) => plural(n, "sample"), idle: "all samples are in their place", behind: "samples wait for longer than they are meant to; nothing is lost" },
  notifications: { noun: (n) => plural(n, "page"), idle: "everybody was told", behind: "pages are due and not sent" },
};

/** All parts, those that work queues off behind the others. */
export function rowsOf({ parts, judge, queues }: Pick<Status, "parts" | "judge" | "queues">): Row[] {
  const plain = Object.entries(parts).map(([name, part]) => ({ ...part, name, queue: "", waits: "", lag: "" }));
  const working = Object.entries(queues ?? {}).map(([name, queue]) => rowOf(name, queue));
  return [...plain, ...working.map((row) => (row.name === "judge" ? withBeat(row, judge) : row))];
}

function rowOf(name: string, queue: Queue): Row {
  const { noun = number, idle = "", behind = "" } = WORKERS[name] ?? {};
  const detail = queue.late ? behind : queue.waiting === 0 ? idle : "";
  return {
    name,
    state: queue.late ? "degraded" : "ok",
    queue: queue.waiting === 0 ? "empty" : noun(queue.waiting),
    waits: queue.age === null ? "" : `for ${duration(queue.age)}`,
    lag: queue.lag < 1 ? "none" : duration(queue.lag),
    ...(detail === "" ? {} : { detail }),
  };
}

/** A judge that is silent is late, also where nothing waits. */
function withBeat(row: Row, { age }: Status["judge"]): Row {
  if (age === null) return { ...row, state: "degraded", detail: "nobody has evaluated rules yet" };
  return { ...row, age, state: age > JUDGE_LATE_S ? "degraded" : row.state };
}
