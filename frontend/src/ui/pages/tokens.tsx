import type { Schemas } from "../../answers.ts";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useAnswer } from "../../data/answer.ts";
import { clock, date, plural } from "../../data/format.ts";
import { useConsole } from "../context.ts";
import { copyText } from "../copy.ts";
import { Refusal, useDoing, type Doing } from "../doing.tsx";
import { Heading } from "../heading.tsx";
import { Answered } from "../states.tsx";
import { Table } from "../table.tsx";

type Token = Schemas["Token"];

const SCOPES = [
  ["ingest", "send samples"],
  ["read", "look at everything"],
  ["write", "change rules, targets, training"],
  ["admin", "all of it, and tokens"],
] as const;
const OVERLAP = 3600;
const DAY = 86_400;
const LIVES = [
  [0, "never"],
  [30 * DAY, "in 30 days"],
  [90 * DAY, "in 90 days"],
  [365 * DAY, "in a year"],
] as const;
const NONE: readonly string[] = [];

/** Who may do what: tokens for programs and people. */
export function TokensPage(): JSX.Element {
  const app = useConsole();
  const answer = useAnswer("/api/v1/tokens", 10);
  const doing = useDoing();
  const [made, setMade] = useState<{ name: string; token: string } | null>(null);
  useEffect(() => app.draws(NONE), [app]);
  const end = async (token: Token): Promise<void> => {
    if (!confirm(`End the token “${token.name}”? Whatever uses it is refused from now on.`)) return;
    await doing.run("DELETE", `/api/v1/tokens/${token.id}`);
    answer.again();
  };
  const rotate = async (token: Token): Promise<void> => {
    if (!confirm(`Give “${token.name}” a new secret? The former one still opens for an hour.`)) return;
    const found = await doing.run("POST", `/api/v1/tokens/${token.id}/rotate`, { overlap: OVERLAP });
    if (found !== null) setMade(found);
    answer.again();
  };
  return (
    <Answered answer={answer} what="the tokens">
      {({ tokens }) => (
        <>
          <Heading shape="ok" text={`${plural(tokens.length, "token")} in force.`} sub="A token is shown once, when it is made; only its hash is kept. But first-steps, which may do nothing but send, stands in the snippets." />
          <Refusal doing={doing} />
          {made !== null && <Secret made={made} onDone={() => setMade(null)} />}
          <Table
            label="Tokens in force"
            rows={tokens}
            keyOf={(token) => token.id}
            columns={[
              { title: "Name", cell: (token) => token.name, by: (token) => token.name },
              { title: "May", cell: (token) => token.scopes.join(", ") },
              { title: "Made", wide: true, cell: (token) => when(token.created_at), by: (token) => token.created_at },
              { title: "Ends", wide: true, cell: (token) => (token.expires_at === null ? "never" : when(token.expires_at)) },
              {
                title: "",
                cell: (token) => (
                  <span class="row-actions">
                    <button type="button" class="quiet" disabled={doing.busy} onClick={() => void rotate(token)}>
                      Rotate
                    </button>
                    <button type="button" class="quiet" disabled={doing.busy} onClick={() => void end(token)}>
                      End token
                    </button>
                  </span>
                ),
              },
            ]}
          />
          <NewToken
            doing={doing}
            onMade={(token) => {
              setMade(token);
              answer.again();
            }}
          />
        </>
      )}
    </Answered>
  );
}

function Secret({ made, onDone }: { made: { name: string; token: string }; onDone: () => void }): JSX.Element {
  const [copied, setCopied] = useState(false);
  return (
    <p class="secret" role="status">
      <span>{`The token “${made.name}”, shown this once:`}</span>
      <code>{made.token}</code>
      <button type="button" class="control" onClick={() => void copyText(made.token).then(setCopied)}>
        {copied ? "Copied" : "Copy"}
      </button>
      <button type="button" class="link" onClick={onDone}>
        Done
      </button>
    </p>
  );
}

function NewToken({ doing, onMade }: { doing: Doing; onMade: (made: { name: string; token: string }) => void }): JSX.Element {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly string[]>(["ingest"]);
  const [life, setLife] = useState(0);
  const make = async (): Promise<void> => {
    const made = await doing.run("POST", "/api/v1/tokens", { name, scopes, ...(life === 0 ? {} : { expires_in: life }) });
    if (made === null) return;
    setName("");
    onMade(made);
  };
  return (
    <section aria-labelledby="new-token">
      <h2 id="new-token">New token</h2>
      <form
        class="stacked-form"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <label>
          Name
          <input required maxLength={100} value={name} placeholder="chat service" onInput={(event) => setName(event.currentTarget.value)} />
          {doing.faults.name !== undefined && <span class="fault">{doing.faults.name}</span>}
        </label>
        <fieldset>
          <legend>It may</legend>
          {SCOPES.map(([scope, words]) => (
            <label key={scope} class="choice">
              <input
                type="checkbox"
                checked={scopes.includes(scope)}
                onChange={(event) =>
                  setScopes(event.currentTarget.checked ? [...scopes, scope] : scopes.filter((other) => other !== scope))
                }
              />
              {`${scope}: ${words}`}
            </label>
          ))}
        </fieldset>
        <label>
          It ends
          <select value={life} onChange={(event) => setLife(Number(event.currentTarget.value))}>
            {LIVES.map(([seconds, words]) => (
              <option key={seconds} value={seconds}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <div>
          <button type="submit" class="primary" disabled={doing.busy || scopes.length === 0}>
            Make token
          </button>
        </div>
      </form>
    </section>
  );
}

function when(t: number): string {
  return `${date(t)} ${clock(t)}`;
}
