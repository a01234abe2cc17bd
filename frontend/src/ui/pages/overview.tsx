import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useCell } from "../../cell.ts";
import { useConsole } from "../context.ts";
import { Sections } from "../sections.tsx";
import { SentenceView } from "../sentence.tsx";

type TroubleView = () => JSX.Element | null;

export function Overview(): JSX.Element {
  const app = useConsole();
  const asked = useCell(app.alerts.asked);
  const fires = (useCell(app.alerts.open) ?? []).some(({ state }) => state === "firing");
  // While nothing is wrong, what shows trouble need not come along.
  const [Trouble, setTrouble] = useState<TroubleView | null>(null);
  const settled = useRef(false);
  useEffect(() => app.draws(null), [app]);
  useEffect(() => {
    if (fires && Trouble === null) void import("../trouble.tsx").then((part) => setTrouble(() => part.Trouble));
  }, [fires]);
  // Trouble stands above the charts: at first they wait for it rather than jump.
  settled.current ||= asked && (!fires || Trouble !== null);
  return (
    <>
      <SentenceView />
      {Trouble !== null && <Trouble />}
      {settled.current && <Sections />}
    </>
  );
}
