import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { ChartSpec } from "../../chart/types.ts";
import { QUADRA } from "../../charts.ts";
import { moment } from "../../data/alerts.ts";
import { useAnswer } from "../../data/answer.ts";
import { age, duration, list, number, tied } from "../../data/format.ts";
import { rowsOf, type Row, type Status } from "../../data/parts.ts";
import type { Part } from "../../data/trouble.ts";
import { BYTES, withUnit } from "../../data/units.ts";
import { PinnableChart } from "../chart-slot.tsx";
import { useConsole } from "../context.ts";
import { Heading } from "../heading.tsx";
import { Shape, type ShapeName } from "../shapes.tsx";
import { Answered } from "../states.tsx";
import { Table } from "../table.tsx";


const NAMES = QUADRA.flatMap((chart: ChartSpec) => chart.metrics.map(({ name }) => name));
const SHAPES: Record<Part["state"], ShapeName> = { ok: "ok", degraded: "warn", down: "warn", off: "wait" };
const WORDS: Record<Part["state"], string> = { ok: "works", degraded: "works in part", down: "does not work", off: "not used" };

/** Whether Quadra itself is right. */
export function StatusPage(): JSX.Element {
  const app = useConsole();
  const answer = useAnswer("/api/v1/status", 2);
  useEffect(() => app.draws(NAMES), [app]);
  return (
    <Answered answer={answer} what="the status">
      {(status) => (
        <>
          <Heading {...inWords(status, rowsOf(status))} />
          <section aria-labelledby="parts-title">
            <h2 id="parts-title">Parts</h2>
            <Table
              label="Parts of Quadra"
              rows={rowsOf(status)}
              keyOf={({ name }) => name}
              columns={[
                {
                  title: "Part",
                  cell: ({ name, state }) => (
                    <span class={`with-shape one-word${state === "ok" ? " quiet-shape" : ""}`}>
                      <Shape name={SHAPES[state]} /> {name}
                    </span>
                  ),
                },
                {
                  title: "State",
                  cell: ({ state, detail }) => (
                    <>
                      {WORDS[state]}
                      {detail !== undefined && <small class="part-detail">{tied(detail)}</small>}
                    </>
                  ),
                },
                {
                  title: "Queue",
                  number: true,
                  cell: ({ queue, waits }) => (
                    <>
                      {queue}
                      {waits !== "" && <small class="part-detail">{waits}</small>}
                    </>
                  ),
                },
                { title: "Lag", number: true, wide: true, cell: ({ lag }) => lag },
                { title: "Heard of", number: true, wide: true, cell: (part) => (part.age === undefined ? "" : age(part.age, app.now())), by: (part) => part.age ?? 0 },
                { title: "Since", number: true, wide: true, cell: ({ since }) => (since === undefined ? "" : moment(since)) },
              ]}
            />
          </section>
          <section aria-labelledby="storage-title">
            <h2 id="storage-title">Storage and versions</h2>
            <Table
              label="What it takes and runs on"
              rows={facts(status)}
              keyOf={([name]) => name}
              columns={[
                { title: "What", cell: ([name]) => name },
                { title: "Value", cell: ([, value]) => value },
              ]}
            />
          </section>
          <section aria-labelledby="numbers-title">
            <h2 id="numbers-title">
              Quadra itself<small>{`version ${status.version}, running for ${duration(status.uptime)}`}</small>
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

function facts({ storage, versions, series, seq }: Status): [string, string][] {
  return [
    ["history on disk", storage.history === null ? "not known" : withUnit(storage.history, BYTES)],
    ["free on its disk", `${withUnit(storage.free, BYTES)} of ${withUnit(storage.total, BYTES)}`],
    ["series", number(series)],
    ["journal position", number(seq)],
    ...Object.entries(versions),
  ];
}

function inWords({ series, samples_per_second, consoles }: Status, parts: readonly Row[]): { shape: ShapeName; text: string; sub: string } {
  const wrong = parts.filter(({ state }) => state === "degraded" || state === "down");
  const sub = `${number(series)} series, ${number(samples_per_second)} samples/s, ${number(consoles)} ${consoles === 1 ? "console" : "consoles"} connected.`;
  if (wrong.length === 0) return { shape: "ok", text: "All parts of Quadra work.", sub };
  return { shape: "warn", text: `Needs a look: ${list(wrong.map(({ name, state }) => `${name} ${WORDS[state]}`))}.`, sub };
}
