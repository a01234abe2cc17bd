"""OTLP metrics: which series each kind of point fills, and what is left out."""

import json
import math
import struct
import tracemalloc

import orjson
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from quadra.engine.catalog import Catalog, TooManySeriesError
from quadra.errors import InvalidError, MalformedError, UnsupportedTypeError
from quadra.intake.otlp import JSON, PROTOBUF, OtlpState, parse_metrics, translate
from quadra.intake.otlp.buckets import MAX_GRID, Pile
from quadra.intake.otlp.kept_totals import PileForm
from quadra.intake.otlp.totals import Total
from quadra.intake.received import STALE_BITS, Received
from quadra.intake.wire import encode_varint
from quadra.telemetry.metadata import Metadata
from quadra.telemetry.series import SeriesRules
from tests.unit.otlp_messages import (
    CUMULATIVE,
    DELTA,
    NOW,
    NOW_MS,
    NOW_NS,
    SECOND,
    Kept,
    last,
    metric,
    point,
    read,
    read_json,
    request,
    rows,
    stored,
)


def is_stale(value: float) -> bool:
    return struct.pack("<d", value) == struct.pack("<Q", STALE_BITS)


# --- numbers


def test_gauges_and_sums() -> None:
    made = request()
    point(metric(made, "queue.depth").gauge.data_points, {"queue": "a"}, as_int=-7)
    point(metric(made, "cpu.time", "s").gauge.data_points, as_double=0.25)
    total = metric(made, "http.requests", "{request}").sum
    total.is_monotonic, total.aggregation_temporality = True, CUMULATIVE
    point(total.data_points, as_int=5, start_time_unix_nano=NOW_NS - SECOND)
    open_now = metric(made, "http.open").sum
    open_now.aggregation_temporality = CUMULATIVE
    point(open_now.data_points, as_double=3.5)
    expected = {
        'queue_depth{queue="a"}': [(NOW_MS, -7.0)],
        "cpu_time_seconds": [(NOW_MS, 0.25)],
        "http_requests_total": [(NOW_MS, 5.0)],
        "http_open": [(NOW_MS, 3.5)],
    }
    state = OtlpState()
    assert expected == rows(read(made, state))
    assert expected == rows(read(made, state)), "and again, from memory"


def test_metadata_of_each_family() -> None:
    made = request()
    point(metric(made, "a.b", "By", "how much").gauge.data_points, as_int=1)
    total = metric(made, "c", "1").sum
    total.is_monotonic = True
    point(total.data_points, as_int=1)
    point(metric(made, "d", "ms").histogram.data_points)
    point(metric(made, "e").summary.data_points)
    point(metric(made, "f", "1").gauge.data_points, as_int=1)
    metric(made, "nothing").gauge.SetInParent()
    assert [
        Metadata("a_b_bytes", "gauge", "bytes", "how much"),
        Metadata("c_total", "counter"),
        Metadata("d_milliseconds", "histogram", "milliseconds"),
        Metadata("e", "summary"),
        Metadata("f_ratio", "gauge", "ratio"),
    ] == read(made).metadata


def test_no_time_means_now() -> None:
    made = request()
    point(metric(made, "g").gauge.data_points, as_int=1, time_unix_nano=0)
    point(metric(made, "s").summary.data_points, time_unix_nano=0)
    assert {NOW_MS} == set(read(made).batch.t.tolist())


def test_points_without_a_value_and_times_out_of_bounds_are_left_out() -> None:
    made = request()
    points = metric(made, "g").gauge.data_points
    point(points, {"p": "fine"}, as_int=1)
    point(points, {"p": "none"})
    point(points, {"p": "old"}, as_int=1, time_unix_nano=NOW_NS - 100 * 86_400 * SECOND)
    point(points, {"p": "ahead"}, as_int=1, time_unix_nano=NOW_NS + 7_200 * SECOND)
    point(points, {"p": "far"}, as_int=1, time_unix_nano=2**64 - 1)
    point(metric(made, "h").histogram.data_points, count=1, time_unix_nano=SECOND)
    received = read(made)
    assert {'g{p="fine"}': [(NOW_MS, 1.0)]} == rows(received)
    assert {"no_value": 1, "too_old": 2, "too_far_ahead": 2} == received.reasons
    assert 5 == received.rejected


