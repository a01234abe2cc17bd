import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useCell } from "../cell.ts";
import { useConsole } from "./context.ts";

const DONE = "quadra.tour";

const STOPS: readonly (readonly [title: string, text: string])[] = [
  ["The sentence says it all", "It tells whether all is right, and if not, where. The title and the icon of this tab say the same, on every page."],
  ["Services find themselves", "Send OpenTelemetry or Prometheus metrics: whoever sends stands here with traffic, errors, latency and saturation. Trouble comes first."],
  ["Every number leads to its moment", "A line opens in Explore, an alert on its page, a change with its letter on every chart. Everything is in the address: send a link, and it opens the same."],
  ["Keys", "/ searches, g and a letter opens a page, Space holds the time, K is for the screen on the wall. ? lists them all."],
];

function isDone(): boolean {
  try {
    return localStorage.getItem(DONE) === "done";
  } catch {
    return true; // it could not be dismissed for good
  }
}

/** A short tour on the first visit; gone for good once it was left. */
export function Tour(): JSX.Element | null {
  const app = useConsole();
  const path = useCell(app.router.path);
  const [at, setAt] = useState(isDone() ? -1 : 0);
  const next = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (at > 0) next.current?.focus();
  }, [at]);
  const leave = (): void => {
    setAt(-1);
    try {
      localStorage.setItem(DONE, "done");
    } catch {
      // asked again next time
    }
  };
  const shown = at >= 0 && path === "/";
  useEffect(() => {
    if (!shown) return;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "Escape" && !event.defaultPrevented) leave();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [shown]);
  const stop = STOPS[at];
  if (stop === undefined || path !== "/") return null;
  const [title, text] = stop;
  return (
    <section class="tour" aria-label="A short tour" data-testid="tour">
      <h2>{title}</h2>
      <p>{text}</p>
      <p class="tour-acts">
        <span>{`${at + 1} of ${STOPS.length}`}</span>
        <button type="button" class="link" onClick={leave}>
          Don’t show again
        </button>
        <button ref={next} type="button" class="control" onClick={() => (at + 1 < STOPS.length ? setAt(at + 1) : leave())}>
          {at + 1 < STOPS.length ? "Next" : "Done"}
        </button>
      </p>
    </section>
  );
}
