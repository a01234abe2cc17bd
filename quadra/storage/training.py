"""What is asked of the field's training, and how it does."""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa

from quadra.engine.training import Errand, ErrandKind, State
from quadra.storage.database import Database
from quadra.storage.tables import errands, training
from quadra.storage.upserts import insert_into

_KEPT_ERRANDS = 200


class SqlTraining:
    """Implements ``engine.training.TrainingStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def ask(self, kind: ErrandKind, arguments: State, now: float, most: int) -> int | None:
        """Keep an errand and give its number, None when ``most`` wait already."""
        row = {"kind": kind, "arguments": orjson.dumps(arguments).decode(), "asked_at": now}
        return self._database.write(_ask, row, most)

    def answer(self, errand: int) -> State | None:
        """Give what the trainer answered, None while it has not."""
        text = self._database.read(_answer, errand)
        return None if text is None else orjson.loads(text)

    def waiting(self) -> list[Errand]:
        """Give the errands that have no answer yet, in order."""
        return self._database.read(_waiting)

    def settle(self, errand: int, answer: State, state: State, now: float) -> None:
        """Keep an answer and the state that follows from it in one transaction."""
        self._database.write(self._settle, errand, orjson.dumps(answer).decode(), state, now)

    def report(self, state: State, now: float) -> None:
        """Keep the newest state."""
        self._database.write(self._report, state, now)

    def state(self) -> tuple[State, float] | None:
        """Give the newest state and when it was reported (unix s), None before the first."""
        row = self._database.read(_state)
        return None if row is None else (orjson.loads(row.state), row.reported_at)

    def _settle(
        self, connection: sa.Connection, errand: int, answer: str, state: State, now: float
    ) -> None:
        connection.execute(errands.update().where(errands.c.id == errand).values(answer=answer))
        connection.execute(
            errands.delete().where(
                errands.c.id <= errand - _KEPT_ERRANDS, errands.c.answer.is_not(None)
            )
        )
        self._report(connection, state, now)

    def _report(self, connection: sa.Connection, state: State, now: float) -> None:
        insert = insert_into(training, is_sqlite=self._database.is_sqlite)
        row = {"state": orjson.dumps(state).decode(), "reported_at": now}
        connection.execute(
            insert.values(id=1, **row).on_conflict_do_update(index_elements=["id"], set_=row)
        )


def _ask(connection: sa.Connection, row: dict[str, object], most: int) -> int | None:
    waiting = sa.select(sa.func.count()).select_from(errands).where(errands.c.answer.is_(None))
    if connection.execute(waiting).scalar_one() >= most:
        return None
    made = connection.execute(errands.insert().returning(errands.c.id), row)
    return int(made.scalar_one())


def _answer(connection: sa.Connection, errand: int) -> str | None:
    return connection.execute(
        sa.select(errands.c.answer).where(errands.c.id == errand)
    ).scalar_one_or_none()


def _waiting(connection: sa.Connection) -> list[Errand]:
    rows = connection.execute(
        sa.select(errands.c.id, errands.c.kind, errands.c.arguments)
        .where(errands.c.answer.is_(None))
        .order_by(errands.c.id)
    )
    return [Errand(row.id, row.kind, orjson.loads(row.arguments)) for row in rows]


def _state(connection: sa.Connection) -> sa.Row[Any, Any] | None:
    return connection.execute(sa.select(training.c.state, training.c.reported_at)).first()
