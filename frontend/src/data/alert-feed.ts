import { getJson } from "../api.ts";
import { Cell } from "../cell.ts";
import { withChange, type Alert } from "./alerts.ts";
import { withSilences, type Silence } from "./quiet.ts";

const EVERY_MS = 15_000;

/**
 * The open alerts: asked for once, then kept by the events of the live connection. Asked again
 * now and then, and after each reconnection, as an event may have been lost.
 */
export class AlertFeed {
  /** Null until they are known. */
  readonly open = new Cell<readonly Alert[] | null>(null);
  /** True once asked, also when nothing could be had: nobody waits for longer. */
  readonly asked = new Cell(false);
  /** How many channels can be told of them; null until it is known. */
  readonly channels = new Cell<number | null>(null);
  /** Grows with each change: who shows an alert's past asks again. */
  readonly changes = new Cell(0);
  #round = 0;
  /** Null until they are known. */
  #silences: readonly Silence[] | null = null;
  /** Events that came before the first answer. */
  #early: Alert[] = [];

  /** What came with the page. */
  know({ alerts, channels }: { readonly alerts: readonly Alert[]; readonly channels: number }): void {
    this.open.value = alerts;
    this.channels.value = channels;
    this.asked.value = true;
    if (alerts.length > 0) this.lookForSilences();
  }

  /** The alert with what keeps it quiet at present. */
  readonly asNow = (alert: Alert): Alert => withSilences(alert, this.#silences);

  /** Asks which silences hold: a page may be long gone by then, and the alert is no news all the same. */
  readonly lookForSilences = (): void => {
    getJson("/api/v1/silences").then(
      ({ silences }) => {
        this.#silences = silences;
        const open = this.open.value ?? [];
        const now = open.map(this.asNow);
        if (fingerprint(now) !== fingerprint(open)) this.open.value = now;
      },
      () => undefined, // what is known stays, and the next round asks again
    );
  };

  start(): void {
    setInterval(() => {
      if (!document.hidden) this.load();
    }, EVERY_MS);
    if (!this.asked.value) this.load();
  }

  readonly load = (): void => {
    const round = ++this.#round;
    getJson("/api/v1/alerts?limit=1000").then(
      ({ alerts, channels }) => {
        this.channels.value = channels;
        // An event has come meanwhile: this answer may be older. The next one will do.
        if (round !== this.#round) return;
        const open = this.#early.reduce<readonly Alert[]>(withChange, alerts).map(this.asNow);
        this.#early = [];
        if (fingerprint(open) !== fingerprint(this.open.value ?? [])) this.changes.value += 1;
        this.open.value = open;
        this.asked.value = true;
        if (open.length > 0) this.lookForSilences();
      },
      () => (this.asked.value = true),
    );
  };

  /** What was asked of one alert is as new as anything: its row tells the same value. */
  readonly heard = (alert: Alert): void => {
    const open = this.open.value ?? [];
    const known = open.find(({ id }) => id === alert.id);
    if (known?.state !== alert.state || known.value === alert.value) return;
    this.open.value = open.map((one) => (one === known ? { ...one, value: alert.value, peak: alert.peak } : one));
  };

  readonly take = (alert: Alert): void => {
    if (this.open.value === null) { this.load(); return; }
    this.#round += 1;
    this.open.value = withChange(this.open.value, this.asNow(alert));
    this.changes.value += 1;
  };
}

function fingerprint(alerts: readonly Alert[]): string {
  return JSON.stringify(alerts.map((a) => [a.id, a.state, a.recovering, a.acknowledged_by, a.pages, a.quieted_by]));
}
