import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Answer } from "../data/answer.ts";
import { clock, THIN } from "../data/format.ts";

/** Shows what an answer holds, or in words why there is nothing to show. */
export function Answered<T>({
  answer,
  what,
  children,
}: {
  answer: Answer<T>;
  /** As in "Loading alerts…". */
  what: string;
  children: (data: T) => ComponentChildren;
}): JSX.Element {
  const { data, error, again, at } = answer;
  return (
    <>
      {error !== null && (
        <p class="problem" role="alert">
          {`Could not load ${what}: ${error.replace(/\.$/, "")}. `}
          {data !== null && `What follows is as of ${clock(at / 1000, true)}. `}
          <button type="button" class="link" onClick={again}>
            Try again
          </button>
        </p>
      )}
      {data === null ? error === null && <Loading what={what} /> : children(data)}
    </>
  );
}

/** Says nothing for the first 300 ms: most answers are there by then. */
function Loading({ what }: { what: string }): JSX.Element {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const first = setTimeout(() => setSeconds(0.3), 300);
    const later = setInterval(() => setSeconds((s) => Math.max(1, Math.floor(s) + 1)), 1000);
    return () => {
      clearTimeout(first);
      clearInterval(later);
    };
  }, []);
  const words = seconds >= 5 ? `Still loading, ${seconds}${THIN}s.` : `Loading ${what}…`;
  return <p class="empty">{seconds === 0 ? "\u00a0" : words}</p>;
}

export function Empty({ children }: { children: ComponentChildren }): JSX.Element {
  return (
    <div class="empty" data-testid="empty">
      {children}
    </div>
  );
}
