import { Fragment, type JSX } from "preact";
import { useCell } from "../../cell.ts";
import { clock, duration, number, plural, THIN, tied } from "../../data/format.ts";
import { whoOf } from "../../data/alerts.ts";
import { lasted, SHAPES as ANOMALY_SHAPES, unitOfAnomaly, type Anomaly } from "../../data/anomalies.ts";
import type { HistorySeries } from "../../data/history.ts";
import type { Service } from "../../data/services.ts";
import { SPAN, STEP, type Traced } from "../../data/traces.ts";
import { withUnit } from "../../data/units.ts";
import { useConsole } from "../context.ts";
import { PageLink } from "../link.tsx";
import { Shape } from "../shapes.tsx";
import { useNeeds } from "../signs.ts";
import { AlertRow } from "../trouble.tsx";
import { Unbroken } from "../unbroken.tsx";
import { useTraces, type Traces } from "../use-traces.ts";
import { Sparkline } from "./spark.tsx";

const MOST = 5;
const MOST_SILENT = 3;

/** What needs somebody, above all else, the worst first; below it what somebody has, or keeps quiet. */
export function Attention(): JSX.Element | null {
  const app = useConsole();
  const { things, aside } = useNeeds(app);
  const rows = useCell(app.services.known)?.rows ?? [];
  // Many that are silent push nothing away: they stand in the list of services as well.
  const silent = things.filter((thing) => "silent" in thing).slice(0, MOST_SILENT);
  const shown = [...things.filter((thing) => !("silent" in thing)).slice(0, MOST), ...silent].sort((a, b) => things.indexOf(a) - things.indexOf(b)).slice(0, MOST + 1);
  const below = aside.slice(0, Math.max(1, MOST - shown.length));
  const traces = useTraces([...shown.flatMap((thing): Traced[] => ("alert" in thing ? [thing.alert] : "anomaly" in thing ? [thing.anomaly] : [])), ...below]);
  if (things.length + aside.length === 0) return null;
  const waiting = things.find((thing) => "alert" in thing);
  const more = things.filter((thing) => !("silent" in thing)).length + aside.length - shown.filter((thing) => !("silent" in thing)).length - below.length;
  const counts = [things.length === 0 ? "" : `${number(things.length)} open, worst first`, aside.length === 0 ? "" : `${number(aside.length)} taken or quiet`];
  const alerts = things.filter((thing) => "alert" in thing).length + aside.length;
  return (
    <section aria-labelledby="trouble" data-testid="needs-attention">
      <h2 id="trouble">
        {things.length === 0 ? "Needs nobody" : "Needs attention"}
        <small>{counts.filter((text) => text !== "").join(", ")}</small>
      </h2>
      <ul class="alerts">
        {shown.map((thing) =>
          "alert" in thing ? (
            <AlertRow key={thing.alert.id} alert={thing.alert} traces={traces} first={thing === waiting} />
          ) : "anomaly" in thing ? (
            <AnomalyRow key={`anomaly-${thing.anomaly.id}`} anomaly={thing.anomaly} traces={traces} />
          ) : (
            rows.filter(({ name }) => name === thing.silent).map((service) => <SilentRow key={`silent-${service.name}`} service={service} />)
          ),
        )}
        {below.map((alert) => (
          <AlertRow key={alert.id} alert={alert} traces={traces} />
        ))}
      </ul>
      {more > 0 && (
        <p class="after">
          <PageLink to={alerts > MOST ? "/alerts" : "/anomalies"}>{`${plural(more, "more", "more")}, open the page`}</PageLink>
        </p>
      )}
    </section>
  );
}

/** The name of a metric, which may go on in the next line after each of its words. */
function Breakable({ name }: { name: string }): JSX.Element {
  return (
    <>
      {name.split(/(?<=_)/).map((part, i) => (
        <Fragment key={i}>
          {i > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </>
  );
}

function AnomalyRow({ anomaly, traces }: { anomaly: Anomaly; traces: Traces }): JSX.Element {
  const app = useConsole();
  const who = whoOf(anomaly);
  const unit = unitOfAnomaly(anomaly.metric);
  const [low, high] = anomaly.expected_range;
  const values = filled(traces.of(anomaly), traces.from);
  return (
    <li class="alert-row" data-testid="anomaly-row">
      <Shape name={ANOMALY_SHAPES[anomaly.severity]} />
      <div class="alert-what">
        <PageLink to="/anomalies" class="row-link">
          {who !== "" && <Unbroken text={`${who}: `} />}
          <Breakable name={anomaly.metric} /> is unusual
        </PageLink>
        <p>{`${tied(anomaly.reason).replace(/[.]?$/, ".")} Since ${clock(anomaly.started_at)}.`}</p>
      </div>
      <span class="trouble-spark">
        <Sparkline values={values} now={null} words={`${anomaly.metric}, the last hour`} wrongFrom={Math.floor((anomaly.started_at - traces.from) / STEP) - 1} shape={anomaly.severity === "critical" ? "crit" : "warn"} marks={[]} zero={unit.zero} />
      </span>
      <div class="alert-value">
        <b>{withUnit(anomaly.peak, unit)}</b>
        <p>{low === null || high === null ? "" : `usual ${number(Number(low.toPrecision(2)))} – ${withUnit(Number(high.toPrecision(2)), unit)}`}</p>
      </div>
      <div class="alert-owner">
        <p>{`Anomaly, ${number(Math.round(anomaly.confidence))}${THIN}% sure`}</p>
        <p>{lasted(anomaly, app.now())}</p>
      </div>
    </li>
  );
}

/** One value a step; null where there is none. */
function filled(series: HistorySeries | null, from: number): (number | null)[] {
  const values: (number | null)[] = new Array<number | null>(SPAN / STEP).fill(null);
  series?.timestamps.forEach((t, i) => {
    const at = Math.floor((t - from) / STEP);
    if (at >= 0 && at < values.length) values[at] = series.values[i] ?? null;
  });
  return values;
}

function SilentRow({ service }: { service: Service }): JSX.Element {
  const app = useConsole();
  const lines = useCell(app.services.lines).get(service.name);
  return (
    <li class="alert-row" data-testid="silent-row">
      <Shape name="unknown" />
      <div class="alert-what">
        <span class="row-link">
          <Unbroken text={`${service.name}: no data`} />
        </span>
        <p>It may be down, or only silent. Its last values are grey.</p>
      </div>
      <span class="trouble-spark">
        {lines !== undefined && <Sparkline values={lines.values.traffic.some((v) => v !== null) ? lines.values.traffic : lines.values.saturation} now={null} words={`Traffic of ${service.name}, the last hour`} wrongFrom={null} shape="unknown" marks={[]} zero />}
      </span>
      <div class="alert-value">
        <b>{duration(service.age)}</b>
        <p>since the last value</p>
      </div>
      <div class="alert-owner">
        <p>No rule tells of it</p>
        <PageLink to="/rules" item="new">
          Make one
        </PageLink>
      </div>
    </li>
  );
}
