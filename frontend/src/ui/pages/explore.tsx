import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useCell } from "../../cell.ts";
import { useAnswer } from "../../data/answer.ts";
import { number, THIN } from "../../data/format.ts";
import { rangeByKey } from "../../data/ranges.ts";
import { MOST_CHARTS, partsOf, planCharts, sortCharts, unusual, type NameInfo, type Planned } from "../../explore/plan.ts";
import { conditions, EVERYTHING, readExplore, SHIFTS, withChoice, writeExplore, type ChoiceName, type ExploreAddress, type ExploreView } from "../../explore/view.ts";
import { ChartSlot, type Tool } from "../chart-slot.tsx";
import { useConsole } from "../context.ts";
import { Boards, type Board, type Said } from "../explore/boards.tsx";
import { EARLIER, LATER, useArrange } from "../explore/arrange.ts";
import { Controls, OrderMenu } from "../explore/controls.tsx";
import { ChartKey } from "../explore/key.tsx";
import { Answered } from "../states.tsx";


/** Any series, by name and label, side by side on one time axis. */
export function ExplorePage(): JSX.Element {
  const app = useConsole();
  const own = useCell(app.router.own);
  const address = useMemo(() => readExplore(own), [own]);
  const { view } = address;
  const also = conditions(view.filters);
  const query = new URLSearchParams({ limit: "5000", ...(also === "" ? {} : { match: `{${also}}` }) });
  const answer = useAnswer(`/api/v1/names?${query}`, 10);
  const [said, setSaid] = useState<Said | null>(null);
  const show = (next: Partial<ExploreAddress>, step = true): void => app.router.show(writeExplore({ ...address, ...next }), step);
  const change = (next: ExploreView): void => show({ view: next, one: "" });
  const open = (board: Board | null): void => {
    if (board === null) {
      show({ board: null });
      return;
    }
    show({ board: board.id, view: { ...EVERYTHING, ...board.view }, one: "" });
    app.setRange(rangeByKey(board.view.range));
  };
  useEffect(() => app.compare(SHIFTS[view.compare]), [app, view.compare]);
  useEffect(() => () => app.compare(0), [app]);
  if (answer.data !== null) app.store.describe(answer.data.names);
  return (
    <div class="explore">
      <h1 class="visually-hidden">Explore</h1>
      <div class="explore-bar">
        <div class="explore-what">
          <Controls view={view} names={answer.data?.names ?? []} onChange={change} />
        </div>
        <div class="explore-how">
          <OrderMenu view={view} onChange={change} />
          <Boards view={view} open={address.board} onOpen={open} onSay={setSaid} />
        </div>
      </div>
      <SaidStrip said={said} onGone={() => setSaid(null)} />
      <Answered answer={answer} what="the list of metrics">
        {({ names }) => <Charts address={address} names={names} also={also} onShow={show} onChange={change} />}
      </Answered>
    </div>
  );
}

/** What was just done, for ten seconds; taken back by one press. */
function SaidStrip({ said, onGone }: { said: Said | null; onGone: () => void }): JSX.Element | null {
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(onGone, 10_000);
    return () => clearTimeout(timer);
  }, [said]);
  if (said === null) return null;
  const { undo } = said;
  return (
    <div class="strip" role="status" data-testid="said">
      <p>
        {`${said.text} `}
        {undo !== undefined && (
          <button type="button" class="link" onClick={() => {
            onGone();
            undo();
          }}>
            Undo
          </button>
        )}
      </p>
    </div>
  );
}

/** Values of the label that charts are made for. */
function usePerValues(per: string, also: string): readonly string[] {
  const match = also === "" ? "" : `&match=${encodeURIComponent(`{${also}}`)}`;
  // Without such a label the question is small and its answer not looked at.
  const { data } = useAnswer(`/api/v1/labels/${encodeURIComponent(per === "" ? "__none__" : per)}/values?limit=${MOST_CHARTS}${match}`, 30);
  return useMemo(() => data?.values.map(({ value }) => value) ?? [], [data]);
}