def test_no_recorded_value_ends_the_lines() -> None:
    state = OtlpState()
    received = read(request())
    for flags in (0, 1):
        made = request()
        point(metric(made, "g").gauge.data_points, as_int=0 if flags else 1, flags=flags)
        data = metric(made, "h").histogram
        data.aggregation_temporality = CUMULATIVE
        if flags:
            point(data.data_points, flags=1)
        else:
            point(data.data_points, count=1, sum=1, bucket_counts=[1, 0], explicit_bounds=[1])
        point(metric(made, "s").summary.data_points, flags=flags)
        received = read(made, state)
    ended = ["g", 'h_bucket{le="+Inf"}', 'h_bucket{le="1"}', "h_count", "h_sum", "s_count", "s_sum"]
    assert ended == sorted(rows(received))
    assert all(map(is_stale, received.batch.v.tolist()))


# --- differences


def counter(value: float, at: int, *, monotonic: bool = True) -> ExportMetricsServiceRequest:
    made = request()
    total = metric(made, "c").sum
    total.is_monotonic, total.aggregation_temporality = monotonic, DELTA
    point(total.data_points, as_double=value, time_unix_nano=at, start_time_unix_nano=NOW_NS)
    return made


def test_differences_add_up() -> None:
    state = OtlpState()
    totals = [
        last(read(counter(value, NOW_NS + i * SECOND), state))["c_total"]
        for i, value in enumerate((1.0, 2.0, 0.0, 4.5))
    ]
    assert [1.0, 3.0, 3.0, 7.5] == totals


def test_a_difference_sent_again_adds_nothing_and_one_that_comes_late_is_not_lost() -> None:
    state = OtlpState()
    first, second = counter(1.0, NOW_NS), counter(2.0, NOW_NS + SECOND)
    read(first, state)
    read(second, state)
    assert {"c_total": [(NOW_MS, 1.0)]} == rows(read(first, state))
    assert {"c_total": [(NOW_MS + 1000, 3.0)]} == rows(read(second, state))
    late = counter(4.0, NOW_NS - SECOND)
    assert {"c_total": [(NOW_MS + 1000, 7.0)]} == rows(read(late, state))


def test_differences_that_are_no_numbers_or_below_zero_are_left_out() -> None:
    state = OtlpState()
    for value in (math.nan, math.inf, -1.0):
        received = read(counter(value, NOW_NS), state)
        assert ({"bad_delta": 1}, 0) == (received.reasons, len(received.batch))
    assert {"c": -1.0} == last(read(counter(-1.0, NOW_NS, monotonic=False), state))


def test_no_total_is_forgotten_however_many_there_are() -> None:
    state, kept = OtlpState(max_total_bytes=20_000), Kept()

    def add(i: int, at: int) -> dict[str, float]:
        made = request()
        total = metric(made, f"c{i}").sum
        total.aggregation_temporality = DELTA
        point(total.data_points, as_int=1, time_unix_nano=NOW_NS + at)
        data = metric(made, f"h{i}").histogram
        data.aggregation_temporality = DELTA
        one = point(data.data_points, count=1, sum=2, time_unix_nano=NOW_NS + at)
        one.bucket_counts.extend([1, *[0] * 14])
        one.explicit_bounds.extend(range(14))
        return last(stored(made, state, kept))

    for at in range(3):
        for i in range(200):
            found = add(i, at)
            assert [at + 1.0, at + 1.0, 2.0 * (at + 1)] == [
                found[name] for name in (f"c{i}", f"h{i}_count", f"h{i}_sum")
            ]
            assert len(state.numbers) + len(state.piles) < 150, "memory is bounded"


