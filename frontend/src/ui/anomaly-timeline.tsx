import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { SHAPES, type Anomaly } from "../data/anomalies.ts";
import { clock, tied } from "../data/format.ts";
import type { Lane } from "../data/moments.ts";
import { timeTicks } from "../data/ticks.ts";

interface TimelineProps {
  readonly lanes: readonly Lane[];
  readonly from: number;
  readonly to: number;
  /** Key of the moment that is open. */
  readonly chosen: string | null;
  readonly choose: (group: string) => void;
}

const LANE = 32;
const FOOT = 24;
const [NAMES, NARROW] = [220, 640];

/** All anomalies of the range on one time axis, a row a service. */
export function AnomalyTimeline({ lanes, from, to, chosen, choose }: TimelineProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(800);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const watch = new ResizeObserver(() => setWidth(element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const narrow = width < NARROW;
  const left = narrow ? 0 : NAMES;
  const right = width - 8;
  const step = narrow ? LANE + 16 : LANE;
  const x = (t: number): number => left + ((Math.min(Math.max(t, from), to) - from) / Math.max(to - from, 1)) * (right - left);
  const bottom = lanes.length * step;
  return (
    <div class="timeline" ref={place} data-testid="timeline">
      <svg width={width} height={bottom + FOOT} role="group" aria-label={`Anomalies by service, ${clock(from)} to ${clock(to)}`}>
        {timeTicks(from, to, right - left).map(({ t, text }) => (
          <g key={t}>
            <line class="grid" x1={x(t)} x2={x(t)} y1={0} y2={bottom} />
            <text class="tick" text-anchor="middle" x={Math.min(Math.max(x(t), left + 28), right - 28)} y={bottom + 16}>
              {text}
            </text>
          </g>
        ))}
        {lanes.map((lane, i) => (
          <g key={lane.service}>
            <text class="lane-name" x={0} y={i * step + (narrow ? 16 : 20)}>
              {shortened(lane.service, narrow ? width / 7 : NAMES / 7.5)}
              <title>{lane.service}</title>
            </text>
            <line class="grid" x1={0} x2={right} y1={(i + 1) * step} y2={(i + 1) * step} />
            {lane.anomalies.map((one) => (
              <Span key={one.id} one={one} x={x} to={to} y={i * step + step - LANE / 2} here={one.group === chosen} choose={choose} />
            ))}
          </g>
        ))}
      </svg>
    </div>
  );
}

interface SpanProps {
  readonly one: Anomaly;
  readonly x: (t: number) => number;
  readonly to: number;
  readonly y: number;
  readonly here: boolean;
  readonly choose: (group: string) => void;
}

function Span({ one, x, to, y, here, choose }: SpanProps): JSX.Element {
  const start = x(one.started_at);
  const length = Math.max(3, x(one.ended_at ?? to) - start);
  const words = `${clock(one.started_at, true)}: ${tied(one.reason)}`;
  return (
    <g
      class={`span is-${SHAPES[one.severity]}${here ? " is-here" : ""}`}
      role="button"
      tabIndex={0}
      aria-label={words}
      aria-pressed={here}
      onClick={() => choose(one.group)}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        choose(one.group);
      }}
    >
      <title>{words}</title>
      <rect class="reach" x={start - 8} y={y - 13} width={length + 16} height={26} />
      <rect class="bar" x={start} y={y - 3} width={length} height={6} opacity={Math.min(1, 0.4 + one.evidence / 8)} />
      <path class="sign" d={signOf(one.severity, start, y)} />
    </g>
  );
}

function signOf(severity: Anomaly["severity"], x: number, y: number): string {
  const shape = SHAPES[severity];
  if (shape === "crit") return `M${x} ${y - 7}l7 7-7 7-7-7z`;
  if (shape === "warn") return `M${x} ${y - 7}l7 12h-14z`;
  return `M${x - 5} ${y}a5 5 0 1 0 10 0a5 5 0 1 0-10 0z`;
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, Math.max(3, Math.floor(most) - 1))}…`;
}
