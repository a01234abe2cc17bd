import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { useCell } from "../../cell.ts";
import { useAnswer } from "../../data/answer.ts";
import {
  causeOf,
  happened,
  isOpen,
  lasted,
  matchersFor,
  moment,
  ownerOf,
  shapeOf,
  sideOf,
  titleOf,
  type Alert,
} from "../../data/alerts.ts";
import { clock } from "../../data/format.ts";
import { historyOf, ruleInWords } from "../../data/rules.ts";
import { selectorOf } from "../../data/selector.ts";
import { unitOf } from "../../data/units.ts";
import { Acknowledge } from "../ack.tsx";
import { LimitChart } from "../alert-chart.tsx";
import { useConsole } from "../context.ts";
import { Refusal, useDoing, useMayChange } from "../doing.tsx";
import { PageLink } from "../link.tsx";
import { Shape } from "../shapes.tsx";
import { useOpened } from "../use-opened.ts";
import { Answered } from "../states.tsx";

/** One alert: its series with the limit, what happened, and what can be done. */
export function AlertDetail({ id }: { id: number }): JSX.Element {
  const app = useConsole();
  const changes = useCell(app.alerts.changes);
  const channels = useCell(app.alerts.channels);
  const answer = useAnswer(`/api/v1/alerts/${id}`, 5);
  useEffect(() => {
    if (answer.data !== null) app.alerts.heard(answer.data);
  }, [answer.data]);
  useEffect(() => {
    if (changes > 0) answer.again();
  }, [changes]);
  return (
    <section aria-label="The chosen alert" data-testid="alert-detail">
      <Answered answer={answer} what="the alert">
        {(told) => {
          const alert = app.alerts.asNow(told);
          return (
          <>
            <h2 class="with-shape">
              <Shape name={shapeOf(alert)} />
              {titleOf(alert)}
              <small>{`${lasted(alert, app.now())}. ${isOpen(alert) || alert.acknowledged_by !== null ? ownerOf(alert, isOpen(alert) ? channels : null) : "Nobody had it"}`}</small>
            </h2>
            <p class="hint">{causeOf(alert)}</p>
            <div class="beside">
              <div>
                <AlertChart alert={alert} />
                <Labels alert={alert} />
              </div>
              <div>
                {isOpen(alert) && <Acts alert={alert} />}
                <Timeline id={id} />
              </div>
            </div>
          </>
          );
        }}
      </Answered>
    </section>
  );
}

function AlertChart({ alert }: { alert: Alert }): JSX.Element {
  const app = useConsole();
  const now = app.now();
  const end = alert.resolved_at ?? now;
  const spare = Math.max(900, (end - alert.started_at) * 0.5);
  // By half minutes, so that the same question is not asked anew each second.
  const from = Math.floor((alert.started_at - spare) / 30) * 30;
  const to = Math.ceil(Math.min(now, end + (alert.resolved_at === null ? 0 : spare)) / 30) * 30;
  const rules = useAnswer("/api/v1/alert-rules", 60);
  const rule = rules.data?.alert_rules.find((one) => one.id === alert.rule_id) ?? null;
  // The rule's own labels join those of the series in the alert: history does not know them.
  const labels = Object.fromEntries(Object.entries(alert.labels).filter(([key]) => rule?.labels[key] === undefined));
  const selector = alert.metric === "" ? (rule?.selector ?? "nothing") : selectorOf(alert.metric, labels);
  const asked = historyOf({ selector, aggregate: rule?.aggregate ?? "last", window: rule?.window ?? "1m", op: rule?.op ?? sideOf(alert) }, from, to);
  const answer = useAnswer(asked.path, 15);
  const traces = useMemo(() => {
    const series = answer.data?.series ?? [];
    const own = series.filter((one) => one.id === alert.series);
    return own.length > 0 ? own : series;
  }, [answer.data, alert.series]);
  const of = rule?.on === "anomaly" || rule?.aggregate === "absent" ? null : alert.threshold;
  return (
    <LimitChart
      title={alert.metric === "" ? alert.rule : alert.metric}
      sub={[asked.words, `since ${clock(alert.started_at)}`].filter((text) => text !== "").join(", ")}
      traces={traces}
      from={from}
      to={to}
      unit={unitOf(alert.metric)}
      op={rule?.op ?? sideOf(alert)}
      limit={of}
      shape={shapeOf({ severity: alert.severity, state: "firing" })}
      since={alert.started_at}
    />
  );
}

