import type { Plot } from "./plot.ts";
import type { Stage } from "./types.ts";
import { el } from "./dom.ts";

/** From this many pixels on a press is a drag. */
const DRAG = 5;
/** A turn of the wheel that lasts counts as one movement. */
const TURN_MS = 120;

/**
 * Pointer on a plot: pointing moves the shared cursor, dragging across chooses a stretch of
 * time, dragging with Shift and turning the wheel sideways move through time.
 */
export class Hands {
  /** The stretch that is being chosen. */
  readonly element = el("div", "plot-choice");
  readonly #place: HTMLElement;
  readonly #plot: Plot;
  readonly #stage: Stage;
  readonly #key: string;
  #from: { x: number; t: number; moves: boolean } | null = null;
  #turned = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(place: HTMLElement, plot: Plot, stage: Stage, key: string) {
    this.#place = place;
    this.#plot = plot;
    this.#stage = stage;
    this.#key = key;
    this.element.hidden = true;
    place.addEventListener("pointerdown", (event) => this.#press(event));
    place.addEventListener("pointermove", (event) => this.#move(event));
    place.addEventListener("pointerup", (event) => this.#release(event));
    place.addEventListener("pointercancel", () => this.#end());
    place.addEventListener("pointerleave", (event) => {
      // A finger that is lifted leaves the cursor where it was, to be read.
      if (event.pointerType !== "touch" && this.#from === null) stage.cursor.value = null;
    });
    place.addEventListener("wheel", (event) => this.#turn(event), { passive: false });
  }

  #x(event: MouseEvent): number {
    return event.clientX - this.#place.getBoundingClientRect().left;
  }

  #point(x: number): void {
    this.#stage.cursor.value = x > this.#plot.width ? null : { t: this.#plot.timeAt(x), chart: this.#key };
  }

  #press(event: PointerEvent): void {
    const x = this.#x(event);
    this.#point(x);
    if (event.button !== 0 || event.pointerType === "touch" || x > this.#plot.width) return;
    this.#from = { x, t: this.#plot.timeAt(x), moves: event.shiftKey };
    this.#place.setPointerCapture(event.pointerId);
  }

  #move(event: PointerEvent): void {
    const x = Math.min(Math.max(this.#x(event), 0), Math.max(this.#plot.width, 1));
    this.#point(this.#from === null ? this.#x(event) : x);
    if (this.#from === null || this.#from.moves || Math.abs(x - this.#from.x) < DRAG) return;
    this.element.hidden = false;
    this.element.style.left = `${Math.min(x, this.#from.x)}px`;
    this.element.style.width = `${Math.abs(x - this.#from.x)}px`;
  }

  #release(event: PointerEvent): void {
    const from = this.#from;
    const x = Math.min(Math.max(this.#x(event), 0), this.#plot.width);
    const t = this.#plot.timeAt(x);
    this.#end();
    if (from === null || Math.abs(x - from.x) < DRAG) return;
    if (from.moves) this.#stage.pan(from.t - t);
    else this.#stage.zoom(Math.min(from.t, t), Math.max(from.t, t));
  }

  #end(): void {
    this.#from = null;
    this.element.hidden = true;
  }

  #turn(event: WheelEvent): void {
    const sideways = event.shiftKey ? event.deltaY + event.deltaX : event.deltaX;
    if (sideways === 0 || (!event.shiftKey && Math.abs(event.deltaX) < Math.abs(event.deltaY))) return;
    event.preventDefault();
    this.#turned += sideways;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const { from, to } = this.#stage.window();
      this.#stage.pan((this.#turned / Math.max(this.#plot.width, 1)) * (to - from));
      this.#turned = 0;
    }, TURN_MS);
  }
}
