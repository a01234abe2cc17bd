import "./console.tsx"; // as in ui/later.ts: what both use stays in the console's one file
import { withLayers } from "./chart/layers.ts";
import type { Expecting } from "./chart/types.ts";
import { Expected } from "./data/expected.ts";

/** Makes what adds bands, marks and forecasts to charts. A piece of its own: lines come first. */
export function makeExpecting(now: () => number, changed: () => void): Expecting {
  const expected = new Expected(now, changed);
  return {
    get version() {
      return expected.version + 1;
    },
    dress: (picture, spec) => withLayers(picture, spec, expected),
    tick: (wish) => expected.tick(wish),
    hurry: () => expected.hurry(),
  };
}
