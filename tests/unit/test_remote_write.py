"""Remote write, 1.0 and 2.0: what is stored, what is left out, and what is refused."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from quadra.errors import InvalidError, MalformedError, TooLargeError
from quadra.intake.bounds import MAX_SAMPLES_A_REQUEST
from quadra.intake.received import STALE_BITS, Received
from quadra.intake.remote_write import LabelCache, parse_v1, written_headers
from quadra.intake.wire import MAX_FIELDS, encode_varint
from quadra.telemetry.metadata import Metadata
from quadra.telemetry.series import SeriesKey, SeriesRules
from tests.unit.remote_write_messages import (
    MAX_UNPACKED,
    NOW,
    NOW_MS,
    V1,
    message1,
    message2,
    read1,
    read2,
    snappy,
)

UP = {"__name__": "up", "job": "node"}
UP_KEY: SeriesKey = ("up", (("job", "node"),))

BOTH = pytest.mark.parametrize(
    ("make", "read"), [(message1, read1), (message2, read2)], ids=["v1", "v2"]
)
Make = Callable[..., Any]
Read = Callable[..., Received]


def rows(received: Received) -> list[tuple[SeriesKey, int, float]]:
    batch = received.batch
    return [
        (batch.keys[i], t, v)
        for i, t, v in zip(batch.index.tolist(), batch.t.tolist(), batch.v.tolist(), strict=True)
    ]


def bits(received: Received) -> list[int]:
    found: list[int] = received.batch.v.view(np.uint64).tolist()
    return found


@BOTH
def test_samples_come_out_in_order_with_their_series(make: Make, read: Read) -> None:
    request = make(
        (UP, [(NOW_MS - 2000, 1.0), (NOW_MS - 1000, 0.0), (NOW_MS, 2.5)]),
        ({"__name__": "load"}, [(NOW_MS, 0.0)]),
    )
    expected = [
        (UP_KEY, NOW_MS - 2000, 1.0),
        (UP_KEY, NOW_MS - 1000, 0.0),
        (UP_KEY, NOW_MS, 2.5),
        (("load", ()), NOW_MS, 0.0),
    ]
    cache = LabelCache()
    received = read(request, cache)
    assert expected == rows(received)
    assert expected == rows(read(request, cache)), "and again, from memory"
    assert (0, {}, "remote_write") == (received.rejected, received.reasons, received.batch.source)
    assert [np.uint32, np.int64, np.float64] == [
        received.batch.index.dtype, received.batch.t.dtype, received.batch.v.dtype,
    ]  # fmt: skip


@BOTH
def test_a_staleness_marker_and_other_nans_keep_their_bits(make: Make, read: Read) -> None:
    wanted = [STALE_BITS, 0x7FF8000000000001, 0xFFF8000000000000, 0x7FF0000000000000]
    values = np.array(wanted, np.uint64).view(np.float64)
    samples = [(NOW_MS - i, float(v)) for i, v in enumerate(values)]
    assert wanted == bits(read(make((UP, samples))))
    odd = make((UP, samples))
    odd.timeseries[0].exemplars.add(value=1.0)  # has the series read field by field
    assert wanted == bits(read(odd))


@BOTH
def test_the_same_series_twice_in_a_request_is_one_series(make: Make, read: Read) -> None:
    received = read(make((UP, [(NOW_MS, 1.0)]), (UP, []), (UP, [(NOW_MS + 1, 2.0)])))
    assert (UP_KEY,) == received.batch.keys
    assert [1.0, 2.0] == received.batch.v.tolist()


@BOTH
def test_empty_label_values_are_no_labels(make: Make, read: Read) -> None:
    received = read(make(({"__name__": "up", "a": "", "job": "node"}, [(NOW_MS, 1.0)])))
    assert (UP_KEY,) == received.batch.keys


@BOTH
@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ({"job": "node"}, "__name__"),
        ({}, "__name__"),
        ({"__name__": ""}, "__name__"),
        ({"__name__": "up", "z": "1", "a": "2"}, "order"),
        ({"__name__": "up", "": "1"}, "no name"),
        ({"__name__": "up", "a-b": "1"}, "a-b"),
        ({"__name__": "1up"}, "name"),
        ({"__name__": "up", "a": "x" * 2000}, "longer"),
        ({"__name__": "up", **{f"l{i:03}": "x" for i in range(40)}}, "40 labels"),
        ({"__name__": "up", "a": "nul\0"}, "NUL"),
    ],
    ids=[
        "unnamed", "unlabelled", "empty-name", "unsorted", "nameless-label", "bad-label",
        "bad-name", "long", "many", "nul",
    ],
)  # fmt: skip
def test_a_series_with_bad_labels_is_left_out_alone(
    make: Make, read: Read, labels: dict[str, str], why: str
) -> None:
    cache = LabelCache()
    for _ in range(2):
        received = read(
            make((labels, [(NOW_MS, 1.0), (NOW_MS, 2.0)]), (UP, [(NOW_MS, 3.0)])), cache
        )
        assert [(UP_KEY, NOW_MS, 3.0)] == rows(received)
        assert (2, {"bad_labels": 2}) == (received.rejected, received.reasons)
        assert why in received.message
        assert "bad_labels: 2" in received.explanation()


def test_a_label_that_comes_twice_or_is_no_text_is_refused() -> None:
    request = message1(({"__name__": "up"}, [(NOW_MS, 1.0)]))
    for _ in range(2):
        request.timeseries[0].labels.add(name="job", value="x")
    assert "comes twice" in read1(request).message
    raw = message1(({"__name__": "up"}, [(NOW_MS, 1.0)])).SerializeToString()
    assert "UTF-8" in read1(raw.replace(b"up", b"u\xff")).message


@BOTH
def test_times_out_of_bounds_are_left_out_and_counted(make: Make, read: Read) -> None:
    received = read(
        make(
            (UP, [(NOW_MS - 100 * 86_400_000, 1.0), (NOW_MS, 2.0), (NOW_MS + 3_600_000, 3.0)]),
            ({"__name__": "old"}, [(5, 1.0), (-5, 1.0)]),
        )
    )
    assert [(UP_KEY, NOW_MS, 2.0)] == rows(received)
    assert (UP_KEY,) == received.batch.keys, "a series of which nothing is left is not made"
    assert {"too_old": 3, "too_far_ahead": 1} == received.reasons


@BOTH
def test_native_histograms_refuse_the_request(make: Make, read: Read) -> None:
    request = make((UP, [(NOW_MS, 1.0)]), ({"__name__": "h"}, []))
    request.timeseries[1].histograms.add(timestamp=NOW_MS)
    with pytest.raises(InvalidError) as caught:
        read(request)
    assert "native_histograms_unsupported" == caught.value.code
    request = make((UP, [(NOW_MS, 1.0)]))
    request.timeseries[0].histograms.add(timestamp=NOW_MS)
    with pytest.raises(InvalidError):
        read(request)


@BOTH
def test_exemplars_are_counted_and_not_kept(make: Make, read: Read) -> None:
    request = make((UP, [(NOW_MS, 1.0)]), (UP, []))
    request.timeseries[0].exemplars.add(value=1.0, timestamp=NOW_MS)
    request.timeseries[1].exemplars.add(value=1.0, timestamp=NOW_MS)
    received = read(request)
    assert ([(UP_KEY, NOW_MS, 1.0)], 2, 0) == (
        rows(received), received.exemplars, received.rejected,
    )  # fmt: skip


def test_metadata_of_version_1() -> None:
    request = message1((UP, [(NOW_MS, 1.0)]))
    request.metadata.add(type=1, metric_family_name="a_total", help="old", unit="seconds")
    request.metadata.add(type=3, metric_family_name="b", help="ä")
    request.metadata.add(type=99, metric_family_name="c", unit="nul\0")
    for name in ("", "a-b", "x" * 300, "nul\0"):
        request.metadata.add(type=1, metric_family_name=name)
    request.metadata.add(type=1, metric_family_name="a_total", help="new", unit="seconds")
    assert [
        Metadata("a_total", "counter", "seconds", "new"),
        Metadata("b", "histogram", "", "ä"),
        Metadata("c", "unknown", "nul\N{REPLACEMENT CHARACTER}"),
    ] == read1(request).metadata


def test_metadata_of_version_2_names_the_family() -> None:
    names = ["a_bucket", "a_sum", "a_count", "b_total", "c"]
    request = message2(
        *[({"__name__": name}, [(NOW_MS, 1.0)]) for name in names], symbols=["help", "seconds"]
    )
    for one, kind in zip(request.timeseries, (3, 3, 3, 1, 0), strict=True):
        one.metadata.type = kind
        if kind:
            one.metadata.help_ref, one.metadata.unit_ref = 1, 2
    assert [
        Metadata("a", "histogram", "seconds", "help"),
        Metadata("b_total", "counter", "seconds", "help"),
    ] == read2(request).metadata


def test_version_2_reads_start_and_created_times_and_unpacked_references() -> None:
    request = message2((UP, [(NOW_MS, 1.5), (NOW_MS + 1, 0.0)]), ({"__name__": "x"}, [(NOW_MS, 4)]))
    for sample in request.timeseries[0].samples:
        sample.start_timestamp = NOW_MS - 5000
    request.timeseries[1].created_timestamp = NOW_MS - 5000
    expected = [(UP_KEY, NOW_MS, 1.5), (UP_KEY, NOW_MS + 1, 0.0), (("x", ()), NOW_MS, 4.0)]
    assert expected == rows(read2(request))
    raw = request.SerializeToString()
    packed = bytes([0x0A, 2, *request.timeseries[1].labels_refs])
    loose = b"".join(bytes([0x08, ref]) for ref in request.timeseries[1].labels_refs)
    series = request.timeseries[1].SerializeToString()
    longer = series.replace(packed, loose)
    raw = raw.replace(bytes([len(series)]) + series, bytes([len(longer)]) + longer)
    assert longer in raw
    assert expected == rows(read2(raw))


def test_version_2_tells_what_was_written() -> None:
    received = read2(message2((UP, [(NOW_MS, 1.0), (5, 1.0)])))
    assert {
        "X-Prometheus-Remote-Write-Samples-Written": "1",
        "X-Prometheus-Remote-Write-Histograms-Written": "0",
        "X-Prometheus-Remote-Write-Exemplars-Written": "0",
    } == written_headers(received)


def test_references_mean_nothing_beyond_their_own_request() -> None:
    cache = LabelCache()
    one = message2(({"__name__": "a", "x": "1"}, [(NOW_MS, 1.0)]))
    other = message2(({"__name__": "b", "y": "2"}, [(NOW_MS, 1.0)]))
    assert one.timeseries[0].labels_refs == other.timeseries[0].labels_refs
    assert [("a", (("x", "1"),))] == [key for key, _, _ in rows(read2(one, cache))]
    assert [("b", (("y", "2"),))] == [key for key, _, _ in rows(read2(other, cache))]


def test_references_must_lead_somewhere_and_come_in_pairs() -> None:
    for refs in ([0, 1, 2, 900], [1, 2, 3]):
        request = message2((UP, [(NOW_MS, 1.0)]))
        del request.timeseries[0].labels_refs[:]
        request.timeseries[0].labels_refs.extend(refs)
        with pytest.raises(MalformedError):
            read2(request)


def test_labels_behind_the_samples_count_and_poison_nothing() -> None:
    cache = LabelCache()
    plain = message1(({"__name__": "up"}, [(NOW_MS, 1.0)]))
    series = plain.timeseries[0].SerializeToString()
    late = V1["TimeSeries"]()
    late.labels.add(name="job", value="node")
    split = series + late.SerializeToString()
    raw = bytes([0x0A, len(split)]) + split
    for _ in range(2):
        assert [(("up", ()), NOW_MS, 1.0)] == rows(read1(plain, cache))
        assert [(UP_KEY, NOW_MS, 1.0)] == rows(read1(raw, cache))


def test_unknown_fields_are_passed_over() -> None:
    raw = message1((UP, [(NOW_MS, 1.0)])).SerializeToString()
    for extra in (b"\x10\x05", b"\x8a\x08\x02hi", b"\x25abcd", b"\x21abcdefgh"):
        assert [(UP_KEY, NOW_MS, 1.0)] == rows(read1(extra + raw + extra))


def test_too_much_is_refused_before_it_costs_much() -> None:
    def parse(body: bytes, limit: int = MAX_UNPACKED) -> Received:
        return parse_v1(body, NOW, SeriesRules(), limit, LabelCache())

    body = snappy(message1((UP, [(NOW_MS, 1.0)] * 50)).SerializeToString())
    with pytest.raises(TooLargeError):
        parse(body, 500)
    with pytest.raises(TooLargeError):
        parse(b"\xff\xff\xff\xff\x0f" + body)
    samples = b"\x12\x00" * (MAX_SAMPLES_A_REQUEST + 1)
    with pytest.raises(InvalidError, match="samples"):
        parse(snappy(b"\x0a" + encode_varint(len(samples)) + samples))
    with pytest.raises(InvalidError, match="series"):
        parse(snappy(b"\x0a\x00" * 200_001))


def framed(tag: int, payload: bytes) -> bytes:
    return bytes([tag]) + encode_varint(len(payload)) + payload


def test_labels_without_end_refuse_the_request() -> None:
    with pytest.raises(InvalidError, match="labels"):
        read1(framed(0x0A, b"\x0a\x00" * 400))
    with pytest.raises(InvalidError, match="labels"):
        read1(framed(0x0A, b"\x0a\x00\x12\x00" + b"\x0a\x00" * 400))
    with pytest.raises(InvalidError, match="labels"):
        read2(b"\x22\x00" + framed(0x2A, framed(0x0A, bytes(10_000))))


def test_fields_without_end_are_malformed() -> None:
    with pytest.raises(MalformedError, match="fields"):
        read1(framed(0x0A, b"\x28\x00" * (MAX_FIELDS + 1)))


@pytest.mark.parametrize(
    "body",
    [b"", b"\x80", b"\xff" * 12, b"no snappy at all", b"\x00extra", snappy(b"x" * 100)[:-3]],
    ids=["empty", "cut-length", "endless-length", "text", "behind", "cut"],
)
def test_what_is_not_snappy_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_v1(body, NOW, SeriesRules(), MAX_UNPACKED, LabelCache())


def test_a_lying_length_is_malformed() -> None:
    honest = snappy(b"\x0a\x00" * 1000)
    for lie in (b"\x01", b"\xff\x7f", b"\xff\xff\xff\x07"):
        with pytest.raises(MalformedError):
            parse_v1(lie + honest[2:], NOW, SeriesRules(), 1 << 28, LabelCache())


@BOTH
def test_every_cut_is_malformed_or_a_shorter_message(make: Make, read: Read) -> None:
    raw = make((UP, [(NOW_MS, 1.0)]), (UP, [(NOW_MS, 0.0)])).SerializeToString()
    cache = LabelCache()
    read(raw, cache)
    for end in range(len(raw)):
        try:
            received = read(raw[:end], cache)
        except MalformedError:
            continue
        assert len(received.batch) < 2


def test_the_cache_is_bounded_and_forgets() -> None:
    cache = LabelCache(max_bytes=100_000)
    request = message1((UP, [(NOW_MS, 1.0)]))
    read1(request, cache)
    first = cache.generation
    for i in range(300):
        labels = {"__name__": "m", "i": f"{i}" * 50}
        read1(message1((labels, [(NOW_MS, 1.0)])), cache)
        assert len(cache.blocks) < 250
    assert cache.generation > first
    assert [(UP_KEY, NOW_MS, 1.0)] == rows(read1(request, cache))
    flood = [({"__name__": "m", "i": f"{i}"}, [(NOW_MS, 1.0)]) for i in range(3_000)]
    with pytest.raises(InvalidError, match="new series"):
        read1(message1(*flood), cache)
    assert [(UP_KEY, NOW_MS, 1.0)] == rows(read1(request, cache))
