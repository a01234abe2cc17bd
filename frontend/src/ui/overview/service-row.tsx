import type { JSX } from "preact";
import { useCell } from "../../cell.ts";
import { age, clock } from "../../data/format.ts";
import { SHAPES, SIGNALS, TITLES, unitIn, valueIn, worstSignal, type Lines, type Service, type Signal } from "../../data/services.ts";
import { useConsole } from "../context.ts";
import { PageLink } from "../link.tsx";
import { Shape } from "../shapes.tsx";
import { explore } from "./moments.ts";
import { useNarrow } from "./use-narrow.ts";
import { Sparkline } from "./spark.tsx";

export function Heads(): JSX.Element {
  const narrow = useNarrow();
  return (
    <div class="service-heads" role="row">
      <span role="columnheader">{narrow ? <span class="visually-hidden">Service</span> : ""}</span>
      {narrow ? (
        <span role="columnheader">worst signal of each, last hour</span>
      ) : (
        SIGNALS.map((signal) => (
          <span key={signal} role="columnheader">
            {TITLES[signal]}
          </span>
        ))
      )}
    </div>
  );
}

/** What the demo adds to the names of its services. */
const SIMULATED = " (simulated)";

export function ServiceRow({ service, place }: { service: Service; place: number }): JSX.Element {
  const app = useConsole();
  const lines = useCell(app.services.lines).get(service.name);
  const narrow = useNarrow();
  const simulated = service.name.endsWith(SIMULATED);
  const worst = worstSignal(service);
  const shown = narrow ? [worst] : SIGNALS;
  return (
    <div class={`service is-${service.standing}`} role="row" aria-rowindex={place + 2} data-testid="service" data-service={service.name} data-standing={service.standing}>
      <span class="service-name" role="rowheader">
        <Shape name={SHAPES[service.standing]} />
        <span>
          <Name service={service} lines={lines} />
          {simulated && !narrow && <small class="simulated">simulated</small>}
          {narrow && <small>{simulated ? "simulated, " : ""}{service.standing === "unknown" ? age(service.age, app.now()) : TITLES[worst]}</small>}
        </span>
      </span>
      {shown.map((signal) => (
        <Cell key={signal} service={service} signal={signal} lines={lines} />
      ))}
    </div>
  );
}

/** The name leads to what is wrong, else to the service's charts. */
function Name({ service, lines }: { service: Service; lines: Lines | undefined }): JSX.Element {
  // What it says of itself stands below, where it is never cut.
  const name = service.name.replace(SIMULATED, "");
  const { alert, anomaly } = service.trouble ?? {};
  if (alert !== undefined) {
    return (
      <PageLink to="/alerts" item={alert} class="row-link">
        {name}
      </PageLink>
    );
  }
  if (anomaly !== undefined) {
    return (
      <PageLink to="/anomalies" class="row-link">
        {name}
      </PageLink>
    );
  }
  const metric = lines?.metrics[worstSignal(service)];
  if (lines === undefined || metric === undefined) return <span class="row-link">{name}</span>;
  return (
    <a class="row-link" href={explore(metric, lines.match)}>
      {name}
    </a>
  );
}

function Cell({ service, signal, lines }: { service: Service; signal: Signal; lines: Lines | undefined }): JSX.Element {
  const app = useConsole();
  const told = service.trouble?.signals[signal];
  const shape = told !== undefined ? SHAPES[told] : service.standing === "unknown" ? "unknown" : "ok";
  const metric = lines?.metrics[signal] ?? "";
  const { value, unit } = valueIn(signal, service, metric);
  const values = lines?.values[signal] ?? [];
  const words = `${TITLES[signal]} of ${service.name}, the last hour`;
  return (
    <span class="signal" role="cell">
      {metric === "" || lines === undefined ? (
        <Sparkline values={values} now={null} words={words} wrongFrom={null} shape={shape} marks={[]} zero />
      ) : (
        <a class="spark-link" href={explore(metric, lines.match)} tabIndex={-1} aria-label={`${words}: explore`}>
          <Sparkline
            values={values}
            now={service.now[signal]}
            words={words}
            wrongFrom={told === undefined ? null : wrongFrom(app, service, lines)}
            shape={shape}
            marks={marksOf(app, service, lines)}
            zero={unitIn(signal, service, metric).zero}
          />
        </a>
      )}
      <span class={told === undefined ? "signal-value" : "signal-value is-wrong"}>
        {told !== undefined && <Shape name={SHAPES[told]} />}
        <b>{value}</b>
        <small>{unit}</small>
      </span>
    </span>
  );
}

type App = ReturnType<typeof useConsole>;

/** The point at which what is open began. */
function wrongFrom(app: App, service: Service, { start, step }: Lines): number {
  const { alert, anomaly } = service.trouble ?? {};
  const began =
    (alert === undefined ? undefined : app.alerts.open.value?.find(({ id }) => id === alert)?.started_at) ??
    (anomaly === undefined ? undefined : app.anomalies.open.value.find(({ id }) => id === anomaly)?.started_at);
  return began === undefined ? 0 : Math.floor((began - start) / step) - 1;
}

function marksOf(app: App, service: Service, { start, step, values }: Lines): number[] {
  return app.marks.value
    .filter(({ event }) => Object.values(event.labels).includes(service.name))
    .map(({ at }) => (at - start) / step)
    .filter((at) => at >= 0 && at <= values.traffic.length);
}

/** The times under the columns. */
export function Foot({ at }: { at: number }): JSX.Element {
  return (
    <div class="service-foot" aria-hidden="true">
      <span />
      {SIGNALS.map((signal) => (
        <span key={signal}>
          <i>{clock(at - 3600)}</i>
          <i>now</i>
        </span>
      ))}
    </div>
  );
}
