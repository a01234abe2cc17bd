"""Remote write against the protobuf library: the same samples, and no surprise on garbage."""

import struct
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from quadra.errors import QuadraError
from quadra.intake.bounds import MAX_AGE_S, MAX_AHEAD_S
from quadra.intake.received import Received
from quadra.intake.remote_write import LabelCache, parse_v1, parse_v2
from quadra.telemetry.series import SeriesKey, SeriesRules, series_key
from tests.unit.remote_write_messages import NOW, NOW_MS, V1, V2, message1, message2, read1, read2

Row = tuple[SeriesKey, int, int]
RULES = SeriesRules()
CACHE = LabelCache(max_bytes=200_000)  # shared by all examples, and forgotten now and then

NAMES = st.sampled_from(["a", "b", "job", "le", "z9", "__name__", "", "a-b", "é"])
VALUES = st.sampled_from(["x", "", "node", "0.5", "ü" * 3, "y" * 200])
TIMES = st.one_of(
    st.integers(NOW_MS - 10_000, NOW_MS),
    st.sampled_from([0, 1, -1, NOW_MS + 10**9, 2**63 - 1, -(2**63), 10**10]),
)
NUMBERS = st.one_of(st.floats(), st.just(0.0), st.just(-0.0))
SAMPLES = st.lists(st.tuples(TIMES, NUMBERS), max_size=5)
LABELS = st.dictionaries(NAMES, VALUES, max_size=4).map(
    lambda labels: dict(sorted({"__name__": "up", **labels}.items()))
)
SERIES = st.lists(st.tuples(LABELS, SAMPLES), max_size=6)
PLAIN = st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=3).map(
    lambda labels: {"__name__": "up", **dict(sorted(labels.items()))}
)
PLAIN_SERIES = st.lists(
    st.tuples(PLAIN, st.lists(st.tuples(st.just(NOW_MS), NUMBERS), max_size=3)), max_size=4
)
DAMAGE = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255), st.sampled_from("=+-x")),
    max_size=4,
)


def as_bits(value: float) -> int:
    return int.from_bytes(struct.pack("<d", value), "little")


def rows(received: Received) -> list[Row]:
    batch = received.batch
    bits = batch.v.view("<u8").tolist()
    assert sorted(set(batch.index.tolist())) == list(range(len(batch.keys))), "each key is in use"
    assert len(set(batch.keys)) == len(batch.keys)
    return [
        (batch.keys[i], t, v)
        for i, t, v in zip(batch.index.tolist(), batch.t.tolist(), bits, strict=True)
    ]


def expected(series: Iterator[tuple[list[tuple[str, str]], Any]]) -> list[Row]:
    """Say what should be stored of series as the library decodes them."""
    found = []
    for pairs, samples in series:
        labels = dict(pairs)
        key = series_key(labels.pop("__name__", ""), labels)
        names = [name for name, _ in pairs]
        rising = all(a < b for a, b in pairwise(["", *names]))
        if not rising or RULES.faults(key, None):
            continue
        found += [
            (key, sample.timestamp, as_bits(sample.value))
            for sample in samples
            if int((NOW - MAX_AGE_S) * 1000) <= sample.timestamp <= int((NOW + MAX_AHEAD_S) * 1000)
        ]
    return found


def series1(raw: bytes) -> Iterator[tuple[list[tuple[str, str]], Any]]:
    for one in V1["WriteRequest"].FromString(raw).timeseries:
        yield [(label.name, label.value) for label in one.labels], one.samples


def series2(raw: bytes) -> Iterator[tuple[list[tuple[str, str]], Any]]:
    request = V2["Request"].FromString(raw)
    for one in request.timeseries:
        texts = [request.symbols[ref] for ref in one.labels_refs]
        yield list(zip(texts[::2], texts[1::2], strict=True)), one.samples


BOTH = pytest.mark.parametrize(
    ("make", "read", "decode"),
    [(message1, read1, series1), (message2, read2, series2)],
    ids=["v1", "v2"],
)
Make = Callable[..., Any]
Read = Callable[..., Received]
Decode = Callable[[bytes], Iterator[tuple[list[tuple[str, str]], Any]]]


@BOTH
@given(series=SERIES)
def test_valid_messages_read_as_the_library_reads_them(
    make: Make, read: Read, decode: Decode, series: Any
) -> None:
    raw = make(*series).SerializeToString()
    received = read(raw, CACHE)
    wanted = expected(decode(raw))
    assert wanted == rows(received)
    total = sum(len(samples) for _, samples in series)
    assert total == len(wanted) + received.rejected == len(wanted) + sum(received.reasons.values())


def damaged(raw: bytes, damage: list[tuple[float, int, str]]) -> bytes:
    out = bytearray(raw)
    for where, byte, how in damage:
        place = int(where * len(out))
        if how == "=" and out:
            out[place] = byte
        elif how == "+":
            out.insert(place, byte)
        elif how == "-":
            del out[place : place + 1 + byte % 4]
        elif out:
            out[place] ^= 1 << byte % 8
    return bytes(out)


@BOTH
@given(series=PLAIN_SERIES, damage=DAMAGE)
def test_damaged_messages_are_refused_or_read_as_the_library_reads_them(
    make: Make, read: Read, decode: Decode, series: Any, damage: list[tuple[float, int, str]]
) -> None:
    raw = damaged(make(*series).SerializeToString(), damage)
    try:
        found = rows(read(raw, CACHE))
    except QuadraError:
        return
    try:
        wanted = expected(decode(raw))
    except DecodeError:  # texts that are not UTF-8: here only their series is left out
        return
    except (IndexError, ValueError):  # references that lead nowhere
        pytest.fail("bad references were read")
    assert wanted == found


@BOTH
@given(raw=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(make: Make, read: Read, decode: Decode, raw: bytes) -> None:
    for body in (raw, b"\x0a" + bytes([len(raw)]) + raw, b"\x2a" + bytes([len(raw)]) + raw):
        try:
            rows(read(body, CACHE))
        except QuadraError:
            continue


@given(raw=st.binary(max_size=80))
def test_any_body_is_read_or_refused(raw: bytes) -> None:
    for parse in (parse_v1, parse_v2):
        try:
            parse(raw, NOW, RULES, 1 << 20, CACHE)
        except QuadraError:
            continue
