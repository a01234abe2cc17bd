import type { JSX } from "preact";
import { useCell } from "../cell.ts";
import { clock, duration, number } from "../data/format.ts";
import { useConsole } from "./context.ts";

/** What stands between the viewer and live data, in a strip that moves nothing. */
export function Strip(): JSX.Element | null {
  const app = useConsole();
  useCell(app.second);
  const connection = useCell(app.connection);
  const view = useCell(app.view);
  const missed = useCell(app.missed);
  const trouble = useCell(app.trouble);
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
  if (view.paused && view.end !== null) {
    return (
      <div class="strip" data-testid="paused">
        <p>
          {`Paused at ${clock(view.end, true)}. ${number(missed)} new ${missed === 1 ? "point" : "points"}. `}
          <button type="button" class="link" onClick={() => app.goLive()}>
            Go live
          </button>
        </p>
      </div>
    );
  }
  if (trouble !== "") {
    return (
      <div class="strip" data-testid="trouble" role="status">
        <p>{trouble}</p>
      </div>
    );
  }
  return null;
}
