import { io, type Socket } from "socket.io-client";
import { decodeFrame } from "./frame.ts";
import type { Alert } from "./alerts.ts";
import type { Anomaly } from "./anomalies.ts";
import type { Happened } from "./events.ts";
import type { Frame, SeriesInfo } from "./types.ts";

export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "connected" }
  | { readonly state: "disconnected"; readonly since: number; readonly retryAt: number | null; readonly why: string };

export interface LiveEvents {
  readonly state: (connection: Connection) => void;
  readonly frame: (frame: Frame) => void;
  readonly series: (series: readonly SeriesInfo[]) => void;
  /**
   * Subscribed, for the first time or again: series may have come that were never announced here.
   * `told`: up to which announcement events were sent before, to others.
   */
  readonly subscribed: (told: number) => void;
  /** Points may be missing: fetch the visible range again. `reason` is "too_slow" where frames gave way to newer ones. */
  readonly resync: (reason: string) => void;
  readonly alert: (alert: Alert) => void;
  readonly anomaly: (anomaly: Anomaly) => void;
  readonly event: (event: Happened) => void;
  readonly unauthorized: () => void;
  /** A part of Quadra went away or came back. */
  readonly partChanged: () => void;
}

interface Ack {
  readonly ok: boolean;
  readonly seq?: number;
  readonly told?: number;
  readonly series?: readonly SeriesInfo[];
  readonly code?: string;
  readonly detail?: string;
}

/** Seconds before each new try: whoever is back is noticed within a few. */
const DELAYS = [1, 2, 3, 4];

/**
 * The live connection: subscribes, hands frames on, and comes back by itself. Retrying
 * is done here rather than by the library, as the console shows the countdown.
 */
export class Live {
  readonly #socket: Socket;
  readonly #on: LiveEvents;
  readonly #now: () => number;
  #selectors: readonly string[] = [];
  #seq: number | null = null;
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lostAt: number | null = null;
  #stopping = false;
  #refusal = "";

  constructor(on: LiveEvents, now: () => number) {
    this.#on = on;
    this.#now = now;
    const socket = io({ transports: ["websocket"], autoConnect: false, reconnection: false, timeout: 8000 });
    this.#socket = socket;
    socket.on("connect", () => void this.#subscribe(true));
    socket.on("disconnect", () => {
      this.#lost(this.#stopping ? "Quadra is stopping." : this.#refusal);
      this.#refusal = "";
    });
    socket.on("connect_error", (error: Error) => {
      if (error.message === "unauthorized") on.unauthorized();
      else this.#lost("");
    });
    socket.on("samples", (message: unknown) => {
      const frame = decodeFrame(message);
      if (frame === null) return;
      this.#seq = frame.seq;
      on.frame(frame);
    });
    socket.on("series", (message: { series?: readonly SeriesInfo[] }) => on.series(message.series ?? []));
    socket.on("alert", on.alert);
    socket.on("anomaly", on.anomaly);
    socket.on("event", on.event);
    socket.on("resync", (message: { seq?: number; reason?: string }) => {
      if (typeof message.seq === "number") this.#seq = message.seq;
      on.resync(message.reason ?? "");
    });
    socket.on("system", (message: { kind?: string }) => {
      if (message.kind === "stopping") this.#stopping = true;
      else on.partChanged();
    });
  }

  start(): void {
    this.#on.state({ state: "connecting" });
    this.#socket.connect();
  }

  /** Asks for these series from now on; without effect when they are asked for already. */
  subscribe(selectors: readonly string[]): void {
    if (selectors.join("\n") === this.#selectors.join("\n")) return;
    this.#selectors = selectors;
    if (this.#socket.connected) void this.#subscribe(false);
  }

  retryNow(): void {
    if (this.#socket.connected) return;
    clearTimeout(this.#timer);
    this.#report(null);
    this.#socket.connect();
  }

  /**
   * Makes sure of the connection, and of having all: after a sleep or a change of network
   * a socket may look open that has long been lost.
   */
  check(): void {
    if (this.#socket.connected) void this.#subscribe(false);
    else this.retryNow();
  }

  async #subscribe(reconnect: boolean): Promise<void> {
    const request = {
      series: this.#selectors,
      events: ["series", "alerts", "anomalies", "events", "system"],
      format: "binary",
      ...(this.#seq === null ? {} : { since: this.#seq }),
    };
    let ack: Ack;
    try {
      ack = (await this.#socket.timeout(8000).emitWithAck("subscribe", request)) as Ack;
    } catch {
      ack = { ok: false, detail: "no answer to the subscription" };
    }
    if (!this.#socket.connected) return;
    if (!ack.ok) {
      this.#refusal = ack.detail ?? ack.code ?? "";
      this.#socket.disconnect();
      return;
    }
    if (this.#seq === null && typeof ack.seq === "number") this.#seq = ack.seq;
    this.#on.series(ack.series ?? []);
    if (!reconnect) return;
    this.#attempt = 0;
    this.#lostAt = null;
    this.#stopping = false;
    this.#on.state({ state: "connected" });
    this.#on.subscribed(ack.told ?? Number.POSITIVE_INFINITY);
  }

  #lost(why: string): void {
    clearTimeout(this.#timer);
    const delay = (DELAYS[Math.min(this.#attempt, DELAYS.length - 1)] ?? 4) * (1 + 0.2 * Math.random());
    this.#attempt += 1;
    this.#report(this.#now() + delay, why);
    this.#timer = setTimeout(() => this.retryNow(), delay * 1000);
  }

  #report(retryAt: number | null, why = ""): void {
    this.#lostAt ??= this.#now();
    this.#on.state({ state: "disconnected", since: this.#lostAt, retryAt, why });
  }
}
