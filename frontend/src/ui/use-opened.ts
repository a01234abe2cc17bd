import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** What a form that opens within the page needs. */
export interface Opened<T extends HTMLElement> {
  readonly place: RefObject<T | null>;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  /** Gives the focus back to where it was, or to what stands for that now. */
  readonly back: () => void;
}

/**
 * What opens by a key or a press has the focus in its first field at once, so that not even the
 * first key typed is lost; Esc closes it, and the focus is where it was before.
 */
export function useOpened<T extends HTMLElement>(open: boolean, close: () => void): Opened<T> {
  const place = useRef<T>(null);
  const origin = useRef<HTMLElement | null>(null);
  useLayoutEffect(() => {
    if (!open) return;
    origin.current = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    place.current?.querySelector<HTMLElement>("input, select, textarea")?.focus();
  }, [open]);
  const back = (): void => {
    const before = origin.current;
    if (before !== null && before !== document.body && before.isConnected) before.focus();
    else place.current?.closest("li, tr")?.querySelector<HTMLElement>(".row-link")?.focus();
  };
  return {
    place,
    back,
    onKeyDown: (event) => {
      if (event.key !== "Escape" || !open) return;
      event.stopPropagation();
      close();
      back();
    },
  };
}
