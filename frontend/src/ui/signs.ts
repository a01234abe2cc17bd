import { useEffect } from "preact/hooks";
import { useCell } from "../cell.ts";
import type { Console } from "../controller.ts";
import { firing } from "../data/alerts.ts";
import type { Shape } from "../data/sentence.ts";
import { PAGES } from "../router.ts";

const MARKS: Partial<Record<Shape, string>> = { crit: "◆", warn: "▲", info: "ⓘ", unknown: "◌" };
const ICONS: Partial<Record<Shape, string>> = { crit: "critical", warn: "busy", unknown: "unknown" };

/** Title and icon carry shape and count, on every page. */
export function useSigns(app: Console): void {
  const path = useCell(app.router.path);
  const open = useCell(app.alerts.open) ?? [];
  const health = useCell(app.health);
  const { waiting } = firing(open);
  const worst = waiting[0]?.severity;
  const shape: Shape = worst === undefined ? health.shape : worst === "critical" ? "crit" : worst === "warning" ? "warn" : "info";
  const count = waiting.length > 0 ? waiting.length : health.troubles;
  useEffect(() => {
    const name = PAGES.find((page) => page.path === path)?.name ?? "";
    const mark = MARKS[shape];
    const sign = mark === undefined ? "" : shape === "unknown" ? `${mark} ` : `${mark} ${count} `;
    document.title = `${sign}${name} · Quadra`;
    const icon = document.getElementById("favicon");
    const href = icon?.dataset[ICONS[shape] ?? "plain"];
    if (icon instanceof HTMLLinkElement && href !== undefined && icon.getAttribute("href") !== href) icon.href = href;
  }, [path, shape, count]);
}
