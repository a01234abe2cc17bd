import type { Schemas } from "../../answers.ts";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useCell } from "../../cell.ts";
import { moment, titleOf } from "../../data/alerts.ts";
import { useAnswer } from "../../data/answer.ts";
import { number, tied } from "../../data/format.ts";
import { useConsole } from "../context.ts";
import { Refusal, useDoing, useMayChange, type Doing } from "../doing.tsx";
import { PageLink } from "../link.tsx";
import { Answered, Empty } from "../states.tsx";
import { Table } from "../table.tsx";

type Silence = Schemas["Silence"];

type MaintenanceWindow = Schemas["MaintenanceWindow"];

/** What keeps pages quiet on purpose, and what it hid. */
export function Silences(): JSX.Element {
  const app = useConsole();
  const doing = useDoing();
  const changes = useCell(app.alerts.changes);
  const answer = useAnswer("/api/v1/silences", 15);
  const [shown, setShown] = useState<number | null>(null);
  const may = useMayChange();
  useEffect(() => {
    if (changes > 0) answer.again();
  }, [changes]);
  const end = async (silence: Silence): Promise<void> => {
    await doing.run("DELETE", `/api/v1/silences/${silence.id}`);
    app.alerts.changes.value += 1;
    app.alerts.lookForSilences();
  };
  return (
    <section aria-labelledby="silences" data-testid="silences">
      <h2 id="silences">Silences</h2>
      <Refusal doing={doing} />
      <Answered answer={answer} what="the silences">
        {({ silences }) =>
          silences.length === 0 ? (
            <Empty>Nothing is silenced. Open an alert to silence it for a while.</Empty>
          ) : (
            <Table
              label="Silences, now and before"
              rows={silences}
              keyOf={(one) => one.id}
              columns={[
                { title: "Keeps quiet", cell: (one) => <Hidden silence={one} open={shown === one.id} /> },
                { title: "Why", cell: (one) => tied(one.reason), by: (one) => one.reason },
                { title: "By", wide: true, cell: (one) => one.created_by, by: (one) => one.created_by },
                {
                  title: "Until",
                  cell: (one) => (one.state === "ended" ? `ended ${moment(one.ends_at)}` : moment(one.ends_at)),
                  by: (one) => one.ends_at,
                },
                {
                  title: "",
                  cell: (one) => (
                    <span class="row-actions">
                      <button type="button" class="quiet" aria-expanded={shown === one.id} onClick={() => setShown(shown === one.id ? null : one.id)}>
                        What it hid
                      </button>
                      {may && one.state !== "ended" && (
                        <button type="button" class="quiet" disabled={doing.busy} onClick={() => void end(one)}>
                          End now
                        </button>
                      )}
                    </span>
                  ),
                },
              ]}
            />
          )
        }
      </Answered>
      <Windows />
    </section>
  );
}

function Hidden({ silence, open }: { silence: Silence; open: boolean }): JSX.Element {
  return (
    <>
      <code>{silence.matchers.join(", ")}</code>
      {open && <WhatItHid id={silence.id} />}
    </>
  );
}

function WhatItHid({ id }: { id: number }): JSX.Element {
  const answer = useAnswer(`/api/v1/silences/${id}`, 30);
  return (
    <Answered answer={answer} what="what it hid">
      {({ hidden }) => (
        <small class="labels" data-testid="hidden-alerts">
          {hidden.length === 0 ? "It has hidden nothing so far." : `It hid ${number(hidden.length)}: `}
          {hidden.slice(0, 20).map((alert, i) => (
            <span key={alert.id}>
              {i > 0 && ", "}
              <PageLink to="/alerts" item={alert.id}>
                {titleOf(alert)}
              </PageLink>
            </span>
          ))}
        </small>
      )}
    </Answered>
  );
}

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

