// The script of an exported incident: opens offline, asks nobody for anything.
import { render } from "preact";
import { number, plural } from "./data/format.ts";
import type { ReplayData } from "./replay/state.ts";
import { Replay, spanWords } from "./replay/view.tsx";

const place = document.getElementById("incident");
const data = JSON.parse(document.getElementById("data")?.textContent ?? "null") as ReplayData | null;
if (place !== null && data !== null) {
  document.title = `Incident, ${spanWords(data)}`;
  render(
    <main>
      <h1>{`Incident, ${spanWords(data)}`}</h1>
      <p class="hint">{`${data.environment}, ${data.hostname}. ${plural(data.events.length, "event")}, ${number(data.series.length)} series. Exported from Quadra ${data.version}; what stands here is all that was known at each moment.`}</p>
      <Replay data={data} />
    </main>,
    place,
  );
}
