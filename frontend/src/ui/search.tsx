import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useCell } from "../cell.ts";
import { searchSeries } from "../data/history.ts";
import { selectorOf } from "../data/selector.ts";
import type { SeriesInfo } from "../data/types.ts";
import { pagesLike, seriesInExplore } from "../explore/search.ts";
import { pagesFor, type PAGES } from "../router.ts";
import { useConsole } from "./context.ts";

interface Found {
  readonly q: string;
  readonly series: readonly SeriesInfo[];
  readonly error: boolean;
}

type Page = (typeof PAGES)[number];

/** Something that was found, and what choosing it does. */
interface Hit {
  readonly key: string;
  readonly name: string;
  readonly note: string;
  readonly act: string;
  readonly choose: () => void;
}

/** Finds pages and series. A series is pinned on the overview; elsewhere, where no pins stand, Explore shows it. */
export function Search(): JSX.Element {
  const app = useConsole();
  const pins = useCell(app.pins);
  const input = useRef<HTMLInputElement>(null);
  const [q, setQ] = useState("");
  const [found, setFound] = useState<Found | null>(null);
  const [at, setAt] = useState(0);
  const [open, setOpen] = useState(false);
  const pinning = useCell(app.router.path) === "/";
  /** Enter was pressed before the answer came: its first result is meant. */
  const hasty = useRef(false);

  const clear = (): void => {
    hasty.current = false;
    setQ("");
    setFound(null);
  };
  const leave = (): void => {
    clear();
    setOpen(false);
    input.current?.blur();
  };
  const pin = (series: SeriesInfo): void => {
    const selector = selectorOf(series.name, series.labels);
    const adds = !pins.includes(selector);
    app.store.add([series]);
    app.togglePin(selector);
    if (!adds) return;
    leave();
    document.getElementById("content")?.scrollTo({ top: 0 });
    scrollTo({ top: 0 });
  };
  const pageHit = (page: Page): Hit => ({
    key: page.path,
    name: page.name,
    note: "page",
    act: "Go to",
    choose: () => {
      leave();
      app.router.open(page.path);
    },
  });
  const seriesHit = (series: SeriesInfo): Hit => ({
    key: String(series.id),
    name: series.name,
    note: Object.entries(series.labels).map(([key, value]) => `${key} ${value}`).join(", "),
    act: !pinning ? "Open" : pins.includes(selectorOf(series.name, series.labels)) ? "Unpin" : "Pin",
    choose: () => {
      if (pinning) {
        pin(series);
        return;
      }
      leave();
      app.router.open("/explore", null, seriesInExplore(series));
    },
  });
  const hits = (of: Found): Hit[] => [...pagesLike(of.q, pagesFor(app.boot.scopes)).map(pageHit), ...of.series.map(seriesHit)];
  useResults(q, (now) => {
    setFound(now);
    setAt(0);
    const [first] = hits(now);
    if (hasty.current && first !== undefined) first.choose();
    hasty.current = false;
  });
  const listed = found === null ? [] : hits(found);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const n = Math.max(listed.length, 1);
      setAt((at + (event.key === "ArrowDown" ? 1 : n - 1)) % n);
    } else if (event.key === "Enter") {
      if (found?.q !== q.trim()) hasty.current = q.trim() !== "";
      else listed[at]?.choose();
    } else if (event.key === "Escape") {
      if (q !== "") clear();
      else input.current?.blur();
      event.stopPropagation();
    }
  };

  const shown = open && q.trim() !== "" && found !== null;
  return (
    <div class="search" role="search" onFocusOut={(event) => leaves(event) && setOpen(false)}>
      <input
        ref={input}
        id="search"
        type="text"
        inputMode="search"
        role="combobox"
        placeholder="Search or go to…"
        aria-label="Search series and pages"
        aria-expanded={shown}
        aria-controls="search-results"
        aria-autocomplete="list"
        aria-activedescendant={shown && listed.length > 0 ? `result-${at}` : undefined}
        autocomplete="off"
        spellcheck={false}
        value={q}
        data-testid="search"
        onInput={(event) => {
          hasty.current = false;
          setQ(event.currentTarget.value);
        }}
        onFocus={() => setOpen(true)}
        onKeyDown={onKeyDown}
      />
      <kbd aria-hidden="true">/</kbd>
      {shown && (
        <div class="results" id="search-results" role="listbox" aria-label="Found" data-testid="search-results">
          {listed.map((hit, i) => (
            <Result key={hit.key} id={`result-${i}`} hit={hit} active={i === at} />
          ))}
          {listed.length === 0 && (
            <p class="no-result">
              {found.error ? "Could not search. " : `No series or page matches “${found.q}”. `}
              <button type="button" class="link" onClick={() => (clear(), input.current?.focus())}>
                Clear
              </button>
            </p>
          )}
        </div>
      )}
    </div>
  );
}

function useResults(q: string, setFound: (found: Found) => void): void {
  useEffect(() => {
    const words = q.trim();
    if (words === "") return;
    const running = new AbortController();
    const timer = setTimeout(() => {
      searchSeries(words, running.signal).then(
        (series) => setFound({ q: words, series, error: false }),
        () => {
          if (!running.signal.aborted) setFound({ q: words, series: [], error: true });
        },
      );
    }, 120);
    return () => {
      clearTimeout(timer);
      running.abort();
    };
  }, [q]);
}

function leaves(event: FocusEvent): boolean {
  const box = event.currentTarget;
  return box instanceof Element && !box.contains(event.relatedTarget as Node | null);
}

function Result({ id, hit, active }: { readonly id: string; readonly hit: Hit; readonly active: boolean }): JSX.Element {
  return (
    <div
      id={id}
      class="result"
      role="option"
      aria-selected={active}
      onPointerDown={(event) => event.preventDefault()}
      onClick={hit.choose}
    >
      <span class="result-name">{hit.name}</span>
      <span class="result-labels">{hit.note}</span>
      <span class="result-act">{hit.act}</span>
    </div>
  );
}
