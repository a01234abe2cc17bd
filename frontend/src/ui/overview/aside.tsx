import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useCell } from "../../cell.ts";
import { detailWords, hasLetter, isChange, whenWords, type Happened } from "../../data/events.ts";
import { age, number, THIN } from "../../data/format.ts";
import { growth, ORDER, SHAPES, SIGNALS, type Host, type Signal, type Standing } from "../../data/services.ts";
import { BYTE_RATE, withUnit } from "../../data/units.ts";
import { useConsole } from "../context.ts";
import { PageLink } from "../link.tsx";
import { Shape } from "../shapes.tsx";
import { Cost } from "./cost.tsx";
import { explore } from "./moments.ts";
import { Sparkline } from "./spark.tsx";
import { TrainingPart } from "./training-part.tsx";

const MOST_CHANGES = 6;

export function Aside(): JSX.Element {
  return (
    <aside class="overview-aside" aria-label="What changed, hosts and more">
      <WhatChanged />
      <Hosts />
      <Cost />
      <TrainingPart />
    </aside>
  );
}

function WhatChanged(): JSX.Element {
  const app = useConsole();
  const events = useCell(app.events.all).filter(isChange);
  const marks = useCell(app.marks);
  useCell(app.services.known);
  const now = app.now();
  useEffect(() => app.events.need(now - 86_400), []);
  const lettered = new Map(marks.map(({ event, letter }) => [event.id, letter]));
  return (
    <section aria-labelledby="changed-title" data-testid="what-changed">
      <h2 id="changed-title">
        What changed
        <small>
          <PageLink to="/events">all events</PageLink>
        </small>
      </h2>
      {events.length === 0 && <p class="aside-empty">Nothing in the last day. Post a deployment and it is marked on every chart.</p>}
      <ol class="changes">
        {events.slice(0, MOST_CHANGES).map((event) => (
          <li key={event.id}>
            <span class={hasLetter(event) && (lettered.get(event.id) ?? "") !== "" ? "letter" : "letter is-none"}>{lettered.get(event.id) ?? ""}</span>
            <time>{whenWords(event.at, now)}</time>
            <div>
              <b>{event.title}</b>
              <p>{detailWords(event)}</p>
              <Effect event={event} />
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

const WORDS: Record<Signal, string> = { traffic: "traffic", errors: "errors", latency: "latency", saturation: "saturation" };

/** What of the service got worse since, where it is in trouble: a hint, not a proof. */
function Effect({ event }: { event: Happened }): JSX.Element | null {
  const app = useConsole();
  const named = Object.values(event.labels);
  const service = app.services.known.value?.rows.find(({ name, trouble }) => trouble !== null && named.includes(name));
  const lines = service === undefined ? undefined : app.services.lines.value.get(service.name);
  if (service === undefined || lines === undefined) return null;
  const worse = SIGNALS.map((signal) => ({ signal, standing: service.trouble?.signals[signal], by: growth(lines, signal, event.at) }))
    .filter((one): one is { signal: Signal; standing: Standing; by: number } => one.standing !== undefined && one.by !== null && one.by >= 1.3)
    .sort((a, b) => ORDER.indexOf(a.standing) - ORDER.indexOf(b.standing))[0];
  if (worse === undefined) return null;
  return (
    <p class="effect">
      <Shape name={SHAPES[worse.standing]} />
      {`${WORDS[worse.signal]} ×${number(Number(worse.by.toPrecision(2)))} since`}
    </p>
  );
}

const PARTS: readonly (readonly [key: string, name: string])[] = [
  ["gpu_memory", "GPU memory"],
  ["gpu", "GPU"],
  ["cpu", "CPU"],
  ["memory", "Memory"],
  ["disk", "Disk"],
  ["network", "Network"],
];
const FULL: readonly string[] = ["gpu_memory", "memory", "disk"];

/** The share that decides: the fullest part of a host. */
function busiest(host: Host): number {
  return Math.max(0, ...Object.entries(host.signals).flatMap(([key, { now }]) => (key === "network" || now === null ? [] : [now])));
}

/** From when values are, where that is not just now. */
const OLD_S = 10;

/** How old the values are; nothing while they are new. */
export function AgeOf(): JSX.Element | null {
  const app = useConsole();
  useCell(app.second);
  const known = useCell(app.services.known);
  const now = app.now();
  return known === null || now - known.at < OLD_S ? null : <span class="is-old">{`, ${age(now - known.at, now)}`}</span>;
}

function Hosts(): JSX.Element | null {
  const app = useConsole();
  const hosts = useCell(app.services.hosts);
  const host = [...hosts].sort((a, b) => busiest(b) - busiest(a) || a.name.localeCompare(b.name))[0];
  if (host === undefined) return null;
  return (
    <section aria-labelledby="hosts-title" data-testid="hosts">
      <h2 id="hosts-title">
        {hosts.length === 1 ? "Host" : "Hosts"}
        <small>
          {hosts.length === 1 ? host.name : `busiest of ${number(hosts.length)}: ${host.name}`}
          <AgeOf />
        </small>
      </h2>
      {PARTS.map(([key, name]) => {
        const part = host.signals[key];
        if (part === undefined) return null;
        const wrong = part.unit === "%" && part.now !== null && part.now >= (FULL.includes(key) ? 90 : 95);
        const value = part.now === null ? "–" : part.unit === "%" ? number(Math.round(part.now)) : withUnit(part.now, BYTE_RATE);
        return (
          <div key={key} class="host-part">
            <a class="row-link" href={explore(key === "network" ? "*network" : part.metric)}>
              {name}
            </a>
            <Sparkline values={part.line} now={part.now} words={`${name} of ${host.name}, the last hour`} wrongFrom={wrong ? part.line.length - 20 : null} shape={wrong ? "warn" : "ok"} marks={[]} zero />
            <span class={wrong ? "signal-value is-wrong" : "signal-value"}>
              {wrong && <Shape name="warn" />}
              <b>{value}</b>
              <small>{part.unit === "%" ? `${THIN}%` : ""}</small>
            </span>
          </div>
        );
      })}
    </section>
  );
}
