import { getJson } from "../api.ts";

export interface Part {
  readonly state: "ok" | "degraded" | "down" | "off";
  readonly detail?: string;
}

const NAMES: Readonly<Record<string, string>> = { redis: "Redis", worker: "The worker", database: "The database", disk: "The disk" };

/** What of Quadra itself does not work, in words for everybody; empty when all is well. */
export function troubleIn(parts: Readonly<Record<string, Part>>): string {
  return Object.entries(parts)
    .filter(([, part]) => part.state === "down")
    .map(([name, { detail }]) => `${NAMES[name] ?? name} does not answer${detail === undefined ? "" : `: ${detail}`}.`)
    .join(" ");
}

export async function fetchTrouble(): Promise<string> {
  return troubleIn((await getJson<{ parts: Readonly<Record<string, Part>> }>("/api/v1/status")).parts);
}
