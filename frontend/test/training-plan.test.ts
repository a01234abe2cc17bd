import { expect, it } from "vitest";
import { draftOf, HOST, OWN, planOf } from "../src/data/training-plan.ts";

const state = { match: ["host_cpu_busy_percent", 'host_load{window="1m"}'], field_size: null, seed: 0, step_seconds: 1, iteration: 0 };

it("begins with the user's own series where there are any", () => {
  expect(draftOf(state, false)).toEqual({ learns: "host", selector: "", field_size: "128", step: "1s", seed: "0" });
  const draft = draftOf(state, true);
  expect(draft.learns).toBe("own");
  expect(planOf(draft, state)).toEqual({ match: [OWN], field_size: 128, step: "1s", seed: 0 });
});

it("leaves as it is what is trained already", () => {
  const trained = { ...state, iteration: 9, field_size: 64, step_seconds: 10 };
  expect(planOf(draftOf(trained, true), trained)).toEqual({ match: trained.match, field_size: 64, step: "10s", seed: 0 });
  const several = { ...trained, match: ["a", "b"] };
  expect([draftOf(several, true).learns, planOf(draftOf(several, true), several).match]).toEqual(["several", ["a", "b"]]);
  const one = { ...trained, match: ["latency"] };
  expect([draftOf(one, true).selector, planOf(draftOf(one, true), one).match]).toEqual(["latency", ["latency"]]);
  expect(draftOf({ ...trained, match: [OWN] }, true).learns).toBe("own");
});

it("sends what was chosen, and what is no number as it was typed", () => {
  const draft = { learns: "these", selector: "x{", field_size: "many", step: "5", seed: "3" } as const;
  expect(planOf(draft, state)).toEqual({ match: ["x{"], field_size: "many", step: 5, seed: 3 });
  expect(planOf({ ...draft, learns: "host" }, { ...state, match: ["a"] }).match).toEqual([HOST]);
});
