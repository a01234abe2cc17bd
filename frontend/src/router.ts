import { ownPart } from "./address.ts";
import { Cell } from "./cell.ts";

/** The pages, in the order of the navigation; `g` and this key lead there. `item`: what the address calls the one that is open. */
export const PAGES = [
  { path: "/", name: "Overview", key: "o", group: 0, item: "" },
  { path: "/explore", name: "Explore", key: "e", group: 0, item: "" },
  { path: "/alerts", name: "Alerts", key: "a", group: 0, item: "alert" },
  { path: "/anomalies", name: "Anomalies", key: "n", group: 0, item: "moment" },
  { path: "/events", name: "Events", key: "v", group: 0, item: "" },
  { path: "/replay", name: "Replay", key: "y", group: 0, item: "" },
  { path: "/rules", name: "Rules", key: "r", group: 1, item: "rule" },
  { path: "/channels", name: "Channels", key: "h", group: 1, item: "channel" },
  { path: "/training", name: "Training", key: "t", group: 1, item: "" },
  { path: "/targets", name: "Targets", key: "p", group: 1, item: "" },
  { path: "/tokens", name: "Tokens", key: "k", group: 2, item: "" },
  { path: "/users", name: "Users", key: "u", group: 2, item: "" },
  { path: "/sessions", name: "Sessions", key: "i", group: 2, item: "" },
  { path: "/audit", name: "Audit", key: "l", group: 2, item: "" },
  { path: "/status", name: "Status", key: "x", group: 2, item: "" },
] as const;

const FOR_ADMINS: readonly string[] = ["/tokens", "/users", "/audit"];

/** Those that somebody may open. */
export function pagesFor(scopes: readonly string[]): (typeof PAGES)[number][] {
  return PAGES.filter(({ path }) => scopes.includes("admin") || !FOR_ADMINS.includes(path));
}

export type Path = (typeof PAGES)[number]["path"];

export function pathOf(pathname: string): Path {
  return PAGES.find(({ path }) => path === pathname)?.path ?? "/";
}

/** The part of an address that names what is open on a page: "alert=7", or nothing. */
export function itemQuery(path: Path, item: string | null): string {
  const name = PAGES.find((page) => page.path === path)?.item ?? "";
  return name === "" || item === null ? "" : new URLSearchParams({ [name]: item }).toString();
}

function itemOf(path: Path, search: string): string | null {
  const name = PAGES.find((page) => page.path === path)?.item ?? "";
  return name === "" ? null : new URLSearchParams(search).get(name);
}

/** Which page is open, and what on it. The address has the last word: back and forth work. */
export class Router {
  readonly path: Cell<Path>;
  /** The alert, rule or channel that is open. */
  readonly item: Cell<string | null>;
  /** All of the address that is the page's own, as it stands there. */
  readonly own: Cell<string>;
  readonly #shared: () => string;

  /** `shared` gives the part of the address that goes along to the next page: its range. `moved`: somebody went back or forth. */
  constructor(shared: () => string, moved: () => void) {
    this.#shared = shared;
    this.path = new Cell(pathOf(location.pathname));
    this.item = new Cell(itemOf(this.path.value, location.search));
    this.own = new Cell(ownPart(location.search));
    addEventListener("popstate", () => {
      const path = pathOf(location.pathname);
      moved();
      this.own.value = ownPart(location.search);
      this.item.value = itemOf(path, location.search);
      this.path.value = path;
    });
  }

  open(path: Path, item: string | null = null, own = itemQuery(path, item)): void {
    const turns = path !== this.path.value;
    if (!turns && own === this.own.value) return;
    history.pushState(null, "", this.#address(path, own));
    this.own.value = own;
    this.item.value = itemOf(path, own);
    this.path.value = path;
    if (!turns) return;
    scrollTo(0, 0);
    document.getElementById("content")?.focus();
  }

  /** The page shows something else of its own; `step`: one that "back" takes back. */
  show(own: string, step: boolean): void {
    if (own === this.own.value) return;
    history[step ? "pushState" : "replaceState"](null, "", this.#address(this.path.value, own));
    this.own.value = own;
  }

  #address(path: Path, own: string): string {
    return `${path}${this.#shared()}${own === "" ? "" : `&${own}`}`;
  }
}
