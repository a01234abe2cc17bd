import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Alert } from "../data/alerts.ts";
import { Refusal, useDoing, useMayChange } from "./doing.tsx";
import { useConsole } from "./context.ts";

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
  const [asking, setAsking] = useState(field && boot.user === "");
  const may = useMayChange();
  if (!may || alert.state === "resolved" || alert.state === "cancelled") return null;
  if (alert.acknowledged_by !== null && !field) return null;
  const say = async (): Promise<void> => {
    const by = name.trim();
    if (by === "") { setAsking(true); return; }
    const held = await doing.run("POST", `/api/v1/alerts/${alert.id}/ack`, { by });
    if (held === null) return;
    if (boot.user === "") remember(by);
    alerts.take(held);
  };
  return (
    <form
      class="ack"
      onSubmit={(event) => {
        event.preventDefault();
        void say();
      }}
    >
      {asking && (
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
