import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { axisFor, markText, timeTicks, type Axis } from "../data/ticks.ts";
import { beyond, extent, holeOf, pathOf, type Trace } from "../data/plotting.ts";
import { scaleFor, withUnit, type Unit } from "../data/units.ts";
import { breaches, rounded } from "../data/rules.ts";
import { clock } from "../data/format.ts";
import type { AlertShape } from "../data/alerts.ts";
import { Curve, type CurveShown } from "./curve.tsx";

export interface Lane {
  readonly title: string;
  /** Stretches, or moments where `to` is left out. */
  readonly marks: readonly { readonly from: number; readonly to?: number; readonly words: string }[];
  readonly hollow?: boolean;
  /** Stretches that are known, whoever finds them: drawn as brackets. */
  readonly known?: boolean;
}

interface LimitChartProps {
  readonly title: string;
  readonly sub: string;
  readonly traces: readonly Trace[];
  readonly from: number;
  readonly to: number;
  readonly unit: Unit;
  readonly op: string;
  readonly limit: number | null;
  /** The limit that is in force, beside the one that is tried. */
  readonly saved?: number | null;
  readonly shape: AlertShape;
  readonly onLimit?: (limit: number) => void;
  readonly since?: number | null;
  readonly lanes?: readonly Lane[];
  readonly height?: number;
  readonly curve?: CurveShown;
}

const [TOP, FOOT, RIGHT, LANE, GAP] = [12, 22, 64, 26, 8];
const [CURVE, CURVE_FROM] = [230, 820];
const MOST_TRACES = 20;

