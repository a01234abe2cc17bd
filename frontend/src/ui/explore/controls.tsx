import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { getJson } from "../../api.ts";
import { plural } from "../../data/format.ts";
import type { NameInfo } from "../../explore/plan.ts";
import { sentFirst } from "../../explore/names.ts";
import { conditions, SHIFT_WORDS, withFilter, type ExploreView, type Filter } from "../../explore/view.ts";
import { Menu } from "../menu.tsx";
import { METRIC } from "./arrange.ts";
import { Picker, type Option } from "./picker.tsx";

interface ControlsProps {
  readonly view: ExploreView;
  readonly names: readonly NameInfo[];
  readonly onChange: (view: ExploreView) => void;
}

/** What is shown: metrics, conditions on labels, how lines and charts are divided. */
export function Controls({ view, names, onChange }: ControlsProps): JSX.Element {
  const others = view.filters.filter(({ values }) => values.length > 0);
  return (
    <>
      <NamesMenu view={view} names={names} onChange={onChange} />
      {others.map((filter) => (
        <FilterMenu key={filter.label + filter.op} filter={filter} view={view} onChange={onChange} />
      ))}
      {view.per !== "" && <LabelMenu word="Charts by" chosen={view.per} onChoose={(per) => onChange({ ...view, per })} />}
      {view.split !== "" && <LabelMenu word="Split" chosen={view.split} onChoose={(split) => onChange({ ...view, split })} />}
      <AddMenu view={view} onChange={onChange} />
    </>
  );
}

function NamesMenu({ view, names, onChange }: ControlsProps): JSX.Element {
  const toggle = (name: string): void => {
    const rest = view.names.filter((other) => other !== name);
    onChange({ ...view, names: rest.length < view.names.length ? rest : [...view.names, name] });
  };
  const typed = view.names.filter((entry) => /[*+]/.test(entry)).map((value) => ({ value, note: "as typed" }));
  const options: Option[] = [...typed, ...[...names].sort((a, b) => sentFirst(a.name, b.name)).map(({ name, series, help = "" }) => ({ value: name, note: [plural(series, "series", "series"), help].filter((text) => text !== "").join(" · ") }))];
  return (
    <Menu text={namesText(view.names)} label={`Metrics: ${namesText(view.names)}`} testid="metrics">
      {() => (
        <>
          <Picker
            label="Find a metric"
            options={options}
            chosen={view.names}
            onToggle={toggle}
            onTyped={toggle}
            drags={METRIC}
            hint="Type names with * for many, a + b for one chart of both. Drag a name onto a chart to draw it there too, beside the charts for one of its own."
          />
          {view.names.length > 0 && (
            <button type="button" class="link" onClick={() => onChange({ ...view, names: [] })}>
              Show all metrics
            </button>
          )}
        </>
      )}
    </Menu>
  );
}

function namesText(names: readonly string[]): string {
  const [first, second, ...rest] = names;
  if (first === undefined) return "All metrics";
  if (second === undefined) return first;
  return rest.length === 0 ? `${first}, ${second}` : `${first} + ${names.length - 1}`;
}

const matching = (also: string): string => new URLSearchParams(also === "" ? {} : { match: `{${also}}` }).toString();

/** Values of a label among what else is shown, as they are when the menu opens. */
function useValues(label: string, others: readonly Filter[]): readonly Option[] | null {
  const [options, setOptions] = useState<readonly Option[] | null>(null);
  const also = conditions(others);
  useEffect(() => {
    const leaving = new AbortController();
    getJson(`/api/v1/labels/${encodeURIComponent(label)}/values?${matching(also)}`, { signal: leaving.signal }).then(
      ({ values }) => setOptions(values.map(({ value, series }) => ({ value, note: plural(series, "series", "series") }))),
      () => {
        if (!leaving.signal.aborted) setOptions([]);
      },
    );
    return () => leaving.abort();
  }, [label, also]);
  return options;
}

interface FilterMenuProps {
  readonly filter: Filter;
  readonly view: ExploreView;
  readonly onChange: (view: ExploreView) => void;
}

function FilterMenu({ filter, view, onChange }: FilterMenuProps): JSX.Element {
  const sign = filter.op === "=" ? "" : "not ";
  const [first = "", ...rest] = filter.values.map((value) => (value === "" ? "none" : value));
  return (
    <Menu text={`${filter.label}: ${sign}${first}${rest.length > 0 ? ` + ${rest.length}` : ""}`} label={`${filter.label}: ${sign}${filter.values.join(", ")}`}>
      {(close) => (
        <>
          <ValuesOf filter={filter} view={view} onChange={onChange} />
          <p class="menu-row">
            <button type="button" class="link" onClick={() => onChange(flipped(view, filter))}>
              {filter.op === "=" ? "All but these" : "Only these"}
            </button>
            <button type="button" class="link" onClick={() => {
              close();
              onChange(withFilter(view, { ...filter, values: [] }));
            }}>
              Remove filter
            </button>
          </p>
        </>
      )}
    </Menu>
  );
}

