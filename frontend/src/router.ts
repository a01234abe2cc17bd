import { Cell } from "./cell.ts";

/** The pages, in the order of the navigation; `g` and this key lead there. */
export const PAGES = [
  { path: "/", name: "Overview", key: "o", group: 0 },
  { path: "/training", name: "Training", key: "t", group: 1 },
  { path: "/targets", name: "Targets", key: "p", group: 1 },
  { path: "/tokens", name: "Tokens", key: "k", group: 2 },
  { path: "/status", name: "Status", key: "x", group: 2 },
] as const;

export type Path = (typeof PAGES)[number]["path"];

export function pathOf(pathname: string): Path {
  return PAGES.find(({ path }) => path === pathname)?.path ?? "/";
}

/** Which page is open. The address has the last word: back and forth work. */
export class Router {
  readonly path: Cell<Path>;
  readonly #left: () => string;

  /** `search` gives the part of the address that goes along to the next page: its range. */
  constructor(search: () => string) {
    this.#left = search;
    this.path = new Cell(pathOf(location.pathname));
    addEventListener("popstate", () => (this.path.value = pathOf(location.pathname)));
  }

  open(path: Path): void {
    if (path === this.path.value) return;
    history.pushState(null, "", path + this.#left());
    this.path.value = path;
    scrollTo(0, 0);
    document.getElementById("content")?.focus();
  }
}