interface ChartsProps {
  readonly address: ExploreAddress;
  readonly names: readonly NameInfo[];
  readonly also: string;
  readonly onShow: (next: Partial<ExploreAddress>, step?: boolean) => void;
  readonly onChange: (view: ExploreView) => void;
}

function Charts({ address, names, also, onShow, onChange }: ChartsProps): JSX.Element {
  const { view, one } = address;
  const values = usePerValues(view.per, also);
  const all = useMemo(() => planCharts(view, names, values), [view, names, values]);
  const { sorted, moved, sortNow, grid } = useOrder(all, view);
  const alone = sorted.filter(({ key }) => key === one);
  const shown = alone.length > 0 ? alone : sorted.slice(0, MOST_CHARTS);
  const seen = useSeen(also);
  useEffect(() => {
    seen.keep(new Set(shown.flatMap((chart) => chart.names)));
  }, [shown]);
  const join = (entry: string, name: string): void => {
    if (partsOf(entry).includes(name)) return;
    const listed = view.names.length === 0 || !view.names.includes(entry) ? [...view.names, `${entry} + ${name}`] : view.names.map((other) => (other === entry ? `${entry} + ${name}` : other));
    onChange({ ...view, names: listed });
  };
  const entries = [...new Set(shown.map(({ entry }) => entry))];
  const { step, told, handlers } = useArrange({
    entries,
    onArrange: (names) => onShow({ view: { ...view, names, order: "own" } }),
    onAdd: (name) => {
      if (!view.names.includes(name)) onChange({ ...view, names: [...view.names, name] });
    },
    onJoin: join,
  });
  if (all.length === 0) return <NoMatch view={view} onChange={onChange} />;
  return (
    <>
      <p class="explore-count" role="status" data-testid="chart-count">
        {alone.length > 0 ? "" : countText(shown.length, all.length)}
        {moved && (
          <button type="button" class="link" onClick={sortNow}>
            Order changed. Sort now
          </button>
        )}
        {alone.length > 0 && (
          <button type="button" class="link" data-key="Escape" onClick={() => onShow({ one: "" })}>
            Back to all charts
          </button>
        )}
      </p>
      <h2 class="visually-hidden">Charts</h2>
      <div
        ref={grid}
        class={`charts explore-charts${alone.length > 0 ? " alone" : entries.length > 1 ? " arranged" : ""}`}
        data-testid="explore-charts"
        {...handlers}
      >
        {shown.map((chart) => (
          <div key={chart.spec.key} class="explore-cell" data-entry={chart.entry}>
            <ChartSlot
              spec={chart.spec}
              tools={[...toolsOf(chart, { view, one, onShow, onChange }), ...(entries.length > 1 ? moves(chart, step) : [])]}
              onSeen={() => seen.add(chart.names)}
            />
          </div>
        ))}
      </div>
      <p class="visually-hidden" role="status">
        {told}
      </p>
      <ChartKey compared={view.compare} />
    </>
  );
}

function countText(shown: number, all: number): string {
  if (shown < all) return `${number(shown)} of ${number(all)} charts. Narrow them by name or label. `;
  return `${number(all)} ${all === 1 ? "chart" : "charts"} `;
}

function NoMatch({ view, onChange }: { view: ExploreView; onChange: (view: ExploreView) => void }): JSX.Element {
  const asked = [...view.names, ...view.filters.flatMap(({ values }) => values)].join(" ");
  if (asked === "") return <p class="empty">{`No data yet. Send a first metric and it appears here within 2${THIN}s.`}</p>;
  return (
    <p class="empty" data-testid="no-match">
      {`No chart matches “${asked}”. `}
      <button type="button" class="link" onClick={() => onChange({ ...view, names: [], filters: [] })}>
        Clear filter
      </button>
    </p>
  );
}

