import type { Chart } from "../chart/chart.ts";

/** The charts in view: apart from what draws them, which a page without charts need not load. */
export const shown = new Set<Chart>();

/** The chart that keys move the cursor on: the one in use, else the first in view. */
export function chartInUse(key: string | undefined): Chart | undefined {
  const inView = [...shown];
  return (
    inView.find((chart) => chart.element.contains(document.activeElement)) ??
    inView.find((chart) => chart.spec.key === key) ??
    inView.sort((a, b) => (a.element.compareDocumentPosition(b.element) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1))[0]
  );
}
