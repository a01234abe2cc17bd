import { Fragment, type JSX } from "preact";
import { useCell } from "../../cell.ts";
import { clock, duration, number, plural, THIN } from "../../data/format.ts";
import { firing, whoOf, worstFirst } from "../../data/alerts.ts";
import { lasted, SHAPES as ANOMALY_SHAPES, unitOfAnomaly, type Anomaly } from "../../data/anomalies.ts";
import type { HistorySeries } from "../../data/history.ts";
import type { Service } from "../../data/services.ts";
import { SPAN, STEP } from "../../data/traces.ts";
import { withUnit } from "../../data/units.ts";
import { useConsole } from "../context.ts";
import { PageLink } from "../link.tsx";
import { Shape } from "../shapes.tsx";
import { AlertRow } from "../trouble.tsx";
import { Unbroken } from "../unbroken.tsx";
import { useTraces, type Traces } from "../use-traces.ts";
import { Sparkline } from "./spark.tsx";

const MOST = 5;
const MOST_SILENT = 3;

/** Anomalies that no firing alert tells of already, the worst and newest first; those of Quadra itself stand on its own page. */
export function unalerted(anomalies: readonly Anomaly[], alerted: ReadonlySet<number>): Anomaly[] {
  const told = new Set<string>();
  return anomalies
    .filter(({ severity, series, metric }) => !metric.startsWith("quadra_") && (severity === "critical" || severity === "high") && !alerted.has(series))
    .sort((a, b) => Number(b.severity === "critical") - Number(a.severity === "critical") || b.started_at - a.started_at)
    .filter(({ group }) => {
      const first = group === "" || !told.has(group);
      told.add(group);
      return first;
    });
}

/** What needs somebody, above all else: alerts, then what is unusual, then what is silent. */
export function Attention(): JSX.Element | null {
  const app = useConsole();
  const alerts = worstFirst(useCell(app.alerts.open) ?? []).filter(({ state }) => state === "firing");
  const anomalies = unalerted(useCell(app.anomalies.open), new Set(alerts.map(({ series }) => series ?? -1)));
  const silent = (useCell(app.services.known)?.rows ?? []).filter(({ standing }) => standing === "unknown");
  const count = alerts.length + anomalies.length + silent.length;
  const shown = alerts.slice(0, MOST);
  const odd = anomalies.slice(0, Math.max(0, MOST - alerts.length));
  const traces = useTraces([...shown, ...odd]);
  if (count === 0) return null;
  const waiting = firing(alerts).waiting[0]?.id;
  const gone = silent.slice(0, Math.max(0, Math.min(MOST_SILENT, MOST + 1 - alerts.length - odd.length)));
  const more = alerts.length + anomalies.length - Math.min(alerts.length, MOST) - odd.length; // whoever is silent stands below
  return (
    <section aria-labelledby="trouble" data-testid="needs-attention">
      <h2 id="trouble">
        Needs attention
        <small>{`${number(count)} open, worst first`}</small>
      </h2>
      <ul class="alerts">
        {shown.map((alert) => (
          <AlertRow key={alert.id} alert={alert} traces={traces} first={alert.id === waiting} />
        ))}
        {odd.map((anomaly) => (
          <AnomalyRow key={`anomaly-${anomaly.id}`} anomaly={anomaly} traces={traces} />
        ))}
        {gone.map((service) => (
          <SilentRow key={`silent-${service.name}`} service={service} />
        ))}
      </ul>
      {more > 0 && (
        <p class="after">
          <PageLink to={alerts.length > MOST ? "/alerts" : "/anomalies"}>{`${plural(more, "more", "more")}, open the page`}</PageLink>
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
        <p>{`${anomaly.reason.replace(/[.]?$/, ".")} Since ${clock(anomaly.started_at)}.`}</p>
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
