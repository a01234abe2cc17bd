import type { ComponentChildren, JSX } from "preact";
import { useCell } from "../cell.ts";
import { itemQuery, pathOf } from "../router.ts";
import { useConsole } from "./context.ts";

interface LinkProps {
  readonly to: string;
  /** Which alert, rule or channel to open there. */
  readonly item?: string | number;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** A link to a page of the console: opens without loading anew, and in a new tab like any other. */
export function PageLink({ to, item, class: name, children }: LinkProps): JSX.Element {
  const { router } = useConsole();
  const here = useCell(router.path) === to && item === undefined;
  const wanted = item === undefined ? null : String(item);
  return (
    <a
      class={name}
      href={item === undefined ? to : `${to}?${itemQuery(pathOf(to), wanted)}`}
      aria-current={here ? "page" : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        router.open(pathOf(to), wanted);
      }}
    >
      {children}
    </a>
  );
}
