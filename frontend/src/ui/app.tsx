import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ConsoleContext, useConsole } from "./context.ts";
import type { Console } from "../controller.ts";
import { KeysDialog, MoreDialog } from "./dialogs.tsx";
import { listenToKeys } from "./keys.ts";
import { BottomBar, Nav } from "./nav.tsx";
import { Sections } from "./sections.tsx";
import { SentenceView } from "./sentence.tsx";
import { Strip } from "./strip.tsx";
import { TopBar } from "./topbar.tsx";

export function App({ app }: { app: Console }): JSX.Element {
  return (
    <ConsoleContext.Provider value={app}>
      <Page />
    </ConsoleContext.Provider>
  );
}

function Page(): JSX.Element {
  const app = useConsole();
  const [dialog, setDialog] = useState<"keys" | "more" | null>(null);
  const showKeys = (): void => setDialog("keys");
  const close = (): void => setDialog(null);
  useEffect(() => listenToKeys(app, showKeys), [app]);
  return (
    <>
      <a class="skip" href="#content">
        To the charts
      </a>
      <Nav onKeys={showKeys} />
      <div class="main">
        <TopBar onMenu={() => setDialog("more")} />
        <main id="content" tabIndex={-1}>
          <SentenceView />
          <Sections />
        </main>
        <Strip />
      </div>
      <BottomBar onMore={() => setDialog("more")} />
      {dialog === "keys" && <KeysDialog key="keys" onClose={close} />}
      {dialog === "more" && <MoreDialog key="more" onClose={close} onKeys={showKeys} />}
    </>
  );
}
