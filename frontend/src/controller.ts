import type { Boot } from "./boot.ts";
import { toLogin } from "./api.ts";
import { Cell } from "./cell.ts";
import { readAddress, storedPins, storePins, writeAddress, type View } from "./address.ts";
import { isOwn, TOLD } from "./charts.ts";
import { Delays } from "./chart/delays.ts";
import { Palette } from "./chart/palette.ts";
import type { Cursor, Expecting, Stage, Window } from "./chart/types.ts";
import { Filler, groupOf } from "./filler.ts";
import { AlertFeed } from "./data/alert-feed.ts";
import { AnomalyFeed } from "./data/anomaly-feed.ts";
import { EventFeed } from "./data/event-feed.ts";
import { marksIn, type Mark } from "./data/events.ts";
import { ServicesFeed } from "./data/services-feed.ts";
import { fetchSeries } from "./data/history.ts";
import { Live, type Connection } from "./data/live.ts";
import { chooseStep, rangeOf, type Range } from "./data/ranges.ts";
import { anyOfNames } from "./data/selector.ts";
import type { Shape } from "./data/sentence.ts";
import { Store } from "./data/store.ts";
import { fetchTrouble, troubleIn } from "./data/trouble.ts";
import type { Frame, SeriesInfo } from "./data/types.ts";
import { Loop } from "./loop.ts";
import { Router } from "./router.ts";
import { switchZone } from "./zone-choice.ts";

const LOOK_AGAIN_MS = 2000;
const LOOK_MS = 5000;
const MARKS_S = 10;
const ASLEEP_MS = 20_000;
const OWN = '{__name__=~".+",__name__!~"(host|quadra)_.*"}';
const BUILT_IN = '{__name__=~"(host|quadra)_.*"}';

const NOTHING_EXPECTED: Expecting = {
  version: 0,
  dress: (picture) => picture,
  tick: () => undefined,
  hurry: () => undefined,
};

/** What the open page draws. */
interface Drawn {
  readonly names: readonly string[];
  readonly also: string;
}

/** Ties the parts together: address, store, live connection, history, drawing. */
export class Console implements Stage {
  readonly boot: Boot;
  readonly now: () => number;
  readonly store = new Store();
  readonly cursor = new Cell<Cursor | null>(null);
  readonly view: Cell<View>;
  readonly pins: Cell<readonly string[]>;
  readonly connection = new Cell<Connection>({ state: "connecting" });
  /** Grows when series come to be known. */
  readonly catalog = new Cell(0);
  /** Whole seconds, for ages in text. */
  readonly second = new Cell(0);
  /** Points that came while the view stands still. */
  readonly missed = new Cell(0);
  /** True once the first list of series is here: only then may a list be called empty. */
  readonly listed = new Cell(false);
  readonly alerts = new AlertFeed();
  readonly delays = new Delays();
  readonly anomalies = new AnomalyFeed();
  readonly services = new ServicesFeed();
  readonly events: EventFeed;
  /** What changed within the window, with the letters that charts show. */
  readonly marks = new Cell<readonly Mark[]>([]);
  /** Bands, marks and forecasts of charts: a piece of its own, for lines come first. */
  expected: Expecting = NOTHING_EXPECTED;
  #expects = false;
  /** How often frames were missed that could not be sent again, and when last: history had them. */
  readonly dropped = new Cell({ count: 0, at: 0 });
  /** What the overview's sentence found, for the title and the icon. */
  readonly health = new Cell<{ readonly shape: Shape; readonly troubles: number }>({ shape: "ok", troubles: 0 });
  readonly router: Router;
  /** Grows when times are to be told in another zone. */
  readonly zone = new Cell(0);
  /** What of Quadra itself does not work, in words. */
  readonly trouble = new Cell("");
  readonly palette: Palette;
  readonly loop: Loop;
  /** What the open page draws. */
  #drawn: Drawn = { names: [], also: "" };
  #shift = 0;
  /** What was seen before somebody zoomed. */
  #wide: View | null = null;
  readonly #live: Live;
  readonly #filler: Filler;
  #pixels = 360;
  /** Groups of metrics in which series appeared, to be filled together. */
  readonly #stale = new Set<string>();
  #listedAll = false;
  /** Up to which announcement all on the page is known; only good for the first connection. */
  #told: number;
  /** What does not work came with the page, and need not be asked at once. */
  #lookedForTrouble = false;
  #quick: ReturnType<typeof setTimeout> | null = null;
  #nextLook: ReturnType<typeof setTimeout> | undefined;

