import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { plural } from "../../data/format.ts";

export interface Option {
  readonly value: string;
  /** Beside it, small. */
  readonly note?: string;
}

interface PickerProps {
  /** What is chosen from, as in "Find a metric". */
  readonly label: string;
  readonly options: readonly Option[];
  readonly chosen: readonly string[];
  readonly onToggle: (value: string) => void;
  /** Takes what was typed as it is; without it only what is offered can be chosen. */
  readonly onTyped?: (text: string) => void;
  readonly hint?: string;
  /** What an option becomes when it is dragged away. */
  readonly drags?: string;
}

const MOST = 60;

/** Typing completes; Enter takes the first; every option can be turned on and off. */
export function Picker({ label, options, chosen, onToggle, onTyped, hint, drags }: PickerProps): JSX.Element {
  const [q, setQ] = useState("");
  const words = q.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const found = options.filter(({ value, note = "" }) => words.every((word) => value.toLowerCase().includes(word) || note.toLowerCase().includes(word)));
  const typed = q.trim();
  const take = (): void => {
    const first = found[0];
    if (onTyped !== undefined && /[*+]/.test(typed)) onTyped(typed);
    else if (first !== undefined) onToggle(first.value);
    setQ("");
  };
  return (
    <div class="picker">
      <input
        type="text"
        inputMode="search"
        aria-label={label}
        placeholder={label}
        autocomplete="off"
        spellcheck={false}
        value={q}
        onInput={(event) => setQ(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || typed === "") return;
          event.preventDefault();
          take();
        }}
      />
      {hint !== undefined && <p class="picker-hint">{hint}</p>}
      <ul>
        {found.slice(0, MOST).map(({ value, note }) => (
          <li key={value}>
            <label
              draggable={drags !== undefined}
              onDragStart={(event) => {
                if (drags !== undefined) event.dataTransfer?.setData(drags, value);
                const panel = event.currentTarget.closest(".menu-panel");
                // What lies under the menu can be dropped on. Not at once: what vanishes is no longer dragged.
                setTimeout(() => panel?.classList.add("aside"));
              }}
              onDragEnd={(event) => event.currentTarget.closest(".menu-panel")?.classList.remove("aside")}
            >
              <input type="checkbox" checked={chosen.includes(value)} onChange={() => onToggle(value)} />
              <span class="picker-value">{value === "" ? "(none)" : value}</span>
              <small>{note ?? ""}</small>
            </label>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="picker-hint">{`Nothing matches “${typed}”.`}</p>}
      {found.length > MOST && <p class="picker-hint">{`${plural(found.length - MOST, "more", "more")}: type to find them.`}</p>}
    </div>
  );
}