def test_what_is_in_memory_is_not_asked_for_again_until_another_process_may_have_changed_it() -> (
    None
):
    state, kept = OtlpState(), Kept()
    stored(counter(1.0, NOW_NS), state, kept)
    stored(counter(1.0, NOW_NS + 1), state, kept)
    assert 1 == kept.asked_for
    stored(counter(5.0, NOW_NS + 2), OtlpState(), kept)  # another process
    state.forget_totals()
    assert {"c_total": 8.0} == last(stored(counter(1.0, NOW_NS + 3), state, kept))


def test_what_could_not_be_stored_counts_when_it_is_sent_again() -> None:
    state, kept = OtlpState(), Kept()
    stored(counter(1.0, NOW_NS), state, kept)
    failed = read(counter(2.0, NOW_NS + SECOND), state, kept=kept)
    state.settle(failed.memos, [])
    assert {"c_total": 3.0} == last(stored(counter(2.0, NOW_NS + SECOND), state, kept))
    assert {"c_total": 7.0} == last(stored(counter(4.0, NOW_NS + 2 * SECOND), state, kept))


def test_what_another_request_builds_upon_stays_until_both_are_settled() -> None:
    state, kept = OtlpState(), Kept()
    first = read(counter(1.0, NOW_NS), state, kept=kept)
    second = read(counter(2.0, NOW_NS + SECOND), state, kept=kept)
    state.forget_totals()
    state.settle(first.memos, [])
    assert {"c_total": 7.0} == last(read(counter(4.0, NOW_NS + 2 * SECOND), state, kept=kept))
    state.settle(second.memos, second.memos)
    assert 1 == len(state.numbers), "the third still waits"


def test_new_series_that_are_not_let_in_leave_no_total_behind() -> None:
    state, kept = OtlpState(), Kept()
    stored(counter(1.0, NOW_NS), state, kept)
    flood = counter(2.0, NOW_NS + SECOND)
    for i in range(50):
        data = metric(flood, "flood").histogram
        data.aggregation_temporality = DELTA
        point(data.data_points, {"i": str(i)}, count=1, sum=1)
    received = read(flood, state, kept=kept)
    assert 51 == len(received.memos)
    catalog = Catalog(max_series=10)
    catalog.add(1, ("c_total", ()))
    with pytest.raises(TooManySeriesError) as caught:
        catalog.entry_for(received.batch)
    let_in = received.without_new_series(catalog.known_part(received.batch), caught.value)
    assert ["c_total"] == [memo.series[0] for memo in let_in.memos]
    state.settle(received.memos, let_in.memos)
    assert (1, 0) == (len(state.numbers), len(state.piles))


def test_a_request_found_too_large_at_its_end_does_not_move_the_totals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def histograms(count: int, at: int) -> ExportMetricsServiceRequest:
        made = counter(1.0, NOW_NS + at)
        for i in range(count):
            data = metric(made, f"h{i}").histogram
            data.aggregation_temporality = DELTA
            one = point(data.data_points, count=1, sum=1, time_unix_nano=NOW_NS + at)
            one.bucket_counts.extend([1, 0, 0])
            one.explicit_bounds.extend([1, 2])
        return made

    monkeypatch.setattr(translate, "MAX_SAMPLES_A_REQUEST", 100)
    state, kept = OtlpState(), Kept()
    stored(histograms(2, 1), state, kept)
    with pytest.raises(InvalidError) as caught:
        read(histograms(30, 2), state, kept=kept)
    assert "too_many_samples" == caught.value.code
    found = last(stored(histograms(2, 3), state, kept))
    assert [2.0, 2.0] == [found["c_total"], found["h0_count"]]


def test_what_is_remembered_of_json_takes_no_more_than_its_text() -> None:
    raw = orjson.dumps([{"key": "i", "value": {"stringValue": "x"}}])
    body = b'{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a","gauge":{"dataPoints":['
    points = (raw.replace(b'"x"', b'"%d"' % i) for i in range(500))
    body += b",".join(b'{"asInt":1,"attributes":%s}' % one for one in points)
    tracemalloc.start()
    state = OtlpState()
    received = read_json(body + b"]}}]}]}]}", state)
    kept, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 500 == len(received.batch)
    assert kept < 500 * 2_000


