import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Channel } from "../../data/channels.ts";
import { searchSeries } from "../../data/history.ts";
import { AGGREGATES, compared, NO_DATA, OPERATORS, SEVERITIES, typedNumber, type Draft } from "../../data/rules.ts";
import { selectorOf } from "../../data/selector.ts";
import { Field, SentenceInput } from "../sentence-field.tsx";

interface FieldsProps {
  readonly draft: Draft;
  readonly faults: Readonly<Record<string, string>>;
  readonly channels: readonly Channel[];
  readonly fixed: boolean;
  readonly onChange: (change: Partial<Draft>) => void;
  readonly nudge: (by: number) => void;
}

type TextName = Exclude<keyof Draft, "channels" | "escalate_to" | "enabled">;

/** The rule as a sentence with fields inside. */
export function RuleFields(props: FieldsProps): JSX.Element {
  const { draft, faults, channels, fixed, onChange, nudge } = props;
  const absent = draft.aggregate === "absent";
  const text = (name: TextName, label: string, size = 5, hint = ""): JSX.Element => (
    <SentenceInput
      name={name}
      faults={faults}
      label={label}
      size={size}
      value={draft[name]}
      hint={hint}
      fixed={fixed}
      onInput={(value) => onChange({ [name]: value })}
      onKeyDown={(event) => {
        const by = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
        if (name !== "threshold" || by === 0) return;
        event.preventDefault();
        nudge(by * (event.shiftKey ? 10 : 1));
      }}
    />
  );
  const choice = (name: TextName, label: string, options: readonly string[], words: (option: string) => string = String): JSX.Element => (
    <Field name={name} faults={faults}>
      <select aria-label={label} value={draft[name]} disabled={fixed} onChange={(event) => onChange({ [name]: event.currentTarget.value })}>
        {options.map((option) => (
          <option key={option} value={option}>
            {words(option)}
          </option>
        ))}
      </select>
    </Field>
  );
  return (
    <div class="rule-sentence" data-testid="rule-sentence">
      <p>
        When {choice("aggregate", "Aggregate", AGGREGATES, aggregateInWords)}
        {draft.aggregate !== "last" && <> over {text("window", "Window")}</>} of{" "}
        <SelectorField draft={draft} faults={faults} fixed={fixed} onChange={onChange} />{" "}
        {!absent && (
          <>
            {choice("op", "Comparison", OPERATORS, compared)} {text("threshold", "Limit", 6, "limit")}
          </>
        )}{" "}
        for {text("for", "For")}, page{" "}
        <ChannelChoice label="Channels" chosen={draft.channels} channels={channels} fixed={fixed} onChange={(chosen) => onChange({ channels: chosen })} />{" "}
        as {choice("severity", "Severity", SEVERITIES)}.
      </p>
      <details open={Object.keys(faults).some((name) => MORE.includes(name))}>
        <summary>Clear, repeat and say more</summary>
        <p>
          Over {absent ? "" : <>beyond {text("clear_threshold", "Clear limit", 6, draft.threshold === "" ? "limit" : draft.threshold)} </>}
          for {text("keep_firing_for", "Keep firing for")}. At least {text("cooldown", "Cooldown")} between first pages; again every{" "}
          {text("repeat_interval", "Repeat interval")} while nobody has it. When it falls silent: {choice("no_data", "No data", NO_DATA, silenceInWords)}.
        </p>
        <p>
          If nobody has it after {text("escalate_after", "Escalate after")}, tell{" "}
          <ChannelChoice
            label="Escalation channels"
            chosen={draft.escalate_to}
            channels={channels}
            fixed={fixed}
            onChange={(chosen) => onChange({ escalate_to: chosen })}
          />{" "}
          too. Say: {text("summary", "Summary", 32, "{{ value }} on {{ labels.host }}")}
        </p>
      </details>
      {restOf(faults).map(([field, reason]) => (
        <p key={field} class="fault">{`${field}: ${reason}`}</p>
      ))}
    </div>
  );
}

const SHOWN = ["name", "selector", "aggregate", "window", "op", "threshold", "for", "severity", "channels"];
const MORE = ["clear_threshold", "keep_firing_for", "cooldown", "repeat_interval", "no_data", "escalate_after", "escalate_to", "summary"];

/** Faults of fields that have no place in the sentence. */
function restOf(faults: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(faults).filter(([name]) => !SHOWN.includes(name) && !MORE.includes(name));
}

function aggregateInWords(name: string): string {
  const words: Record<string, string> = { last: "the value", avg: "the mean", min: "the least", max: "the most", absent: "nothing comes" };
  return words[name] ?? name;
}

function silenceInWords(name: string): string {
  return name === "ok" ? "it is over" : name === "alert" ? "fire" : "change nothing";
}

/** Which series, completed from those that there are. */
function SelectorField({ draft, faults, fixed, onChange }: Pick<FieldsProps, "draft" | "faults" | "fixed" | "onChange">): JSX.Element {
  const [options, setOptions] = useState<readonly string[]>([]);
  useEffect(() => {
    const leaving = new AbortController();
    const words = draft.selector.replaceAll(/[^\w:.]+/g, " ").trim();
    const timer = setTimeout(() => {
      searchSeries(words, leaving.signal).then(
        (found) => setOptions([...new Set(found.flatMap(({ name, labels }) => [name, selectorOf(name, labels)]))]),
        () => undefined, // without completion a selector can still be typed
      );
    }, 150);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [draft.selector]);
  return (
    <Field name="selector" faults={faults}>
      <input
        aria-label="Series"
        class="in-sentence is-wide"
        list="series-options"
        size={Math.min(60, Math.max(24, draft.selector.length + 2))}
        value={draft.selector}
        placeholder="name of a metric"
        disabled={fixed}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => onChange({ selector: event.currentTarget.value })}
      />
      <datalist id="series-options">
        {options.map((option) => (
          <option key={option} value={option} />
        ))}
      </datalist>
    </Field>
  );
}

interface ChannelChoiceProps {
  readonly label: string;
  readonly chosen: readonly string[];
  readonly channels: readonly Channel[];
  readonly fixed: boolean;
  readonly onChange: (chosen: readonly string[]) => void;
}

function ChannelChoice({ label, chosen, channels, fixed, onChange }: ChannelChoiceProps): JSX.Element {
  const names = [...new Set([...channels.map(({ name }) => name), ...chosen])];
  const free = names.filter((name) => !chosen.includes(name));
  const none = label === "Channels" ? "every channel" : "nobody";
  return (
    <span class="field chips">
      {chosen.map((name) => (
        <button key={name} type="button" class="chip" disabled={fixed} aria-label={`Leave out ${name}`} onClick={() => onChange(chosen.filter((other) => other !== name))}>
          {name} <span aria-hidden="true">×</span>
        </button>
      ))}
      {(free.length > 0 || chosen.length === 0) && (
        <select
          aria-label={label}
          value=""
          disabled={fixed}
          onChange={(event) => {
            if (event.currentTarget.value !== "") onChange([...chosen, event.currentTarget.value]);
          }}
        >
          <option value="">{chosen.length === 0 ? none : "and …"}</option>
          {free.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      )}
    </span>
  );
}

/** What the field holds as a number, for keys and the chart. */
export function limitOf(draft: Draft): number | null {
  return draft.aggregate === "absent" ? null : typedNumber(draft.threshold);
}
