import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Chart } from "../chart/chart.ts";
import type { ChartSpec } from "../chart/types.ts";
import { pinOf } from "../charts.ts";
import { useConsole } from "./context.ts";

const charts = new WeakMap<Element, Chart>();
const shown = new Set<Chart>();

/** One observer for all: only charts in view are drawn. */
const observer = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      const chart = charts.get(entry.target);
      if (chart === undefined) continue;
      chart.visible = entry.isIntersecting;
      if (entry.isIntersecting) {
        shown.add(chart);
        chart.update();
      } else shown.delete(chart);
    }
  },
  { rootMargin: "80px" },
);

/** The chart that keys move the cursor on: the one in use, else the first in view. */
export function chartInUse(key: string | undefined): Chart | undefined {
  const inView = [...shown];
  return (
    inView.find((chart) => chart.element.contains(document.activeElement)) ??
    inView.find((chart) => chart.spec.key === key) ??
    inView.sort((a, b) => (a.element.compareDocumentPosition(b.element) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1))[0]
  );
}

export function ChartSlot({ spec, pinned }: { spec: ChartSpec; pinned: boolean }): JSX.Element {
  const app = useConsole();
  const slot = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const place = slot.current;
    if (place === null) return;
    const pin = document.createElement("button");
    pin.type = "button";
    pin.className = "quiet";
    pin.textContent = pinned ? "Unpin" : "Pin";
    pin.addEventListener("click", () => app.togglePin(pinOf(spec)));
    const chart = new Chart(spec, app, pin);
    place.replaceChildren(chart.element);
    charts.set(chart.element, chart);
    observer.observe(chart.element);
    const leave = app.loop.add({
      update: () => chart.update(),
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
  }, [app, spec.key, pinned]);
  return <div class="slot" ref={slot} />;
}
