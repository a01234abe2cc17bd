"""Rows sent to other processes: a small one whole, a large one by its position."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from quadra.engine.catalog import Catalog
from quadra.engine.feed import Feed
from quadra.engine.link import MOST_SAMPLES_SENT, LinkState, RowTelling
from quadra.engine.ports import Appended
from quadra.telemetry.series import series_key
from tests.unit.fakes import ThreadRuntime, columns, rows_of


class Wire:
    """A link whose messages are handed over by the test."""

    def __init__(self) -> None:
        self.state = LinkState("ok")
        self.sent: list[bytes] = []

    def start(self) -> None:
        raise NotImplementedError

    def publish(self, topic: str, message: bytes) -> None:
        self.sent.append(message)

    def follow(self, topic: str, follower: Callable[[bytes], None]) -> None:
        assert "rows" == topic

    def count(self, key: str, window: int, amount: int) -> tuple[int, float] | None:
        raise NotImplementedError


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def feed() -> Feed:
    catalog = Catalog(max_series=10)
    catalog.add(1, series_key("a", {}))
    unused: Any = None
    made = Feed(unused, unused, catalog, ThreadRuntime())
    made.seq = 6
    return made


def row(seq: int, samples: int = 2) -> Appended:
    return Appended(seq, columns([(1, 1_000 + n, float(n)) for n in range(samples)]), [])


def test_a_small_row_arrives_whole(wire: Wire, feed: Feed) -> None:
    heard: list[Appended] = []
    feed.follow(heard.append)
    telling = RowTelling(wire, feed)
    telling.tell(row(7))
    telling.hear(wire.sent[0])
    telling.hear(wire.sent[0])
    assert [7] == [one.seq for one in heard]
    assert rows_of(row(7).columns) == rows_of(heard[0].columns)


def test_of_a_large_row_only_the_position_is_sent(wire: Wire, feed: Feed) -> None:
    telling = RowTelling(wire, feed)
    telling.tell(row(9, MOST_SAMPLES_SENT + 1))
    assert 8 == len(wire.sent[0])
    telling.hear(wire.sent[0])
    assert feed._wake.is_set()


def test_nothing_is_packed_while_the_link_is_away(wire: Wire, feed: Feed) -> None:
    wire.state = LinkState("down")
    RowTelling(wire, feed).tell(row(7))
    assert [] == wire.sent


@pytest.mark.parametrize("message", [b"", b"short", b"\xff" * 9, b"\xff" * 8 + b"x" * 100])
def test_a_damaged_message_is_refused(wire: Wire, feed: Feed, message: bytes) -> None:
    with pytest.raises(ValueError, match=r"cut short|damaged"):
        RowTelling(wire, feed).hear(message)
    assert 6 == feed.seq
