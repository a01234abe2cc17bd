import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { number } from "../data/format.ts";
import { Empty } from "./states.tsx";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** What rows are sorted by; without it the column cannot be sorted by. */
  readonly by?: (row: Row) => number | string;
  readonly number?: boolean;
  /** Left out on narrow screens. */
  readonly wide?: boolean;
}

interface TableProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string | number;
  /** The row that is open on the page. */
  readonly here?: Row | undefined;
}

/** From so many rows on a table can be narrowed. */
const LONG = 10;

/** One table for all pages: text left, numbers right, a hairline between rows; a long one has a filter. */
export function Table<Row>(props: TableProps<Row>): JSX.Element {
  const { label, rows } = props;
  const [filter, setFilter] = useState("");
  const words = filter.trim().toLowerCase();
  const found = words === "" ? rows : rows.filter((row) => textOf(row).includes(words));
  return (
    <>
      {(rows.length > LONG || words !== "") && (
        <p class="table-filter">
          <input class="filter" type="search" placeholder={`Filter ${number(rows.length)}`} aria-label={`Filter ${label}`} value={filter} onInput={(event) => setFilter(event.currentTarget.value)} data-testid="filter" />
        </p>
      )}
      {words !== "" && found.length === 0 ? (
        <Empty>
          {`Nothing matches “${filter}”. `}
          <button type="button" class="link" onClick={() => setFilter("")}>
            Clear filter
          </button>
        </Empty>
      ) : (
        <Rows {...props} rows={found} />
      )}
    </>
  );
}

/** All that a row says, whatever it is: what the server has told of it. */
function textOf(row: unknown): string {
  return JSON.stringify(row).toLowerCase();
}

function Rows<Row>({ label, rows, columns, keyOf, here }: TableProps<Row>): JSX.Element {
  const [sorting, setSorting] = useState<{ column: number; up: boolean } | null>(null);
  const by = sorting === null ? undefined : columns[sorting.column]?.by;
  const sorted = by === undefined ? rows : [...rows].sort((a, b) => compare(by(a), by(b)) * (sorting?.up === true ? 1 : -1));
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={label}>
      <table class="table">
        <thead>
          <tr>
            {columns.map((column, i) =>
              column.title === "" ? (
                <td key={i} class={classOf(column)} />
              ) : (
                <th key={column.title} scope="col" class={classOf(column)} aria-sort={sortOf(sorting, i)}>
                  {column.by === undefined ? (
                    column.title
                  ) : (
                    <button type="button" onClick={() => setSorting({ column: i, up: sorting?.column === i ? !sorting.up : true })}>
                      {column.title}
                      <span aria-hidden="true">{sorting?.column === i ? (sorting.up ? " ↑" : " ↓") : ""}</span>
                    </button>
                  )}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={keyOf(row)} class={row === here ? "is-open" : undefined}>
              {columns.map((column) => (
                <td key={column.title} class={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function classOf<Row>({ number, wide }: Column<Row>): string {
  return `${number === true ? "number" : ""}${wide === true ? " wide" : ""}`.trim();
}

function sortOf(sorting: { column: number; up: boolean } | null, column: number): "ascending" | "descending" | undefined {
  if (sorting?.column !== column) return undefined;
  return sorting.up ? "ascending" : "descending";
}

function compare(a: number | string, b: number | string): number {
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
}