/** A chart with a limit, drawn as SVG: few points, and each part can be reached and named. */
export function LimitChart(props: LimitChartProps): JSX.Element {
  const { title, sub, traces, from, to, unit, op, limit, saved = null, shape, onLimit, since = null, lanes = [] } = props;
  const place = useRef<HTMLDivElement>(null);
  const width = useWidth(place);
  const [held, setHeld] = useState<Axis | null>(null);
  const plotHeight = props.height ?? 240;
  const wish = { zero: unit.zero, most: unit.most };
  const seen = extent(traces, [limit, saved].filter((v): v is number => v !== null));
  const axis = held ?? axisFor(seen[0], seen[1], wish);
  const side = props.curve !== undefined && props.curve.points.length > 0 && width >= CURVE_FROM ? CURVE : 0;
  const right = Math.max(width - RIGHT - side, 60);
  const x = (t: number): number => ((t - from) / Math.max(to - from, 1)) * right;
  const y = (v: number): number => TOP + (1 - (v - axis.min) / (axis.max - axis.min || 1)) * plotHeight;
  const lines = useMemo(() => traces.slice(0, MOST_TRACES), [traces]);
  const scale = scaleFor(unit, Math.max(Math.abs(axis.max), Math.abs(axis.min)));
  const below = lanes.length === 0 ? 0 : GAP + lanes.length * LANE;
  const height = TOP + plotHeight + FOOT + below;
  const clamp = (v: number): number => Math.min(Math.max(v, TOP), TOP + plotHeight);
  const over = limit === null ? [] : lines.flatMap((trace) => beyond(trace, (v) => breaches(op, v, limit)));
  const words = limit === null ? "" : `, limit ${withUnit(limit, unit)}, ${over.length === 0 ? "never beyond it" : "beyond it at times"}`;
  return (
    <figure class="limit-chart" data-testid="limit-chart">
      <figcaption>
        <b>{title}</b>
        <small>{[scale.unit, sub].filter((text) => text !== "").join(", ")}</small>
      </figcaption>
      <div class="limit-plot" ref={place}>
        <svg width={width} height={height} role="img" aria-label={`${title}${words}`}>
          {axis.ticks.map((tick) => (
            <g key={tick}>
              <line class="grid" x1={0} x2={right} y1={y(tick)} y2={y(tick)} />
              <text class="tick" x={right + 8} y={y(tick) + 4}>
                {markText(axis, tick, scale.divisor)}
              </text>
            </g>
          ))}
          {timeTicks(from, to, right, 72).map(({ t, text }) => (
            <g key={t}>
              <line class="grid" x1={x(t)} x2={x(t)} y1={TOP} y2={TOP + plotHeight + below} />
              <text class="tick" text-anchor="middle" x={Math.min(Math.max(x(t), 20), right - 8)} y={height - 6}>
                {text}
              </text>
            </g>
          ))}
          {limit !== null && op.startsWith(">") && (
            <rect class={`beyond-area is-${shape}`} x={0} width={right} y={TOP} height={Math.max(0, clamp(y(limit)) - TOP)} />
          )}
          {limit !== null && op.startsWith("<") && (
            <rect class={`beyond-area is-${shape}`} x={0} width={right} y={clamp(y(limit))} height={Math.max(0, TOP + plotHeight - clamp(y(limit)))} />
          )}
          {since !== null && since >= from && <line class="since" x1={x(since)} x2={x(since)} y1={TOP} y2={TOP + plotHeight} />}
          {lines.map((trace, i) => (
            <path key={i} class="trace" d={pathOf(trace, x, y, holeOf(trace, (to - from) / 200))} />
          ))}
          {over.map((trace, i) => (
            <path key={i} class={`trace-beyond is-${shape}`} d={dotted(pathOf(trace, x, y, holeOf(trace, (to - from) / 200)))} />
          ))}
          {saved !== null && saved !== limit && <line class="saved-limit" x1={0} x2={right} y1={clamp(y(saved))} y2={clamp(y(saved))} />}
          {limit !== null && <line class={onLimit === undefined ? "limit" : "limit dragged"} x1={0} x2={right} y1={clamp(y(limit))} y2={clamp(y(limit))} />}
          {props.curve !== undefined && side > 0 && (
            <Curve shown={props.curve} left={right + RIGHT} width={side} top={TOP} bottom={TOP + plotHeight} limit={limit} saved={saved} y={y} />
          )}
          {lanes.map((lane, i) => (
            <LaneMarks key={lane.title} lane={lane} top={TOP + plotHeight + GAP + i * LANE} right={right} x={x} shape={shape} />
          ))}
        </svg>
        {limit !== null && onLimit !== undefined && (
          <Handle
            limit={limit}
            axis={axis}
            words={withUnit(limit, unit)}
            top={clamp(y(limit))}
            toValue={(px) => axis.min + (1 - (px - TOP) / plotHeight) * (axis.max - axis.min)}
            onLimit={onLimit}
            onHold={(on) => setHeld(on ? axis : null)}
          />
        )}
      </div>
    </figure>
  );
}

/** A single point beyond the limit is a line of no length: it gets one of a pixel. */
function dotted(path: string): string {
  return path.replaceAll(/(M[^ML]+)(?=M|$)/g, "$1h1");
}

interface LaneProps {
  readonly lane: Lane;
  readonly top: number;
  readonly right: number;
  readonly x: (t: number) => number;
  readonly shape: AlertShape;
}

function LaneMarks({ lane, top, right, x, shape }: LaneProps): JSX.Element {
  const middle = top + LANE / 2;
  return (
    <g class={`lane is-${shape}`} data-lane={lane.title} data-marks={lane.marks.length}>
      <line class="grid" x1={0} x2={right} y1={top} y2={top} />
      {lane.marks.map(({ from, to, words }, i) => {
        const at = Math.max(0, x(from));
        if (to !== undefined && lane.known === true) {
          const end = Math.max(at + 5, Math.min(x(to), right));
          return (
            <path key={i} class="bracket" d={`M${at} ${middle - 5}v10M${at} ${middle}H${end}M${end} ${middle - 5}v10`}>
              <title>{words}</title>
            </path>
          );
        }
        if (to !== undefined) {
          return (
            <rect key={i} class="mark" x={at} y={middle - 5} height={10} width={Math.max(2, Math.min(x(to), right) - at)}>
              <title>{words}</title>
            </rect>
          );
        }
        return (
          <path key={i} class={lane.hollow === true ? "mark hollow" : "mark"} d={`M${at} ${middle - 6}l6 6-6 6-6-6z`}>
            <title>{words}</title>
          </path>
        );
      })}
      <text class="tick" x={right + 8} y={middle + 4}>
        {lane.title}
      </text>
    </g>
  );
}

