"""History as JSON, piece by piece."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from quadra.engine.catalog import SeriesInfo
from quadra.engine.history import Line
from quadra.web.api.lines import Rendering, joined


def line(number: int, t: list[int], v: list[float], agg: str = "avg") -> Line:
    info = SeriesInfo(number, "a", {"n": str(number)}, 0, 0)
    return Line(info, np.array(t, np.int64), np.array(v), agg)


def document(pieces: list[list[Line]], *, tell_agg: bool = False) -> Any:
    first, *others = [Rendering(tell_agg=tell_agg)(lines) for lines in pieces]
    body = joined(first, iter(others) if others else [])
    return json.loads(body if isinstance(body, bytes) else b"".join(body))


def test_a_line_has_its_series_and_its_columns() -> None:
    found = document([[line(1, [1000, 2500], [1.5, np.nan]), line(2, [2000], [3.0])]])
    first = {"id": 1, "name": "a", "labels": {"n": "1"}}
    second = {"id": 2, "name": "a", "labels": {"n": "2"}, "timestamps": [2], "values": [3.0]}
    assert [first | {"timestamps": [1, 2.5], "values": [1.5, None]}, second] == found["series"]


def test_several_aggregates_say_which_each_line_is() -> None:
    found = document([[line(1, [0], [1.0]), line(1, [0], [2.0], "max")]], tell_agg=True)
    assert ["avg", "max"] == [entry["agg"] for entry in found["series"]]


@pytest.mark.parametrize("sizes", [[0], [2], [0, 0], [1, 0], [0, 1], [2, 0, 3], [0, 0, 1, 0]])
def test_pieces_make_one_document_whichever_are_empty(sizes: list[int]) -> None:
    numbers: Iterator[int] = iter(range(100))
    pieces = [[line(next(numbers), [0], [1.0]) for _ in range(size)] for size in sizes]
    found = document(pieces)
    assert list(range(sum(sizes))) == [entry["id"] for entry in found["series"]]
