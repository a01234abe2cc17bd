import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useConsole } from "./context.ts";
import { KEYS, setSingleKeys, singleKeys } from "./keys.ts";
import { PageLink } from "./link.tsx";
import { Account, Who } from "./nav.tsx";
import { pagesFor } from "../router.ts";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}

function Dialog({ title, onClose, children }: DialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    dialog.current?.showModal();
    // Of itself a browser goes to the first thing to press, which may be the last in a long dialog.
    heading.current?.focus();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-label={title}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
    >
      <div class="dialog">
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        {children}
        <button type="button" class="control" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}

export function KeysDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const [on, setOn] = useState(singleKeys());
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="keys" data-testid="keys">
        {KEYS.map(([keys, does]) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={on}
          onChange={(event) => {
            setSingleKeys(event.currentTarget.checked);
            setOn(event.currentTarget.checked);
          }}
        />
        Single keys work
      </label>
    </Dialog>
  );
}

export function MoreDialog({ onClose, onKeys }: { onClose: () => void; onKeys: () => void }): JSX.Element {
  const { boot } = useConsole();
  return (
    <Dialog title="Quadra" onClose={onClose}>
      <p class="pages" onClick={onClose}>
        {pagesFor(boot.scopes).map(({ path, name }) => (
          <PageLink key={path} to={path}>
            {name}
          </PageLink>
        ))}
        <a href="/api/docs">API</a>
      </p>
      <p class="place">{`${boot.hostname}, ${boot.environment}, version ${boot.version}`}<Who /></p>
      <Account onKeys={onKeys} />
    </Dialog>
  );
}
