import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useCell } from "../../cell.ts";
import { number, plural } from "../../data/format.ts";
import { listWords, restWords, sameOrder, type Service } from "../../data/services.ts";
import type { Known } from "../../data/services-feed.ts";
import { useConsole } from "../context.ts";
import { AgeOf } from "./aside.tsx";
import { Heads, ServiceRow } from "./service-row.tsx";
import { useNarrow } from "./use-narrow.ts";

/** Healthy services shown before the rest is put into one line. */
const CALM = 12;
const ROW = 40;
const NARROW_ROW = 52;
const AROUND = 12;

/** Every service by trouble; ten and a thousand read equally well. */
export function Services({ known }: { known: Known }): JSX.Element {
  const app = useConsole();
  const place = useRef<HTMLDivElement>(null);
  const [filter, setFilter] = useState("");
  const [all, setAll] = useState(false);
  const { rows, held, sortNow } = useSteadyOrder(known.rows, place);
  const words = filter.trim().toLowerCase();
  const found = useMemo(() => (words === "" ? rows : rows.filter(({ name }) => name.toLowerCase().includes(words))), [rows, words]);
  const wrong = found.findIndex(({ standing }) => standing === "ok");
  const until = all || words !== "" || found.length <= CALM + 3 ? found.length : Math.max(wrong < 0 ? found.length : wrong, CALM);
  const shown = found.slice(0, until);
  const rest = found.slice(until);
  return (
    <section aria-labelledby="services-title" data-testid="services">
      <h2 id="services-title">
        Services
        <small>
          {listWords(known)}
          <AgeOf />
        </small>
        {known.rows.length > CALM && (
          <input
            class="filter"
            type="search"
            placeholder={`Filter ${number(known.rows.length)}`}
            aria-label="Filter services"
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
            data-testid="filter-services"
          />
        )}
      </h2>
      <div ref={place} class="services" role="table" aria-label="Services" aria-rowcount={found.length + 1}>
        <Heads />
        {held && (
          <p class="held">
            {"Order changed. "}
            <button type="button" class="link" onClick={sortNow}>
              Sort now
            </button>
          </p>
        )}
        <Rows rows={shown} onView={(names) => app.services.want(names)} />
      </div>
      {found.length === 0 && (
        <p class="empty">
          {`No service matches “${filter}”. `}
          <button type="button" class="link" onClick={() => setFilter("")}>
            Clear filter
          </button>
        </p>
      )}
      {rest.length > 0 && (
        <p class="rest">
          <button type="button" class="plain" aria-expanded={false} onClick={() => setAll(true)} data-testid="all-services">
            {restWords(rest)}
          </button>
        </p>
      )}
      {all && found.length > CALM && (
        <p class="rest">
          <button type="button" class="link" onClick={() => setAll(false)}>{`Show fewer than ${plural(found.length, "service")}`}</button>
        </p>
      )}
    </section>
  );
}

/** Keeps the order in which rows stand while pointer or focus is among them. */
function useSteadyOrder(rows: readonly Service[], place: { current: HTMLElement | null }): { rows: readonly Service[]; held: boolean; sortNow: () => void } {
  const order = useRef<readonly string[]>([]);
  const [, again] = useState(0);
  const names = rows.map(({ name }) => name);
  const busy = place.current?.matches(":hover, :focus-within") ?? false;
  const same = sameOrder(order.current, names);
  if (!busy || order.current.length === 0 || same) order.current = names;
  const held = busy && !same;
  const byName = new Map(rows.map((row) => [row.name, row]));
  const kept = order.current.map((name) => byName.get(name)).filter((row): row is Service => row !== undefined);
  const shown = new Set(order.current);
  return {
    rows: held ? [...kept, ...rows.filter(({ name }) => !shown.has(name))] : rows,
    held,
    sortNow: () => {
      order.current = names;
      again((n) => n + 1);
    },
  };
}

/** Only the rows in view exist; the rest is room. */
function Rows({ rows, onView }: { rows: readonly Service[]; onView: (names: readonly string[]) => void }): JSX.Element {
  const body = useRef<HTMLDivElement>(null);
  const view = useView(body, rows.length);
  const [from, to] = view.span;
  const shown = rows.slice(from, to);
  const names = shown.map(({ name }) => name).join("\n");
  useEffect(() => onView(names === "" ? [] : names.split("\n")), [names]);
  return (
    <div ref={body} role="rowgroup">
      <Room rows={from} height={view.height} />
      {shown.map((service, i) => (
        <ServiceRow key={service.name} service={service} place={from + i} />
      ))}
      <Room rows={rows.length - to} height={view.height} />
    </div>
  );
}

function Room({ rows, height }: { rows: number; height: number }): JSX.Element | null {
  return rows <= 0 ? null : <div role="presentation" style={{ height: `${rows * height}px` }} />;
}

/** Which rows are in view, and those around them; moves in steps, so that scrolling seldom renders. */
function useView(body: { current: HTMLElement | null }, count: number): { span: [from: number, to: number]; height: number } {
  const narrow = useNarrow();
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  const height = (narrow ? NARROW_ROW : ROW) * rem;
  const first = Math.ceil(innerHeight / height) + AROUND;
  const [span, setSpan] = useState<[number, number]>([0, first]);
  useEffect(() => {
    const look = (): void => {
      const top = body.current?.getBoundingClientRect().top ?? 0;
      const from = Math.max(0, Math.floor(-top / height / AROUND) * AROUND - AROUND);
      const to = Math.ceil((innerHeight - top) / height / AROUND) * AROUND + AROUND;
      setSpan((old) => (old[0] === from && old[1] === to ? old : [from, to]));
    };
    look();
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => {
      removeEventListener("scroll", look);
      removeEventListener("resize", look);
    };
  }, [height, count]);
  return { span: [Math.min(span[0], Math.max(0, count - first)), Math.min(span[1], count)], height };
}

/** The services, or in words why there is nothing to show. */
export function ServicesPart(): JSX.Element | null {
  const app = useConsole();
  const known = useCell(app.services.known);
  const failed = useCell(app.services.failed);
  return (
    <>
      {failed !== "" && app.connection.value.state === "connected" && (
        <p class="problem" role="alert">
          {`Could not load the services: ${failed.replace(/\.$/, "")}. `}
          <button type="button" class="link" onClick={() => void app.services.ask()}>
            Try again
          </button>
        </p>
      )}
      {known !== null && known.rows.length > 0 && <Services known={known} />}
    </>
  );
}
