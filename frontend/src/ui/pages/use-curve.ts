import { useEffect, useRef, useState } from "preact/hooks";
import { send } from "../../api.ts";
import { limitsOver, type CurvePoint } from "../../data/curve.ts";
import { useConsole } from "../context.ts";

const WAIT = 400;
const NONE: readonly CurvePoint[] = [];

/**
 * How often the rule would have paged at every limit of a chart. The limit in use has no part in it,
 * so nothing is asked while it is dragged, nor as the past goes on.
 */
export function useCurve(rule: Record<string, unknown> | null, span: number, end: number, low: number, high: number): readonly CurvePoint[] {
  const { boot } = useConsole();
  const [points, setPoints] = useState(NONE);
  const newest = useRef(0);
  const until = useRef(end);
  until.current = end;
  // A few more points at the end of the past are no other chart.
  const [from, to] = [low, high].map((v) => Number(v.toPrecision(2)));
  const same = rule === null ? "" : JSON.stringify([{ ...rule, name: "curve", threshold: 0, clear_threshold: null, annotations: {} }, span, from, to]);
  useEffect(() => {
    const limits = limitsOver(low, high);
    if (rule === null || rule.aggregate === "absent" || limits.length === 0) {
      setPoints(NONE);
      return;
    }
    const number = ++newest.current;
    const timer = setTimeout(() => {
      const body = { rule: { ...rule, name: "curve" }, start: until.current - span, end: until.current, limits };
      send("POST", "/api/v1/alert-rules/backtest", boot.csrf, body)
        .then((answer) => number === newest.current && setPoints("curve" in answer ? answer.curve : NONE))
        .catch(() => number === newest.current && setPoints(NONE)); // the chart does without
    }, WAIT);
    return () => clearTimeout(timer);
  }, [same]);
  return points;
}
