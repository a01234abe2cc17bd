import { afterEach, expect, test, vi } from "vitest";
import { Store } from "../src/data/store.ts";
import { Filler } from "../src/filler.ts";
import { series } from "./helpers.ts";

const DAY = 86_400;
const [FROM, TO] = [10 * DAY, 10 * DAY + 300];
const WISH = { names: ["load"], also: "", from: FROM, to: TO, words: "5 minutes", shift: DAY };

afterEach(() => void vi.unstubAllGlobals());

test.each([200, 500])("nobody says that there is nothing of yesterday before that was answered, be it with %d", async (status) => {
  let answer = (): void => undefined;
  let asked = (): void => undefined;
  let settled = (): void => undefined;
  const empty = (of = 200): Response => new Response('{"series": []}', { status: of });
  // What is of today is answered at once, what is of before when the test says so.
  vi.stubGlobal("fetch", async (path: string) => {
    const start = Number(new URL(path, "http://localhost").searchParams.get("start"));
    if (start > FROM - DAY / 2) return empty();
    const answered = new Promise<void>((resolve) => (answer = resolve));
    asked();
    await answered;
    return empty(status);
  });
  const store = new Store();
  store.add([series(1, "load")]);
  const filler = new Filler(store, () => TO, () => filler.knowsPast("load") && settled());
  const waits = new Promise<void>((resolve) => (asked = resolve));
  filler.fill(WISH);
  await waits;
  expect(filler.knowsPast("load")).toBe(false);
  const known = new Promise<void>((resolve) => (settled = resolve));
  answer();
  await known; // also where the question failed: the chart goes without
  filler.fill({ ...WISH, shift: 0 });
  expect(filler.knowsPast("load")).toBe(false); // what was compared is forgotten with the choice
});
