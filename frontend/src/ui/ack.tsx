import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Alert } from "../data/alerts.ts";
import { Refusal, useDoing, useMayChange } from "./doing.tsx";
import { useConsole } from "./context.ts";
import { useOpened } from "./use-opened.ts";

const WHO = "quadra.who";

/** Whoever acknowledged last in this browser. */
export function rememberedName(): string {
  try {
    return localStorage.getItem(WHO) ?? "";
  } catch {
    return "";
  }
}

function remember(name: string): void {
  try {
    localStorage.setItem(WHO, name);
  } catch {
    // a private window: the name is asked for again
  }
}

/** Says that somebody has it. The name is asked for once, then remembered; `field` shows it always. */
export function Acknowledge({ alert, field = false, first = false }: { alert: Alert; field?: boolean; first?: boolean }): JSX.Element | null {
  const { alerts, boot } = useConsole();
  const doing = useDoing();
  const [name, setName] = useState(boot.user || rememberedName());
  const always = field && boot.user === "";
  const [asking, setAsking] = useState(false);
  const opened = useOpened<HTMLFormElement>(asking, () => setAsking(false));
  const may = useMayChange();
  if (!may || alert.state === "resolved" || alert.state === "cancelled") return null;
  if (alert.acknowledged_by !== null && !field) return null;
  const say = async (): Promise<void> => {
    const by = name.trim();
    if (by === "") {
      setAsking(true);
      return;
    }
    const held = await doing.run("POST", `/api/v1/alerts/${alert.id}/ack`, { by });
    if (held === null) return;
    if (boot.user === "") remember(by);
    const form = opened.place.current;
    const inUse = form?.contains(document.activeElement) === true;
    const row = form?.closest("li, tr")?.querySelector<HTMLElement>(".row-link");
    alerts.take(held);
    // The form goes with the press: whoever was in it goes on from the alert's name.
    if (inUse) row?.focus();
  };
  return (
    <form
      ref={opened.place}
      class={asking ? "ack is-asking" : "ack"}
      onKeyDown={opened.onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        void say();
      }}
    >
      {(asking || always) && (
        <label>
          <span class={field ? "" : "visually-hidden"}>Your name</span>
          <input required maxLength={100} value={name} placeholder="Your name" size={12} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
      )}
      <button type="submit" class={first ? "primary" : "control"} disabled={doing.busy} data-key={alert.acknowledged_by === null ? "a" : undefined}>
        {alert.acknowledged_by === null ? "Acknowledge" : "Take it over"}
      </button>
      <Refusal doing={doing} />
    </form>
  );
}
