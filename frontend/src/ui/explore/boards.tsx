import type { Done, Schemas } from "../../answers.ts";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useAnswer } from "../../data/answer.ts";
import { moment } from "../../data/alerts.ts";
import { withFreeName } from "../../explore/names.ts";
import { EVERYTHING, type ExploreView } from "../../explore/view.ts";
import { useConsole } from "../context.ts";
import { Refusal, useDoing, useMayChange, type Doing, type Method } from "../doing.tsx";
import { Menu } from "../menu.tsx";

export type Board = Schemas["Board"];

interface BoardsProps {
  readonly view: ExploreView;
  /** The board that is open. */
  readonly open: number | null;
  readonly onOpen: (board: Board | null) => void;
  readonly onSay: (said: Said | null) => void;
}

/** Something that was done, and how to take it back. */
export interface Said {
  readonly text: string;
  readonly undo?: () => void;
}

const PATH = "/api/v1/boards";

/** The kept views: opened, saved, renamed, deleted, handed on as files. */
export function Boards({ view, open, onOpen, onSay }: BoardsProps): JSX.Element {
  const app = useConsole();
  const answer = useAnswer(PATH, 30);
  const may = useMayChange();
  const doing = useDoing();
  const boards = answer.data?.boards ?? [];
  const here = boards.find(({ id }) => id === open);
  const kept = { ...view, range: app.view.value.range.key };
  const changed = here !== undefined && !same(here.view, kept);
  const done = async <M extends Method, P extends string>(method: M, path: P, body?: unknown): Promise<Done<M, P> | null> => {
    const made = await doing.run(method, path, body);
    answer.again();
    return made;
  };
  const save = async (board: Board): Promise<boolean> => {
    const made = await done("PUT", `${PATH}/${board.id}`, { name: board.name, view: kept, revision: board.revision });
    if (made !== null) onSay({ text: `Saved “${board.name}”.` });
    return made !== null;
  };
  const remove = async (board: Board): Promise<void> => {
    await done("DELETE", `${PATH}/${board.id}`);
    if (board.id === open) onOpen(null);
    onSay({
      text: `Deleted “${board.name}”.`,
      undo: () => {
        void done("POST", `${PATH}/${board.id}/restore`).then((restored) => onSay(restored === null ? null : { text: `“${board.name}” is back.` }));
      },
    });
  };
  return (
    <>
      <Menu text={here === undefined ? "Boards" : `${here.name}${changed ? ", changed" : ""}`} label={`Boards${here === undefined ? "" : `: ${here.name}`}`} end testid="boards">
        {(close) => (
          <List boards={boards} here={here} may={may} doing={doing} close={close} onOpen={onOpen} onDone={done} onRemove={remove} onSay={onSay} />
        )}
      </Menu>
      {may && here !== undefined && changed && (
        <button type="button" class="control" disabled={doing.busy} onClick={() => void save(here)}>
          Save changes
        </button>
      )}
      {may && (
        <Menu text={here === undefined ? "Save view" : "Save as"} end testid="save-view">
          {(close) => (
            <SaveForm
              doing={doing}
              onSave={async (name) => {
                const made = await done("POST", PATH, { name, view: kept });
                if (made === null) return;
                close();
                onOpen(made);
                onSay({ text: `Saved as “${made.name}”.` });
              }}
            />
          )}
        </Menu>
      )}
    </>
  );
}

function SaveForm({ doing, onSave }: { doing: Doing; onSave: (name: string) => Promise<void> }): JSX.Element {
  const [name, setName] = useState("");
  useEffect(() => doing.clear(), []);
  return (
    <form
      class="menu-form"
      onSubmit={(event) => {
        event.preventDefault();
        void onSave(name);
      }}
    >
      <label>
        Name of the board
        <input value={name} maxLength={100} required onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      <Refusal doing={doing} />
      <button type="submit" class="primary" disabled={doing.busy || name.trim() === ""}>
        Save board
      </button>
    </form>
  );
}

interface ListProps {
  readonly boards: readonly Board[];
  readonly here: Board | undefined;
  readonly may: boolean;
  readonly doing: Doing;
  readonly close: () => void;
  readonly onOpen: (board: Board | null) => void;
  readonly onDone: (method: "POST" | "PUT", path: string, body: unknown) => Promise<Board | null>;
  readonly onRemove: (board: Board) => Promise<void>;
  readonly onSay: (said: Said | null) => void;
}

