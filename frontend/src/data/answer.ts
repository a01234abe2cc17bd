import { useEffect, useState } from "preact/hooks";
import type { Got } from "../answers.ts";
import { ApiError, getJson } from "../api.ts";

/** What is known of something the server was asked for. */
export interface Answer<T> {
  readonly data: T | null;
  /** Why the last try failed; the data of an earlier one is still there. */
  readonly error: string | null;
  /** Unix ms of the last good answer. */
  readonly at: number;
  readonly again: () => void;
}

/** Asks at once, unless there is nothing to ask, and then every so many seconds while the page can be seen. */
export function useAnswer<P extends string>(path: P | null, everySeconds: number): Answer<Got<P>> {
  const [data, setData] = useState<Got<P> | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [at, setAt] = useState(0);
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (path === null) return;
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      try {
        setData(await getJson(path, { signal: leaving.signal }));
        setError(null);
        setAt(Date.now());
      } catch (failure) {
        if (leaving.signal.aborted) return;
        setError(failure instanceof ApiError ? failure.message : "an error here");
      }
      timer = setTimeout(() => void next(), everySeconds * 1000);
    };
    const next = async (): Promise<void> => {
      if (document.hidden) timer = setTimeout(() => void next(), 1000);
      else await ask();
    };
    void ask();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [path, everySeconds, round]);
  return { data, error, at, again: () => setRound((n) => n + 1) };
}