  constructor(boot: Boot, now: () => number) {
    this.boot = boot;
    this.now = now;
    this.#told = boot.told;
    this.events = new EventFeed(now);
    const address = readAddress(location.search);
    this.view = new Cell(address.view);
    this.router = new Router(
      () => writeAddress(this.view.value, []),
      () => this.#wentBack(),
    );
    this.pins = new Cell<readonly string[]>(address.pins ?? storedPins());
    this.loop = new Loop(() => {
      this.second.value = Math.floor(now());
      const { from, live } = this.window();
      if (live) this.store.trim(from - 2 * Math.max(30, this.store.step));
      if (this.second.value % MARKS_S === 0) this.#mark();
      this.expected.tick({ ...this.window(), step: this.store.step });
      if (this.#shift > 0 && this.#filler.lacksPast(this.window().to)) this.refill();
    });
    this.palette = new Palette(() => this.loop.request());
    this.#filler = new Filler(this.store, now, () => {
      this.catalog.value += 1;
      this.loop.request();
    });
    this.#live = new Live(
      {
        state: (connection) => (this.connection.value = connection),
        frame: (frame) => this.#frame(frame),
        series: (series) => this.#announced(series),
        subscribed: (told) => {
          this.#listUntilDone();
          if (!this.#lookedForTrouble) this.#lookForTrouble();
          this.#lookedForTrouble = false;
          this.#catchUp(told);
        },
        partChanged: () => this.#lookForTrouble(),
        alert: this.alerts.take,
        anomaly: (anomaly) => {
          this.anomalies.take(anomaly);
          this.expected.hurry();
        },
        event: this.events.take,
        resync: (reason) => {
          if (reason === "too_slow") this.dropped.value = { count: this.dropped.value.count + 1, at: this.now() };
          this.refill();
        },
        unauthorized: toLogin,
      },
      now,
    );
  }

  start(): void {
    if (this.pins.value.length > 0) this.#writeAddress();
    this.loop.start();
    this.#begin();
    this.store.restart(this.#step());
    this.#subscribe();
    this.#live.start();
    this.#listUntilDone();
    addEventListener("online", () => this.#awake());
    document.addEventListener("resume", () => this.#awake());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.#awake();
    });
    let last = Date.now();
    setInterval(() => {
      // A machine that slept runs no timers: the next one comes late.
      if (!document.hidden && Date.now() - last > ASLEEP_MS) this.#awake();
      last = Date.now();
    }, LOOK_MS);
  }

  /** Takes over what came with the page. */
  #begin(): void {
    const { overview } = this.boot;
    this.events.all.subscribe(() => this.#mark());
    this.view.subscribe(() => {
      this.events.need(this.window().from);
      this.#mark();
    });
    if (overview !== undefined && overview !== null) {
      this.services.take(overview.services);
      const youngest = Math.min(...overview.services.services.age);
      if (Number.isFinite(youngest)) this.store.newest = Math.min(this.now(), overview.services.at - youngest);
      this.alerts.know(overview);
      this.anomalies.open.value = overview.anomalies;
      this.events.begin(overview.events);
      this.trouble.value = troubleIn(overview.parts);
      this.#lookedForTrouble = true;
      this.#lookLater();
    } else {
      this.anomalies.load();
      this.events.load().catch(() => undefined); // charts go without marks then
    }
    this.alerts.start();
    this.anomalies.start();
    this.router.path.subscribe(() => {
      this.#subscribe();
      if (!this.#listedAll) this.#listUntilDone();
    });
  }

  /**
   * After each connection: events may have come while there was none. After the first one only
   * where something was told since the page was made, which holds all that was told before.
   */
  #catchUp(told: number): void {
    const missed = told > this.#told;
    this.#told = Number.NEGATIVE_INFINITY;
    if (!missed) return;
    this.alerts.load();
    this.anomalies.load();
    this.events.load().catch(() => undefined); // charts go without marks then
  }

  #mark(): void {
    const { from, to } = this.window();
    const marks = marksIn(this.events.all.value, Math.min(from, to - 3600), to); // the overview's lines show an hour
    const said = (list: readonly Mark[]): string => list.map(({ event, letter }) => `${event.id}${letter}`).join();
    if (said(marks) === said(this.marks.value)) return;
    this.marks.value = marks;
    this.loop.request();
  }

  /** The page, or the machine, may have slept: what came meanwhile may be lost, and not be known to be. */
  #awake(): void {
    if (this.connection.value.state === "disconnected") this.retry();
    else this.#live.check();
  }

  readonly window = (): Window => {
    const { range, end } = this.view.value;
    const now = this.now();
    const to = end ?? now;
    return { from: to - range.seconds, to, now, live: end === null, marks: this.marks.value };
  };

  readonly loadOf: Stage["loadOf"] = (metric) => this.#filler.loadOf(metric);

  readonly knowsPast: Stage["knowsPast"] = (metric) => this.#filler.knowsPast(metric);

  readonly retry = (): void => {
    if (this.connection.value.state === "disconnected") this.#live.retryNow();
    this.refill();
  };

  /** Charts tell how wide they are, which sets the step of history. */
  widthIs(pixels: number): void {
    if (pixels === 0 || pixels === this.#pixels) return;
    this.#pixels = pixels;
    if (this.#step() !== this.store.step) this.#restart();
  }

  setRange(range: Range): void {
    this.#wide = null;
    this.#show({ ...this.view.value, range }, true);
  }

  /** Shows exactly this stretch, and stands still there until somebody goes live. */
  readonly zoom = (from: number, to: number): void => {
    this.#look(rangeOf(to - from), Math.max(Math.min(to, this.now()), 1));
  };

  /** Half as much, or twice as much, around the cursor. What is paused stays so; up to now, without a cursor, goes on. */
  scale(by: number): void {
    const { from, to, live } = this.window();
    const fixed = this.cursor.value?.t ?? to;
    const until = Math.min(this.now(), fixed + (to - fixed) * by);
    const range = rangeOf(until - fixed + (fixed - from) * by);
    this.#look(range, live && until >= to - 0.01 * range.seconds ? null : Math.max(until, 1));
  }

  /** What is looked at from nearer; what was seen before that is kept, to lead back to. */
  #look(range: Range, end: number | null): void {
    const before = this.view.value;
    this.#wide ??= before;
    if (before.end === null) this.missed.value = 0;
    this.#show({ range, end, paused: end !== null && before.paused }, true);
  }

  /** The stretch of the past that zooming led away from, if it was one. */
  get wide(): View | null {
    return this.#wide === null || this.#wide.end === null || this.#wide.range.key === this.view.value.range.key ? null : this.#wide;
  }

  /** Back to the stretch that was seen before zooming. */
  zoomOut(): void {
    const before = this.wide;
    this.#wide = null;
    if (before !== null) this.#show(before, true);
  }

  /** Half a range back or forth; forth beyond now is live. */
  stepTime(by: 1 | -1): void {
    this.pan((by * this.view.value.range.seconds) / 2);
  }

  readonly pan = (seconds: number): void => {
    const { to, live } = this.window();
    const end = to + seconds;
    if (live) this.missed.value = 0;
    this.#show({ range: this.view.value.range, end: end >= this.now() ? null : end, paused: false }, true);
  };

  pause(): void {
    if (this.view.value.end !== null) return;
    this.missed.value = 0;
    this.#show({ range: this.view.value.range, end: this.now(), paused: true }, false, false);
  }

  goLive(): void {
    const { range, end, paused } = this.view.value;
    if (end === null) return;
    // A stretch that was zoomed into is left with it: as much is seen as before.
    const before = this.#wide?.range ?? range;
    this.#wide = null;
    const same = paused && before.key === range.key;
    this.#show({ range: before, end: null, paused: false }, !same, !same);
    // What came while paused was not kept: history has it.
    if (same) this.refill();
  }

  /** Bands, marks and forecasts come along with the first chart. */
  #expect(): void {
    if (this.#expects) return;
    this.#expects = true;
    void import("./expecting.ts").then(({ makeExpecting }) => {
      this.expected = makeExpecting(this.now, () => this.loop.request());
    });
  }

  /** A page tells which metrics it draws; `also` narrows their series. */
  draws(names: readonly string[], also = ""): void {
    const drawn = { names, also };
    const before = this.#drawn;
    if (drawn.names.join() === before.names.join() && also === before.also) return;
    this.#drawn = drawn;
    if (names.length > 0) this.#expect();
    this.#subscribe();
    // What is drawn already is there; with other conditions it is not.
    const known = new Set(before.also === also ? before.names : []);
    this.refill(this.#names().filter((name) => !known.has(name)));
  }

  /** Seconds back to the day that charts are compared with; 0 for none. */
  compare(shift: number): void {
    if (shift === this.#shift) return;
    this.#shift = shift;
    this.store.forgetPast();
    if (shift > 0) this.refill();
    this.loop.request();
  }

  /** From local time to UTC and back, on the whole page. */
  switchZone(): void {
    switchZone();
    this.zone.value += 1;
  }

  togglePin(pin: string): void {
    const pins = this.pins.value;
    this.pins.value = pins.includes(pin) ? pins.filter((other) => other !== pin) : [pin, ...pins];
    storePins(this.pins.value);
    this.#writeAddress();
    this.#subscribe();
    this.refill();
  }

  /** Fetches the visible range again and merges it. */
  refill(names: readonly string[] = this.#names()): void {
    const { from, to } = this.window();
    const also = this.#drawn.also;
    this.#filler.fill({ names, also, from, to, words: this.view.value.range.words, shift: this.#shift });
  }

  /** The address has changed by itself: show what it says. */
  #wentBack(): void {
    const { view } = readAddress(location.search);
    const { range, end, paused } = this.view.value;
    if (view.range.key === range.key && view.end === end && view.paused === paused) return;
    this.#wide = null;
    this.view.value = view;
    this.cursor.value = null;
    this.#restart();
    this.loop.request();
  }

  /**
   * Asks what does not work: once more a moment later, as behind a proxy another process may have
   * answered that is not as far, and then until all is well.
   */
  #lookForTrouble(again = true): void {
    clearTimeout(this.#nextLook);
    fetchTrouble()
      .then(
        (found) => (this.trouble.value = found),
        () => undefined, // whoever can't ask has a strip of its own
      )
      .finally(() => {
        if (again || this.trouble.value !== "") this.#lookLater();
      });
  }

  #lookLater(): void {
    clearTimeout(this.#nextLook);
    this.#nextLook = setTimeout(() => this.#lookForTrouble(false), LOOK_AGAIN_MS);
  }

  #listUntilDone(): void {
    this.#list().catch(() => setTimeout(() => this.#listUntilDone(), 3000));
  }

  async #list(): Promise<void> {
    // The overview has its services from its page, and needs no list of all series.
    const here = this.router.path.value === "/" && this.services.known.value !== null;
    const [builtIn, own] = here ? [[], []] : await Promise.all([fetchSeries([BUILT_IN]), fetchSeries([OWN])]);
    this.#listedAll ||= !here;
    this.store.add([...builtIn, ...own]);
    this.listed.value = true;
    this.catalog.value += 1;
    this.#subscribe();
    this.refill();
  }

  /** `step`: one that "back" takes back. */
  #show(view: View, reload: boolean, step = true): void {
    this.view.value = view;
    this.cursor.value = null;
    this.#writeAddress(step);
    if (reload) this.#restart();
    this.loop.request();
  }

  #restart(): void {
    this.store.restart(this.#step());
    this.refill();
  }

  #step(): number {
    return chooseStep(this.view.value.range.seconds, this.#pixels);
  }

  #frame(frame: Frame): void {
    const { live } = this.window();
    const count = this.store.apply(frame, this.now(), live);
    if (!live) this.missed.value += count;
    this.loop.request();
  }

  /** New series: known from now on, and, when they are shown, asked for. */
  #announced(series: readonly SeriesInfo[]): void {
    const now = this.now();
    // One that is announced for the first time is new, whatever its samples' times say.
    const dated = this.listed.value ? series.map((info) => ({ first: now, ...info })) : series;
    const fresh = this.store.add(dated);
    if (fresh.length === 0) return;
    this.catalog.value += 1;
    if (this.router.path.value === "/" && fresh.some(({ name }) => isOwn(name))) void this.services.ask();
    const shown = new Set(this.#names());
    if (!this.listed.value || !fresh.some(({ name }) => shown.has(name))) return;
    for (const { name } of fresh) this.#stale.add(groupOf(name));
    // A metric with many label sets comes as many series: one request for them all.
    this.#quick ??= setTimeout(() => {
      this.#quick = null;
      const names = this.#names().filter((name) => this.#stale.has(groupOf(name)));
      this.#stale.clear();
      this.#subscribe();
      this.refill(names);
    }, 30);
  }

  #subscribe(): void {
    // Where no chart is drawn too: how old the newest data is stands on every page.
    const names = [...new Set([...this.#names(), ...TOLD])];
    this.#live.subscribe(anyOfNames(names, this.#drawn.also));
  }

  /** The metrics that have a chart. */
  #names(): string[] {
    return [...this.#drawn.names];
  }

  #writeAddress(step = false): void {
    const { path, own } = this.router;
    const pins = path.value === "/" ? this.pins.value : [];
    const address = `${path.value}${writeAddress(this.view.value, pins)}${own.value === "" ? "" : `&${own.value}`}`;
    history[step && address !== location.pathname + location.search ? "pushState" : "replaceState"](null, "", address);
  }
}
