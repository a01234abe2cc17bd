"""Boards: kept, changed, deleted and taken back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from quadra.engine.board_form import board_from
from quadra.engine.boards import Board
from quadra.web.api import asking
from quadra.web.api.answering import answer
from quadra.web.identity import current
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.schemas import boards as schemas

_ONE = "/api/v1/boards/<int(max=2147483647):board_id>"


def make_boards(parts: WebParts) -> Blueprint:
    """Make the blueprint of boards."""
    api = Blueprint("boards", __name__)
    store, offload = parts.boards, parts.runtime.offload

    @route(
        api, "GET", "/api/v1/boards", access="read", work="read", tag="Boards",
        summary="List the boards", responses={200: schemas.BOARD_LIST},
    )  # fmt: skip
    def list_boards() -> ResponseReturnValue:
        return answer({"boards": [asdict(board) for board in offload(store.boards)]})

    @route(
        api, "POST", "/api/v1/boards", access="write", work="write", tag="Boards",
        summary="Keep a board, as made here or exported elsewhere",
        body=schemas.NEW_BOARD, responses={201: schemas.BOARD},
    )  # fmt: skip
    def create_board() -> ResponseReturnValue:
        name, view = board_from(asking.json_object())
        by, now = current().name, parts.clock()
        board = Board(name, view, created_by=by, created_at=now, changed_by=by, changed_at=now)
        return answer(asdict(offload(store.add, board)), 201)

    @route(
        api, "GET", _ONE, access="read", work="read", tag="Boards", summary="One board",
        parameters=(schemas.BOARD_ID,), responses={200: schemas.BOARD},
    )  # fmt: skip
    def show_board(board_id: int) -> ResponseReturnValue:
        return answer(asdict(offload(store.board, board_id)))

    @route(
        api, "PUT", _ONE, access="write", work="write", tag="Boards", summary="Change a board",
        parameters=(schemas.BOARD_ID,), body=schemas.CHANGED_BOARD,
        responses={200: schemas.BOARD, 409: {"description": "somebody has changed it meanwhile"}},
    )  # fmt: skip
    def change_board(board_id: int) -> ResponseReturnValue:
        wish = asking.json_object()
        name, view = board_from(wish)
        board = Board(name, view, id=board_id, changed_by=current().name, changed_at=parts.clock())
        return answer(asdict(offload(store.replace, board, _revision(wish))))

    @route(
        api, "DELETE", _ONE, access="write", work="write", tag="Boards",
        summary="Delete a board; for a day it can be restored",
        parameters=(schemas.BOARD_ID,), responses={204: {}},
    )  # fmt: skip
    def remove_board(board_id: int) -> ResponseReturnValue:
        offload(store.remove, board_id, parts.clock())
        return Response(status=204)

    @route(
        api, "POST", f"{_ONE}/restore", access="write", work="write", tag="Boards",
        summary="Take the deletion of a board back",
        parameters=(schemas.BOARD_ID,), responses={200: schemas.BOARD},
    )  # fmt: skip
    def restore_board(board_id: int) -> ResponseReturnValue:
        return answer(asdict(offload(store.restore, board_id)))

    return api


def _revision(wish: dict[str, Any]) -> int | None:
    revision = wish.get("revision")
    if revision is None or (type(revision) is int and 0 < revision < 1 << 31):
        return revision
    raise asking.wrong("revision", "use the whole number that the board had")
