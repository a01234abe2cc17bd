import type { ComponentChildren, JSX } from "preact";
import { Shape, type ShapeName } from "./shapes.tsx";
import { Unbroken } from "./unbroken.tsx";

interface HeadingProps {
  readonly shape: ShapeName;
  readonly text: ComponentChildren;
  readonly sub?: string;
  readonly children?: ComponentChildren;
}

/** A page's first sentence: is it right, and if not, where. Its actions stand beside it. */
export function Heading({ shape, text, sub, children }: HeadingProps): JSX.Element {
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
