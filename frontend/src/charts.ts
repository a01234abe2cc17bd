import type { ChartSpec } from "./chart/types.ts";
import { matches, parseSelector, selectorOf } from "./data/selector.ts";
import type { Store } from "./data/store.ts";
import { isCounter } from "./data/track.ts";
import { BYTES, COUNT, unitFor } from "./data/units.ts";

function spec(title: string, name: string, more: Partial<ChartSpec> = {}): ChartSpec {
  return { key: `own:${name}`, title, metrics: [{ name }], unit: unitFor({ name }, isCounter({ name })), ...more };
}

/** What a machine tells of itself. A chart whose series do not exist is not shown. */
export const HOST: readonly ChartSpec[] = [
  spec("CPU busy", "host_cpu_busy_percent", { top: 100 }),
  spec("CPU by mode", "host_cpu_percent", {
    only: (track) => track.info.labels.mode !== "idle",
    order: ["user", "system", "iowait", "steal", "softirq", "irq", "nice"],
  }),
  spec("Cores", "host_cpu_core_percent", { top: 100 }),
  spec("Load", "host_load", { unit: { ...COUNT, additive: false } }),
  spec("Memory used", "host_memory_used_percent", { top: 100 }),
  spec("Swap used", "host_swap_used_percent", { top: 100 }),
  spec("Disk used", "host_disk_used_percent", { top: 100 }),
  spec("Disk read and write", "host_disk_read_bytes_per_second", {
    metrics: [
      { name: "host_disk_read_bytes_per_second", word: "read" },
      { name: "host_disk_write_bytes_per_second", word: "write" },
    ],
  }),
  spec("Network", "host_network_receive_bytes_per_second", {
    metrics: [
      { name: "host_network_receive_bytes_per_second", word: "in" },
      { name: "host_network_transmit_bytes_per_second", word: "out" },
    ],
  }),
  spec("Temperature", "host_temperature_celsius"),
];

export const QUADRA: readonly ChartSpec[] = [
  spec("Requests", "quadra_http_requests_per_second"),
  spec("Request latency p95", "quadra_http_request_p95_seconds"),
  spec("Consoles", "quadra_websocket_connections", { unit: COUNT }),
  spec("Event loop lag", "quadra_event_loop_lag_seconds"),
  spec("Memory", "quadra_memory_bytes", { unit: BYTES }),
  spec("Samples received", "quadra_samples_per_second"),
  spec("Journal commit", "quadra_journal_commit_seconds"),
];

const BUILT_IN = new Map([...HOST, ...QUADRA].map((chart) => [chart.metrics[0]?.name ?? "", chart]));

export function isOwn(name: string): boolean {
  return !name.startsWith("host_") && !name.startsWith("quadra_");
}

/** The counters behind a histogram, some dozen a line: of use to a question, not to the eye. */
const BUCKETS = "_bucket";

/** The user's metrics, the one that appeared last first. */
export function ownNames(store: Store): string[] {
  const appeared = (name: string): number => Math.min(...store.named(name).map((track) => track.info.first ?? 0));
  return store.names
    .filter((name) => isOwn(name) && !name.endsWith(BUCKETS))
    .map((name) => ({ name, at: appeared(name) }))
    .sort((a, b) => b.at - a.at || a.name.localeCompare(b.name))
    .map(({ name }) => name);
}

export function ownChart(name: string): ChartSpec {
  return spec(name, name);
}

/** What the overview's sentence tells of the host, and every page how old its newest data is by: followed, but without a past. */
export const TOLD: readonly string[] = ["host_cpu_busy_percent", "host_memory_used_percent", "host_disk_used_percent"];

/** The metrics that have a chart on the overview. */
export function overviewNames(others: readonly string[], pins: readonly string[]): string[] {
  const pinned = pins.flatMap((pin) => pinnedChart(pin)?.metrics.map(({ name }) => name) ?? []);
  return [...new Set([...others, ...pinned])];
}

/** A pin is a selector: a whole metric, or some series of it. Null when it cannot be read. */
export function pinnedChart(pin: string): ChartSpec | null {
  const wanted = parseSelector(pin);
  if (wanted === null) return null;
  const known = BUILT_IN.get(wanted.name);
  const whole = Object.keys(wanted.labels).length === 0;
  return {
    key: `pin:${pin}`,
    title: known?.title ?? wanted.name,
    metrics: whole ? (known?.metrics ?? [{ name: wanted.name }]) : [{ name: wanted.name }],
    unit: known?.unit ?? unitFor(wanted, isCounter(wanted)),
    ...(known?.top === undefined ? {} : { top: known.top }),
    ...(known?.order === undefined ? {} : { order: known.order }),
    only: (track) => (whole ? (known?.only?.(track) ?? true) : matches(wanted, track.info)),
  };
}

export function pinOf(chart: ChartSpec): string {
  return chart.key.startsWith("pin:") ? chart.key.slice(4) : selectorOf(chart.metrics[0]?.name ?? "");
}