def test_json_nested_without_end_is_refused() -> None:
    value = b'{"stringValue":"x"}'
    for _ in range(100):
        value = b'{"arrayValue":{"values":[' + value + b"]}}"
    attributes = b'{"attributes":[{"key":"k","value":' + value + b"}]}"
    with pytest.raises(MalformedError) as caught:
        read_json(b'{"resourceMetrics":[{"resource":' + attributes + b"}]}")
    assert "too_deep" == caught.value.code


def test_a_refused_request_does_not_move_the_totals() -> None:
    state = OtlpState()
    read(counter(1.0, NOW_NS), state)
    with pytest.raises(MalformedError):
        read(counter(5.0, NOW_NS + SECOND).SerializeToString() + b"\x0a\x05", state)
    assert {"c_total": 3.0} == last(read(counter(2.0, NOW_NS + 2 * SECOND), state))


def after(*requests: Received) -> Kept:
    """Give what these requests left to be kept, for a new process to find."""
    kept = Kept()
    kept.keep(*requests)
    return kept


def test_totals_go_on_after_a_restart_and_a_point_sent_again_is_still_known() -> None:
    state = OtlpState()
    sent = [counter(value, NOW_NS + i * SECOND) for i, value in enumerate((1.0, 2.0, 0.1))]
    done = [read(one, state) for one in sent]
    later, kept = OtlpState(), after(*done)
    assert rows(done[2]) == rows(read(sent[2], later, kept=kept)), "its answer was lost"
    assert rows(done[0]) == rows(read(sent[0], later, kept=kept))
    assert {"c_total": 7.1} == last(read(counter(4.0, NOW_NS + 9 * SECOND), later, kept=kept))
    # What was not stored before the end is added when it is sent again.
    assert {"c_total": 3.1} == last(read(sent[2], kept=after(*done[:2])))


@pytest.mark.parametrize("kind", ["histogram", "exponential_histogram"])
def test_histograms_go_on_after_a_restart(kind: str) -> None:
    def add(at: int, count: int, state: OtlpState, kept: Kept | None = None) -> Received:
        made = request()
        data = getattr(metric(made, "h"), kind)
        data.aggregation_temporality = DELTA
        one = point(data.data_points, count=count, sum=2**70 + 0.5, time_unix_nano=NOW_NS + at)
        if kind == "histogram":
            one.bucket_counts.extend([count, 0])
            one.explicit_bounds.append(0.25)
        else:
            one.scale, one.positive.offset = 2, -3
            one.positive.bucket_counts.extend([0, count])
            one.negative.bucket_counts.extend([0])
        return read(made, state, kept=kept)

    state = OtlpState()
    done = [add(1, 2**63, state), add(2, 2**63, state)]
    assert rows(done[1]) == rows(add(2, 2**63, OtlpState(), after(*done)))
    assert rows(done[0]) == rows(add(1, 2**63, OtlpState(), after(*done)))
    assert rows(add(3, 1, state)) == rows(add(3, 1, OtlpState(), after(*done)))


def test_the_totals_that_an_earlier_version_kept_are_read() -> None:
    pile = [3, 1.5, [1.0, 2.0], None, [[0, 1], [1, 2], [2, 0]], [], 0, 0.0]
    form = PileForm()
    total = form.unpack(json.dumps([9, pile, [[[7, 8, [3, 1.5]], 9, pile]]]).encode())
    expected = Pile(3, 1.5, (1.0, 2.0), None, {0: 1, 1: 2, 2: 0})
    assert Total(9, expected, [((7, 8, (3, 1.5)), 9, expected)]) == total
    assert total == form.unpack(form.pack(total))


@pytest.mark.parametrize("raw", [b"", b"x" * 17, b"{}", b"[1,2,3]", b"[1,[],[]]", b"\xff"])
def test_what_was_kept_and_cannot_be_read_counts_as_nothing(raw: bytes) -> None:
    kept = after(read(counter(1.0, NOW_NS)))
    kept.memos = dict.fromkeys(kept.memos, raw)
    assert {"c_total": 2.0} == last(read(counter(2.0, NOW_NS), kept=kept))
    with pytest.raises(ValueError, match=r".*"):
        PileForm().unpack(raw)


