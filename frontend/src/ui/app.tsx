import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useCell } from "../cell.ts";
import { ConsoleContext, useConsole } from "./context.ts";
import type { Console } from "../controller.ts";
import { KeysDialog, MoreDialog } from "./dialogs.tsx";
import { listenToKeys } from "./keys.ts";
import { Kiosk } from "./kiosk.tsx";
import { BottomBar, Nav } from "./nav.tsx";
import { Overview } from "./pages/overview.tsx";
import { useNotices } from "./notices.tsx";
import { useSigns } from "./signs.ts";
import { Strip } from "./strip.tsx";
import { TopBar } from "./topbar.tsx";
import { Tour } from "./tour.tsx";
import type { Path } from "../router.ts";

export function App({ app }: { app: Console }): JSX.Element {
  return (
    <ConsoleContext.Provider value={app}>
      <Page />
    </ConsoleContext.Provider>
  );
}

function Page(): JSX.Element {
  const app = useConsole();
  const zone = useCell(app.zone);
  const [dialog, setDialog] = useState<"keys" | "more" | null>(null);
  const showKeys = (): void => setDialog("keys");
  const close = (): void => setDialog(null);
  useSigns(app);
  useNotices(app);
  useEffect(() => listenToKeys(app, showKeys), [app]);
  return (
    <>
      <a class="skip" href="#content">
        To the page
      </a>
      <Tour />
      <Nav onKeys={showKeys} />
      <div class="main">
        <TopBar onMenu={() => setDialog("more")} />
        <main id="content" tabIndex={-1}>
          <Open key={zone} />
        </main>
        <Strip />
      </div>
      <Kiosk />
      <BottomBar onMore={() => setDialog("more")} />
      {dialog === "keys" && <KeysDialog key="keys" onClose={close} />}
      {dialog === "more" && <MoreDialog key="more" onClose={close} onKeys={showKeys} />}
    </>
  );
}

type PageView = () => JSX.Element;

/** Pages beside the overview come together, when the first of them is opened. */
const later = async (path: Path): Promise<PageView | undefined> => (await import("./later.ts")).PAGE_VIEWS[path];
const come = new Map<Path, PageView>([["/", Overview]]);

/** The page that the address names. */
function Open(): JSX.Element {
  const { router } = useConsole();
  const path = useCell(router.path);
  const [, again] = useState(0);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (come.has(path)) return;
    setFailed(false);
    later(path)
      .then((view) => {
        if (view !== undefined) come.set(path, view);
        again((n) => n + 1);
      })
      .catch(() => setFailed(true));
  }, [path]);
  const View = come.get(path);
  if (View !== undefined) return <View key={path} />;
  return <p class="empty">{failed ? "This page could not be loaded. Load the console anew." : "\u00a0"}</p>;
}
