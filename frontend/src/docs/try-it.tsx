import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { toLogin } from "../api.ts";
import { requestPath, type Operation, type Parameter } from "./openapi.ts";
import { THIN } from "../data/format.ts";

interface Answer {
  readonly status: string;
  readonly heads: readonly string[];
  readonly body: string;
}

const HEADS = ["content-type", "retry-after", "location", "x-request-id", "x-ratelimit-limit", "x-ratelimit-remaining"];

/** The operation's parameters and body as a form, with what the server answers. */
export function TryIt({ operation, csrf }: { operation: Operation; csrf: string }): JSX.Element {
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [body, setBody] = useState(operation.body?.example ?? "");
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setAnswer(await send(operation, values, body, csrf));
    setBusy(false);
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      {operation.parameters.map((parameter) => (
        <Field
          key={parameter.name}
          id={`${operation.id}-${parameter.name}`}
          parameter={parameter}
          value={values[parameter.name] ?? ""}
          onInput={(value) => setValues({ ...values, [parameter.name]: value })}
        />
      ))}
      {operation.body !== null && (
        <div>
          <h4 id={`${operation.id}-body`}>{`Body, ${operation.body.type}`}</h4>
          <textarea
            aria-labelledby={`${operation.id}-body`}
            spellcheck={false}
            value={body}
            onInput={(event) => setBody(event.currentTarget.value)}
          />
        </div>
      )}
      <p>
        <button type="submit" class="control" disabled={busy}>
          Send
        </button>
      </p>
      {answer !== null && (
        <div class="answer" role="status" data-testid="answer">
          <p>{answer.status}</p>
          {answer.heads.length > 0 && <p class="heads">{answer.heads.join("\n")}</p>}
          {answer.body !== "" && <pre tabIndex={0}>{answer.body}</pre>}
        </div>
      )}
    </form>
  );
}

interface FieldProps {
  id: string;
  parameter: Parameter;
  value: string;
  onInput: (value: string) => void;
}

function Field({ id, parameter, value, onInput }: FieldProps): JSX.Element {
  const { schema } = parameter;
  const kind = [schema?.type, schema?.format].flat().filter((word) => word !== undefined).join(" ");
  const several = schema?.type === "array";
  const example = parameter.example ?? schema?.example ?? schema?.default;
  const hint: unknown = Array.isArray(example) ? example[0] : example;
  const common = {
    id,
    value,
    required: parameter.required === true,
    placeholder: hint === undefined ? "" : typeof hint === "string" ? hint : JSON.stringify(hint),
    spellcheck: false,
  };
  return (
    <div class="field">
      <label for={id}>
        {parameter.name}
        <small>{`${several ? "one a line" : kind}${parameter.required === true ? ", required" : ""}`}</small>
      </label>
      {several ? (
        <textarea class="several" {...common} rows={1} onInput={(event) => onInput(event.currentTarget.value)} />
      ) : (
        <input {...common} autocomplete="off" onInput={(event) => onInput(event.currentTarget.value)} />
      )}
      {parameter.description !== undefined && <p class="about">{parameter.description}</p>}
    </div>
  );
}

async function send(
  operation: Operation,
  values: Readonly<Record<string, string>>,
  body: string,
  csrf: string,
): Promise<Answer> {
  const headers: Record<string, string> = {};
  if (operation.method !== "GET") headers["X-CSRF-Token"] = csrf;
  if (operation.body !== null) headers["Content-Type"] = operation.body.type;
  const started = performance.now();
  try {
    const response = await fetch(requestPath(operation, values), {
      method: operation.method,
      headers,
      ...(operation.body === null ? {} : { body }),
    });
    const text = await response.text();
    const spent = Math.round(performance.now() - started);
    if (response.status === 401) toLogin();
    return {
      status: `${response.status} ${response.statusText}, ${spent}${THIN}ms`,
      heads: HEADS.flatMap((name) => {
        const value = response.headers.get(name);
        return value === null ? [] : [`${name}: ${value}`];
      }),
      body: pretty(text),
    };
  } catch {
    return { status: "No answer: the server cannot be reached.", heads: [], body: "" };
  }
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text.length > 20_000 ? `${text.slice(0, 20_000)}\n… (${text.length} characters)` : text;
  }
}
