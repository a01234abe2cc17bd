import { describe, expect, it } from "vitest";
import { rowsOf, type Status } from "../src/data/parts.ts";

const plain = (text: string): string => text.replaceAll("\u202f", "_");
const told = (status: Pick<Status, "parts" | "judge" | "queues">): Record<string, string> =>
  Object.fromEntries(rowsOf(status).map(({ name, state, queue, waits, lag, detail = "" }) => [name, plain([state, `${queue} ${waits}`.trim(), lag, detail].join(" | "))]));

const IDLE = { waiting: 0, age: null, lag: 0, late: false };

describe("parts of Quadra", () => {
  it("say what waits for them, for how long, and how far behind they are", () => {
    const queues = {
      judge: { waiting: 1200, age: 2.4, lag: 2.4, late: false },
      sealer: { waiting: 90_000, age: 240, lag: 0, late: false },
      notifications: { waiting: 1, age: 65, lag: 61, late: true },
    };
    expect(told({ parts: { worker: { state: "ok", age: 1 } }, judge: { age: 1, behind: 3 }, queues })).toEqual({
      worker: "ok |  |  | ",
      judge: "ok | 1_200 samples for 2_s | 2_s | ",
      sealer: "ok | 90_000 samples for 4_min | none | ",
      notifications: "degraded | 1 page for 1_min 5_s | 1_min 1_s | pages are due and not sent",
    });
  });

  it("say so where nothing waits, and where the judge is silent all the same", () => {
    const queues = { judge: IDLE, notifications: IDLE };
    expect(told({ parts: {}, judge: { age: 2, behind: 0 }, queues })).toEqual({
      judge: "ok | empty | none | rules and detectors have seen every sample",
      notifications: "ok | empty | none | everybody was told",
    });
    expect(told({ parts: {}, judge: { age: 31, behind: 0 }, queues }).judge).toMatch(/^degraded/);
    expect(told({ parts: {}, judge: { age: null, behind: null }, queues }).judge).toBe("degraded | empty | none | nobody has evaluated rules yet");
  });

  it("have no queues while the database is away", () => {
    expect(told({ parts: { database: { state: "down", detail: "gone" } }, judge: { age: null, behind: null }, queues: null })).toEqual({ database: "down |  |  | gone" });
  });
});
