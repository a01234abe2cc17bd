import { tellsUtc, tellUtc } from "./data/format.ts";

const KEY = "quadra.zone";

/** Times are told as they were chosen to be: by this machine's clock, or in UTC. */
export function startZone(): void {
  try {
    tellUtc(localStorage.getItem(KEY) === "utc");
  } catch {
    // storage refused: local time
  }
}

export function switchZone(): void {
  tellUtc(!tellsUtc());
  try {
    localStorage.setItem(KEY, tellsUtc() ? "utc" : "local");
  } catch {
    // it holds until the page is left
  }
}
