import { expect, test } from "vitest";
import { troubleIn } from "../src/data/trouble.ts";

test("what is down is said with its reason, what is off or well is not", () => {
  const parts = { database: { state: "ok" }, redis: { state: "down", detail: "each goes on by itself" }, disk: { state: "off" } } as const;
  expect(troubleIn(parts)).toBe("Redis does not answer: each goes on by itself. Charts, alerts and limits go on in each process by itself.");
  expect(troubleIn({ redis: { state: "ok" } })).toBe("");
});
