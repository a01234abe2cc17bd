import type { ComponentChildren, JSX } from "preact";
import { useCell } from "../cell.ts";
import { asHeard } from "../data/sentence.ts";
import { useConsole } from "./context.ts";
import { Shape, type ShapeName } from "./shapes.tsx";
import { Unbroken } from "./unbroken.tsx";

interface HeadingProps {
  readonly shape: ShapeName;
  readonly text: ComponentChildren;
  readonly sub?: string;
  readonly children?: ComponentChildren;
}

/** A page's first sentence: is it right, and if not, where. Its actions stand beside it. */
export function Heading({ children, ...told }: HeadingProps): JSX.Element {
  const app = useConsole();
  const connection = useCell(app.connection);
  useCell(app.second); // the silence grows
  const lost = connection.state === "disconnected" ? app.now() - connection.since : null;
  const { shape, text, sub } = asHeard<ComponentChildren, ShapeName>(told, lost);
  return (
    <div class="heading">
      <div class="sentence" data-testid="sentence">
        <Shape name={shape} />
        <h1>{typeof text === "string" ? <Unbroken text={text} /> : text}</h1>
        <p>
          <Unbroken text={sub ?? ""} />
        </p>
      </div>
      {children !== undefined && <div class="actions">{children}</div>}
    </div>
  );
}
