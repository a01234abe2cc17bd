import { getJson } from "../api.ts";
import { Cell } from "../cell.ts";
import { linesOf, rowsOf, type Host, type Lines, type Service, type ServicesAnswer, type Standing } from "./services.ts";

const EVERY_MS = 2_000;
const LINES_MS = 15_000;
const MOST_LINES = 120;

/** What the overview knows of all services. */
export interface Known {
  readonly at: number;
  readonly rows: readonly Service[];
  readonly standing: Readonly<Record<Standing, number>>;
  readonly others: ServicesAnswer["others"];
  readonly complete: boolean;
  readonly costs: boolean;
}

/**
 * All services, asked for every two seconds while anybody looks: values of all, lines of
 * those in view only. The first answer comes within the page.
 */
export class ServicesFeed {
  /** Null until they are known. */
  readonly known = new Cell<Known | null>(null);
  readonly lines = new Cell<ReadonlyMap<string, Lines>>(new Map());
  readonly hosts = new Cell<readonly Host[]>([]);
  /** Why the newest answer could not be had; empty while all is well. */
  readonly failed = new Cell("");
  readonly #here: Service[] = [];
  #wanted: readonly string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #linesAt = 0;
  #takenAt = 0;
  #asking = false;

  take(answer: ServicesAnswer): void {
    // A server that has just begun does not know all yet: what is shown is better.
    if (!answer.complete && this.known.value !== null) return;
    const rows = rowsOf(answer);
    this.known.value = { at: answer.at, rows, standing: answer.standing, others: answer.others, complete: answer.complete, costs: answer.costs };
    if (answer.lines !== undefined) {
      this.lines.value = new Map([...this.lines.value, ...linesOf(answer)]);
      this.#linesAt = Date.now();
    }
    if (answer.hosts !== undefined) this.hosts.value = answer.hosts;
    this.#here.length = 0;
    this.#here.push(...rows);
    this.failed.value = "";
    this.#takenAt = Date.now();
  }

  /** Goes on for as long as somebody looks; gives what ends it. */
  watch(): () => void {
    const round = (): void => {
      this.#timer = setTimeout(round, EVERY_MS);
      if (!document.hidden) void this.ask();
    };
    // Whoever comes back to the page has old values before them: new ones come at once.
    const fresh = this.known.value !== null && Date.now() - this.#takenAt < EVERY_MS;
    this.#timer = setTimeout(round, fresh ? EVERY_MS : 0);
    return () => clearTimeout(this.#timer);
  }

  /** Names in view: their lines are asked for where they are missing. */
  want(names: readonly string[]): void {
    this.#wanted = names;
    if (names.some((name) => !this.lines.value.has(name))) void this.ask();
  }

  async ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      this.take(await getJson(`/api/v1/services?${this.#query()}`));
    } catch (error) {
      this.failed.value = error instanceof Error ? error.message : "an error here";
    } finally {
      this.#asking = false;
    }
  }

  #query(): URLSearchParams {
    const missing = this.#wanted.some((name) => !this.lines.value.has(name));
    const old = Date.now() - this.#linesAt > LINES_MS;
    if (!missing && !old && this.known.value !== null) return new URLSearchParams({ lines: "0", hosts: "1" });
    const places = this.#wanted.map((name) => this.#here.findIndex((row) => row.name === name)).filter((at) => at >= 0);
    const from = places.length === 0 ? 0 : Math.min(...places);
    const span = places.length === 0 ? 40 : Math.min(MOST_LINES, Math.max(...places) - from + 1);
    return new URLSearchParams({ offset: String(from), lines: String(span), hosts: "1" });
  }
}
