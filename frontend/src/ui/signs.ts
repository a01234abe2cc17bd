import { useEffect } from "preact/hooks";
import { useCell } from "../cell.ts";
import type { Console } from "../controller.ts";
import { needsOf } from "../data/attention.ts";
import type { Shape } from "../data/sentence.ts";
import { PAGES } from "../router.ts";

const MARKS: Partial<Record<Shape, string>> = { crit: "◆", warn: "▲", info: "ⓘ", unknown: "◌" };
const ICONS: Partial<Record<Shape, string>> = { crit: "critical", warn: "busy", unknown: "unknown" };

/** What needs somebody, as every page counts it. */
export function useNeeds(app: Console): ReturnType<typeof needsOf> {
  const alerts = useCell(app.alerts.open) ?? [];
  const anomalies = useCell(app.anomalies.open);
  const known = useCell(app.services.known);
  const silent = known?.rows.filter(({ standing }) => standing === "unknown").map(({ name }) => name) ?? [];
  return needsOf(alerts, anomalies, silent);
}

/** Title and icon carry shape and count, on every page. */
export function useSigns(app: Console): void {
  const path = useCell(app.router.path);
  const { things } = useNeeds(app);
  const health = useCell(app.health);
  // What is not known makes all else old news.
  const lost = health.shape === "unknown";
  const shape: Shape = lost ? "unknown" : (things[0]?.shape ?? health.shape);
  const count = things.length > 0 ? things.length : health.troubles;
  useEffect(() => {
    const name = PAGES.find((page) => page.path === path)?.name ?? "";
    const mark = count === 0 && shape !== "unknown" ? undefined : MARKS[shape];
    const sign = mark === undefined ? "" : shape === "unknown" ? `${mark} ` : `${mark} ${count} `;
    document.title = `${sign}${name} · Quadra`;
    const icon = document.getElementById("favicon");
    const href = icon?.dataset[ICONS[shape] ?? "plain"];
    if (icon instanceof HTMLLinkElement && href !== undefined && icon.getAttribute("href") !== href) icon.href = href;
  }, [path, shape, count]);
}
