import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

interface MenuProps {
  /** On the button. */
  readonly text: ComponentChildren;
  /** In full, where the button's text does not say it all. */
  readonly label?: string;
  /** Opens towards the left, for what stands at the right edge. */
  readonly end?: boolean;
  readonly plain?: boolean;
  readonly testid?: string;
  /** Made anew at each opening; `close` also gives the focus back. */
  readonly children: (close: () => void) => ComponentChildren;
}

/** A button that opens a panel below itself; Esc, or whatever happens elsewhere, closes it. */
export function Menu({ text, label, end = false, plain = false, testid, children }: MenuProps): JSX.Element {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  // Before the next key comes: what is typed right after opening goes into the field.
  useLayoutEffect(() => {
    if (!open) return;
    box.current?.querySelector<HTMLElement>(".menu-panel :is(input, select, button, a)")?.focus();
    const elsewhere = (event: Event): void => {
      if (!(event.target instanceof Node) || box.current === null || box.current.contains(event.target)) return;
      // A press on what takes no focus, a name in the list, gives it to the page around the menu.
      if (event.type === "focusin" && event.target.contains(box.current)) return;
      setOpen(false);
    };
    // The focus may be on the page by now, where something was dragged out of the menu.
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || box.current?.contains(document.activeElement) === true) return;
      event.preventDefault();
      close();
    };
    addEventListener("keydown", onKey, true);
    addEventListener("pointerdown", elsewhere);
    addEventListener("focusin", elsewhere);
    return () => {
      removeEventListener("keydown", onKey, true);
      removeEventListener("pointerdown", elsewhere);
      removeEventListener("focusin", elsewhere);
    };
  }, [open]);
  return (
    <div
      class="menu-box"
      ref={box}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        event.stopPropagation();
        close();
      }}
    >
      <button ref={button} type="button" class={plain ? "add" : "control"} aria-expanded={open} aria-label={label} data-testid={testid} onClick={() => setOpen(!open)}>
        {text}
        {!plain && <span aria-hidden="true"> ▾</span>}
      </button>
      {open && <div class={`menu-panel${end ? " menu-end" : ""}`}>{children(close)}</div>}
    </div>
  );
}