def test_a_counter_that_began_anew_shows_zero_where_it_began() -> None:
    state = OtlpState()

    def total(value: int, at: int, start: int) -> dict[str, list[tuple[int, float]]]:
        made = request()
        data = metric(made, "c").sum
        data.is_monotonic, data.aggregation_temporality = True, CUMULATIVE
        point(data.data_points, as_int=value, time_unix_nano=at, start_time_unix_nano=start)
        return rows(read(made, state))

    total(5, NOW_NS - 60 * SECOND, NOW_NS - 100 * SECOND)
    assert {"c_total": [(NOW_MS - 30_000, 0.0), (NOW_MS, 9.0)]} == total(
        9, NOW_NS, NOW_NS - 30 * SECOND
    )
    assert {"c_total": [(NOW_MS + 1, 10.0)]} == total(10, NOW_NS + 1_000_000, NOW_NS - 30 * SECOND)


@pytest.mark.parametrize("kind", ["histogram", "exponential_histogram"])
def test_a_histogram_that_began_anew_shows_zero_where_it_began(kind: str) -> None:
    state = OtlpState()

    def total(count: int, at: int, start: int) -> dict[str, list[tuple[int, float]]]:
        made = request()
        data = getattr(metric(made, "h"), kind)
        data.aggregation_temporality = CUMULATIVE
        one = point(
            data.data_points, count=count, sum=count / 2, time_unix_nano=at,
            start_time_unix_nano=start,
        )  # fmt: skip
        if kind == "histogram":
            one.bucket_counts.extend([count, 0])
            one.explicit_bounds.append(0.25)
        else:
            one.zero_count, one.max = count, 4.0
        return rows(read(made, state))

    total(5, NOW_NS - 60 * SECOND, NOW_NS - 100 * SECOND)
    found = total(9, NOW_NS, NOW_NS - 30 * SECOND)
    began = {name for name, samples in found.items() if (NOW_MS - 30_000, 0.0) in samples}
    assert {name for name in found if not name.endswith("max")} == began
    assert [(NOW_MS - 30_000, 0.0), (NOW_MS, 9.0)] == found["h_count"]
    later = total(10, NOW_NS + 1_000_000, NOW_NS - 30 * SECOND)
    assert [(NOW_MS + 1, 10.0)] == later["h_count"]


# --- histograms


def test_a_histogram_becomes_cumulative_buckets() -> None:
    made = request()
    data = metric(made, "h", "s").histogram
    data.aggregation_temporality = CUMULATIVE
    point(
        data.data_points, {"le": "mine", "p": "x"},
        count=10, sum=7.5, bucket_counts=[1, 2, 3, 4], explicit_bounds=[0.005, 1, 2.5], min=0,
    )  # fmt: skip
    assert {
        'h_seconds_bucket{le="0.005",p="x"}': 1.0,
        'h_seconds_bucket{le="1",p="x"}': 3.0,
        'h_seconds_bucket{le="2.5",p="x"}': 6.0,
        'h_seconds_bucket{le="+Inf",p="x"}': 10.0,
        'h_seconds_count{le="mine",p="x"}': 10.0,
        'h_seconds_sum{le="mine",p="x"}': 7.5,
    } == last(read(made))


