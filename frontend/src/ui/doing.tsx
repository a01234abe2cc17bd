import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Done } from "../answers.ts";
import { ApiError, send } from "../api.ts";
import { useConsole } from "./context.ts";

export type Method = "POST" | "PUT" | "DELETE";

/** Does something on the server and says how it went. */
export interface Doing {
  readonly busy: boolean;
  readonly error: string | null;
  /** By the name of the field that they are about. */
  readonly faults: Readonly<Record<string, string>>;
  /** Gives the answer, or null when it was refused: then `error` says why. */
  readonly run: <M extends Method, P extends string>(method: M, path: P, body?: unknown) => Promise<Done<M, P> | null>;
  readonly clear: () => void;
}

export function useDoing(): Doing {
  const { boot } = useConsole();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const clear = (): void => {
    setError(null);
    setFaults({});
  };
  const run = async <M extends Method, P extends string>(method: M, path: P, body?: unknown): Promise<Done<M, P> | null> => {
    setBusy(true);
    clear();
    try {
      return await send(method, path, boot.csrf, body);
    } catch (failure) {
      setError(failure instanceof ApiError ? failure.message : "An error here.");
      if (failure instanceof ApiError) setFaults(failure.faults);
      return null;
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, faults, run, clear };
}

export function Refusal({ doing }: { doing: Doing }): JSX.Element | null {
  if (doing.error === null) return null;
  return (
    <p class="problem" role="alert">
      {doing.error}
    </p>
  );
}

/** What stands where somebody who may change things finds a form. */
export function ReadOnly({ what }: { /** As in "this rule". */ what: string }): JSX.Element | null {
  return useMayChange() ? null : <p class="hint" data-testid="read-only">{`You can read ${what}, not change ${what.startsWith("this ") ? "it" : "them"}. Ask an editor.`}</p>;
}

/** Whether whoever is signed in may change things; `admin` may all. */
export function useMayChange(): boolean {
  const { boot } = useConsole();
  return boot.scopes.includes("write") || boot.scopes.includes("admin");
}
