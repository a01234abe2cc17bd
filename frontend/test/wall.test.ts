import { describe, expect, it } from "vitest";
import { isAllRight } from "../src/ui/all-right.ts";
import { newlyFiring } from "../src/ui/notices.tsx";
import type { Alert } from "../src/data/alerts.ts";
import type { Anomaly } from "../src/data/anomalies.ts";

type Known = Parameters<typeof isAllRight>[0];

const alert = (id: number, more: Partial<Alert> = {}): Alert => ({ id, state: "firing", acknowledged_by: null, quieted_by: [], paged_at: null, ...more }) as Alert;
const standing = { critical: 0, warning: 0, unknown: 0, ok: 3 };

function known(more: Record<string, unknown> = {}): Known {
  const cells: Record<string, unknown> = {
    connection: { value: { state: "connected" } },
    trouble: { value: "" },
    store: { newest: 995 },
    now: () => 1000,
    alerts: { open: { value: [alert(1, { state: "pending" })] } },
    anomalies: { open: { value: [] } },
    services: { known: { value: { standing } } },
    ...more,
  };
  return cells as unknown as Known;
}

describe("a wall turns its pages", () => {
  it("while nothing is known to be wrong", () => {
    expect(isAllRight(known())).toBe(true);
    const small = { severity: "medium", metric: "cpu" } as Anomaly;
    const own = { severity: "critical", metric: "quadra_event_loop_lag_seconds" } as Anomaly;
    expect(isAllRight(known({ anomalies: { open: { value: [small, own] } } }))).toBe(true);
    expect(isAllRight(known({ alerts: { open: { value: [alert(1, { quieted_by: ["silence:1"] })] } } }))).toBe(true);
  });

  it.each<[string, Record<string, unknown>]>([
    ["an alert fires", { alerts: { open: { value: [alert(1)] } } }],
    ["somebody has an alert", { alerts: { open: { value: [alert(1, { acknowledged_by: "Mira" })] } } }],
    ["something is very unusual", { anomalies: { open: { value: [{ severity: "high", metric: "cpu" }] } } }],
    ["a service is silent", { services: { known: { value: { standing: { ...standing, unknown: 1 } } } } }],
    ["the connection is lost", { connection: { value: { state: "disconnected" } } }],
    ["a part of Quadra does not work", { trouble: { value: "Redis does not answer." } }],
    ["the newest value is old", { store: { newest: 960 } }],
  ])("but not when %s", (_what, more) => {
    expect(isAllRight(known(more))).toBe(false);
  });
});

describe("notices of the browser", () => {
  it("tell of each alert once, when it begins to fire and nobody has it", () => {
    const open = [alert(1), alert(2), alert(3, { state: "pending" }), alert(4, { acknowledged_by: "Mira" })];
    expect(newlyFiring(new Set([1]), open).map(({ id }) => id)).toEqual([2]);
    expect(newlyFiring(new Set([1, 2]), open)).toEqual([]);
    expect(newlyFiring(new Set(), [alert(5, { quieted_by: ["silence:1"] })])).toEqual([]);
  });
});
