import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useAnswer } from "../../data/answer.ts";
import { moment } from "../../data/alerts.ts";
import { ROLE_WORDS, ROLES, usersInWords, type Role, type User } from "../../data/people.ts";
import { useConsole } from "../context.ts";
import { Refusal, useDoing, type Doing } from "../doing.tsx";
import { Heading } from "../heading.tsx";
import { Answered } from "../states.tsx";
import { Table } from "../table.tsx";

const NONE: readonly string[] = [];

/** People, what they may, and how to let in another. */
export function UsersPage(): JSX.Element {
  const app = useConsole();
  const answer = useAnswer("/api/v1/users", 15);
  const doing = useDoing();
  const [password, setPassword] = useState<User | null>(null);
  useEffect(() => app.draws(NONE), [app]);
  const change = async (user: User, what: Record<string, unknown>): Promise<void> => {
    await doing.run("PUT", `/api/v1/users/${user.id}`, what);
    answer.again();
  };
  return (
    <Answered answer={answer} what="the users">
      {({ users }) => (
        <>
          <Heading shape="ok" {...usersInWords(users)} />
          <Refusal doing={doing} />
          {users.length > 0 && (
            <Table
              label="Users"
              rows={users}
              keyOf={(user) => user.id}
              columns={[
                { title: "Name", cell: (user) => <Name user={user} />, by: (user) => user.name },
                { title: "Role", cell: (user) => <RoleChoice user={user} doing={doing} onRole={(role) => void change(user, { role })} /> },
                { title: "Last signed in", wide: true, cell: (user) => (user.signed_in_at === null ? "never" : moment(user.signed_in_at)), by: (user) => user.signed_in_at ?? 0 },
                {
                  title: "",
                  cell: (user) => (
                    <span class="row-actions">
                      <button type="button" class="quiet" disabled={doing.busy} onClick={() => setPassword(user)}>
                        New password
                      </button>
                      <button type="button" class="quiet" disabled={doing.busy || user.name === app.boot.user} onClick={() => void change(user, { disabled: user.disabled_at === null })}>
                        {user.disabled_at === null ? "Disable" : "Enable"}
                      </button>
                    </span>
                  ),
                },
              ]}
            />
          )}
          {password !== null && <NewPassword key={password.id} user={password} onDone={() => setPassword(null)} />}
          <NewUser onMade={answer.again} />
        </>
      )}
    </Answered>
  );
}

function Name({ user }: { user: User }): JSX.Element {
  const notes = [user.disabled_at === null ? "" : "disabled", user.openid ? "through the OpenID provider" : ""].filter((note) => note !== "");
  return (
    <>
      {user.name}
      {notes.length > 0 && <small class="labels">{notes.join(", ")}</small>}
    </>
  );
}

function RoleChoice({ user, doing, onRole }: { user: User; doing: Doing; onRole: (role: Role) => void }): JSX.Element {
  const { boot } = useConsole();
  return (
    <select aria-label={`Role of ${user.name}`} value={user.role} disabled={doing.busy || user.name === boot.user} onChange={(event) => onRole(event.currentTarget.value as Role)}>
      {ROLES.map((role) => (
        <option key={role} value={role}>
          {role}
        </option>
      ))}
    </select>
  );
}

function NewPassword({ user, onDone }: { user: User; onDone: () => void }): JSX.Element {
  const doing = useDoing();
  const [password, setPassword] = useState("");
  const keep = async (): Promise<void> => {
    if ((await doing.run("POST", `/api/v1/users/${user.id}/password`, { password })) === null) return;
    onDone();
  };
  return (
    <section aria-labelledby="new-password">
      <h2 id="new-password">{`New password for ${user.name}`}</h2>
      <form
        class="stacked-form"
        onSubmit={(event) => {
          event.preventDefault();
          void keep();
        }}
      >
        <PasswordField value={password} fault={doing.faults.password} onInput={setPassword} />
        <p class="hint">Whatever they have open ends within seconds.</p>
        <div>
          <button type="submit" class="control" disabled={doing.busy}>
            Set password
          </button>
          <button type="button" class="link" onClick={onDone}>
            Leave it
          </button>
        </div>
        <Refusal doing={doing} />
      </form>
    </section>
  );
}

/** Characters of a password, as the server wants it. */
const LEAST = 10;

export function PasswordField({ value, fault, onInput, title = "Password" }: { value: string; fault: string | undefined; onInput: (value: string) => void; title?: string }): JSX.Element {
  return (
    <label>
      {title}
      <input type="password" required minLength={LEAST} maxLength={200} autocomplete="new-password" value={value} onInput={(event) => onInput(event.currentTarget.value)} />
      {fault === undefined ? <small class="field-hint">{`At least ${LEAST} characters.`}</small> : <span class="fault">{fault}</span>}
    </label>
  );
}

function NewUser({ onMade }: { onMade: () => void }): JSX.Element {
  const doing = useDoing();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const make = async (): Promise<void> => {
    if ((await doing.run("POST", "/api/v1/users", { name: name.trim(), role, password })) === null) return;
    setName("");
    setPassword("");
    onMade();
  };
  return (
    <section aria-labelledby="new-user">
      <h2 id="new-user">New user</h2>
      <form
        class="stacked-form"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <label>
          Name
          <input required maxLength={100} value={name} placeholder="mira" autocomplete="off" spellcheck={false} onInput={(event) => setName(event.currentTarget.value)} />
          {doing.faults.name !== undefined && <span class="fault">{doing.faults.name}</span>}
        </label>
        <PasswordField value={password} fault={doing.faults.password} onInput={setPassword} />
        <fieldset>
          <legend>Role</legend>
          {ROLES.map((one) => (
            <label key={one} class="choice">
              <input type="radio" name="role" checked={role === one} onChange={() => setRole(one)} />
              {`${one}: ${ROLE_WORDS[one]}`}
            </label>
          ))}
        </fieldset>
        <div>
          <button type="submit" class="primary" disabled={doing.busy}>
            Make user
          </button>
        </div>
        <Refusal doing={doing} />
      </form>
    </section>
  );
}
