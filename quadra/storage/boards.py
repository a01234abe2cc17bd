"""The kept boards."""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa

from quadra.engine.boards import DELETED_KEPT_S, MAX_BOARDS, Board
from quadra.errors import ConflictError, NotFoundError
from quadra.storage.database import Database
from quadra.storage.tables import boards

_THERE = boards.c.deleted_at.is_(None)


class SqlBoards:
    """Implements ``engine.boards.BoardStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def boards(self) -> list[Board]:
        """Give all, by name."""
        return self._database.read(_all)

    def board(self, board_id: int) -> Board:
        """Give one."""
        return self._database.read(_one, board_id)

    def add(self, board: Board) -> Board:
        """Keep a new one."""
        return self._database.write(_add, board)

    def replace(self, board: Board, revision: int | None) -> Board:
        """Change one."""
        return self._database.write(_replace, board, revision)

    def remove(self, board_id: int, at: float) -> None:
        """Delete one; it can be taken back for a day."""
        self._database.write(_remove, board_id, at)

    def restore(self, board_id: int) -> Board:
        """Take a deletion back."""
        return self._database.write(_restore, board_id)


def _all(connection: sa.Connection) -> list[Board]:
    rows = connection.execute(sa.select(boards).where(_THERE).order_by(boards.c.name))
    return [_board(row) for row in rows]


def _one(connection: sa.Connection, board_id: int) -> Board:
    statement = sa.select(boards).where(boards.c.id == board_id, _THERE)
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise _unknown(board_id)
    return _board(row)


def _add(connection: sa.Connection, board: Board) -> Board:
    old = board.created_at - DELETED_KEPT_S
    connection.execute(boards.delete().where(boards.c.deleted_at < old))
    _check_room(connection)
    _check_name(connection, board.name, 0)
    made = connection.execute(boards.insert().returning(boards), _row(board))
    return _board(made.one())


def _replace(connection: sa.Connection, board: Board, revision: int | None) -> Board:
    before = _one(connection, board.id)
    if revision is not None and revision != before.revision:
        msg = f"“{before.name}” was changed meanwhile by {before.changed_by or 'somebody'}."
        raise ConflictError(msg, code="board_changed")
    _check_name(connection, board.name, board.id)
    changed = {
        "name": board.name,
        "view": orjson.dumps(dict(board.view)).decode(),
        "revision": before.revision + 1,
        "changed_by": board.changed_by,
        "changed_at": board.changed_at,
    }
    statement = boards.update().where(
        boards.c.id == board.id, boards.c.revision == before.revision, _THERE
    )
    if connection.execute(statement.values(changed)).rowcount != 1:
        raise _unknown(board.id)
    return _one(connection, board.id)


def _remove(connection: sa.Connection, board_id: int, at: float) -> None:
    statement = boards.update().where(boards.c.id == board_id, _THERE).values(deleted_at=at)
    if connection.execute(statement).rowcount != 1:
        raise _unknown(board_id)


def _restore(connection: sa.Connection, board_id: int) -> Board:
    statement = sa.select(boards).where(boards.c.id == board_id)
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise _unknown(board_id)
    if row.deleted_at is not None:
        _check_room(connection)
        _check_name(connection, row.name, board_id)
        connection.execute(boards.update().where(boards.c.id == board_id).values(deleted_at=None))
    return _board(row)


def _check_room(connection: sa.Connection) -> None:
    count = sa.select(sa.func.count()).select_from(boards).where(_THERE)
    if connection.execute(count).scalar_one() >= MAX_BOARDS:
        msg = f"There are {MAX_BOARDS} boards already; delete one first."
        raise ConflictError(msg, code="too_many_boards")


def _check_name(connection: sa.Connection, name: str, board_id: int) -> None:
    statement = sa.select(boards.c.id).where(boards.c.name == name, boards.c.id != board_id, _THERE)
    if connection.execute(statement.limit(1)).scalar_one_or_none() is not None:
        msg = f"There is a board “{name}” already; choose another name."
        raise ConflictError(msg, code="board_exists")


def _unknown(board_id: int) -> NotFoundError:
    return NotFoundError(f"There is no board {board_id}.", code="unknown_board")


def _row(board: Board) -> dict[str, Any]:
    return {
        "name": board.name,
        "view": orjson.dumps(dict(board.view)).decode(),
        "revision": board.revision,
        "created_by": board.created_by,
        "created_at": board.created_at,
        "changed_by": board.changed_by,
        "changed_at": board.changed_at,
    }


def _board(row: sa.Row[Any]) -> Board:
    return Board(
        name=row.name,
        view=orjson.loads(row.view),
        id=row.id,
        revision=row.revision,
        created_by=row.created_by,
        created_at=row.created_at,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
    )
