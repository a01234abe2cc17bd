"""What is written to a store elsewhere, and how its answers are read."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.errors import StorageError
from quadra.storage.prometheus.address import parse_address
from quadra.storage.prometheus.asking import read_matrix
from quadra.storage.prometheus.history import _spans
from quadra.storage.prometheus.labels import IDENTITY, MAX_LABELS_SENT, identity, label_block
from quadra.storage.prometheus.writing import END_T, FIRST_T, encode
from quadra.telemetry.batch import Columns
from quadra.telemetry.series import SeriesKey, series_key
from tests.unit.fakes import columns, rows_of
from tests.unit.remote_write_messages import V1

MARK = "ab" * 16


def message(found: bytes) -> list[tuple[dict[str, str], list[tuple[int, str]]]]:
    """Read a WriteRequest with the protobuf library; values by their bits."""
    request = V1["WriteRequest"].FromString(found)
    return [
        (
            {label.name: label.value for label in one.labels},
            [(s.timestamp, struct.pack("<d", s.value).hex()) for s in one.samples],
        )
        for one in request.timeseries
    ]


SAMPLES = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.integers(FIRST_T, END_T - 1),
        st.floats(width=64) | st.sampled_from([0.0, -0.0, float("nan")]),
    ),
    max_size=40,
)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200)


@given(samples=SAMPLES, text=TEXTS)
def test_what_is_written_is_what_the_protobuf_library_reads(
    samples: list[tuple[int, int, float]], text: str
) -> None:
    samples.sort(key=lambda sample: sample[0])
    keys = {n: series_key("some_metric", {"n": str(n), "text": text}) for n in range(1, 5)}
    found = message(encode(columns(samples), {n: label_block(keys[n]) for n in keys}))
    expected = []
    for n in sorted({n for n, _t, _v in samples}):
        labels = {"__name__": "some_metric", **dict(keys[n][1]), IDENTITY: identity(keys[n])}
        points = [(t, struct.pack("<d", v).hex()) for i, t, v in samples if i == n]
        expected.append((labels, points))
    assert expected == found


def test_labels_are_sent_in_order_few_enough_and_with_one_identity() -> None:
    many: SeriesKey = series_key("m", {f"l{n:03}": "x" for n in range(60)} | {"Z": "1"})
    block = encode(columns([(1, FIRST_T, 1.0)]), {1: label_block(many)})
    (one,) = V1["WriteRequest"].FromString(block).timeseries
    names = [label.name for label in one.labels]
    assert sorted(names) == names
    assert MAX_LABELS_SENT + 2 == len(names)
    taken = series_key("m", {IDENTITY: "mine"})
    (one,) = (
        V1["WriteRequest"]
        .FromString(encode(columns([(1, FIRST_T, 1.0)]), {1: label_block(taken)}))
        .timeseries
    )
    assert [(IDENTITY, identity(taken))] == [
        (label.name, label.value) for label in one.labels if label.name == IDENTITY
    ]


def answer(*series: tuple[dict[str, str], list[tuple[float, str]]]) -> bytes:
    result = [{"metric": labels, "values": [list(p) for p in points]} for labels, points in series]
    return json.dumps(
        {"status": "success", "data": {"resultType": "matrix", "result": result}},
        separators=(",", ":"),
    ).encode()


POINTS = st.lists(
    st.tuples(st.integers(0, 1 << 41), st.floats(allow_nan=False)), min_size=1, max_size=20
)


@given(points=POINTS, text=TEXTS)
def test_an_answer_is_read_to_the_millisecond_and_the_last_digit(
    points: list[tuple[int, float]], text: str
) -> None:
    written = [(t / 1000, {np.inf: "+Inf", -np.inf: "-Inf"}.get(v, repr(v))) for t, v in points]
    body = answer(({"a": text, IDENTITY: MARK, "z": text}, written))
    assert [(7, t, v) for t, v in points] == rows_of(read_matrix(body, {MARK: 7}))


def test_a_long_answer_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [(float(t), str(t * 10)) for t in range(300)]
    for size in (1, 7, 64, 100_000):
        monkeypatch.setattr("quadra.storage.prometheus.asking._BYTES_A_PIECE", size)
        found = read_matrix(answer(({IDENTITY: MARK}, points)), {MARK: 7})
        assert [(7, t * 1000, t * 10.0) for t in range(300)] == rows_of(found)


def test_a_label_can_t_pass_for_the_structure_of_an_answer() -> None:
    evil = '","quadra_series":"' + "cd" * 16 + '"},"values":[[1,"666"]]},{"metric":{'
    body = answer(({"a": evil, IDENTITY: MARK}, [(1.0, "5")]))
    assert [(7, 1000, 5.0)] == rows_of(read_matrix(body, {MARK: 7, "cd" * 16: 8}))


def test_series_that_were_not_asked_for_are_left_out() -> None:
    body = answer(({IDENTITY: "00" * 16}, [(1.0, "5")]), ({IDENTITY: MARK}, [(2.0, "NaN")]))
    ((number, t, value),) = rows_of(read_matrix(body, {MARK: 7}))
    assert (7, 2000) == (number, t)
    assert np.isnan(value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"status":"error","error":"x"}',
        b'{"status":"success","data":{"resultType":"vector","result":[]}}',
        answer(({"no": "identity"}, [(1.0, "5")])),
        answer(({IDENTITY: MARK}, [(1.0, "five")])),
        answer(({IDENTITY: MARK}, [(1.0, "5,6")])),
        answer(({IDENTITY: MARK}, [(1.0, "5")])).replace(b'"values"', b'"histograms"'),
    ],
    ids=["empty", "html", "error", "vector", "nameless", "words", "three", "histograms"],
)
def test_what_is_no_such_answer_is_refused(body: bytes) -> None:
    with pytest.raises(StorageError, match="HISTORY_URL"):
        read_matrix(body, {MARK: 7})


@pytest.mark.parametrize(
    ("touched", "expected"),
    [
        ([], [(0, 100)]),
        ([0, 99], [(1, 99)]),
        ([50], [(0, 50), (51, 100)]),
        ([-5, 200], [(0, 100)]),
        (list(range(60)), None),
        (list(range(0, 100, 2)), None),
        (list(range(3, 100, 4)), None),
        ([90, 91, 92, 95], [(0, 90), (93, 95), (96, 100)]),
    ],
    ids=["none", "ends", "middle", "outside", "much", "every_other", "many", "recent"],
)
def test_the_store_computes_the_steps_that_nothing_here_touches(
    touched: list[int], expected: list[tuple[int, int]] | None
) -> None:
    assert expected == _spans(touched, 0, 100)


def test_an_address_tells_where_and_who() -> None:
    found = parse_address("https://me:a%40b@store/prometheus/", tenant="team")
    assert ("https", "store", 443, "/prometheus", "store") == (
        found.scheme, found.host, found.port, found.path, found.netloc,
    )  # fmt: skip
    assert {"Authorization": "Basic bWU6YUBi", "X-Scope-OrgID": "team"} == found.headers
    assert "bWU6YUBi" not in repr(found)
    token = parse_address("http://[::1]:8428", token="t")
    assert ({"Authorization": "Bearer t"}, "[::1]:8428") == (token.headers, token.netloc)


def test_no_samples_make_an_empty_request() -> None:
    assert b"" == encode(Columns.empty(), {})
