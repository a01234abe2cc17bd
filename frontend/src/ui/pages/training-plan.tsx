import type { JSX } from "preact";
import type { Learns, PlanDraft } from "../../data/training-plan.ts";
import { SentenceInput } from "../sentence-field.tsx";

const WORDS: Readonly<Record<Learns, string>> = { own: "your own metrics", host: "this host", these: "the series", several: "the chosen series" };

interface PlanFieldsProps {
  readonly draft: PlanDraft;
  readonly faults: Readonly<Record<string, string>>;
  readonly open: boolean;
  readonly onChange: (change: Partial<PlanDraft>) => void;
}

/** What the field is to learn, as a sentence with fields inside. */
export function PlanFields({ draft, faults, open, onChange }: PlanFieldsProps): JSX.Element {
  const text = (name: Exclude<keyof PlanDraft, "learns">, fault: string, label: string, size: number, hint = ""): JSX.Element => (
    <SentenceInput name={fault} faults={faults} label={label} size={size} value={draft[name]} hint={hint} onInput={(value) => onChange({ [name]: value })} />
  );
  const choices = (Object.keys(WORDS) as Learns[]).filter((one) => one !== "several" || draft.learns === "several");
  return (
    <details class="rule-sentence training-plan" open={open || Object.keys(faults).length > 0} data-testid="training-plan">
      <summary>What it learns</summary>
      <p>
        Learn{" "}
        <select aria-label="Which series" value={draft.learns} onChange={(event) => onChange({ learns: event.currentTarget.value as Learns })}>
          {choices.map((one) => (
            <option key={one} value={one}>
              {WORDS[one]}
            </option>
          ))}
        </select>{" "}
        {draft.learns === "these" && <>{text("selector", "match", "Selector", 22, 'latency_seconds{job="a"}')} </>}
        with a field of {text("field_size", "field_size", "Units of the field", 4)} units, a step each {text("step", "step", "Step", 4)}, from seed{" "}
        {text("seed", "seed", "Seed", 3)}.
      </p>
      <p class="hint">At most 16 series: of more, those that move. With other fields than before it begins anew; saved versions stay.</p>
    </details>
  );
}
