"""Boards: views of charts that people keep, share and hand on as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

MAX_BOARDS = 200
DELETED_KEPT_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Board:
    """A kept view; ``view`` is as ``board_form`` reads it. Times in unix seconds.

    ``revision`` grows with each change, so that nobody overwrites what they have not seen.
    """

    name: str
    view: Mapping[str, Any]
    id: int = 0
    revision: int = 1
    created_by: str = ""
    created_at: float = 0.0
    changed_by: str = ""
    changed_at: float = 0.0


class BoardStore(Protocol):
    """Where boards are kept; blocking; raises StorageError.

    Two boards never have one name: ConflictError, as for more than ``MAX_BOARDS``.
    """

    def boards(self) -> list[Board]:
        """Give all, by name."""

    def board(self, board_id: int) -> Board:
        """Give one; raises NotFoundError."""

    def add(self, board: Board) -> Board:
        """Keep a new one; forgets what was deleted longer ago than ``DELETED_KEPT_S``."""

    def replace(self, board: Board, revision: int | None) -> Board:
        """Change the one of this id; raises NotFoundError.

        With a ``revision`` that is no longer the newest: ConflictError.
        """

    def remove(self, board_id: int, at: float) -> None:
        """Delete one; raises NotFoundError."""

    def restore(self, board_id: int) -> Board:
        """Take a deletion back; raises NotFoundError."""
