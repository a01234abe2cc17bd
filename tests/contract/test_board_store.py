"""What every BoardStore does, whatever it stands on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from quadra.engine.boards import DELETED_KEPT_S, MAX_BOARDS, Board, BoardStore
from quadra.errors import ConflictError, NotFoundError
from quadra.storage.boards import SqlBoards
from quadra.storage.database import Database

CHAT = Board("Chat", {"names": ["a + b"], "split": "modèle"}, 0, 1, "mira", 10.5, "mira", 10.5)


@pytest.fixture
def store(database: Database) -> BoardStore:
    return SqlBoards(database)


def test_boards_come_back_as_they_were_given_by_name(
    store: BoardStore, connect: Callable[[], Database]
) -> None:
    chat, api = store.add(CHAT), store.add(replace(CHAT, name="API"))
    assert replace(CHAT, id=chat.id) == chat
    assert [api, chat] == SqlBoards(connect()).boards()
    assert chat == store.board(chat.id)


def test_a_board_is_changed_by_those_who_have_seen_its_last_change(store: BoardStore) -> None:
    made = store.add(CHAT)
    wish = replace(made, name="Talk", view={}, changed_by="tom", changed_at=20.0)
    changed = store.replace(wish, 1)
    assert replace(wish, revision=2) == changed == store.board(made.id)
    with pytest.raises(ConflictError, match="by tom"):
        store.replace(wish, 1)
    assert 3 == store.replace(wish, None).revision


def test_no_two_boards_have_one_name(store: BoardStore) -> None:
    made, other = store.add(CHAT), store.add(replace(CHAT, name="Other"))
    with pytest.raises(ConflictError) as caught:
        store.add(CHAT)
    assert "board_exists" == caught.value.code
    with pytest.raises(ConflictError):
        store.replace(replace(other, name="Chat"), None)
    assert made.name == store.replace(made, None).name


def test_a_deletion_can_be_taken_back_unless_the_name_was_given_away(store: BoardStore) -> None:
    made = store.add(CHAT)
    store.remove(made.id, 30.0)
    assert [] == store.boards()
    with pytest.raises(NotFoundError):
        store.board(made.id)
    with pytest.raises(NotFoundError):
        store.remove(made.id, 31.0)
    with pytest.raises(NotFoundError):
        store.replace(made, None)
    assert made == store.restore(made.id) == store.restore(made.id) == store.board(made.id)
    store.remove(made.id, 32.0)
    store.add(CHAT)
    with pytest.raises(ConflictError):
        store.restore(made.id)


def test_what_was_deleted_a_day_ago_is_forgotten(store: BoardStore) -> None:
    made = store.add(CHAT)
    store.remove(made.id, 30.0)
    store.add(replace(CHAT, name="later", created_at=30.0 + DELETED_KEPT_S))
    assert made == store.restore(made.id)
    store.remove(made.id, 30.0)
    store.add(replace(CHAT, name="latest", created_at=31.0 + DELETED_KEPT_S))
    with pytest.raises(NotFoundError):
        store.restore(made.id)


def test_there_are_only_so_many(store: BoardStore) -> None:
    first = store.add(replace(CHAT, name="0"))
    for n in range(1, MAX_BOARDS):
        store.add(replace(CHAT, name=str(n)))
    with pytest.raises(ConflictError, match="delete one first"):
        store.add(CHAT)
    store.remove(first.id, 1.0)
    assert "Chat" == store.add(CHAT).name
    with pytest.raises(ConflictError, match="delete one first"):
        store.restore(first.id)
