/** Where a metric of a service, or of a host, can be looked into. */
export function explore(metric: string, match = ""): string {
  const own = new URLSearchParams({ range: "1h", m: `${metric}*` });
  const [, label = "", value = ""] = /^(\w+)="(.*)"$/s.exec(match) ?? [];
  if (label !== "") own.append("f", `${label}=${value.replaceAll("\\n", "\n").replaceAll('\\"', '"').replaceAll("\\\\", "\\")}`);
  return `/explore?${own}`;
}
