import type { JSX } from "preact";
import { useCell } from "../cell.ts";
import { quietWord } from "../data/quiet.ts";
import { causeOf, isUnheard, limitOf, moment, ownerOf, shapeOf, sideOf, titleOf, valueOf, type Alert } from "../data/alerts.ts";
import { Acknowledge } from "./ack.tsx";
import { Spark } from "./alert-chart.tsx";
import { useConsole } from "./context.ts";
import { PageLink } from "./link.tsx";
import { Shape } from "./shapes.tsx";
import { Unbroken } from "./unbroken.tsx";
import type { Traces } from "./use-traces.ts";

interface AlertRowProps {
  readonly alert: Alert;
  readonly traces: Traces;
  /** Its button is the page's filled one. */
  readonly first?: boolean;
  /** It is open below. */
  readonly here?: boolean;
}

/** Shape, what is wrong, cause and since, chart with limit, value, who has it. */
export function AlertRow({ alert, traces, first = false, here = false }: AlertRowProps): JSX.Element {
  const channels = useCell(useConsole().alerts.channels);
  const quiet = quietWord(alert);
  const shape = shapeOf(alert);
  return (
    <li class={`alert-row${here ? " is-open" : ""}${quiet === "" ? "" : " is-quiet"}`} data-testid="alert-row" data-alert={alert.id}>
      <Shape name={shape} />
      <div class="alert-what">
        <PageLink to="/alerts" item={alert.id} class="row-link">
          <Unbroken text={titleOf(alert)} />
        </PageLink>
        <p>{`${causeOf(alert)} Since ${moment(alert.started_at)}.`}</p>
      </div>
      <Spark trace={traces.of(alert)} from={traces.from} to={traces.to} limit={alert.threshold} op={sideOf(alert)} shape={shape} />
      <div class="alert-value">
        <b>{valueOf(alert)}</b>
        <p>{alert.value === null ? "" : limitOf(alert)}</p>
      </div>
      <div class="alert-owner">
        {alert.state === "firing" && quiet === "" && <Acknowledge alert={alert} first={first} />}
        <p>
          {alert.state === "pending" ? "Pending: pages if it lasts" : ownerOf(alert, channels)}
          {alert.state !== "pending" && isUnheard(alert, channels) && <>. <span class="one-piece"><PageLink to="/channels">Make one</PageLink></span></>}
        </p>
      </div>
    </li>
  );
}