def test_differences_of_histograms_add_up_and_new_bounds_begin_anew() -> None:
    state = OtlpState()

    def add(at: int, counts: list[int], bounds: list[float]) -> dict[str, float]:
        made = request()
        data = metric(made, "h").histogram
        data.aggregation_temporality = DELTA
        point(
            data.data_points, count=sum(counts), sum=1.5, bucket_counts=counts,
            explicit_bounds=bounds, time_unix_nano=NOW_NS + at, start_time_unix_nano=NOW_NS,
        )  # fmt: skip
        return last(read(made, state))

    add(1, [1, 1], [1])
    twice = {'h_bucket{le="1"}': 3.0, 'h_bucket{le="+Inf"}': 4.0, "h_count": 4.0, "h_sum": 3.0}
    assert twice == add(2, [2, 0], [1])
    assert twice == add(2, [2, 0], [1]), "sent again"
    changed = add(SECOND, [5, 0], [2])
    assert is_stale(changed.pop('h_bucket{le="1"}'))
    assert {
        'h_bucket{le="2"}': 5.0, 'h_bucket{le="+Inf"}': 5.0, "h_count": 5.0, "h_sum": 1.5,
    } == changed  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "bounds"),
    [
        ([1, 2], [1, 2]), ([1, 2, 3], [2, 1]), ([1, 1], [math.nan]), ([1, 1, 1], [1, 1]),
        ([1] * 502, list(range(501))), ([1, 2], []),
    ],
    ids=["too-few", "falling", "nan", "equal", "too-many", "no-bounds"],
)  # fmt: skip
def test_histograms_that_do_not_fit_are_left_out(counts: list[int], bounds: list[float]) -> None:
    made = request()
    point(metric(made, "h").histogram.data_points, bucket_counts=counts, explicit_bounds=bounds)
    received = read(made)
    assert ({"bad_histogram": 1}, 0) == (received.reasons, len(received.batch))


def test_a_bound_of_infinity_is_said_once() -> None:
    made = request()
    point(
        metric(made, "h").histogram.data_points,
        count=3, bucket_counts=[1, 2, 0], explicit_bounds=[1, math.inf],
    )  # fmt: skip
    assert {'h_bucket{le="1"}': 1.0, 'h_bucket{le="+Inf"}': 3.0, "h_count": 3.0} == last(read(made))


def test_an_exponential_histogram_becomes_buckets() -> None:
    made = request()
    data = metric(made, "e").exponential_histogram
    data.aggregation_temporality = CUMULATIVE
    one = point(
        data.data_points, count=12, sum=20, scale=0, zero_count=2, min=-3, max=7, zero_threshold=0.5
    )
    one.positive.offset, one.negative.offset = 0, 1
    one.positive.bucket_counts.extend([4, 0, 5])
    one.negative.bucket_counts.extend([1])
    assert {
        'e_bucket{le="-4"}': 0.0,
        'e_bucket{le="-2"}': 1.0,
        'e_bucket{le="0.5"}': 3.0,
        'e_bucket{le="1"}': 3.0,
        'e_bucket{le="2"}': 7.0,
        'e_bucket{le="4"}': 7.0,
        'e_bucket{le="8"}': 12.0,
        'e_bucket{le="+Inf"}': 12.0,
        "e_count": 12.0,
        "e_sum": 20.0,
        "e_min": -3.0,
        "e_max": 7.0,
    } == last(read(made))


def test_fine_exponential_histograms_are_merged_onto_bounds_that_stay() -> None:
    state = OtlpState()
    seen = []
    for scale, offset, size in ((20, 5, 160), (5, -80, 160), (3, 0, 40), (-10, -1, 2)):
        made = request()
        data = metric(made, "e").exponential_histogram
        data.aggregation_temporality = CUMULATIVE
        one = point(data.data_points, count=size, scale=scale)
        one.positive.offset = offset
        one.positive.bucket_counts.extend([1] * size)
        received = read(made, state)
        if scale == -10:  # its bounds are no numbers
            assert {"bad_histogram": 1} == received.reasons
            continue
        values = last(read(made, OtlpState()))
        bounds = [float(name.split('"')[1]) for name in values if "le=" in name]
        assert len(bounds) <= MAX_GRID + 3
        assert size == values['e_bucket{le="+Inf"}'] == max(values.values())
        seen.append(set(bounds))
    assert len(seen[1] & seen[2]) > 5, "bounds of a coarser grid are among those of a finer one"


