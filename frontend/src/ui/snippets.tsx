import type { Schemas } from "../answers.ts";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { getJson } from "../api.ts";
import { copyText } from "./copy.ts";
import { useConsole } from "./context.ts";
import { snippets, type Snippet } from "./snippet-texts.ts";

type FirstSteps = Schemas["FirstSteps"];

const PLACEHOLDER = "TOKEN";

/** How to send a metric, with this server's address and a token that can do nothing else. */
export function Snippets(): JSX.Element {
  const { boot } = useConsole();
  const [steps, setSteps] = useState<FirstSteps | null>(null);
  const [failed, setFailed] = useState(false);
  const [key, setKey] = useState("curl");
  useEffect(() => {
    getJson("/api/v1/first-steps").then(setSteps, () => setFailed(true));
  }, []);
  const all = snippets(steps?.address ?? boot.address, steps?.token ?? PLACEHOLDER);
  const shown = all.find((snippet) => snippet.key === key) ?? all[0];
  return (
    <div class="snippets" data-testid="snippets">
      <Tabs all={all} key_={key} onChoose={setKey} />
      {shown !== undefined && (
        <div class="snippet" role="tabpanel" id="snippet" aria-labelledby={`tab-${key}`}>
          <p>{shown.before}</p>
          <Code snippet={shown} />
        </div>
      )}
      {failed && <p class="hint">{`You cannot make tokens. Ask an admin for one with the scope “ingest” and put it where ${PLACEHOLDER} stands.`}</p>}
    </div>
  );
}

interface TabsProps {
  all: readonly Snippet[];
  key_: string;
  onChoose: (key: string) => void;
}

function Tabs({ all, key_, onChoose }: TabsProps): JSX.Element {
  const move = (event: KeyboardEvent): void => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0) return;
    event.stopPropagation();
    const at = all.findIndex((snippet) => snippet.key === key_);
    const next = all[(at + by + all.length) % all.length];
    if (next === undefined) return;
    onChoose(next.key);
    document.getElementById(`tab-${next.key}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Ways to send a metric" onKeyDown={move}>
      {all.map(({ key, title }) => (
        <button
          key={key}
          id={`tab-${key}`}
          type="button"
          role="tab"
          aria-selected={key === key_}
          aria-controls="snippet"
          tabIndex={key === key_ ? 0 : -1}
          onClick={() => onChoose(key)}
        >
          {title}
        </button>
      ))}
    </div>
  );
}

function Code({ snippet }: { snippet: Snippet }): JSX.Element {
  const [copied, setCopied] = useState("");
  const copy = async (): Promise<void> => {
    const done = await copyText(snippet.text);
    setCopied(done ? snippet.key : "");
  };
  return (
    <div class="code">
      <pre tabIndex={0} aria-label={snippet.title}>
        <code>{snippet.text}</code>
      </pre>
      <button type="button" class="control" onClick={() => void copy()}>
        {copied === snippet.key ? "Copied" : "Copy"}
      </button>
    </div>
  );
}
