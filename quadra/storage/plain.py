"""Queries and inserts past most of SQLAlchemy, whose care for types costs more than SQLite's work.

For numbers, text and bytes alone, which both drivers take and give as they are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect

METER = "quadra_meter"
"""The execution option of a connection that names who is told of its statements."""

TellStatement = Callable[[str, float], None]
"""Is told a statement and the seconds it took."""


def plain_rows(
    connection: sa.Connection, statement: sa.Select[Any], values: Mapping[str, Any]
) -> Sequence[Any]:
    """Read all rows as the driver gives them.

    ``values`` are those of the statement's bound parameters; lists for expanding ones.
    """
    if connection.dialect.name != "sqlite":
        with connection.execute(statement, values) as result:
            rows: Sequence[Any] = result.cursor.fetchall()
        return rows
    return _run(connection, statement, values).fetchall()  # type: ignore[no-any-return]


def plain_each(
    connection: sa.Connection, statement: sa.Select[Any], values: Mapping[str, Any]
) -> Iterable[Any]:
    """Read row by row, as ``plain_rows``, where all at once may be too much."""
    if connection.dialect.name != "sqlite":
        return connection.execute(statement, values)
    return _run(connection, statement, values)  # type: ignore[no-any-return]


def plain_insert(
    connection: sa.Connection, statement: sa.Insert, rows: Sequence[dict[str, Any]]
) -> None:
    """Insert many rows with all columns given, in a third of the time."""
    compiled = statement.values(dict.fromkeys(rows[0])).compile(dialect=connection.dialect)
    names = compiled.positiontup
    if names is None:  # a driver that takes parameters by name
        connection.exec_driver_sql(str(compiled), [dict(row) for row in rows])
        return
    connection.exec_driver_sql(str(compiled), [tuple([row[n] for n in names]) for row in rows])


def _run(connection: sa.Connection, statement: sa.Select[Any], values: Mapping[str, Any]) -> Any:
    """Have SQLite's driver run a query; gives its cursor."""
    sizes: list[tuple[str, int | None]] = []
    given: dict[str, Any] = {}
    for name, value in values.items():
        if not isinstance(value, list):
            sizes.append((name, None))
            given[name] = value
            continue
        # Few lengths make few statements: the last item again and again means the same.
        size = 1 << max(len(value) - 1, 0).bit_length()
        sizes.append((name, size))
        padded = value + value[-1:] * (size - len(value)) if value else [None]
        given |= {f"{name}_{i}": item for i, item in enumerate(padded, 1)}
    sql, names, fixed = _compiled(statement, tuple(sizes), connection.dialect)
    own: Any = connection.connection.dbapi_connection
    began = time.perf_counter()
    try:
        cursor = own.execute(sql, [given[name] if name in given else fixed[name] for name in names])
    except connection.dialect.loaded_dbapi.Error:
        # Once more, so that what is wrong is said as of any other statement.
        return connection.execute(statement, values).cursor
    tell: TellStatement | None = connection.get_execution_options().get(METER)
    if tell is not None:
        tell(sql, time.perf_counter() - began)
    return cursor


@lru_cache(maxsize=256)
def _compiled(
    statement: sa.Select[Any], sizes: tuple[tuple[str, int | None], ...], dialect: Dialect
) -> tuple[str, tuple[str, ...], Mapping[str, Any]]:
    """Give the SQL for lists of these lengths, its parameters in order, and those it has itself."""
    given = {name: size and [None] * size for name, size in sizes}
    made = statement.compile(dialect=dialect).construct_expanded_state(given)
    return made.statement, tuple(made.positiontup or ()), made.parameters
