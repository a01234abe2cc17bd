import type { JSX } from "preact";
import { post } from "../api.ts";
import { useCell } from "../cell.ts";
import { firing, severityShape, type Severity } from "../data/alerts.ts";
import { number } from "../data/format.ts";
import { setTheme, theme, THEMES } from "../theme-choice.ts";
import { useState } from "preact/hooks";
import { useConsole } from "./context.ts";
import { PageLink } from "./link.tsx";
import { NoticeSwitch } from "./notices.tsx";
import { signedInAs } from "../data/people.ts";
import { pagesFor } from "../router.ts";
import { useNeeds } from "./signs.ts";
import { Logo, Shape } from "./shapes.tsx";

const LAST_GROUP = 2;
const SEVERITIES: readonly Severity[] = ["critical", "warning", "info"];
const GROUPS = [0, 1, LAST_GROUP] as const;

export function Nav({ onKeys }: { onKeys: () => void }): JSX.Element {
  const { boot } = useConsole();
  return (
    <nav class="nav" aria-label="Pages">
      <PageLink class="brand" to="/">
        <Logo />
        Quadra
      </PageLink>
      {GROUPS.map((group) => (
        <div key={group} class="page-group">
          {pagesFor(boot.scopes).filter((page) => page.group === group).map(({ path, name }) => (
            <PageLink key={path} class="page" to={path}>
              {name}
              {path === "/alerts" && <OpenCount />}
              {path === "/anomalies" && <AnomalyCount />}
            </PageLink>
          ))}
          {group === LAST_GROUP && (
            <a class="page" href="/api/docs">
              API
            </a>
          )}
        </div>
      ))}
      <div class="nav-end">
        <p class="place">
          {capital(boot.environment)}
          <br />
          {boot.hostname}
          <Who />
        </p>
        <Account onKeys={onKeys} />
      </div>
    </nav>
  );
}

/** Whoever is signed in, and what they may: nobody guesses why a button is not there. */
export function Who(): JSX.Element {
  const { boot } = useConsole();
  return (
    <span class="who" data-testid="who">
      {signedInAs(boot)}
    </span>
  );
}

/** How many alerts wait for somebody, with the shape of the worst. */
function OpenCount(): JSX.Element | null {
  const { alerts } = useConsole();
  const open = firing(useCell(alerts.open) ?? []).waiting;
  const worst = open.reduce<Severity | null>((a, { severity }) => (a === null || SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(a) ? severity : a), null);
  if (worst === null) return null;
  return (
    <span class="count" data-testid="alert-count">
      <Shape name={severityShape(worst)} />
      {number(open.length)}
    </span>
  );
}

function AnomalyCount(): JSX.Element | null {
  const { things } = useNeeds(useConsole());
  const open = things.filter((thing) => "anomaly" in thing);
  return open.length === 0 ? null : <span class="count">{number(open.length)}</span>;
}

/** Keys, theme and leaving; also the content of the narrow page's "More". */
export function Account({ onKeys }: { onKeys: () => void }): JSX.Element {
  const { boot } = useConsole();
  const [chosen, setChosen] = useState(theme());
  const logOut = async (): Promise<void> => {
    await post("/logout", boot.csrf).catch(() => undefined);
    location.assign("/login");
  };
  return (
    <div class="account">
      <button type="button" class="plain keys-button" onClick={onKeys}>
        Keys <kbd aria-hidden="true">?</kbd>
      </button>
      <label class="theme">
        Theme
        <select
          value={chosen}
          onChange={(event) => {
            setChosen(setTheme(event.currentTarget.value));
          }}
        >
          {THEMES.map((name) => (
            <option key={name} value={name}>
              {capital(name)}
            </option>
          ))}
        </select>
      </label>
      <NoticeSwitch />
      <button type="button" class="plain" onClick={() => void logOut()}>
        Log out
      </button>
    </div>
  );
}

/** The narrow page's bar. */
export function BottomBar({ onMore }: { onMore: () => void }): JSX.Element {
  return (
    <nav class="bottombar" aria-label="Pages">
      <PageLink to="/">Overview</PageLink>
      <PageLink to="/explore">Explore</PageLink>
      <PageLink to="/alerts">
        Alerts <OpenCount />
      </PageLink>
      <button type="button" onClick={() => document.getElementById("search")?.focus()}>
        Search
      </button>
      <button type="button" onClick={onMore}>
        More
      </button>
    </nav>
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
