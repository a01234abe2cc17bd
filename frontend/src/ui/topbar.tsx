import type { JSX } from "preact";
import type { View } from "../address.ts";
import { useCell } from "../cell.ts";
import { age, clock, date, tellsUtc, zone } from "../data/format.ts";
import { RANGES, rangeByKey } from "../data/ranges.ts";
import { useConsole } from "./context.ts";
import { Search } from "./search.tsx";
import { Logo, Shape } from "./shapes.tsx";

export function TopBar({ onMenu }: { onMenu: () => void }): JSX.Element {
  return (
    <header class="topbar">
      <button type="button" class="menu" aria-label="Menu" onClick={onMenu}>
        <Logo />
        <span class="menu-word">Menu</span>
      </button>
      <RangePicker />
      <Times />
      <LiveSwitch />
      <Search />
      <ConnectionBadge />
    </header>
  );
}

function RangePicker(): JSX.Element {
  const app = useConsole();
  const view = useCell(app.view);
  return (
    <div class="range">
      <select
        aria-label="Range"
        value={view.range.key}
        onChange={(event) => app.setRange(rangeByKey(event.currentTarget.value))}
        data-testid="range"
      >
        {!RANGES.some(({ key }) => key === view.range.key) && <option value={view.range.key}>{chosenWords(view)}</option>}
        {RANGES.map((range) => (
          <option key={range.key} value={range.key}>
            {view.end === null || view.paused ? `Last ${range.short}` : range.short}
          </option>
        ))}
      </select>
      <button type="button" class="step" aria-label="Back in time" onClick={() => app.stepTime(-1)}>
        ‹
      </button>
      <button
        type="button"
        class="step"
        aria-label="Forth in time"
        disabled={view.end === null}
        onClick={() => app.stepTime(1)}
      >
        ›
      </button>
    </div>
  );
}

/** A stretch that is none of those offered: by its times where it stands still. */
function chosenWords({ range, end }: View): string {
  if (end === null) return `Last ${range.short}`;
  const seconds = range.seconds < 120;
  return `${clock(end - range.seconds, seconds)} – ${clock(end, seconds)}`;
}

function Times(): JSX.Element {
  const app = useConsole();
  useCell(app.second);
  useCell(app.view);
  const { from, to } = app.window();
  // Dates only where the time alone could be taken for another day's.
  const today = date(app.now());
  const dated = date(from) !== today || date(to) !== today;
  const [first, last] = [from, to].map((t) => `${dated ? `${date(t)} ` : ""}${clock(t)}`);
  return (
    <p class="times" data-testid="times">
      {`${first ?? ""} – ${last ?? ""}, `}
      <button type="button" class="zone" title={tellsUtc() ? "Show local time" : "Show UTC"} onClick={() => app.switchZone()} data-testid="zone">
        {tellsUtc() ? "UTC" : zone(to)}
      </button>
    </p>
  );
}

function LiveSwitch(): JSX.Element {
  const app = useConsole();
  const { end } = useCell(app.view);
  return (
    <div class="switch" role="group" aria-label="Time">
      <button type="button" aria-pressed={end === null} onClick={() => app.goLive()} data-testid="live">
        <i class="live-dot" />
        Live
      </button>
      <button type="button" aria-pressed={end !== null} onClick={() => app.pause()} data-testid="pause">
        Pause
      </button>
    </div>
  );
}

const WORDS = { connected: "Connected", connecting: "Connecting", disconnected: "Disconnected" } as const;

/** The connection, and how old the newest data of all is. */
function ConnectionBadge(): JSX.Element {
  const app = useConsole();
  useCell(app.second);
  const { state } = useCell(app.connection);
  const now = app.now();
  const old = app.store.newest === 0 ? "" : age(now - app.store.newest, now);
  return (
    <p class="connection" data-testid="connection" data-state={state}>
      <Shape name={state === "connected" ? "ok" : state === "connecting" ? "wait" : "unknown"} />
      <span class="connection-word">{WORDS[state]}</span> <span class="connection-age">
        <span class="connection-data">{old === "" ? "" : "data "}</span>
        {old}
      </span>
    </p>
  );
}
