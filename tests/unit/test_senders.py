"""What stands between the wire formats and the database."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from quadra.errors import StorageError, UnavailableError
from quadra.intake.otlp import PROTOBUF
from quadra.telemetry.series import SeriesRules
from quadra.web.api.senders import LOOK_AGAIN_AFTER_S, Senders
from tests.unit.fakes import SetClock, ThreadRuntime
from tests.unit.otlp_messages import DELTA, NOW, NOW_NS, metric, point, request


class HungMemos:
    """A database that gives no answer."""

    asked = 0

    def find(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        self.asked += 1
        if self.asked == 1:
            raise StorageError("no answer in 25 s")
        return {}


def difference(name: str = "c", padding: int = 0) -> bytes:
    made = request(padding="x" * padding)
    total = metric(made, name).sum
    total.is_monotonic, total.aggregation_temporality = True, DELTA
    point(total.data_points, as_int=1, time_unix_nano=NOW_NS)
    return made.SerializeToString()


def made(memos: Any) -> tuple[Senders, SetClock]:
    monotonic = SetClock()
    parts: Any = SimpleNamespace(
        runtime=ThreadRuntime(),
        memos=memos,
        clock=lambda: NOW,
        rules=SeriesRules(),
        feed=SimpleNamespace(from_others=0),
    )
    return Senders(parts, monotonic), monotonic


def test_an_answer_does_not_wait_until_another_request_is_read() -> None:
    class Slow:
        """Looks up a total while another request ends."""

        first: Any = None

        def find(self, _keys: Sequence[bytes]) -> dict[bytes, bytes]:
            if self.first is not None:
                self.first.settle([])
            return {}

    slow = Slow()
    senders, _ = made(slow)
    slow.first = senders.otlp(difference("a"), PROTOBUF)
    assert [1.0] == senders.otlp(difference("b"), PROTOBUF).batch.v.tolist()
    slow.first = None
    # It was not stored, so it counts for nothing; that came to be known with the next request.
    assert [1.0] == senders.otlp(difference("a"), PROTOBUF).batch.v.tolist()


@pytest.mark.parametrize("padding", [0, 200_000], ids=["on the loop", "on a native thread"])
def test_a_database_that_hangs_is_not_waited_for_by_each_who_stands_behind(padding: int) -> None:
    memos = HungMemos()
    senders, monotonic = made(memos)
    body = difference(padding=padding)
    with pytest.raises(StorageError, match="25 s"):
        senders.otlp(body, PROTOBUF)
    with pytest.raises(UnavailableError) as caught:
        senders.otlp(body, PROTOBUF)
    assert (LOOK_AGAIN_AFTER_S, 1) == (caught.value.retry_after, memos.asked)
    monotonic.forward(LOOK_AGAIN_AFTER_S)
    assert [1.0] == senders.otlp(body, PROTOBUF).batch.v.tolist()
