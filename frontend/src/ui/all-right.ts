import { firing } from "../data/alerts.ts";
import type { Console } from "../controller.ts";

/** Data that is older says nothing of now. */
const FRESH_S = 30;

/** Whether nothing at all is known to be wrong, and what is known is fresh. */
export function isAllRight(app: Pick<Console, "connection" | "alerts" | "anomalies" | "services" | "trouble" | "store" | "now">): boolean {
  const standing = app.services.known.value?.standing;
  return (
    app.connection.value.state === "connected" &&
    app.trouble.value === "" &&
    app.now() - app.store.newest < FRESH_S &&
    [firing(app.alerts.open.value ?? [])].every(({ waiting, taken }) => waiting.length + taken.length === 0) &&
    app.anomalies.open.value.every(({ severity, metric }) => metric.startsWith("quadra_") || severity === "low" || severity === "medium") &&
    (standing === undefined || standing.critical + standing.warning + standing.unknown === 0)
  );
}
