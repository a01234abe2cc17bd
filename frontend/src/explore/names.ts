/** The same document under a name that no board has yet: "Nights", then "Nights (2)". */
export function withFreeName(document: unknown, taken: readonly string[]): unknown {
  if (typeof document !== "object" || document === null || !("name" in document) || typeof document.name !== "string") return document;
  const { name } = document;
  const used = new Set(taken);
  for (let n = 1; ; n += 1) {
    const free = n === 1 ? name : `${name} (${n})`;
    if (!used.has(free)) return { ...document, name: free };
  }
}

/** Whether this machine or Quadra sends it by itself. */
const isOwn = (name: string): boolean => /^(host|quadra)_/.test(name);

/** Metrics by name; those that somebody sends first, as they are what is looked for. */
export function sentFirst(a: string, b: string): number {
  return Number(isOwn(a)) - Number(isOwn(b)) || a.localeCompare(b);
}
