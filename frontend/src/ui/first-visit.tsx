import type { JSX } from "preact";
import { DemoSwitch } from "./demo-switch.tsx";
import { Snippets } from "./snippets.tsx";
import { THIN } from "../data/format.ts";

/** Nothing to configure: how to send a first metric, or to see simulated ones. */
export function FirstVisit(): JSX.Element {
  return (
    <>
      <p class="empty" data-testid="empty">
        {`No data yet. Send a first metric and it appears here within 2${THIN}s.`}
      </p>
      <Snippets />
      <DemoSwitch />
    </>
  );
}
