import type { Schemas } from "../../answers.ts";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useAnswer } from "../../data/answer.ts";
import { age, number, plural, THIN } from "../../data/format.ts";
import { useConsole } from "../context.ts";
import { ReadOnly, Refusal, useDoing, useMayChange, type Doing } from "../doing.tsx";
import { Heading } from "../heading.tsx";
import { Shape } from "../shapes.tsx";
import { Answered, Empty } from "../states.tsx";
import { Table } from "../table.tsx";

type Target = Schemas["Target"];

const NONE: readonly string[] = [];

/** Prometheus endpoints that Quadra reads. */
export function TargetsPage(): JSX.Element {
  const app = useConsole();
  const answer = useAnswer("/api/v1/targets", 3);
  const doing = useDoing();
  const may = useMayChange();
  useEffect(() => app.draws(NONE), [app]);
  const remove = async (target: Target): Promise<void> => {
    await doing.run("DELETE", `/api/v1/targets/${target.id ?? 0}`);
    answer.again();
  };
  return (
    <Answered answer={answer} what="the targets">
      {({ targets }) => (
        <>
          <Heading {...inWords(targets)} />
          <Refusal doing={doing} />
          {targets.length === 0 ? (
            <Empty>{may ? "No target yet. Give the address of a Prometheus endpoint, and Quadra reads it from now on." : "No target yet."}</Empty>
          ) : (
            <Table
              label="Scrape targets"
              rows={targets}
              keyOf={(target) => target.url + JSON.stringify(target.labels)}
              columns={[
                { title: "Target", cell: (target) => <Name target={target} now={app.now()} />, by: (target) => target.url },
                { title: "Every", number: true, wide: true, cell: (target) => `${number(target.interval)}${THIN}s`, by: (target) => target.interval },
                { title: "Samples", number: true, cell: (target) => number(target.state.samples), by: (target) => target.state.samples },
                {
                  title: "Took",
                  number: true,
                  wide: true,
                  cell: (target) => (target.state.duration === null ? "–" : `${number(target.state.duration * 1000)}${THIN}ms`),
                },
                {
                  title: "",
                  cell: (target) =>
                    may &&
                    (target.origin === "file" ? (
                      <small class="labels">from the file</small>
                    ) : (
                      <span class="row-actions">
                        <button type="button" class="quiet" disabled={doing.busy} onClick={() => void remove(target)}>
                          Remove
                        </button>
                      </span>
                    )),
                },
              ]}
            />
          )}
          <ReadOnly what="targets" />
          {may && <NewTarget doing={doing} onMade={answer.again} />}
        </>
      )}
    </Answered>
  );
}

function Name({ target, now }: { target: Target; now: number }): JSX.Element {
  const { up, last_error, last_scrape } = target.state;
  const words = up === null ? "not read yet" : up ? "read" : `can't be read: ${last_error ?? "no answer"}`;
  const when = last_scrape === null ? "" : `, ${age(now - last_scrape, now)}`;
  return (
    <>
      <span class="with-shape">
        <Shape name={up === null ? "wait" : up ? "ok" : "warn"} /> {target.url}
      </span>
      <small class="labels">{`${target.labels.job ?? ""}: ${words}${when}`}</small>
    </>
  );
}

function NewTarget({ doing, onMade }: { doing: Doing; onMade: () => void }): JSX.Element {
  const [url, setUrl] = useState("");
  const [job, setJob] = useState("");
  const make = async (): Promise<void> => {
    const made = await doing.run("POST", "/api/v1/targets", { url, ...(job === "" ? {} : { job }) });
    if (made === null) return;
    setUrl("");
    onMade();
  };
  return (
    <section aria-labelledby="new-target">
      <h2 id="new-target">New target</h2>
      <form
        class="inline-form"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <label>
          Address
          <input required type="url" value={url} placeholder="https://host.example:9100/metrics" onInput={(event) => setUrl(event.currentTarget.value)} />
          {doing.faults.url !== undefined && <span class="fault">{doing.faults.url}</span>}
        </label>
        <label>
          Job
          <input value={job} placeholder="scrape" onInput={(event) => setJob(event.currentTarget.value)} />
        </label>
        <button type="submit" class="primary" disabled={doing.busy}>
          Scrape it
        </button>
      </form>
    </section>
  );
}

function inWords(targets: readonly Target[]): { shape: "ok" | "warn" | "wait"; text: string; sub: string } {
  const down = targets.filter(({ state }) => state.up === false).length;
  if (targets.length === 0) return { shape: "wait", text: "Nothing is scraped.", sub: "Quadra also takes what is sent to it: see the overview." };
  if (down === 0) return { shape: "ok", text: `All ${plural(targets.length, "target")} can be read.`, sub: "" };
  return { shape: "warn", text: `${number(down)} of ${plural(targets.length, "target")} can't be read.`, sub: "The reason stands below each of them." };
}
