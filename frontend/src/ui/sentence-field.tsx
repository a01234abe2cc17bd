import type { ComponentChildren, JSX } from "preact";

interface FieldProps {
  readonly name: string;
  readonly faults: Readonly<Record<string, string>>;
}

/** A field within a sentence, with what is wrong with it beneath. */
export function Field({ name, faults, children }: FieldProps & { children: ComponentChildren }): JSX.Element {
  return (
    <span class="field">
      {children}
      {faults[name] !== undefined && (
        <span class="fault" role="alert">
          {faults[name]}
        </span>
      )}
    </span>
  );
}

interface SentenceInputProps extends FieldProps {
  readonly label: string;
  readonly size: number;
  readonly value: string;
  readonly hint?: string;
  readonly fixed?: boolean;
  readonly onInput: (value: string) => void;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
}

/** Text typed within a sentence; it grows with what is typed. */
export function SentenceInput({ name, faults, label, size, value, hint = "", fixed = false, onInput, onKeyDown }: SentenceInputProps): JSX.Element {
  return (
    <Field name={name} faults={faults}>
      <input
        aria-label={label}
        class="in-sentence"
        size={Math.max(size, value.length)}
        value={value}
        placeholder={hint}
        disabled={fixed}
        spellcheck={false}
        autocomplete="off"
        aria-invalid={faults[name] !== undefined}
        onInput={(event) => onInput(event.currentTarget.value)}
        {...(onKeyDown === undefined ? {} : { onKeyDown })}
      />
    </Field>
  );
}
