import type { ComponentChildren, JSX } from "preact";
import { useCell } from "../cell.ts";
import { pathOf } from "../router.ts";
import { useConsole } from "./context.ts";

interface LinkProps {
  readonly to: string;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** A link to a page of the console: opens without loading anew, and in a new tab like any other. */
export function PageLink({ to, class: name, children }: LinkProps): JSX.Element {
  const { router } = useConsole();
  const here = useCell(router.path) === to;
  return (
    <a
      class={name}
      href={to}
      aria-current={here ? "page" : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        router.open(pathOf(to));
      }}
    >
      {children}
    </a>
  );
}
