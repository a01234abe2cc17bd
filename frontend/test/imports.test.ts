/// <reference types="vite/client" />
import { expect, test } from "vitest";

const SOURCES = import.meta.glob<string>("../src/**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });

/** What each source file imports of the others, by path below src; types too. */
function importsOf(): Map<string, string[]> {
  return new Map(
    Object.entries(SOURCES).map(([path, text]) => {
      const file = path.replace("../src/", "");
      const found = [...text.matchAll(/(?:^|\n)(?:import|export)\b[^;]*?from "(\.[^"]+)"/g)];
      return [file, found.map(([, to = ""]) => new URL(to, `file:///${file}`).pathname.slice(1))] as const;
    }),
  );
}

test("no file of the console imports itself by a detour", () => {
  const imports = importsOf();
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]): readonly string[] | null => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return null;
    for (const to of imports.get(file) ?? []) {
      const circle = walk(to, [...way, file]);
      if (circle !== null) return circle;
    }
    done.add(file);
    return null;
  };
  expect([...imports.keys()].map((file) => walk(file, [])).find((circle) => circle !== null)).toBeUndefined();
});

test("data knows neither charts nor pages, charts know no pages", () => {
  const wrong = [...importsOf()].flatMap(([file, all]) => {
    const [room = ""] = file.split("/");
    const above = { data: ["ui", "chart", "explore"], chart: ["ui", "explore"], explore: ["ui"] }[room] ?? [];
    return all.filter((to) => above.includes(to.split("/")[0] ?? "")).map((to) => `${file} -> ${to}`);
  });
  expect(wrong).toEqual([]);
});
