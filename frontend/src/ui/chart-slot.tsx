import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Chart } from "../chart/chart.ts";
import type { ChartSpec } from "../chart/types.ts";
import { pinOf } from "../charts.ts";
import { shown } from "./charts-in-view.ts";
import { useConsole } from "./context.ts";

const charts = new WeakMap<Element, Chart>();
const seen = new WeakMap<Element, () => void>();
const wake = new WeakMap<Element, () => void>();

/** One observer for all: only charts in view are drawn. */
const observer = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      const chart = charts.get(entry.target);
      if (chart === undefined) continue;
      chart.visible = entry.isIntersecting;
      if (entry.isIntersecting) {
        shown.add(chart);
        seen.get(entry.target)?.();
        seen.delete(entry.target);
        wake.get(entry.target)?.();
      } else shown.delete(chart);
    }
  },
  { rootMargin: "80px" },
);

/** Something that can be done with a chart. */
export interface Tool {
  readonly word: string;
  /** In full, for who does not see it beside its chart. */
  readonly label: string;
  /** Of one that is turned on and off: whether it is on. */
  readonly on?: boolean;
  readonly run: () => void;
}

interface ChartSlotProps {
  readonly spec: ChartSpec;
  readonly tools: readonly Tool[];
  /** It has come near the view for the first time. */
  readonly onSeen?: () => void;
}

/** A place for a chart, which is made by hand and drawn while it is in view. */
export function ChartSlot({ spec, tools, onSeen }: ChartSlotProps): JSX.Element {
  const app = useConsole();
  const slot = useRef<HTMLDivElement>(null);
  const latest = useRef({ tools, onSeen });
  latest.current = { tools, onSeen };
  const words = tools.map(({ word }) => word).join();
  useEffect(() => {
    const place = slot.current;
    if (place === null) return;
    const buttons = tools.map((tool, i) => buttonOf(tool, () => latest.current.tools[i]?.run()));
    const chart = new Chart(spec, app, buttons);
    place.replaceChildren(chart.element);
    charts.set(chart.element, chart);
    seen.set(chart.element, () => latest.current.onSeen?.());
    wake.set(chart.element, () => app.loop.request());
    observer.observe(chart.element);
    const leave = app.loop.add({
      update: () => chart.update(),
      draw: () => chart.draw(),
      tick: () => {
        chart.tick();
        app.widthIs(chart.width);
      },
    });
    return () => {
      leave();
      observer.unobserve(chart.element);
      shown.delete(chart);
      chart.destroy();
    };
    // The key stands for the whole specification: charts of one key never differ.
  }, [app, spec.key, words]);
  return <div class="slot" ref={slot} />;
}

/** A chart of the overview's kind: it can be pinned to the top of that page. */
export function PinnableChart({ spec, pinned = false }: { spec: ChartSpec; pinned?: boolean }): JSX.Element {
  const app = useConsole();
  const word = pinned ? "Unpin" : "Pin";
  return <ChartSlot spec={spec} tools={[{ word, label: `${word} ${spec.title}`, run: () => app.togglePin(pinOf(spec)) }]} />;
}

function buttonOf({ word, label, on }: Tool, run: () => void): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.dataset.tool = word;
  button.textContent = word;
  button.setAttribute("aria-label", label);
  if (on !== undefined) button.setAttribute("aria-pressed", String(on));
  button.addEventListener("click", run);
  return button;
}
