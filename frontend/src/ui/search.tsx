import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useCell } from "../cell.ts";
import { searchSeries } from "../data/history.ts";
import { selectorOf } from "../data/selector.ts";
import type { SeriesInfo } from "../data/types.ts";
import { useConsole } from "./context.ts";

interface Found {
  readonly q: string;
  readonly series: readonly SeriesInfo[];
  readonly error: boolean;
}

/** Finds any series and pins it to the top of the page. */
export function Search(): JSX.Element {
  const app = useConsole();
  const pins = useCell(app.pins);
  const input = useRef<HTMLInputElement>(null);
  const [q, setQ] = useState("");
  const [found, setFound] = useState<Found | null>(null);
  const [at, setAt] = useState(0);
  const [open, setOpen] = useState(false);
  useResults(q, setFound, () => setAt(0));

  const clear = (): void => {
    setQ("");
    setFound(null);
  };
  const choose = (series: SeriesInfo): void => {
    const pin = selectorOf(series.name, series.labels);
    const adds = !pins.includes(pin);
    app.store.add([series]);
    app.togglePin(pin);
    if (!adds) return;
    clear();
    setOpen(false);
    input.current?.blur();
    document.getElementById("content")?.scrollTo({ top: 0 });
    scrollTo({ top: 0 });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const series = found?.series ?? [];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const n = Math.max(series.length, 1);
      setAt((at + (event.key === "ArrowDown" ? 1 : n - 1)) % n);
    } else if (event.key === "Enter") {
      const chosen = series[at];
      if (chosen !== undefined) choose(chosen);
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
        placeholder="Search series"
        aria-label="Search series"
        aria-expanded={shown}
        aria-controls="search-results"
        aria-autocomplete="list"
        aria-activedescendant={shown && found.series.length > 0 ? `result-${at}` : undefined}
        autocomplete="off"
        spellcheck={false}
        value={q}
        data-testid="search"
        onInput={(event) => setQ(event.currentTarget.value)}
        onFocus={() => setOpen(true)}
        onKeyDown={onKeyDown}
      />
      <kbd aria-hidden="true">/</kbd>
      {shown && (
        <div class="results" id="search-results" role="listbox" aria-label="Series" data-testid="search-results">
          {found.series.map((series, i) => (
            <Result
              key={series.id}
              id={`result-${i}`}
              series={series}
              active={i === at}
              pinned={pins.includes(selectorOf(series.name, series.labels))}
              onChoose={() => choose(series)}
            />
          ))}
          {found.series.length === 0 && (
            <p class="no-result">
              {found.error ? "Could not search. " : `No chart matches “${found.q}”. `}
              <button type="button" class="link" onClick={() => (clear(), input.current?.focus())}>
                Clear filter
              </button>
            </p>
          )}
        </div>
      )}
    </div>
  );
}

function useResults(q: string, setFound: (found: Found) => void, reset: () => void): void {
  useEffect(() => {
    const words = q.trim();
    if (words === "") return;
    const running = new AbortController();
    const timer = setTimeout(() => {
      searchSeries(words, running.signal).then(
        (series) => {
          reset();
          setFound({ q: words, series, error: false });
        },
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

interface ResultProps {
  id: string;
  series: SeriesInfo;
  active: boolean;
  pinned: boolean;
  onChoose: () => void;
}

function Result({ id, series, active, pinned, onChoose }: ResultProps): JSX.Element {
  const labels = Object.entries(series.labels).map(([key, value]) => `${key} ${value}`);
  return (
    <div
      id={id}
      class="result"
      role="option"
      aria-selected={active}
      onPointerDown={(event) => event.preventDefault()}
      onClick={onChoose}
    >
      <span class="result-name">{series.name}</span>
      <span class="result-labels">{labels.join(", ")}</span>
      <span class="result-act">{pinned ? "Unpin" : "Pin"}</span>
    </div>
  );
}
