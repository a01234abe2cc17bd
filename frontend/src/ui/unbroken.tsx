import type { JSX } from "preact";
import { partsOf } from "../data/unbroken.ts";

/** A text whose lines never end within a name. */
export function Unbroken({ text }: { text: string }): JSX.Element {
  return (
    <>
      {partsOf(text).map((part, i) =>
        part.whole ? (
          <span key={i} class="whole">
            {part.text}
          </span>
        ) : (
          part.text
        ),
      )}
    </>
  );
}
