/** What the server writes into the page. */
export interface Boot {
  readonly version: string;
  readonly hostname: string;
  readonly instance: string;
  readonly address: string;
  readonly csrf: string;
  readonly scopes: readonly string[];
  readonly environment: string;
  readonly now: number;
}

export function readBoot(): Boot {
  const text = document.getElementById("boot")?.textContent ?? "{}";
  return JSON.parse(text) as Boot;
}

/** This machine's clock may be wrong; ages are told by the server's. Small offsets are only the page's way here. */
export function serverClock(boot: Boot, local: () => number = () => Date.now() / 1000): () => number {
  const offset = boot.now - local();
  const shift = Math.abs(offset) > 3 ? offset : 0;
  return () => local() + shift;
}
