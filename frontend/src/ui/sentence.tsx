import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useCell } from "../cell.ts";
import type { Console } from "../controller.ts";
import { ownNames } from "../charts.ts";
import { intervalOf, isStale } from "../data/gaps.ts";
import { sentence, type Facts, type Sentence } from "../data/sentence.ts";
import type { Track } from "../data/track.ts";
import { useConsole } from "./context.ts";
import { Pieces } from "./pieces.tsx";
import { Shape } from "./shapes.tsx";
import { Unbroken } from "./unbroken.tsx";

/** The host alone sends each second: by then nothing has come indeed. */
const FIRST_FRAME_MS = 5000;

/** Answer first: one sentence of what is known. */
export function SentenceView(): JSX.Element {
  const app = useConsole();
  useCell(app.second);
  useCell(app.connection);
  useCell(app.listed);
  useCell(app.alerts.open);
  useCell(app.services.known);
  useCell(app.anomalies.open);
  const now = sentence(factsOf(app));
  useSaying(app, now);
  return (
    <div class="sentence" data-testid="sentence">
      <Shape name={now.shape} />
      <h1>{now.pieces === undefined ? <Unbroken text={now.text} /> : <Pieces pieces={now.pieces} />}</h1>
      <p>
        <Unbroken text={now.sub} />
      </p>
    </div>
  );
}

/** The page's title takes over shape and count; changes of state are said aloud, at most one in 10 s. */
function useSaying(app: Console, { shape, text, troubles }: Sentence): void {
  const said = useRef({ at: 0, shape: "" });
  useEffect(() => {
    app.health.value = { shape, troubles };
  }, [shape, troubles]);
  useEffect(() => () => void (app.health.value = { shape: "ok", troubles: 0 }), [app]);
  useEffect(() => {
    const speaker = document.getElementById("announce");
    if (speaker === null || shape === "wait" || said.current.shape === shape) return;
    const wait = said.current.shape === "" ? 0 : Math.max(0, said.current.at + 10_000 - Date.now());
    const timer = setTimeout(() => {
      if (said.current.shape !== "") speaker.textContent = text;
      said.current = { at: Date.now(), shape };
    }, wait);
    return () => clearTimeout(timer);
    // `text` counts seconds; only a change of shape is worth saying.
  }, [shape]);
}

function factsOf(app: Console): Facts {
  const { store } = app;
  const now = app.now();
  const connection = app.connection.value;
  return {
    age: store.newest === 0 ? Number.POSITIVE_INFINITY : now - store.newest,
    lost: connection.state === "disconnected" ? now - connection.since : null,
    listed: app.listed.value && performance.now() > FIRST_FRAME_MS,
    cpu: recentMean(store.named("host_cpu_busy_percent"), now),
    memory: recentMean(store.named("host_memory_used_percent"), now),
    disk: recentMean(store.named("host_disk_used_percent"), now),
    silent: ownNames(store).filter((name) => store.named(name).every((track) => isSilent(track, now))).length,
    sources: sourcesOf(app, now),
    services: servicesOf(app),
    alerts: app.alerts.open.value,
    anomalies: app.anomalies.open.value,
    hostBeside: app.services.hosts.value.length > 0,
  };
}

function servicesOf(app: Console): Facts["services"] {
  const known = app.services.known.value;
  if (known === null || known.rows.length === 0) return null;
  return { standing: known.standing, silent: known.rows.filter(({ standing }) => standing === "unknown").map(({ name }) => name) };
}

/** The largest of the series' means over its last samples, so that one spike is no news. */
function recentMean(tracks: readonly Track[], now: number): number | null {
  const means = tracks
    .map(({ recent }) => recent)
    .filter((recent) => recent.length > 0 && now - recent.lastTime < 30)
    .map((recent) => recent.values.reduce((sum, v) => sum + v, 0) / recent.length);
  return means.length === 0 ? null : Math.max(...means);
}

/** Whether a series that came regularly has stopped; one that came once or twice promised nothing. */
function isSilent({ recent, newest }: Track, now: number): boolean {
  if (newest === null || recent.length < 4) return false;
  return isStale(now - newest.t, intervalOf(recent.times));
}

/** Labels that say who sent a sample, the usual ones first. */
const SENDER = ["service_name", "service", "host", "instance", "job", "from"];

function sourcesOf(app: Console, now: number): string[] {
  const sources = new Set<string>();
  for (const name of app.store.names) {
    for (const { info, newest } of app.store.named(name)) {
      if (newest === null || now - newest.t > 60) continue;
      const { labels } = info;
      if (name.startsWith("quadra_")) sources.add("Quadra itself");
      else if (name.startsWith("host_") && labels.host === app.boot.hostname) sources.add("this host");
      else sources.add(SENDER.map((key) => labels[key]).find((value) => value !== undefined) ?? "your metrics");
    }
  }
  return [...sources].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

function rank(source: string): number {
  return source === "this host" ? 0 : source === "Quadra itself" ? 1 : 2;
}
