import { duration } from "../data/format.ts";
import { el } from "./dom.ts";
import type { Load } from "./types.ts";

/** Said in the plot's place while there is nothing to draw, above it otherwise. */
export class PlotState {
  readonly element = el("div", "plot-state");
  readonly #title: string;
  readonly #retry: HTMLButtonElement;
  #text = "";

  constructor(title: string, onRetry: () => void) {
    this.#title = title;
    this.#retry = el("button", "link", "Try again");
    this.#retry.type = "button";
    this.#retry.addEventListener("click", onRetry);
  }

  show(load: Load, empty: boolean, now: number): void {
    this.element.classList.toggle("aside", !empty && load.state === "failed");
    if (load.state === "failed") this.#say(`Could not load ${this.#title}: ${load.why}.`, true);
    else if (load.state === "ready") this.#say(empty ? "No data in this range." : "", false);
    else if (load.again || now - load.since < 0.3) this.#say("", false);
    else if (now - load.since < 5) this.#say(`Loading ${load.words}…`, false);
    else this.#say(`Still loading, ${duration(now - load.since)}.`, false);
  }

  #say(text: string, retry: boolean): void {
    if (this.#text === text) return;
    this.#text = text;
    this.element.replaceChildren();
    if (text !== "") this.element.append(el("span", "plot-words", text, ...(retry ? [" ", this.#retry] : [])));
  }
}