interface HandleProps {
  readonly limit: number;
  readonly axis: Axis;
  readonly words: string;
  readonly top: number;
  readonly toValue: (px: number) => number;
  readonly onLimit: (limit: number) => void;
  readonly onHold: (on: boolean) => void;
}

/** The limit's chip: dragged with the pointer, or moved with the arrow keys. */
function Handle({ limit, axis, words, top, toValue, onLimit, onHold }: HandleProps): JSX.Element {
  const handle = useRef<HTMLDivElement>(null);
  const start = useRef<{ y: number; top: number } | null>(null);
  useEffect(() => {
    if (handle.current !== null) handle.current.style.top = `${top}px`;
  }, [top]);
  const end = (): void => {
    start.current = null;
    onHold(false);
  };
  return (
    <div
      ref={handle}
      class="limit-handle"
      role="slider"
      tabIndex={0}
      aria-label="Limit"
      aria-orientation="vertical"
      aria-valuemin={axis.min}
      aria-valuemax={axis.max}
      aria-valuenow={limit}
      aria-valuetext={words}
      data-testid="limit-handle"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = { y: event.clientY, top };
        onHold(true);
      }}
      onPointerMove={(event) => {
        if (start.current === null) return;
        const value = toValue(start.current.top + event.clientY - start.current.y);
        onLimit(rounded(Math.min(Math.max(value, axis.min), axis.max)));
      }}
      onPointerUp={end}
      onPointerCancel={end}
      onKeyDown={(event) => {
        const by = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
        if (by === 0) return;
        event.preventDefault();
        onLimit(nudged(limit, axis, by * (event.shiftKey ? 10 : 1)));
      }}
    >
      <span>{words}</span>
      <span aria-hidden="true">↕</span>
    </div>
  );
}

/** A hundredth of the axis further. */
export function nudged(limit: number, axis: Axis, by: number): number {
  const step = (axis.max - axis.min || 1) / 100;
  return Number((limit + by * step).toPrecision(6));
}

function useWidth(place: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(600);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const watch = new ResizeObserver(() => setWidth(element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return width;
}

/** A small chart for a row: the line, its limit, and what is beyond. */
export function Spark({ trace, from, to, limit, op, shape }: { trace: Trace | null; from: number; to: number; limit: number | null; op: string; shape: AlertShape }): JSX.Element {
  const [w, h] = [180, 40];
  if (trace === null) return <svg class="spark" width={w} height={h} aria-hidden="true" />;
  const [low, high] = extent([trace], limit === null ? [] : [limit]);
  const base = low >= 0 && low <= 0.6 * high ? 0 : low;
  const x = (t: number): number => ((t - from) / Math.max(to - from, 1)) * (w - 4);
  const y = (v: number): number => 4 + (1 - (v - base) / (high - base || 1)) * (h - 8);
  const hole = holeOf(trace, (to - from) / 60);
  const over = limit === null ? [] : beyond(trace, (v) => breaches(op, v, limit));
  return (
    <svg class="spark" width={w} height={h} viewBox={`0 0 ${w} ${h}`} preserveAspectRatio="none" role="img" aria-label={`From ${clock(from)} to ${clock(to)}`}>
      {limit !== null && <line class="limit" x1={0} x2={w} y1={y(limit)} y2={y(limit)} />}
      <path class="trace" d={pathOf(trace, x, y, hole)} />
      {over.map((part, i) => (
        <path key={i} class={`trace-beyond is-${shape}`} d={dotted(pathOf(part, x, y, hole))} />
      ))}
    </svg>
  );
}