/** Metrics whose charts have come near the view: only these are asked for and followed. */
function useSeen(also: string): { add: (names: readonly string[]) => void; keep: (names: ReadonlySet<string>) => void } {
  const app = useConsole();
  const seen = useRef(new Set<string>());
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const tell = (): void => {
    // Charts come into view in droves: one question for them all.
    timer.current ??= setTimeout(() => {
      timer.current = null;
      app.draws([...seen.current].sort(), latest.current);
    }, 20);
  };
  const latest = useRef(also);
  useEffect(() => {
    latest.current = also;
    tell();
  }, [also]);
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
    },
    [],
  );
  return {
    add: (names) => {
      for (const name of names) seen.current.add(name);
      tell();
    },
    keep: (names) => {
      for (const name of seen.current) if (!names.has(name)) seen.current.delete(name);
      tell();
    },
  };
}

/** The order of the charts: never changed under a pointer or the focus. */
function useOrder(all: readonly Planned[], view: ExploreView): { sorted: readonly Planned[]; moved: boolean; sortNow: () => void; grid: { current: HTMLDivElement | null } } {
  const app = useConsole();
  const grid = useRef<HTMLDivElement>(null);
  const kept = useRef<readonly string[]>([]);
  const [, again] = useState(0);
  const { data } = useAnswer("/api/v1/anomalies?limit=200", 10);
  const alerts = useCell(app.alerts.open) ?? [];
  const wanted = useMemo(() => {
    if (view.order === "own") return all;
    if (view.order === "name") return [...all].sort((a, b) => a.spec.title.localeCompare(b.spec.title));
    const found = { alerts, anomalies: data?.anomalies ?? [], now: app.now() };
    return sortCharts(all, (chart) => unusual(chart, view, found));
  }, [all, view, alerts, data]);
  const keys = wanted.map(({ key }) => key);
  const before = kept.current;
  const sameSet = before.length === keys.length && new Set(before).size === new Set([...before, ...keys]).size;
  const inUse = grid.current?.matches(":hover") === true || grid.current?.contains(document.activeElement) === true;
  const moved = view.order !== "own" && sameSet && inUse && before.join("\n") !== keys.join("\n");
  if (!moved) kept.current = keys;
  const place = new Map(kept.current.map((key, i) => [key, i]));
  const sorted = moved ? [...wanted].sort((a, b) => (place.get(a.key) ?? 0) - (place.get(b.key) ?? 0)) : wanted;
  const sortNow = (): void => {
    kept.current = keys;
    again((n) => n + 1);
  };
  return { sorted, moved, sortNow, grid };
}

interface Doings {
  readonly view: ExploreView;
  readonly one: string;
  readonly onShow: (next: Partial<ExploreAddress>, step?: boolean) => void;
  readonly onChange: (view: ExploreView) => void;
}

/** A chart moved by one place, for who does not drag it; its arrow keys do the same, with Shift by ten. */
function moves({ entry, spec }: Planned, step: (entry: string, by: number) => void): Tool[] {
  return [
    { word: EARLIER, label: `Move ${spec.title} one place earlier`, run: () => step(entry, -1) },
    { word: LATER, label: `Move ${spec.title} one place later`, run: () => step(entry, 1) },
  ];
}

/** What can be done with one chart. */
function toolsOf(chart: Planned, { view, one, onShow, onChange }: Doings): Tool[] {
  const { key, spec, counter } = chart;
  const choice = view.charts[key] ?? {};
  const toggle = (word: string, name: ChoiceName, full: string): Tool => ({
    word,
    label: `${word}: ${full}, ${spec.title}`,
    on: choice[name] === true,
    run: () => onShow({ view: withChoice(view, key, name) }),
  });
  const drawn = spec.heat === true ? [] : [toggle("Log", "log", "logarithmic scale"), toggle("Stack", "stack", "lines upon each other")];
  return [
    ...drawn,
    ...(counter && spec.heat !== true ? [toggle("Raw", "raw", "the counter itself, not its rate")] : []),
    one === key
      ? { word: "All", label: "All charts", run: () => onShow({ one: "" }) }
      : { word: "Alone", label: `Alone: only ${spec.title}`, run: () => onShow({ one: key }) },
    ...(view.names.includes(key) ? [{ word: "Remove", label: `Remove ${spec.title}`, run: () => onChange({ ...view, names: view.names.filter((name) => name !== key) }) }] : []),
  ];
}