function Windows(): JSX.Element {
  const doing = useDoing();
  const may = useMayChange();
  const [adding, setAdding] = useState(false);
  const answer = useAnswer("/api/v1/maintenance-windows", 30);
  const drop = async (one: MaintenanceWindow): Promise<void> => {
    await doing.run("DELETE", `/api/v1/maintenance-windows/${one.id}`);
    answer.again();
  };
  return (
    <div class="windows">
      <h3>Maintenance windows</h3>
      <Refusal doing={doing} />
      <Answered answer={answer} what="the maintenance windows">
        {({ maintenance_windows: windows }) =>
          windows.length === 0 ? (
            <p class="hint">None. A window keeps pages quiet again and again, at certain hours of certain days.</p>
          ) : (
            <Table
              label="Maintenance windows"
              rows={windows}
              keyOf={(one) => one.id}
              columns={[
                { title: "Name", cell: (one) => `${one.name}${one.open ? ", open now" : ""}`, by: (one) => one.name },
                { title: "When", cell: (one) => `${daysOf(one)} ${one.begins} for ${one.duration}, ${one.timezone}` },
                { title: "Keeps quiet", wide: true, cell: (one) => <code>{one.matchers.join(", ")}</code> },
                {
                  title: "",
                  cell: (one) => (
                    <span class="row-actions">
                      {may && (
                        <button type="button" class="quiet" disabled={doing.busy} onClick={() => void drop(one)}>
                          Remove
                        </button>
                      )}
                    </span>
                  ),
                },
              ]}
            />
          )
        }
      </Answered>
      {may && (
        <p class="after">
          <button type="button" class="link" aria-expanded={adding} onClick={() => setAdding(!adding)}>
            {adding ? "No window" : "New maintenance window"}
          </button>
        </p>
      )}
      {adding && (
        <NewWindow
          doing={doing}
          onMade={() => {
            setAdding(false);
            answer.again();
          }}
        />
      )}
    </div>
  );
}

function daysOf({ days }: MaintenanceWindow): string {
  return days.length === 0 || days.length === DAYS.length ? "Every day" : days.join(", ");
}

function NewWindow({ doing, onMade }: { doing: Doing; onMade: () => void }): JSX.Element {
  const [wish, setWish] = useState({ name: "", matchers: "", begins: "03:00", duration: "1h", days: [] as readonly string[] });
  const field = (name: "name" | "matchers" | "begins" | "duration", title: string, hint: string): JSX.Element => (
    <label>
      {title}
      <input required value={wish[name]} placeholder={hint} onInput={(event) => setWish({ ...wish, [name]: event.currentTarget.value })} />
      {doing.faults[name] !== undefined && <span class="fault">{doing.faults[name]}</span>}
    </label>
  );
  const make = async (): Promise<void> => {
    const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const matchers = wish.matchers.split(",").map((one) => one.trim()).filter((one) => one !== "");
    const { days, ...rest } = wish;
    const body = { ...rest, matchers, timezone, ...(days.length === 0 ? {} : { days }) };
    if ((await doing.run("POST", "/api/v1/maintenance-windows", body)) !== null) onMade();
  };
  return (
    <form
      class="stacked-form"
      aria-label="New maintenance window"
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      {field("name", "Name", "Nightly restart")}
      {field("matchers", "Keeps quiet", 'host=~"web.*"')}
      <div class="row">
        {field("begins", "Begins", "03:00")}
        {field("duration", "For", "1h")}
      </div>
      <fieldset>
        <legend>On these days; none means every day</legend>
        {DAYS.map((day) => (
          <label key={day} class="choice">
            <input
              type="checkbox"
              checked={wish.days.includes(day)}
              onChange={(event) =>
                setWish({ ...wish, days: event.currentTarget.checked ? [...wish.days, day] : wish.days.filter((other) => other !== day) })
              }
            />
            {day}
          </label>
        ))}
      </fieldset>
      <div>
        <button type="submit" class="control" disabled={doing.busy}>
          Make the window
        </button>
      </div>
    </form>
  );
}
