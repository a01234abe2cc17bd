import type { JSX } from "preact";
import { useCell } from "../cell.ts";
import { clock, date, duration, number } from "../data/format.ts";
import { useConsole } from "./context.ts";
import { PageLink } from "./link.tsx";

/** Seconds for which dropped frames are news. */
const TOLD_S = 20;

/** What stands between the viewer and live data, in a strip that moves nothing. */
export function Strip(): JSX.Element | null {
  const app = useConsole();
  useCell(app.second);
  const connection = useCell(app.connection);
  const view = useCell(app.view);
  const trouble = useCell(app.trouble);
  const dropped = useCell(app.dropped);
  const path = useCell(app.router.path);
  const now = app.now();
  if (connection.state === "disconnected") {
    const { since, retryAt, why } = connection;
    const from = app.store.newest === 0 ? "" : ` You see data from ${clock(app.store.newest, true)}.`;
    const next = retryAt === null ? "Trying again now." : `Trying again in ${duration(Math.max(0, Math.ceil(retryAt - now)))}.`;
    return (
      <div class="strip" data-testid="disconnected">
        <p>
          {`Disconnected for ${duration(now - since)}.${from} ${why === "" ? "" : `${why} `}${next} `}
          <button type="button" class="link" onClick={app.retry}>
            Try now
          </button>
        </p>
      </div>
    );
  }
  if (view.paused) return <Held />;
  if (trouble !== "") {
    return (
      <div class="strip" data-testid="trouble" role="status">
        <p>{trouble}</p>
      </div>
    );
  }
  if (path === "/" && view.end !== null) {
    const { from, to } = app.window();
    const day = date(from) === date(now) ? "" : `${date(from)} `;
    return (
      <div class="strip" data-testid="then" role="status">
        <p>
          {`This page tells of now, not of ${day}${clock(from)} to ${clock(to)}: only its charts go back. `}
          <PageLink to="/replay">See what was known then</PageLink>
          {" or "}
          <button type="button" class="link" onClick={() => app.goLive()}>
            go live
          </button>
          .
        </p>
      </div>
    );
  }
  if (view.end !== null) return <Held />;
  if (dropped.count > 0 && now - dropped.at < TOLD_S) {
    const times = dropped.count === 1 ? "" : ` ${number(dropped.count)} times since the page was opened.`;
    return (
      <div class="strip" data-testid="dropped" role="status">
        <p>{`The connection could not keep up at ${clock(dropped.at, true)}; what it missed was read from history.${times}`}</p>
      </div>
    );
  }
  return null;
}

/** The moment or the stretch that the view stands still at, and the ways out of it. */
function Held(): JSX.Element | null {
  const app = useConsole();
  const { range, end, paused } = useCell(app.view);
  const missed = useCell(app.missed);
  if (end === null) return null;
  const today = date(app.now());
  const at = (t: number): string => `${date(t) === today ? "" : `${date(t)} `}${clock(t, true)}`;
  const what = paused ? `Paused at ${at(end)}.` : `Paused: you see ${at(end - range.seconds)} to ${at(end)}.`;
  return (
    <div class="strip" data-testid="paused">
      <p>
        {`${what} ${number(missed)} new ${missed === 1 ? "point" : "points"}. `}
        {app.wide !== null && (
          <>
            <button type="button" class="link" onClick={() => app.zoomOut()}>
              Zoom out
            </button>{" "}
          </>
        )}
        <button type="button" class="link" onClick={() => app.goLive()}>
          Go live
        </button>
      </p>
    </div>
  );
}
