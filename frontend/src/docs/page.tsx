import type { JSX } from "preact";
import { operationsOf, type OpenApi, type Operation } from "./openapi.ts";
import { TryIt } from "./try-it.tsx";

export function DocsPage({ api, csrf }: { api: OpenApi; csrf: string }): JSX.Element {
  const operations = operationsOf(api);
  const tags = [...new Set([...(api.tags ?? []).map(({ name }) => name), ...operations.map(({ tag }) => tag)])]
    .map((tag) => ({ tag, about: api.tags?.find(({ name }) => name === tag)?.description ?? "", own: operations.filter((operation) => operation.tag === tag) }))
    .filter(({ own }) => own.length > 0);
  return (
    <>
      <nav class="contents" aria-label="Operations">
        {tags.map(({ tag, own }) => (
          <div key={tag}>
            <h2>{tag}</h2>
            {own.map((operation) => (
              <a key={operation.id} href={`#${operation.id}`} onClick={() => open(operation.id)}>
                {operation.summary === "" ? `${operation.method} ${operation.path}` : operation.summary}
              </a>
            ))}
          </div>
        ))}
      </nav>
      <main>
        <h1>{api.info.title}</h1>
        <p class="lead">
          {`Version ${api.info.version}. ${api.info.description ?? ""} `}
          <a href="/api/openapi.json">The same as OpenAPI</a>
        </p>
        {tags.map(({ tag, about, own }) => (
          <section key={tag} class="tag" aria-label={tag}>
            <h2>{tag}</h2>
            {about !== "" && <p class="lead">{about}</p>}
            {own.map((operation) => (
              <OperationView key={operation.id} operation={operation} csrf={csrf} />
            ))}
          </section>
        ))}
      </main>
    </>
  );
}

function open(id: string): void {
  const details = document.getElementById(id);
  if (details instanceof HTMLDetailsElement) details.open = true;
}

function OperationView({ operation, csrf }: { operation: Operation; csrf: string }): JSX.Element {
  return (
    <details class="operation" id={operation.id} data-testid="operation">
      <summary>
        <span class="method">{operation.method}</span>
        <span class="path">{operation.path}</span>
        <span class="what">{operation.summary}</span>
      </summary>
      <div class="inside">
        {operation.description !== "" && <p>{operation.description}</p>}
        <TryIt operation={operation} csrf={csrf} />
        {operation.responses.length > 0 && (
          <div>
            <h4>Answers</h4>
            <dl class="answers">
              {operation.responses.map(([status, about]) => (
                <>
                  <dt key={`${status} status`}>{status}</dt>
                  <dd key={`${status} about`}>{about}</dd>
                </>
              ))}
            </dl>
          </div>
        )}
      </div>
    </details>
  );
}