function flipped(view: ExploreView, filter: Filter): ExploreView {
  return withFilter(withFilter(view, { ...filter, values: [] }), { ...filter, op: filter.op === "=" ? "!=" : "=" });
}

function ValuesOf({ filter, view, onChange }: FilterMenuProps): JSX.Element {
  const options = useValues(filter.label, view.filters.filter(({ label }) => label !== filter.label));
  const toggle = (value: string): void => {
    const rest = filter.values.filter((other) => other !== value);
    onChange(withFilter(view, { ...filter, values: rest.length < filter.values.length ? rest : [...filter.values, value] }));
  };
  if (options === null) return <p class="picker-hint">{"\u00a0"}</p>;
  return <Picker label={`Find a ${filter.label}`} options={options} chosen={filter.values} onToggle={toggle} />;
}

function useLabels(also: string): readonly Option[] | null {
  const [options, setOptions] = useState<readonly Option[] | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    getJson(`/api/v1/labels?${matching(also)}`, { signal: leaving.signal }).then(
      ({ labels }) => setOptions(labels.map(({ label, values }) => ({ value: label, note: plural(values, "value") }))),
      () => {
        if (!leaving.signal.aborted) setOptions([]);
      },
    );
    return () => leaving.abort();
  }, [also]);
  return options;
}

function Labels({ also, label, chosen, onToggle }: { also: string; label: string; chosen: readonly string[]; onToggle: (label: string) => void }): JSX.Element {
  const options = useLabels(also);
  if (options === null) return <p class="picker-hint">{"\u00a0"}</p>;
  return <Picker label={label} options={options} chosen={chosen} onToggle={onToggle} />;
}

function LabelMenu({ word, chosen, onChoose }: { word: string; chosen: string; onChoose: (label: string) => void }): JSX.Element {
  return (
    <Menu text={`${word}: ${chosen}`}>
      {(close) => (
        <>
          <Labels also="" label="Find a label" chosen={[chosen]} onToggle={(label) => {
            close();
            onChoose(label === chosen ? "" : label);
          }} />
          <button type="button" class="link" onClick={() => {
            close();
            onChoose("");
          }}>
            Remove
          </button>
        </>
      )}
    </Menu>
  );
}

/** Adds a filter, or divides lines or charts by a label. */
function AddMenu({ view, onChange }: { view: ExploreView; onChange: (view: ExploreView) => void }): JSX.Element {
  return (
    <Menu text="+ Filter" plain testid="add-filter">
      {(close) => <Adding view={view} onChange={onChange} close={close} />}
    </Menu>
  );
}

type Doing = "filter" | "split" | "per";
const DOINGS: readonly (readonly [Doing, string])[] = [
  ["filter", "Filter by"],
  ["split", "Split lines by"],
  ["per", "A chart for each"],
];

function Adding({ view, onChange, close }: { view: ExploreView; onChange: (view: ExploreView) => void; close: () => void }): JSX.Element {
  const [doing, setDoing] = useState<Doing>("filter");
  const [label, setLabel] = useState("");
  const filter: Filter = view.filters.find((one) => one.label === label && one.op === "=") ?? { label, op: "=", values: [] };
  const choose = (chosen: string): void => {
    if (doing === "filter") setLabel(chosen);
    else {
      close();
      onChange({ ...view, [doing]: chosen });
    }
  };
  if (label !== "") {
    return (
      <>
        <p class="menu-title">{label}</p>
        <ValuesOf filter={filter} view={view} onChange={onChange} />
        <button type="button" class="link" onClick={close}>
          Done
        </button>
      </>
    );
  }
  return (
    <>
      <div class="switch" role="group" aria-label="What to do with a label">
        {DOINGS.map(([what, text]) => (
          <button key={what} type="button" aria-pressed={doing === what} onClick={() => setDoing(what)}>
            {text}
          </button>
        ))}
      </div>
      <Labels also={conditions(view.filters)} label="Find a label" chosen={[]} onToggle={choose} />
    </>
  );
}

export function OrderMenu({ view, onChange }: { view: ExploreView; onChange: (view: ExploreView) => void }): JSX.Element {
  return (
    <>
      <select aria-label="Compare" value={view.compare} onChange={(event) => onChange({ ...view, compare: event.currentTarget.value as ExploreView["compare"] })} data-testid="compare">
        <option value="">No comparison</option>
        <option value="day">{`With ${SHIFT_WORDS.day}`}</option>
        <option value="week">{`With ${SHIFT_WORDS.week}`}</option>
      </select>
      <select aria-label="Order" value={view.order} onChange={(event) => onChange({ ...view, order: event.currentTarget.value as ExploreView["order"] })} data-testid="order">
        <option value="unusual">Most unusual first</option>
        <option value="name">By name</option>
        <option value="own">In my order</option>
      </select>
    </>
  );
}
