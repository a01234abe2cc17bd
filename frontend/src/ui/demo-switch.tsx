import type { JSX } from "preact";

/** What `make demo` would show, and how to see it. */
export function DemoSwitch(): JSX.Element {
  return (
    <details class="demo">
      <summary>Nothing to send yet? See a simulated AI service</summary>
      <p>
        <code>make demo</code>
        {" starts Quadra with four simulated services beside it: a chat, agents, embeddings and a model server on four GPUs. Every few minutes something goes wrong. "}
        All of it carries “(simulated)” in its name and the label simulated="true", so it is never taken for real.
      </p>
    </details>
  );
}
