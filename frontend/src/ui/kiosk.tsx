import type { JSX } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { Cell, useCell } from "../cell.ts";
import { age, clock, zone } from "../data/format.ts";
import type { Path } from "../router.ts";
import { isAllRight } from "./all-right.ts";
import { useConsole } from "./context.ts";
import { Shape } from "./shapes.tsx";

const TURN_MS = 20_000;
/** The overview comes between every two of them: it is what tells whether all is right. */
const TURNS: readonly Path[] = ["/anomalies", "/events", "/status"];

/** Whether the console hangs on a wall: nothing to press, larger, with a clock. */
export const kiosk = new Cell(location.hash === "#kiosk");

export function toggleKiosk(on = !kiosk.value): void {
  kiosk.value = on;
}

/** The bar of a console on a wall; turns the pages while all is right, else stays with the overview. */
export function Kiosk(): JSX.Element | null {
  const app = useConsole();
  const on = useCell(kiosk);
  useCell(app.second);
  // Before the next frame: a wall whose frames wait would begin to turn late.
  useLayoutEffect(() => {
    document.documentElement.toggleAttribute("data-kiosk", on);
    dispatchEvent(new Event("resize"));
    if (!on) return undefined;
    let turn = 0;
    const next = (): void => {
      const away = app.router.path.value !== "/";
      const to = away || !isAllRight(app) ? "/" : TURNS[turn++ % TURNS.length];
      if (to !== undefined) app.router.open(to);
    };
    const timer = setInterval(next, TURN_MS);
    // What goes wrong meanwhile brings the overview back at once.
    const back = (): void => {
      if (!isAllRight(app)) app.router.open("/");
    };
    const leave = [app.alerts.open.subscribe(back), app.anomalies.open.subscribe(back), app.connection.subscribe(back)];
    const awake = stayAwake();
    return () => {
      clearInterval(timer);
      for (const end of leave) end();
      awake();
    };
  }, [app, on]);
  if (!on) return null;
  const now = app.now();
  return (
    <div class="kiosk-bar" data-testid="kiosk">
      <span class="kiosk-clock">{`${clock(now)} ${zone(now)}`}</span>
      <span>
        <Shape name={app.connection.value.state === "connected" ? "ok" : "unknown"} />
        {app.store.newest === 0 ? "no data yet" : `data ${age(now - app.store.newest, now)}`}
      </span>
      <button type="button" class="plain" onClick={() => toggleKiosk(false)}>
        K or Esc leaves
      </button>
    </div>
  );
}

/** Asks the screen not to go dark; gives what takes that back. */
function stayAwake(): () => void {
  let lock: { release: () => Promise<void> } | null = null;
  let over = false;
  const { wakeLock } = navigator as { wakeLock?: { request: (kind: "screen") => Promise<{ release: () => Promise<void> }> } };
  wakeLock?.request("screen").then(
    (held) => {
      lock = held;
      if (over) void held.release();
    },
    () => undefined, // not allowed here: the screen does as it likes
  );
  return () => {
    over = true;
    void lock?.release();
  };
}
