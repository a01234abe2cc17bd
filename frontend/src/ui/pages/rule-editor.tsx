import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useAnswer } from "../../data/answer.ts";
import { extent } from "../../data/plotting.ts";
import {
  backtestInWords,
  bodyOf,
  canBeTried,
  draftOf,
  historyOf,
  lackOf,
  nameFor,
  partKnown,
  NEW_DRAFT,
  suggestedLimit,
  titleOfDraft,
  type Backtest,
  type Draft,
  type Rule,
} from "../../data/rules.ts";
import { parseSelector } from "../../data/selector.ts";
import { axisFor } from "../../data/ticks.ts";
import { unitOf, withUnit, type Unit } from "../../data/units.ts";
import { severityShape, type Severity } from "../../data/alerts.ts";
import { caughtInWords, incidentsOf, stretchOf, type CurvePoint, type Incident } from "../../data/curve.ts";
import { plural } from "../../data/format.ts";
import { nudged, type Lane, LimitChart } from "../alert-chart.tsx";
import { useConsole } from "../context.ts";
import { ReadOnly, Refusal, useDoing, useMayChange } from "../doing.tsx";
import { PageLink } from "../link.tsx";
import { Found } from "./rule-past.tsx";
import { limitOf, RuleFields } from "./rule-fields.tsx";
import { SPANS, useBacktest } from "./use-backtest.ts";
import { useCurve } from "./use-curve.ts";

/** A rule to be read, changed and tried on the past before it is saved. */
export function RuleEditor({ rule, changed }: { rule: Rule | null; changed: () => void }): JSX.Element {
  const app = useConsole();
  const doing = useDoing();
  const may = useMayChange();
  const [saved] = useState(rule);
  const [draft, setDraft] = useState<Draft>(rule === null ? NEW_DRAFT : draftOf(rule));
  const [touched, setTouched] = useState(false);
  const [span, setSpan] = useState(86_400);
  const [end, setEnd] = useState(() => Math.ceil(app.now()));
  const start = end - span;
  const fixed = !may || (rule !== null && rule.source !== "");
  const channels = useAnswer("/api/v1/channels", 60);
  const asked = historyOf({ ...draft, selector: draft.selector.trim() || "nothing" }, start, end);
  const history = useAnswer(asked.path, 3600);
  const series = draft.selector.trim() === "" || history.error !== null ? [] : (history.data?.series ?? []);
  const past = useBacktest(canBeTried(draft) ? bodyOf(draft, saved) : null, start, end, 150);
  const before = useBacktest(saved === null ? null : bodyOf(draftOf(saved), saved), start, end, 0);
  const ids = new Set(series.map(({ id }) => id));
  const taken = useAnswer("/api/v1/alerts?state=all&limit=1000", 60);
  const odd = useAnswer("/api/v1/anomalies?limit=1000", 60);
  const incidents = incidentsOf(taken.data?.alerts ?? [], odd.data?.anomalies ?? [], ids, start, end);
  const curve = useCurve(canBeTried(draft) ? bodyOf(draft, saved) : null, span, end, ...extent(series));
  const change = (what: Partial<Draft>): void => {
    if ("threshold" in what) setTouched(true);
    setDraft((old) => ({ ...old, ...what }));
  };
  useEffect(() => {
    if (saved !== null || touched) return;
    const guess = suggestedLimit(series, draft.op);
    if (guess !== null) setDraft((old) => ({ ...old, threshold: String(guess) }));
  }, [history.data, draft.op]);
  useEffect(() => {
    // The past goes on: it is looked at anew now and then.
    const timer = setInterval(() => !document.hidden && setEnd(Math.ceil(app.now())), 15_000);
    return () => clearInterval(timer);
  }, [app]);
  const limit = limitOf(draft);
  const unit = unitOf(parseSelector(draft.selector)?.name ?? "");
  const severity = draft.severity as Severity;
  const [low, high] = extent(series, limit === null ? [] : [limit]);
  const nudge = (by: number): void => {
    if (limit !== null) change({ threshold: String(nudged(limit, axisFor(low, high, { zero: unit.zero }), by)) });
  };
  const save = async (): Promise<void> => {
    const body = bodyOf(draft, saved);
    const kept = await (rule === null ? doing.run("POST", "/api/v1/alert-rules", body) : doing.run("PUT", `/api/v1/alert-rules/${rule.id}`, body));
    if (kept === null) return;
    changed();
    app.router.open("/rules");
  };
  const words = SPANS.find(([seconds]) => seconds === span)?.[1] ?? "";
  const lack = lackOf(draft);
  const typed: Record<string, string> = draft.threshold.trim() !== "" && draft.aggregate !== "absent" && limit === null ? { threshold: "Use a number, such as 0.5." } : {};
  const faults = { ...typed, ...past.faults, ...doing.faults };
  return (
    <form
      class="rule-editor"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div class="heading">
        <label class="rule-name">
          <span>{rule === null ? "New rule" : "Rule"}</span>
          <input aria-label="Name" value={draft.name} maxLength={100} placeholder={draft.selector === "" ? "its name" : nameFor(draft)} disabled={fixed} onInput={(event) => change({ name: event.currentTarget.value })} />
          {faults.name !== undefined && <span class="fault">{faults.name}</span>}
        </label>
        <div class="actions">
          <PageLink to="/rules" class="plain-link">
            {fixed ? "All rules" : "Discard"}
          </PageLink>
          {rule !== null && !fixed && <RemoveRule rule={rule} removed={changed} />}
          {!fixed && lack !== "" && (
            <small id="why-not" class="hint">
              {`${lack} first.`}
            </small>
          )}
          {!fixed && (
            <button type="submit" class="primary" disabled={doing.busy || !canBeTried(draft)} aria-describedby="why-not">
              {rule === null ? "Save rule" : "Save changes"}
            </button>
          )}
        </div>
      </div>
      {rule !== null && rule.source !== "" && <p class="hint">{`This rule stands in ${rule.source}: change it there. It is read again within 2 seconds.`}</p>}
      {rule?.source === "" && <ReadOnly what="this rule" />}
      <Refusal doing={doing} />
      <RuleFields draft={draft} faults={faults} channels={channels.data?.channels ?? []} fixed={fixed} onChange={change} nudge={nudge} />
      <div class="verdict">
        <h1 data-testid="backtest" data-pages={past.found?.counts.pages} data-limit={past.limit}>
          {past.found === null ? (past.error ?? (lack === "" ? "Trying it on the past…" : `${lack}, and see what the rule would have done.`)) : backtestInWords(past.found, before.found, words, caughtInWords(past.found, incidents), partKnown(series, start, end))}
        </h1>
        <SpanChoice span={span} onChange={setSpan} found={past.found} />
      </div>
      <LimitChart
        title={titleOfDraft(draft)}
        sub={[asked.words, series.length > 1 ? `${series.length} series` : ""].filter((text) => text !== "").join(", ")}
        traces={series}
        from={start}
        to={end}
        unit={unit}
        op={draft.op}
        limit={limit}
        saved={saved === null || draft.aggregate === "absent" ? null : saved.threshold}
        shape={severityShape(severity)}
        lanes={lanesOf(past.found, before.found, incidents)}
        curve={{ points: curve, pages: past.limit === limit ? past.found?.counts.pages : undefined, savedPages: before.found?.counts.pages }}
        {...(fixed ? {} : { onLimit: (value: number) => change({ threshold: String(value) }) })}
      />
      <CurveWords points={curve} limit={limit} unit={unit} span={words} />
      <Found incidents={incidents} found={past.found} saved={before.found} unit={unit} series={series} op={draft.op} />
    </form>
  );
}

