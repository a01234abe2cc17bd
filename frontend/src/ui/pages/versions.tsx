import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { moment } from "../../data/alerts.ts";
import { useAnswer } from "../../data/answer.ts";
import { number } from "../../data/format.ts";
import type { Model } from "../../data/training.ts";
import { useMayChange, type Doing } from "../doing.tsx";
import { Shape } from "../shapes.tsx";
import { Answered, Empty } from "../states.tsx";
import { Table } from "../table.tsx";


/** Saved versions of the field, and what can be done with them. */
export function Versions({ doing, changed }: { doing: Doing; changed: () => void }): JSX.Element {
  const answer = useAnswer("/api/v1/models", 10);
  const may = useMayChange();
  const [words, setWords] = useState("");
  const ask = async (path: "" | "/rollback" | `/${string}/load` | `/${string}/promote`, body?: object): Promise<void> => {
    const done = await doing.run("POST", `/api/v1/models${path}`, body);
    if (done !== null) setWords("");
    answer.again();
    changed();
  };
  return (
    <section aria-labelledby="versions-title">
      <h2 id="versions-title">Model versions</h2>
      <Answered answer={answer} what="the versions">
        {({ models, production }) =>
          models.length === 0 ? (
            <Empty>No version is saved yet. Save one to come back to it later.</Empty>
          ) : (
            <>
              <p class="hint">
                Load goes on training from a version, in place of what is trained now. Promote makes it the one in production.{" "}
                {may && production !== null && (
                  <button type="button" class="link" disabled={doing.busy} onClick={() => void ask("/rollback")}>
                    Roll back to the one before
                  </button>
                )}
              </p>
              <Table
                label="Saved versions"
                rows={models}
                keyOf={(model) => model.version}
                columns={[
                  { title: "Version", cell: (model) => <Name model={model} />, by: (model) => model.created_at },
                  { title: "Units", number: true, wide: true, cell: (model) => number(model.field_size) },
                  { title: "Steps", number: true, cell: (model) => number(model.iteration), by: (model) => model.iteration },
                  { title: "Loss", number: true, cell: (model) => (model.loss === null ? "–" : number(model.loss)), by: (model) => model.loss ?? 9 },
                  {
                    title: "",
                    cell: (model) =>
                      may && (
                        <span class="row-actions">
                          <button type="button" class="quiet" disabled={doing.busy} onClick={() => void ask(`/${model.version}/load`)}>
                            Load
                          </button>
                          {!model.production && (
                            <button type="button" class="quiet" disabled={doing.busy} onClick={() => void ask(`/${model.version}/promote`)}>
                              Promote
                            </button>
                          )}
                        </span>
                      ),
                  },
                ]}
              />
            </>
          )
        }
      </Answered>
      {may && (
        <form
          class="inline-form"
          onSubmit={(event) => {
            event.preventDefault();
            void ask("", { description: words });
          }}
        >
          <label>
            What is this version?
            <input value={words} maxLength={500} placeholder="before the new release" onInput={(event) => setWords(event.currentTarget.value)} />
          </label>
          <button type="submit" class="control" disabled={doing.busy}>
            Save version
          </button>
        </form>
      )}
    </section>
  );
}

function Name({ model }: { model: Model }): JSX.Element {
  return (
    <>
      {model.description === "" ? model.version : model.description}
      <small class="labels">
        {moment(model.created_at)}
        {model.production && (
          <>
            {", "}
            <Shape name="ok" /> in production
          </>
        )}
      </small>
    </>
  );
}
