import type { Alert } from "./data/alerts.ts";
import type { Anomaly } from "./data/anomalies.ts";
import type { Happened } from "./data/events.ts";
import type { ServicesAnswer } from "./data/services.ts";
import type { Parts } from "./data/trouble.ts";

export interface OverviewNow {
  readonly services: ServicesAnswer;
  readonly alerts: readonly Alert[];
  /** How many channels can be told of them. */
  readonly channels: number;
  readonly anomalies: readonly Anomaly[];
  readonly events: readonly Happened[];
  readonly training: boolean;
  readonly parts: Parts;
}

/** What the server writes into the page. */
export interface Boot {
  readonly version: string;
  readonly hostname: string;
  readonly instance: string;
  readonly address: string;
  readonly csrf: string;
  readonly scopes: readonly string[];
  readonly environment: string;
  /** Whoever is signed in by name; empty for a token. */
  readonly user: string;
  readonly now: number;
  /** The newest announcement that all on the page is as new as. */
  readonly told: number;
  /** What the overview shows first, so that it need not be asked for. */
  readonly overview?: OverviewNow | null;
}

export function readBoot(): Boot {
  const text = document.getElementById("boot")?.textContent ?? "{}";
  const overview = document.getElementById("overview")?.textContent ?? "null";
  return { ...(JSON.parse(text) as Boot), overview: JSON.parse(overview) as OverviewNow | null };
}

/** This machine's clock may be wrong; ages are told by the server's. Small offsets are only the page's way here. */
export function serverClock(boot: Boot, local: () => number = () => Date.now() / 1000): () => number {
  const offset = boot.now - local();
  const shift = Math.abs(offset) > 3 ? offset : 0;
  return () => local() + shift;
}
