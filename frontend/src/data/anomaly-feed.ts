import { getJson } from "../api.ts";
import { Cell } from "../cell.ts";
import type { Anomaly } from "./anomalies.ts";

const EVERY_MS = 15_000;
const TOGETHER_MS = 200;

/** The anomalies that last: asked for now and then, kept up by the live connection. */
export class AnomalyFeed {
  readonly open = new Cell<readonly Anomaly[]>([]);
  /** Counts what has begun or ended; many at once count as one. */
  readonly news = new Cell(0);
  #telling = false;

  start(): void {
    setInterval(() => {
      if (!document.hidden) this.load();
    }, EVERY_MS);
  }

  readonly load = (): void => {
    getJson("/api/v1/anomalies?state=open&limit=200").then(
      ({ anomalies }) => (this.open.value = anomalies),
      () => undefined, // those known stay, and the next round asks again
    );
  };

  readonly take = (anomaly: Anomaly): void => {
    const others = this.open.value.filter(({ id }) => id !== anomaly.id);
    const wasOpen = others.length < this.open.value.length;
    this.open.value = anomaly.ended_at === null ? [anomaly, ...others] : others;
    if (wasOpen !== (anomaly.ended_at === null)) this.#tell();
  };

  #tell(): void {
    if (this.#telling) return;
    this.#telling = true;
    setTimeout(() => {
      this.#telling = false;
      this.news.value += 1;
    }, TOGETHER_MS);
  }
}
