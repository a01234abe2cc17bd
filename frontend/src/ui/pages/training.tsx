import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ChartSpec } from "../../chart/types.ts";
import { useAnswer } from "../../data/answer.ts";
import { duration } from "../../data/format.ts";
import { NUMBER, unitOf, withUnit } from "../../data/units.ts";
import { PinnableChart } from "../chart-slot.tsx";
import { useConsole } from "../context.ts";
import { Refusal, useDoing, useMayChange, type Doing } from "../doing.tsx";
import { FieldMap, FieldPast } from "../field-map.tsx";
import { Heading } from "../heading.tsx";
import { Answered, Empty } from "../states.tsx";
import { Table } from "../table.tsx";
import { ownNames } from "../../charts.ts";
import { useCell } from "../../cell.ts";
import { draftOf, planOf, type PlanDraft } from "../../data/training-plan.ts";
import { besidePlain, describe, type Skill, type TrainingState, type Watched } from "../../data/training.ts";
import { PlanFields } from "./training-plan.tsx";
import { Versions } from "./versions.tsx";

const NAMES = ["loss", "reward", "field_variance"].map((word) => `quadra_matrix_training_${word}`);
const ZERO = { ...NUMBER, zero: true };
const CHARTS: readonly ChartSpec[] = ["Loss", "Reward", "Variance of the field"].map((title, i) => {
  const name = NAMES[i] ?? "";
  return { key: `training:${name}`, title, metrics: [{ name }], unit: ZERO, ...(title === "Reward" ? { top: 1 } : {}) };
});

export function TrainingPage(): JSX.Element {
  const app = useConsole();
  const answer = useAnswer("/api/v1/training", 1);
  useEffect(() => app.draws(NAMES), [app]);
  return (
    <Answered answer={answer} what="the training">
      {(state) => <Training state={state} again={answer.again} />}
    </Answered>
  );
}

function Training({ state, again }: { state: TrainingState; again: () => void }): JSX.Element {
  const app = useConsole();
  const doing = useDoing();
  const may = useMayChange();
  const [change, setChange] = useState<Partial<PlanDraft>>({});
  useCell(app.catalog); // the first series of the user's own may come now
  const draft = { ...draftOf(state, ownNames(app.store).length > 0), ...change };
  const done = (): void => {
    setChange({});
    again();
  };
  return (
    <>
      <Heading {...describe(state)}>
        <Actions state={state} doing={doing} done={done} plan={planOf(draft, state)} changed={Object.keys(change).length > 0} />
      </Heading>
      <Refusal doing={doing} />
      {may && <PlanFields draft={draft} faults={doing.faults} open={!state.running} onChange={(more) => setChange({ ...change, ...more })} />}
      <h2 class="visually-hidden">Loss, reward and variance</h2>
      <div class="charts charts-first">
        {CHARTS.map((chart) => (
          <PinnableChart key={chart.key} spec={chart} />
        ))}
      </div>
      {state.state.length > 0 && <Maps state={state} />}
      <Forecasts state={state} />
      <Versions doing={doing} changed={again} />
    </>
  );
}

interface ActionsProps {
  readonly state: TrainingState;
  readonly doing: Doing;
  readonly done: () => void;
  readonly plan: object;
  /** Whether a field was changed: then a start begins anew. */
  readonly changed: boolean;
}

function Actions({ state, doing, done, plan, changed }: ActionsProps): JSX.Element | null {
  if (!useMayChange()) return <p class="hint">You can see the training, not change it.</p>;
  const ask = async (what: "start" | "stop" | "reset", body?: object): Promise<void> => {
    if ((await doing.run("POST", `/api/v1/training/${what}`, body)) !== null) done();
  };
  return (
    <>
      {state.running && !changed ? (
        <button type="button" class="control" disabled={doing.busy} onClick={() => void ask("stop")}>
          Stop training
        </button>
      ) : (
        <button type="button" class="primary" disabled={doing.busy} onClick={() => void ask("start", plan)}>
          {state.iteration === 0 ? "Start training" : changed ? "Begin anew with these" : "Go on training"}
        </button>
      )}
      {state.iteration > 0 && !changed && (
        <button type="button" class="control" disabled={doing.busy} onClick={() => void ask("reset")}>
          Begin anew
        </button>
      )}
    </>
  );
}

function Maps({ state }: { state: TrainingState }): JSX.Element {
  return (
    <section aria-labelledby="field-title">
      <h2 id="field-title">
        The field
        <small>{`${state.field_size ?? 0} units, seed ${state.seed}; each between \u22121 and +1`}</small>
      </h2>
      <div class="maps">
        <FieldMap values={state.state} />
        <FieldPast values={state.state} at={state.reported_at ?? 0} />
      </div>
    </section>
  );
}

function Forecasts({ state }: { state: TrainingState }): JSX.Element {
  const ahead = duration(state.ahead_seconds ?? 300);
  const near = duration(state.step_seconds ?? 1);
  const value = (row: Watched, v: number | null | undefined): string =>
    typeof v === "number" ? withUnit(v, unitOf(row.name)) : "–";
  const band = (row: Watched, horizon: number): string => {
    const [low, high] = [row.forecast.low[horizon], row.forecast.high[horizon]];
    if (typeof low !== "number" || typeof high !== "number") return "not known yet";
    return `${withUnit(low, unitOf(row.name))} to ${withUnit(high, unitOf(row.name))}`;
  };
  const skill = (row: Watched, horizon: number): string => {
    const words = besidePlain(row.error[horizon]);
    return words === "" ? "not known yet" : `${row.proven[horizon] === true ? "✓ " : ""}${words}`;
  };
  return (
    <section aria-labelledby="forecast-title">
      <h2 id="forecast-title">
        Forecasts
        <small>{[...state.skill.map(inWords).filter((text) => text !== ""), "✓ proven: drawn on charts"].join("; ")}</small>
      </h2>
      {state.series.length === 0 ? (
        <Empty>Nothing is forecast yet. Start the training: it learns the last 24 hours first.</Empty>
      ) : (
        <Table
          label="Forecasts of the watched series"
          rows={state.series}
          keyOf={(row) => row.id}
          columns={[
            { title: "Series", cell: (row) => <SeriesName row={row} />, by: (row) => row.name },
            { title: "Now", number: true, cell: (row) => value(row, row.now) },
            { title: `In ${near}, about`, number: true, wide: true, cell: (row) => value(row, row.forecast.value[0]) },
            { title: `In ${ahead}, about`, number: true, cell: (row) => value(row, row.forecast.value[1]) },
            { title: `Skill in ${near}`, wide: true, cell: (row) => skill(row, 0) },
            { title: `Skill in ${ahead}`, wide: true, cell: (row) => skill(row, 1) },
            { title: `In ${ahead}, four in five within`, number: true, wide: true, cell: (row) => band(row, 1) },
          ]}
        />
      )}
    </section>
  );
}

function SeriesName({ row }: { row: Watched }): JSX.Element {
  const labels = Object.entries(row.labels).map(([key, value]) => `${key} ${value}`);
  return (
    <>
      {row.name}
      {labels.length > 0 && <small class="labels">{labels.join(", ")}</small>}
    </>
  );
}

/** "in 5 min 20 % better than the last value". */
function inWords({ seconds, compared, error }: Skill): string {
  const words = compared < 50 ? "" : besidePlain(error);
  return words === "" ? "" : `in ${duration(seconds)} ${words}`;
}