function List({ boards, here, may, doing, close, onOpen, onDone, onRemove, onSay }: ListProps): JSX.Element {
  const [renaming, setRenaming] = useState<number | null>(null);
  return (
    <div class="boards" data-testid="board-list">
      {boards.length === 0 && <p class="picker-hint">No board is kept yet. Choose what to see, then save the view.</p>}
      <ul>
        {boards.map((board) => (
          <li key={board.id}>
            {renaming === board.id ? (
              <Rename
                board={board}
                onDone={async (name) => {
                  const made = name === board.name ? board : await onDone("PUT", `${PATH}/${board.id}`, { name, view: board.view, revision: board.revision });
                  if (made !== null) setRenaming(null);
                }}
              />
            ) : (
              <button type="button" class="board" aria-current={board.id === here?.id} onClick={() => {
                close();
                onOpen(board);
              }}>
                {board.name}
                <small>{`${board.changed_by}, ${moment(board.changed_at)}`}</small>
              </button>
            )}
            <span class="row-actions">
              <button type="button" class="quiet" aria-label={`Export ${board.name}`} onClick={() => download(board)}>
                Export
              </button>
              {may && renaming !== board.id && (
                <>
                  <button type="button" class="quiet" aria-label={`Rename ${board.name}`} onClick={() => setRenaming(board.id)}>
                    Rename
                  </button>
                  <button type="button" class="quiet" aria-label={`Delete ${board.name}`} onClick={() => {
                    close();
                    void onRemove(board);
                  }}>
                    Delete
                  </button>
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
      <Refusal doing={doing} />
      <Faults faults={doing.faults} />
      {here !== undefined && (
        <button type="button" class="link" onClick={() => {
          close();
          onOpen(null);
        }}>
          Close this board
        </button>
      )}
      {may && (
        <Import
          onBegin={doing.clear}
          onRead={async (document) => {
            const made = await onDone("POST", PATH, withFreeName(document, boards.map(({ name }) => name)));
            if (made === null) return;
            close();
            onOpen(made);
            onSay({ text: `Imported “${made.name}”.` });
          }}
        />
      )}
    </div>
  );
}

function Rename({ board, onDone }: { board: Board; onDone: (name: string) => Promise<void> }): JSX.Element {
  const [name, setName] = useState(board.name);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  return (
    <form
      class="rename"
      onSubmit={(event) => {
        event.preventDefault();
        void onDone(name.trim());
      }}
    >
      <input ref={field} aria-label={`New name of ${board.name}`} value={name} maxLength={100} required onInput={(event) => setName(event.currentTarget.value)} />
      <button type="submit" class="quiet">
        Rename
      </button>
    </form>
  );
}

/** What is wrong with a file, field by field. */
function Faults({ faults }: { faults: Doing["faults"] }): JSX.Element | null {
  const all = Object.entries(faults);
  if (all.length === 0) return null;
  return (
    <ul class="faults">
      {all.map(([field, reason]) => (
        <li key={field}>
          <code>{field}</code> {reason}
        </li>
      ))}
    </ul>
  );
}

const LARGEST = 200_000;

function Import({ onBegin, onRead }: { onBegin: () => void; onRead: (document: unknown) => Promise<void> }): JSX.Element {
  const [problem, setProblem] = useState("");
  const read = async (file: File | undefined): Promise<void> => {
    setProblem("");
    onBegin();
    if (file === undefined) return;
    if (file.size > LARGEST) {
      setProblem("This file is too large to be a board.");
      return;
    }
    let document: unknown;
    try {
      document = JSON.parse(await file.text());
    } catch {
      setProblem("This file is no board: it is not JSON. Choose one that Export wrote.");
      return;
    }
    await onRead(document);
  };
  return (
    <>
      <label class="import">
        Import a board from a file
        <input
          type="file"
          accept="application/json,.json"
          onChange={(event) => {
            const field = event.currentTarget;
            void read(field.files?.[0]).then(() => (field.value = ""));
          }}
        />
      </label>
      {problem !== "" && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}

function download({ name, view }: Board): void {
  const text = `${JSON.stringify({ quadra_board: 1, name, view }, null, 2)}\n`;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `${name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "") || "board"}.board.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Whether two views show the same; the order of their fields says nothing. */
function same(a: Board["view"], b: Board["view"]): boolean {
  const keys = [...Object.keys(EVERYTHING), "range"] as (keyof Board["view"])[];
  return keys.every((key) => canonical(a[key]) === canonical(b[key]));
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => a.localeCompare(b))) : inner,
  );
}
