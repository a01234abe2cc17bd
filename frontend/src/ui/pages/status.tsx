import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { ChartSpec } from "../../chart/types.ts";
import { QUADRA } from "../../charts.ts";
import { useAnswer } from "../../data/answer.ts";
import { duration, list, number } from "../../data/format.ts";
import type { Part } from "../../data/trouble.ts";
import { PinnableChart } from "../chart-slot.tsx";
import { useConsole } from "../context.ts";
import { Heading } from "../heading.tsx";
import { Shape, type ShapeName } from "../shapes.tsx";
import { Answered } from "../states.tsx";
import { Table } from "../table.tsx";

interface Status {
  readonly version: string;
  readonly uptime: number;
  readonly series: number;
  readonly samples_per_second: number;
  readonly consoles: number;
  readonly seq: number;
  readonly parts: Readonly<Record<string, Part>>;
}

const NAMES = QUADRA.flatMap((chart: ChartSpec) => chart.metrics.map(({ name }) => name));
const SHAPES: Record<Part["state"], ShapeName> = { ok: "ok", degraded: "warn", down: "warn", off: "wait" };
const WORDS: Record<Part["state"], string> = { ok: "works", degraded: "works in part", down: "does not work", off: "not used" };

/** Whether Quadra itself is right. */
export function StatusPage(): JSX.Element {
  const app = useConsole();
  const answer = useAnswer<Status>("/api/v1/status", 2);
  useEffect(() => app.draws(NAMES), [app]);
  return (
    <Answered answer={answer} what="the status">
      {(status) => (
        <>
          <Heading {...inWords(status)} />
          <section aria-labelledby="parts-title">
            <h2 id="parts-title">Parts</h2>
            <Table
              label="Parts of Quadra"
              rows={Object.entries(status.parts)}
              keyOf={([name]) => name}
              columns={[
                {
                  title: "Part",
                  cell: ([name, part]) => (
                    <span class="with-shape">
                      <Shape name={SHAPES[part.state]} /> {name}
                    </span>
                  ),
                },
                { title: "State", cell: ([, part]) => WORDS[part.state] },
                { title: "", cell: ([, part]) => part.detail ?? "" },
              ]}
            />
          </section>
          <section aria-labelledby="numbers-title">
            <h2 id="numbers-title">
              Quadra itself<small>{`version ${status.version}, runs since ${duration(status.uptime)}`}</small>
            </h2>
            <div class="charts">
              {QUADRA.map((chart) => (
                <PinnableChart key={chart.key} spec={chart} />
              ))}
            </div>
          </section>
        </>
      )}
    </Answered>
  );
}

function inWords({ parts, series, samples_per_second, consoles }: Status): { shape: ShapeName; text: string; sub: string } {
  const wrong = Object.entries(parts).filter(([, part]) => part.state === "degraded" || part.state === "down");
  const sub = `${number(series)} series, ${number(samples_per_second)} samples/s, ${number(consoles)} ${consoles === 1 ? "console" : "consoles"} connected.`;
  if (wrong.length === 0) return { shape: "ok", text: "All parts of Quadra work.", sub };
  return { shape: "warn", text: `Needs a look: ${list(wrong.map(([name, part]) => `${name} ${WORDS[part.state]}`))}.`, sub };
}