function lanesOf(found: Backtest | null, saved: Backtest | null, incidents: readonly Incident[]): Lane[] {
  const pages = (of: Backtest | null): Lane["marks"] => (of?.pages ?? []).slice(0, 500).map(({ at }) => ({ from: at, words: "a page" }));
  const fires = (found?.fires ?? []).slice(0, 500).map((fire) => ({ from: fire.fired_at, to: fire.resolved_at ?? found?.end ?? fire.fired_at, words: "fires" }));
  const known: Lane[] = incidents.length === 0 ? [] : [{ title: "Incidents", marks: incidents, known: true }];
  const own = [{ title: "Fires", marks: fires }, { title: "Pages", marks: pages(found) }, ...known];
  return saved === null ? own : [...own, { title: "Saved", marks: pages(saved), hollow: true }];
}

/** The curve in words: what is drawn beside the chart where there is room. */
function CurveWords({ points, limit, unit, span }: { points: readonly CurvePoint[]; limit: number | null; unit: Unit; span: string }): JSX.Element | null {
  if (points.length === 0) return null;
  const flat = stretchOf(points, limit);
  const words = flat === null ? "\u00a0" : `Every limit from ${withUnit(flat.from, unit)} to ${withUnit(flat.to, unit)} gives ${plural(flat.pages, "page")} in the last ${span}.`;
  return <p class="hint curve-words">{words}</p>;
}

function SpanChoice({ span, onChange, found }: { span: number; onChange: (span: number) => void; found: Backtest | null }): JSX.Element {
  return (
    <p class="hint">
      <label>
        {"Tried on the last "}
        <select value={span} onChange={(event) => onChange(Number(event.currentTarget.value))}>
          {SPANS.map(([seconds, words]) => (
            <option key={seconds} value={seconds}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <br />
      {found === null ? "\u00a0" : `${found.samples.toLocaleString("en").replaceAll(",", "\u202f")} samples in ${found.seconds.toFixed(2)}\u202fs${found.judged_every > 1 ? `, each ${found.judged_every}th judged` : ""}`}
    </p>
  );
}

function RemoveRule({ rule, removed }: { rule: Rule; removed: () => void }): JSX.Element {
  const { router } = useConsole();
  const doing = useDoing();
  const remove = async (): Promise<void> => {
    if (!confirm(`Delete the rule “${rule.name}”? Its open alerts end.`)) return;
    await doing.run("DELETE", `/api/v1/alert-rules/${rule.id}`);
    removed();
    router.open("/rules");
  };
  return (
    <button type="button" class="control" disabled={doing.busy} onClick={() => void remove()}>
      Delete rule
    </button>
  );
}
