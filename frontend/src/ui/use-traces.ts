import { useEffect, useState } from "preact/hooks";
import { useCell } from "../cell.ts";
import { useAnswer } from "../data/answer.ts";
import type { HistorySeries } from "../data/history.ts";
import { SPAN, traceOf, tracesPath, type Traced } from "../data/traces.ts";
import { useConsole } from "./context.ts";

/** The last hour of several series, in one request. */
export interface Traces {
  readonly from: number;
  readonly to: number;
  readonly of: (one: Traced) => HistorySeries | null;
}

export function useTraces(wanted: readonly Traced[]): Traces {
  const app = useConsole();
  const to = Math.ceil(app.now() / 60) * 60; // the window moves on by minutes
  const changes = useCell(app.alerts.changes);
  const [heard] = useState(changes); // what came before is in the first answer
  const { data, again } = useAnswer(tracesPath(wanted, to), 15);
  useEffect(() => {
    if (changes !== heard) again(); // a line as of before the alert would not show why it fired
  }, [changes]);
  return { from: to - SPAN, to, of: (one) => traceOf(data?.series ?? [], one) };
}
