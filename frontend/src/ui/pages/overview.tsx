import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useCell } from "../../cell.ts";
import { overviewNames } from "../../charts.ts";
import { useConsole } from "../context.ts";
import { Aside } from "../overview/aside.tsx";
import { Attention } from "../overview/attention.tsx";
import { ServicesPart } from "../overview/services.tsx";
import { HatchPattern } from "../overview/spark.tsx";
import { SentenceView } from "../sentence.tsx";

type Part = () => JSX.Element | null;

/** Is everything all right, in one glance. */
export function Overview(): JSX.Element {
  const app = useConsole();
  const known = useCell(app.services.known);
  const pins = useCell(app.pins);
  const charts = known !== null && (known.rows.length === 0 || known.others.count > 0 || pins.length > 0);
  const Sections = useLater(charts, async () => (await import("../later.ts")).Sections);
  useEffect(() => app.services.watch(), [app]);
  const drawn = overviewNames(known?.others.names ?? [], pins);
  useEffect(() => app.draws(drawn), [app, drawn.join()]);
  return (
    <>
      <HatchPattern />
      <SentenceView />
      <div class="overview">
        <div class="overview-main">
          <Attention />
          <ServicesPart />
          {Sections !== null && <Sections />}
        </div>
        <Aside />
      </div>
    </>
  );
}

/** A part that comes once it is needed, and then stays. */
function useLater(needed: boolean, load: () => Promise<Part>): Part | null {
  const [view, setView] = useState<Part | null>(null);
  useEffect(() => {
    if (needed && view === null) void load().then((part) => setView(() => part));
  }, [needed]);
  return view;
}
