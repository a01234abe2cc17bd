import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { getJson } from "../../api.ts";
import { moment } from "../../data/alerts.ts";
import { useAnswer } from "../../data/answer.ts";
import { auditPath, deedInWords, outcomeOf, type Deed } from "../../data/people.ts";
import { useConsole } from "../context.ts";
import { Heading } from "../heading.tsx";
import { Answered, Empty } from "../states.tsx";
import { Table } from "../table.tsx";


const NONE: readonly string[] = [];
const OLDER: readonly Deed[] = [];

/** Who did what by hand. */
export function AuditPage(): JSX.Element {
  const app = useConsole();
  const [filters, setFilters] = useState({ actor: "", action: "" });
  const path = auditPath(filters);
  const answer = useAnswer(path, 10);
  const [older, setOlder] = useState({ path, deeds: OLDER, next: null as number | null });
  useEffect(() => app.draws(NONE), [app]);
  const beyond = older.path === path ? older : { path, deeds: OLDER, next: null };
  const more = async (after: number): Promise<void> => {
    const found = await getJson(`${path}&after=${after}`);
    setOlder({ path, deeds: [...beyond.deeds, ...found.audit], next: found.next });
  };
  const field = (name: keyof typeof filters, title: string, hint: string): JSX.Element => (
    <label>
      {title}
      <input value={filters[name]} placeholder={hint} maxLength={100} spellcheck={false} onInput={(event) => setFilters({ ...filters, [name]: event.currentTarget.value })} />
    </label>
  );
  return (
    <Answered answer={answer} what="the audit log">
      {({ audit, next }) => {
        const last = beyond.deeds.at(-1)?.id ?? audit.at(-1)?.id;
        const goesOn = beyond.deeds.length > 0 ? beyond.next !== null : next !== null;
        return (
          <>
            <Heading shape="ok" text="Who did what by hand." sub="Sign-ins, changes, and what was refused. Nothing here can be changed; secrets are left out." />
            <form class="audit-filters" onSubmit={(event) => event.preventDefault()}>
              {field("actor", "Who", "anybody")}
              {field("action", "What", "anything")}
              <span class="audit-export">
                <a href={`${path}&format=csv`} download>
                  CSV
                </a>
                <a href={`${path}&format=jsonl`} download>
                  JSON lines
                </a>
              </span>
            </form>
            {audit.length === 0 ? (
              <Empty>Nothing of this kind was done.</Empty>
            ) : (
              <Table
                label="Audit log"
                rows={[...audit, ...beyond.deeds]}
                keyOf={(deed) => deed.id}
                columns={[
                  { title: "When", cell: (deed) => moment(deed.at) },
                  { title: "Who", cell: (deed) => <Who deed={deed} /> },
                  { title: "What", cell: (deed) => <What deed={deed} /> },
                  { title: "Answer", wide: true, cell: (deed) => outcomeOf(deed.status) },
                  { title: "Address", wide: true, cell: (deed) => deed.address },
                ]}
              />
            )}
            {goesOn && last !== undefined && (
              <p class="after">
                <button type="button" class="link" onClick={() => void more(last)}>
                  Older
                </button>
              </p>
            )}
          </>
        );
      }}
    </Answered>
  );
}

function Who({ deed }: { deed: Deed }): JSX.Element {
  return (
    <>
      {deed.actor}
      {deed.kind !== "user" && <small class="labels">{deed.kind}</small>}
    </>
  );
}

function What({ deed }: { deed: Deed }): JSX.Element {
  return (
    <>
      {deedInWords(deed)}
      <small class="labels">{deed.target}</small>
    </>
  );
}
