import type { JSX } from "preact";
import { useCell } from "../cell.ts";
import { useAnswer } from "../data/answer.ts";
import { causeOf, isUnheard, limitOf, ownerOf, moment, shapeOf, sideOf, titleOf, valueOf, worstFirst, type Alert } from "../data/alerts.ts";
import { historyPath } from "../data/history.ts";
import { number, plural } from "../data/format.ts";
import { selectorOf } from "../data/selector.ts";
import { Acknowledge } from "./ack.tsx";
import { Spark } from "./alert-chart.tsx";
import { useConsole } from "./context.ts";
import { PageLink } from "./link.tsx";
import { Shape } from "./shapes.tsx";

const MOST = 5;
const SPAN = 3600;

/** What needs somebody, above all else; nothing at all while nothing does. */
export function Trouble(): JSX.Element | null {
  const app = useConsole();
  const open = worstFirst(useCell(app.alerts.open) ?? []).filter(({ state }) => state === "firing");
  if (open.length === 0) return null;
  return (
    <section aria-labelledby="trouble" data-testid="needs-attention">
      <h2 id="trouble">
        Needs attention
        <small>{`${number(open.length)} open, worst first`}</small>
      </h2>
      <ul class="alerts">
        {open.slice(0, MOST).map((alert, i) => (
          <AlertRow key={alert.id} alert={alert} first={i === 0} />
        ))}
      </ul>
      {open.length > MOST && (
        <p class="after">
          <PageLink to="/alerts">{`${plural(open.length - MOST, "more", "more")} on the page of alerts`}</PageLink>
        </p>
      )}
    </section>
  );
}

/** Shape, what is wrong, cause and since, chart with limit, value, who has it. */
export function AlertRow({ alert, first = false, here = false }: { alert: Alert; first?: boolean; here?: boolean }): JSX.Element {
  const channels = useCell(useConsole().alerts.channels);
  const shape = shapeOf(alert);
  return (
    <li class={here ? "alert-row is-open" : "alert-row"} data-testid="alert-row" data-alert={alert.id}>
      <Shape name={shape} />
      <div class="alert-what">
        <PageLink to="/alerts" item={alert.id} class="row-link">
          {titleOf(alert)}
        </PageLink>
        <p>{`${causeOf(alert)} Since ${moment(alert.started_at)}.`}</p>
      </div>
      <AlertSpark alert={alert} />
      <div class="alert-value">
        <b>{valueOf(alert)}</b>
        <p>{alert.value === null ? "" : limitOf(alert)}</p>
      </div>
      <div class="alert-owner">
        {alert.state === "firing" && <Acknowledge alert={alert} first={first} />}
        <p>
          {alert.state === "pending" ? "Pending: pages if it lasts" : ownerOf(alert, channels)}
          {alert.state !== "pending" && isUnheard(alert, channels) && <> <PageLink to="/channels">Make one</PageLink></>}
        </p>
      </div>
    </li>
  );
}

function AlertSpark({ alert }: { alert: Alert }): JSX.Element {
  const app = useConsole();
  // The window moves on by minutes: one request a row and minute.
  const to = Math.ceil(app.now() / 60) * 60;
  const from = to - SPAN;
  const match = [alert.metric === "" ? "nothing" : selectorOf(alert.metric, alert.labels)];
  const { data } = useAnswer(historyPath({ match, start: from, end: to, step: 30 }), 30);
  const trace = data?.series.find(({ id }) => id === alert.series) ?? data?.series[0] ?? null;
  return <Spark trace={trace} from={from} to={to} limit={alert.threshold} op={sideOf(alert)} shape={shapeOf(alert)} />;
}
