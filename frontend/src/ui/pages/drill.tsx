import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { drillInWords, stepInWords, took, type Drilled } from "../../data/drill.ts";
import { Refusal, useDoing } from "../doing.tsx";
import { PageLink } from "../link.tsx";
import { Shape } from "../shapes.tsx";
import { Table } from "../table.tsx";
import { tied } from "../../data/format.ts";

/** Sends a marked fault all the way to people, and shows how long each step took. */
export function FireDrill({ onDone }: { onDone: () => void }): JSX.Element {
  const doing = useDoing();
  const [found, setFound] = useState<Drilled | null>(null);
  const run = async (): Promise<void> => {
    setFound(null);
    const answer = await doing.run("POST", "/api/v1/drill");
    if (answer !== null) setFound(answer);
    onDone();
  };
  return (
    <section class="drill" aria-labelledby="fire-drill" data-testid="fire-drill">
      <h2 id="fire-drill">Fire drill</h2>
      <p class="hint">Sends a marked fault all the way to every channel that is switched on. Whoever is paged reads DRILL in the first line.</p>
      <p>
        <button type="button" class="control" disabled={doing.busy} onClick={() => void run()}>
          Run fire drill
        </button>
      </p>
      <Refusal doing={doing} />
      <p class="outcome" role="status">
        {found !== null && <Shape name={found.passed ? "ok" : "warn"} />}
        {doing.busy ? "The drill is under way…" : found === null ? "\u00a0" : drillInWords(found)}
      </p>
      {found !== null && (
        <>
          <Table
            label="Steps of the fire drill"
            rows={found.steps}
            keyOf={(step) => `${step.step}/${step.channel ?? ""}`}
            columns={[
              {
                title: "Step",
                cell: (step) => (
                  <span class={step.ok ? "with-shape quiet-shape" : "with-shape"}>
                    <Shape name={step.ok ? "ok" : "warn"} />
                    <span>
                      {stepInWords(step)}
                      {step.detail !== undefined && <small class="labels">{tied(step.detail)}</small>}
                    </span>
                  </span>
                ),
              },
              { title: "After", number: true, cell: (step) => took(step.seconds) },
            ]}
          />
          {found.alert !== null && (
            <p class="hint">
              Counted from the fault, from “Fault over” on from its end.{" "}
              <PageLink to="/alerts" item={found.alert}>
                Who knew what when
              </PageLink>
            </p>
          )}
        </>
      )}
    </section>
  );
}
