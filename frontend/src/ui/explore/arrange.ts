import { useEffect, useRef, useState } from "preact/hooks";
import { placed } from "../../explore/plan.ts";

/** What a metric is called while it is dragged out of the list. */
export const METRIC = "text/x-quadra-metric";
/** And a chart, by its header. */
const CHART = "text/x-quadra-chart";

const FAR = 10;
const STEPS: Readonly<Record<string, 1 | -1>> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };
/** The tools that move a chart, by what their buttons say. */
export const EARLIER = "←";
export const LATER = "→";

interface Arranging {
  /** The entries of the charts as they stand. */
  readonly entries: readonly string[];
  readonly onArrange: (entries: readonly string[]) => void;
  /** A metric was dropped beside the charts. */
  readonly onAdd: (name: string) => void;
  /** A metric was dropped onto a chart. */
  readonly onJoin: (entry: string, name: string) => void;
}

interface Handlers {
  readonly onPointerDown: (event: PointerEvent) => void;
  readonly onDragStart: (event: DragEvent) => void;
  readonly onDragOver: (event: DragEvent) => void;
  readonly onDragLeave: (event: DragEvent) => void;
  readonly onDragEnd: () => void;
  readonly onDrop: (event: DragEvent) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

type Side = "before" | "after" | "onto";

/** Charts arranged by hand: dragged by their headers, moved with arrow keys; metrics dropped onto them. */
export function useArrange({ entries, onArrange, onAdd, onJoin }: Arranging): { readonly step: (entry: string, by: number) => void; readonly told: string; readonly handlers: Handlers } {
  const marked = useRef<HTMLElement | null>(null);
  const dragged = useRef("");
  const focus = useRef<{ entry: string; word: string } | null>(null);
  const [told, setTold] = useState("");
  // Its chart may have been made anew in its new place: the button that was pressed has the focus there too.
  useEffect(() => {
    const { entry = "", word = "" } = focus.current ?? {};
    focus.current = null;
    if (entry !== "") document.querySelector<HTMLElement>(`[data-entry="${CSS.escape(entry)}"] [data-tool="${word}"]`)?.focus();
  }, [entries.join("\n")]);
  const move = (entry: string, to: number): void => {
    const next = placed(entries, entry, to);
    setTold(`${entry}: place ${next.indexOf(entry) + 1} of ${next.length}`);
    if (next.join("\n") !== entries.join("\n")) onArrange(next);
  };
  const step = (entry: string, by: number): void => {
    const at = document.activeElement;
    if (at instanceof HTMLElement && at.dataset.tool !== undefined) focus.current = { entry, word: at.dataset.tool };
    move(entry, entries.indexOf(entry) + by);
  };
  const mark = (cell: HTMLElement | null, side: Side = "onto"): void => {
    if (marked.current !== cell) delete marked.current?.dataset.drop;
    marked.current = cell;
    if (cell !== null) cell.dataset.drop = side;
  };
  const handlers: Handlers = {
    // A header is dragged, its buttons are pressed.
    onPointerDown: ({ target }) => {
      const head = target instanceof Element && target.closest("button") === null ? target.closest<HTMLElement>(".chart-head") : null;
      if (head !== null) head.draggable = entries.length > 1;
    },
    onDragStart: (event) => {
      dragged.current = cellOf(event)?.dataset.entry ?? "";
      event.dataTransfer?.setData(CHART, dragged.current);
      if (event.dataTransfer !== null) event.dataTransfer.effectAllowed = "move";
    },
    onDragOver: (event) => {
      const types = event.dataTransfer?.types ?? [];
      if (!types.includes(METRIC) && !types.includes(CHART)) return;
      event.preventDefault();
      const cell = cellOf(event);
      mark(cell?.dataset.entry === dragged.current ? null : cell, types.includes(CHART) && cell !== null ? sideOf(event, cell) : "onto");
    },
    onDragLeave: (event) => {
      if (!(event.relatedTarget instanceof Element) || event.relatedTarget.closest("[data-entry]") === null) mark(null);
    },
    onDragEnd: () => {
      mark(null);
      dragged.current = "";
    },
    onDrop: (event) => {
      const [name, entry] = [event.dataTransfer?.getData(METRIC) ?? "", event.dataTransfer?.getData(CHART) ?? ""];
      const cell = cellOf(event);
      const onto = cell?.dataset.entry ?? "";
      mark(null);
      if (name === "" && !entries.includes(entry)) return;
      event.preventDefault();
      if (name !== "") {
        if (onto === "") onAdd(name);
        else onJoin(onto, name);
      } else if (cell !== null && onto !== entry) {
        const rest = entries.filter((other) => other !== entry);
        move(entry, rest.indexOf(onto) + (sideOf(event, cell) === "after" ? 1 : 0));
      }
    },
    onKeyDown: (event) => {
      const by = STEPS[event.key];
      const button = event.target instanceof HTMLElement ? event.target.dataset.tool : undefined;
      const entry = cellOf(event)?.dataset.entry;
      if (by === undefined || entry === undefined || (button !== EARLIER && button !== LATER)) return;
      event.preventDefault();
      step(entry, event.shiftKey ? by * FAR : by);
    },
  };
  return { step, told, handlers };
}

function cellOf({ target }: Event): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>("[data-entry]") : null;
}

/** Whether what is held over a chart goes before or after it: left and right of its middle; in one column, above and below. */
function sideOf({ clientX, clientY }: MouseEvent, cell: HTMLElement): Side {
  const { left, top, width, height } = cell.getBoundingClientRect();
  const row = (cell.parentElement?.clientWidth ?? 0) > width * 1.5;
  return (row ? clientX > left + width / 2 : clientY > top + height / 2) ? "after" : "before";
}
