import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { moment } from "../../data/alerts.ts";
import { useAnswer } from "../../data/answer.ts";
import { plural } from "../../data/format.ts";
import { browserOf, type Session } from "../../data/people.ts";
import { useConsole } from "../context.ts";
import { Refusal, useDoing } from "../doing.tsx";
import { Heading } from "../heading.tsx";
import { Answered } from "../states.tsx";
import { Table } from "../table.tsx";
import { PasswordField } from "./users.tsx";

const NONE: readonly string[] = [];

/** Where somebody is signed in; each session can be ended. */
export function SessionsPage(): JSX.Element {
  const app = useConsole();
  const isAdmin = app.boot.scopes.includes("admin");
  const [all, setAll] = useState(false);
  const answer = useAnswer(`/api/v1/sessions?all=${all}`, 10);
  const doing = useDoing();
  useEffect(() => app.draws(NONE), [app]);
  const end = async (session: Session): Promise<void> => {
    await doing.run("DELETE", `/api/v1/sessions/${session.id}`);
    if (session.current) location.assign("/login");
    else answer.again();
  };
  return (
    <Answered answer={answer} what="the sessions">
      {({ sessions }) => (
        <>
          <Heading shape="ok" text={all ? `${plural(sessions.length, "session is", "sessions are")} open.` : `You are signed in ${sessions.length === 1 ? "here" : `in ${sessions.length} places`}.`} sub="A session ends after 30 days, or at once when you end it; what it has open is cut within seconds." />
          <Refusal doing={doing} />
          {isAdmin && (
            <label class="choice">
              <input type="checkbox" checked={all} onChange={(event) => setAll(event.currentTarget.checked)} />
              Show everybody’s sessions
            </label>
          )}
          <Table
            label="Sessions"
            rows={sessions}
            keyOf={(session) => session.id}
            columns={[
              ...(all ? [{ title: "Who", cell: (session: Session) => session.name, by: (session: Session) => session.name }] : []),
              { title: "Browser", cell: (session) => <Browser session={session} /> },
              { title: "Since", cell: (session) => moment(session.created_at), by: (session) => session.created_at },
              { title: "Address", wide: true, cell: (session) => session.address || "not known" },
              {
                title: "",
                cell: (session) => (
                  <span class="row-actions">
                    <button type="button" class="quiet" disabled={doing.busy} onClick={() => void end(session)}>
                      End session
                    </button>
                  </span>
                ),
              },
            ]}
          />
          {app.boot.user !== "" && <OwnPassword />}
        </>
      )}
    </Answered>
  );
}

function Browser({ session }: { session: Session }): JSX.Element {
  return (
    <>
      {browserOf(session.agent)}
      {session.current && <small class="labels">this one</small>}
    </>
  );
}

function OwnPassword(): JSX.Element {
  const doing = useDoing();
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const keep = async (): Promise<void> => {
    if ((await doing.run("POST", "/api/v1/account/password", { current, password })) === null) return;
    location.assign("/login");
  };
  return (
    <section aria-labelledby="own-password">
      <h2 id="own-password">Your password</h2>
      <form
        class="stacked-form"
        onSubmit={(event) => {
          event.preventDefault();
          void keep();
        }}
      >
        <label>
          In use
          <input type="password" required maxLength={200} autocomplete="current-password" value={current} onInput={(event) => setCurrent(event.currentTarget.value)} />
        </label>
        <PasswordField title="New" value={password} fault={doing.faults.password} onInput={setPassword} />
        <p class="hint">All your sessions end, this one too: sign in again with the new one.</p>
        <div>
          <button type="submit" class="control" disabled={doing.busy}>
            Change password
          </button>
        </div>
        <Refusal doing={doing} />
      </form>
    </section>
  );
}
