import type { Schemas } from "../answers.ts";
import { getJson } from "../api.ts";
import { tied } from "./format.ts";

export type Part = Schemas["Part"];

export type Parts = Schemas["Status"]["parts"];

const NAMES: Readonly<Record<string, string>> = { redis: "Redis", worker: "The worker", database: "The database", disk: "The disk" };

/** What goes on while a part is away. */
const STILL: Readonly<Record<string, string>> = {
  redis: "Charts, alerts and limits go on in each process by itself.",
  worker: "Data still comes in and is drawn; alerts, anomalies and training wait.",
  database: "What is on the page stays; new data is refused until it is back.",
  disk: "What is on the page stays; new data may be refused.",
};

/** What of Quadra itself does not work, in words for everybody; empty when all is well. */
export function troubleIn(parts: Parts): string {
  return Object.entries(parts)
    .filter(([, part]) => part.state === "down")
    .map(([name, { detail }]) => [`${NAMES[name] ?? name} does not answer${detail === undefined ? "" : `: ${tied(detail)}`}.`, STILL[name] ?? ""].join(" ").trim())
    .join(" ");
}

export async function fetchTrouble(): Promise<string> {
  return troubleIn((await getJson("/api/v1/status")).parts);
}
