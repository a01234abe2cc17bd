import { getJson } from "../api.ts";
import { Cell } from "../cell.ts";
import { newestFirst, type Happened } from "./events.ts";

const DAY = 86_400;
const MOST = 500;
/** How many come with the page at most: quadra/web/overview.py says the same. */
const WITH_PAGE = 50;

/** What happened lately: asked for by span, kept up by the live connection. */
export class EventFeed {
  readonly all = new Cell<readonly Happened[]>([]);
  #known = Number.POSITIVE_INFINITY;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  readonly take = (event: Happened): void => this.add([event]);

  /** Takes over what came with the page: all of the last day, or as many of the newest as fit. */
  begin(events: readonly Happened[]): void {
    const oldest = Math.min(...events.map(({ at }) => at));
    this.add(events, events.length < WITH_PAGE ? this.#now() - DAY : oldest);
  }

  /** Takes in what a span holds; `since`: from here on all is known. */
  add(events: readonly Happened[], since = Number.POSITIVE_INFINITY): void {
    const byId = new Map(this.all.value.map((event) => [event.id, event]));
    for (const event of events) byId.set(event.id, event);
    this.#known = Math.min(this.#known, since);
    if (byId.size > this.all.value.length) this.all.value = newestFirst([...byId.values()]).slice(0, MOST);
  }

  /** Makes sure of what happened since a moment, a day at least. */
  readonly load = async (from = this.#now() - DAY): Promise<void> => {
    const start = Math.min(from, this.#now() - DAY);
    const { events } = await getJson(`/api/v1/events?start=${Math.floor(start)}&limit=200`);
    this.add(events, start);
  };

  /** Asks for what came while the connection was away, or for an older span that is looked at. */
  readonly need = (from: number): void => {
    if (from < this.#known - 60) this.load(from).catch(() => undefined); // charts go without marks then
  };
}
