import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { useCell } from "../../cell.ts";
import { useAnswer } from "../../data/answer.ts";
import { number, plural } from "../../data/format.ts";
import { Replay, spanWords } from "../../replay/view.tsx";
import { useConsole } from "../context.ts";
import { Heading } from "../heading.tsx";
import { Answered } from "../states.tsx";

const NONE: readonly string[] = [];
const A_WEEK = 7 * 86_400;

/** The span of the top bar, gone through again; and a file of it for the post-mortem. */
export function ReplayPage(): JSX.Element {
  const app = useConsole();
  const view = useCell(app.view);
  // Live, the span would move under the hand: it stands as it was when the page was opened or the range chosen.
  const query = useMemo(() => {
    const { from, to } = app.window();
    const end = Math.ceil(to);
    return new URLSearchParams({ start: String(Math.max(end - A_WEEK, Math.floor(from))), end: String(end) }).toString();
  }, [view]);
  const answer = useAnswer(`/api/v1/replay?${query}`, 3600);
  useEffect(() => app.draws(NONE), [app]);
  return (
    <Answered answer={answer} what="the incident">
      {(data) => (
        <>
          <Heading
            shape="info"
            text={`Replay: ${spanWords(data)}`}
            sub={`Charts, alerts and anomalies as they were known at each moment. ${plural(data.events.length, "event")}, ${number(data.series.length)} series. Choose another span above.`}
          >
            <a class="primary" href={`/api/v1/replay/export?${query}`} download data-testid="export">
              Export as a file
            </a>
          </Heading>
          <Replay key={`${data.start}-${data.end}`} data={data} />
        </>
      )}
    </Answered>
  );
}
