import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, send } from "../../api.ts";
import type { Backtest } from "../../data/rules.ts";
import { useConsole } from "../context.ts";

export const SPANS = [
  [3600, "hour"],
  [21_600, "6 hours"],
  [86_400, "24 hours"],
  [604_800, "7 days"],
  [2_592_000, "30 days"],
] as const;

export interface Tried {
  readonly found: Backtest | null;
  readonly error: string | null;
  readonly faults: Readonly<Record<string, string>>;
  /** The limit that the answer is about. */
  readonly limit: number | undefined;
}

const NOTHING: Tried = { found: null, error: null, faults: {}, limit: undefined };

/** Replays the past for a rule: soon after its last change, and one question at a time. */
export function useBacktest(rule: Record<string, unknown> | null, start: number, end: number, wait: number): Tried {
  const { boot } = useConsole();
  const [tried, setTried] = useState<Tried>(NOTHING);
  const wanted = useRef("");
  const asking = useRef(false);
  const question = rule === null ? "" : JSON.stringify({ rule: { ...rule, name: rule.name === "" ? "draft" : rule.name }, start, end });
  wanted.current = question;
  useEffect(() => {
    if (question === "") {
      setTried(NOTHING);
      return;
    }
    const timer = setTimeout(() => void ask(), wait);
    return () => clearTimeout(timer);
  }, [question]);
  // The answer under way comes first; then the newest question, not each one between.
  const ask = async (): Promise<void> => {
    if (asking.current) return;
    asking.current = true;
    for (let asked = ""; wanted.current !== "" && asked !== wanted.current; ) {
      asked = wanted.current;
      setTried(await answerTo(asked, boot.csrf));
    }
    asking.current = false;
  };
  return tried;
}

async function answerTo(question: string, csrf: string): Promise<Tried> {
  try {
    const body = JSON.parse(question) as { rule: { threshold?: number } };
    const found = await send("POST", "/api/v1/alert-rules/backtest", csrf, body);
    return "curve" in found ? NOTHING : { found, error: null, faults: {}, limit: body.rule.threshold };
  } catch (failure) {
    return refused(failure);
  }
}

function refused(failure: unknown): Tried {
  if (!(failure instanceof ApiError)) return { ...NOTHING, error: "The past could not be tried." };
  const faults = Object.fromEntries(Object.entries(failure.faults).map(([name, reason]) => [name.replace(/^rule\./, ""), reason]));
  return { ...NOTHING, error: failure.message, faults };
}