function Labels({ alert }: { alert: Alert }): JSX.Element {
  const rules = useAnswer("/api/v1/alert-rules", 300);
  const rule = rules.data?.alert_rules.find((one) => one.id === alert.rule_id);
  const labels = Object.entries(alert.labels).map(([key, value]) => `${key} ${value}`);
  return (
    <p class="hint">
      {labels.length > 0 && `${labels.join(", ")}. `}
      {rule !== undefined && `${ruleInWords(rule)}. `}
      {rule !== undefined && (
        <PageLink to="/rules" item={rule.id}>
          Open the rule
        </PageLink>
      )}
    </p>
  );
}

function Acts({ alert }: { alert: Alert }): JSX.Element {
  const [silencing, setSilencing] = useState(false);
  if (!useMayChange()) return <p class="hint read-only">You can see this alert, not acknowledge it. Ask an editor.</p>;
  return (
    <div class="acts">
      <Acknowledge key={alert.acknowledged_by} alert={alert} field />
      <button type="button" class="control" aria-expanded={silencing} onClick={() => setSilencing(!silencing)} data-key="s">
        Silence
      </button>
      {silencing && <SilenceForm alert={alert} onDone={() => setSilencing(false)} />}
    </div>
  );
}

const SPANS = [
  [3600, "1 hour"],
  [14_400, "4 hours"],
  [86_400, "1 day"],
  [604_800, "1 week"],
] as const;

function SilenceForm({ alert, onDone }: { alert: Alert; onDone: () => void }): JSX.Element {
  const app = useConsole();
  const doing = useDoing();
  const [seconds, setSeconds] = useState(3600);
  const [reason, setReason] = useState("");
  const [whole, setWhole] = useState(false);
  const opened = useOpened<HTMLFormElement>(true, onDone);
  const leave = (): void => {
    onDone();
    opened.back();
  };
  const make = async (): Promise<void> => {
    const wish = { matchers: matchersFor(alert, whole), ends_at: app.now() + seconds, reason };
    if ((await doing.run("POST", "/api/v1/silences", wish)) === null) return;
    app.alerts.changes.value += 1;
    app.alerts.lookForSilences();
    leave();
  };
  return (
    <form
      ref={opened.place}
      class="stacked-form"
      aria-label="Silence"
      onKeyDown={opened.onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      <label>
        <span>Reason <small>needed</small></span>
        <input required maxLength={500} value={reason} placeholder="deploy of chat-api" onInput={(event) => setReason(event.currentTarget.value)} />
        {doing.faults.reason !== undefined && <span class="fault">{doing.faults.reason}</span>}
      </label>
      <div class="row">
        <label>
          Keep quiet
          <select value={whole ? "rule" : "series"} onChange={(event) => setWhole(event.currentTarget.value === "rule")}>
            <option value="series">this series</option>
            <option value="rule">the whole rule</option>
          </select>
        </label>
        <label>
          For
          <select value={seconds} onChange={(event) => setSeconds(Number(event.currentTarget.value))}>
            {SPANS.map(([span, words]) => (
              <option key={span} value={span}>
                {words}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div class="form-acts">
        <button type="submit" class="control" disabled={doing.busy}>
          Silence it
        </button>
        <button type="button" class="plain" data-key="Escape" onClick={leave}>
          Cancel
        </button>
      </div>
      <Refusal doing={doing} />
    </form>
  );
}

function Timeline({ id }: { id: number }): JSX.Element {
  const app = useConsole();
  const changes = useCell(app.alerts.changes);
  const answer = useAnswer(`/api/v1/alerts/history?alert=${id}&limit=100`, 15);
  useEffect(() => {
    if (changes > 0) answer.again();
  }, [changes]);
  return (
    <>
      <h3>Who knew what when</h3>
      <Answered answer={answer} what="its history">
        {({ events }) => (
          <ol class="timeline" data-testid="timeline">
            {events.map((event, i) => (
              <li key={i}>
                <time dateTime={new Date(event.at * 1000).toISOString()}>{moment(event.at)}</time>
                <span>{happened(event)}</span>
              </li>
            ))}
          </ol>
        )}
      </Answered>
    </>
  );
}