def test_differences_of_exponential_histograms_add_up_at_the_coarser_scale() -> None:
    state = OtlpState()

    def add(at: int, scale: int, offset: int) -> dict[str, float]:
        made = request()
        data = metric(made, "e").exponential_histogram
        data.aggregation_temporality = DELTA
        one = point(data.data_points, count=3, sum=6, scale=scale, time_unix_nano=NOW_NS + at)
        one.positive.offset = offset
        one.positive.bucket_counts.extend([1, 1, 1])
        return last(read(made, state))

    add(1, 1, 0)  # (1, 1.41], (1.41, 2], (2, 2.83]
    assert {
        'e_bucket{le="1"}': 0.0, 'e_bucket{le="2"}': 3.0, 'e_bucket{le="4"}': 5.0,
        'e_bucket{le="8"}': 6.0, 'e_bucket{le="+Inf"}': 6.0, "e_count": 6.0, "e_sum": 12.0,
    } == {name: v for name, v in add(2, 0, 0).items() if not is_stale(v)}  # fmt: skip


def test_a_summary_becomes_quantiles() -> None:
    made = request()
    one = point(metric(made, "s", "ms").summary.data_points, {"p": "x"}, count=4, sum=10)
    one.quantile_values.add(quantile=0.5, value=2)
    one.quantile_values.add(quantile=1, value=4)
    assert {
        's_milliseconds{p="x",quantile="0.5"}': 2.0,
        's_milliseconds{p="x",quantile="1"}': 4.0,
        's_milliseconds_sum{p="x"}': 10.0,
        's_milliseconds_count{p="x"}': 4.0,
    } == last(read(made))


# --- bounds


def test_bad_names_are_left_out_alone() -> None:
    made = request()
    for name in ("", "...", "x" * 300):
        point(metric(made, name).gauge.data_points, as_int=1)
        point(metric(made, name).histogram.data_points, count=1)
    point(metric(made, "fine").gauge.data_points, as_int=1)
    received = read(made)
    assert (["fine"], {"bad_labels": 6}) == (list(rows(received)), received.reasons)


def test_too_many_points_and_too_deep_attributes_are_refused() -> None:
    raw = b"\x0a\x00" * 200_001  # points that are empty
    for tag in (0x2A, 0x12, 0x12, 0x0A):  # gauge, metric, scope, resource
        raw = bytes([tag]) + encode_varint(len(raw)) + raw
    with pytest.raises(InvalidError, match="samples"):
        read(raw)
    made = request()
    value = point(metric(made, "g").gauge.data_points, as_int=1).attributes.add(key="a").value
    for _ in range(40):
        value = value.array_value.values.add()
    with pytest.raises(MalformedError, match="deep"):
        read(made)


def test_attributes_without_end_leave_the_point_out() -> None:
    made = request()
    point(metric(made, "g").gauge.data_points, {"a": "x" * 70_000}, as_int=1)
    assert {"bad_labels": 1} == read(made).reasons


def test_too_many_attributes_are_refused() -> None:
    made = request()
    one = point(metric(made, "g").gauge.data_points, as_int=1)
    for i in range(1_001):
        one.attributes.add(key=f"a{i}")
    with pytest.raises(MalformedError, match="attributes"):
        read(made)


def test_the_memory_is_bounded_and_forgets() -> None:
    state = OtlpState(max_bytes=50_000)
    for i in range(200):
        made = request(host=f"h{i}")
        point(metric(made, "g").gauge.data_points, {"i": str(i)}, as_int=1)
        assert [f'g{{host="h{i}",i="{i}"}}'] == list(rows(read(made, state)))
        assert len(state.keys) < 100
    assert state.generation > 2
    flood = request()
    points = metric(flood, "g").gauge.data_points
    for i in range(2_000):
        point(points, {"i": str(i)}, as_int=1)
    with pytest.raises(InvalidError, match="new series"):
        read(flood, state)


def test_other_content_types_are_not_read() -> None:
    for kind in ("text/plain", "", "application/grpc"):
        with pytest.raises(UnsupportedTypeError):
            parse_metrics(b"", kind, NOW, SeriesRules(), OtlpState())
    assert 0 == len(parse_metrics(b"", PROTOBUF, NOW, SeriesRules(), OtlpState()).batch)
    assert 0 == len(parse_metrics(b"{}", JSON, NOW, SeriesRules(), OtlpState()).batch)
