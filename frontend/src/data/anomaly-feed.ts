import { getJson } from "../api.ts";
import { Cell } from "../cell.ts";
import type { Anomalies, Anomaly } from "./anomalies.ts";

const EVERY_MS = 15_000;

/** The anomalies that last: asked for now and then, kept up by the live connection. */
export class AnomalyFeed {
  readonly open = new Cell<readonly Anomaly[]>([]);

  start(): void {
    setInterval(() => {
      if (!document.hidden) this.load();
    }, EVERY_MS);
  }

  readonly load = (): void => {
    getJson<Anomalies>("/api/v1/anomalies?state=open&limit=200").then(
      ({ anomalies }) => (this.open.value = anomalies),
      () => undefined, // those known stay, and the next round asks again
    );
  };

  readonly take = (anomaly: Anomaly): void => {
    const others = this.open.value.filter(({ id }) => id !== anomaly.id);
    this.open.value = anomaly.ended_at === null ? [anomaly, ...others] : others;
  };
}
