"""The leases in SQL, and the check that keeps a former holder from writing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from quadra.engine.lease import Fence, FencedError, LeaseRow, Move
from quadra.storage.database import Database
from quadra.storage.tables import leases
from quadra.storage.upserts import insert_into


class SqlLeases:
    """Implements ``engine.lease.LeaseStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store; ``database`` must not be one that a fence guards."""
        self._database = database

    def read(self, names: Sequence[str]) -> dict[str, LeaseRow]:
        """Give the rows that are there."""
        return self._database.read(_read, names)

    def swap(self, moves: Sequence[Move]) -> list[bool]:
        """Make each move whose row is as expected; says which were made."""
        return self._database.write(self._swap, moves)

    def _swap(self, connection: sa.Connection, moves: Sequence[Move]) -> list[bool]:
        # In one order everywhere, so that two processes never wait for each other in a circle.
        made = {move.name: self._made(connection, move) for move in sorted(moves, key=_name)}
        return [made[move.name] for move in moves]

    def _made(self, connection: sa.Connection, move: Move) -> bool:
        after, before = _values(move.after), move.before
        if before is None:
            insert = insert_into(leases, is_sqlite=self._database.is_sqlite)
            statement = insert.values(name=move.name, **after)
            done = statement.on_conflict_do_nothing().returning(leases.c.name)
            return connection.execute(done).first() is not None
        is_as_seen = sa.and_(
            leases.c.name == move.name,
            leases.c.holder == before.holder,
            leases.c.epoch == before.epoch,
            leases.c.beat == before.beat,
        )
        return connection.execute(leases.update().where(is_as_seen).values(after)).rowcount == 1


def guard(fence: Callable[[], Fence | None]) -> Callable[[sa.Connection], None]:
    """Make the check that each write of a holder begins with; it raises FencedError.

    The row's key, of which the epoch is a part, stays locked until that write commits: nobody
    takes the lease in between, while its holder may go on renewing it.
    """

    def check(connection: sa.Connection) -> None:
        ours = fence()
        statement = sa.select(leases.c.epoch).where(
            leases.c.name == (ours.name if ours is not None else "")
        )
        epoch = connection.execute(statement.with_for_update(read=True, key_share=True)).scalar()
        if ours is None or epoch != ours.epoch:
            msg = "Another process does this work now; nothing was written here."
            raise FencedError(msg)

    return check


def _read(connection: sa.Connection, names: Sequence[str]) -> dict[str, LeaseRow]:
    rows = connection.execute(sa.select(leases).where(leases.c.name.in_(names)))
    return {row.name: LeaseRow(row.holder, row.epoch, row.beat) for row in rows}


def _values(row: LeaseRow) -> dict[str, str | int]:
    return {"holder": row.holder, "epoch": row.epoch, "beat": row.beat}


def _name(move: Move) -> str:
    return move.name
