import struct

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quadra.telemetry import sketches
from quadra.telemetry.blocks import decode_blocks, encode_blocks
from quadra.telemetry.rollups import HOUR, MINUTE, Rollup, concat, merge, roll

pytestmark = pytest.mark.unit

Floats = npt.NDArray[np.float64]

START = 1_699_999_200_000  # a full hour
STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
WITHIN = 0.01


def one_series(v: Floats, apart: int = 1000, step: int = MINUTE) -> Rollup:
    t = START + apart * np.arange(len(v), dtype=np.int64)
    return roll(np.full(len(v), 7, np.uint32), t, v, step)


def same(a: Rollup, b: Rollup) -> bool:
    columns = zip((*a[:-1], *a.sketch), (*b[:-1], *b.sketch), strict=True)
    return all(
        np.array_equal(x, y, equal_nan=x.dtype.kind == "f")
        for x, y in ((np.asarray(x), np.asarray(y)) for x, y in columns)
    )


def encode_block(cells: Rollup, step: int) -> bytes:
    return encode_blocks(cells, np.array([0, len(cells.start)]), step)[0]


def decode_block(blob: bytes, series: int) -> Rollup:
    return decode_blocks([blob], [series])


# --- sketches

floats = st.one_of(
    st.floats(allow_nan=False, allow_subnormal=False),
    st.floats(0.001, 10),
    st.sampled_from([0.0, -0.0, 1.0, -1.0, float("inf"), -float("inf"), 64.0, 1e308, -1e-300]),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(floats, min_size=1, max_size=60), st.floats(0, 1))
def test_quantile_is_within_a_hundredth_of_its_sample(values: list[float], q: float) -> None:
    v = np.array(values)
    cells = np.zeros(len(v), np.int64)
    answer = sketches.quantile(sketches.build(v, cells, 1), q)[0]
    sample = np.sort(v)[int(np.floor(q * (len(v) - 1) + 0.5))]
    if np.isinf(sample):
        assert sample == answer
    else:
        assert abs(answer - sample) <= WITHIN * abs(sample)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(floats, st.integers(0, 3), st.integers(0, 2)), max_size=60))
def test_merged_sketches_are_those_of_all_values(rows: list[tuple[float, int, int]]) -> None:
    rows = sorted(rows, key=lambda row: row[1])
    v = np.array([row[0] for row in rows], np.float64)
    cells = np.array([row[1] for row in rows], np.int64)
    part = np.array([row[2] for row in rows], np.int64)
    whole = sketches.build(v, cells, 4)
    parts = [sketches.build(v[part == i], cells[part == i], 4) for i in range(3)]
    merged = sketches.merge(sketches.concat(parts), np.tile(np.arange(4), 3), 4)
    for a, b in zip(whole, merged, strict=True):
        assert np.array_equal(a, b)


def test_huge_counts_merge_too() -> None:
    one = sketches.build(np.array([1.0, 2.0]), np.zeros(2, np.int64), 1)
    huge = one._replace(counts=one.counts * 2**50)
    merged = sketches.merge(sketches.concat([huge, one]), np.zeros(2, np.int64), 1)
    assert [2**50 + 1] * 2 == merged.counts.tolist()


@pytest.mark.parametrize("spread", [0.1, 60])
def test_many_cells_are_counted_as_each_alone(spread: float) -> None:
    rng = np.random.default_rng(6)
    cells = np.sort(rng.integers(0, 2000, 200_000))
    cells = cells[cells % 7 != 0]  # some are empty
    v = rng.lognormal(0, spread, len(cells))
    built = sketches.build(v, cells, 2000)
    for cell in (0, 1, 700, 999, 1999):
        keys, counts = np.unique(sketches.keys_of(v[cells == cell]), return_counts=True)
        assert keys.tolist() == built.part(cell, cell + 1).keys.tolist()
        assert counts.tolist() == built.part(cell, cell + 1).counts.tolist()


def test_subnormal_numbers_count_as_zero_and_empty_cells_have_no_quantile() -> None:
    built = sketches.build(np.array([5e-324, -0.0, -5e-324]), np.zeros(3, np.int64), 2)
    assert [3] == built.counts.tolist()
    assert 0.0 == sketches.quantile(built, 0.5)[0]
    assert np.isnan(sketches.quantile(built, 0.5)[1])
    with pytest.raises(ValueError, match="between"):
        sketches.quantile(built, 1.1)


# --- cells


def test_cells_hold_what_was_in_their_step() -> None:
    rolled = roll(
        np.array([1, 1, 1, 1, 2], np.uint32),
        START + np.array([0, 30_000, 60_000, 200_000, 5]),
        np.array([1.5, -2.0, 7.25, np.inf, 0.0]),
        MINUTE,
    )
    assert [1, 1, 1, 2] == rolled.ids.tolist()
    assert [0, 60_000, 180_000, 0] == (rolled.start - START).tolist()
    assert [-2.0, 7.25, np.inf, 0.0] == rolled.low.tolist()
    assert [1.5, 7.25, np.inf, 0.0] == rolled.high.tolist()
    assert [-0.5, 7.25, np.inf, 0.0] == rolled.total.tolist()
    assert [2, 1, 1, 1] == rolled.count.tolist()
    assert [-2.0, 7.25, np.inf, 0.0] == rolled.last.tolist()
    assert [30_000, 60_000, 200_000, 5] == (rolled.last_t - START).tolist()


def test_nan_and_staleness_markers_are_no_values() -> None:
    v = np.array([1.0, np.nan, STALE, 2.0, STALE] + [np.nan] * 60 + [3.0])
    rolled = one_series(v)
    assert [2, 1] == rolled.count.tolist()
    assert [2.0, 3.0] == rolled.last.tolist()
    assert 0 == len(one_series(np.full(9, STALE)).ids)
    assert 0 == len(one_series(np.empty(0)).ids)


def test_both_infinities_have_no_sum() -> None:
    rolled = one_series(np.array([np.inf, 1.0, -np.inf]))
    assert np.isnan(rolled.total[0])
    assert (-np.inf, np.inf) == (rolled.low[0], rolled.high[0])
    assert 1.0 == pytest.approx(sketches.quantile(rolled.sketch, 0.5)[0], rel=WITHIN)


def test_sum_of_decimals_is_a_decimal() -> None:
    assert [0.3] == one_series(np.array([0.1, 0.2])).total.tolist()
    thirds = one_series(np.array([1 / 3, 1 / 7])).total[0]
    assert 1 / 3 + 1 / 7 == thirds


def test_minutes_add_up_to_hours() -> None:
    rng = np.random.default_rng(3)
    n = 8000
    ids = np.sort(rng.integers(0, 3, n)).astype(np.uint32)
    t = START + np.sort(rng.choice(3 * HOUR // 1000, n, replace=False)) * 1000
    order = np.lexsort((t, ids))
    ids, t, v = ids[order], t[order], np.round(rng.lognormal(-3, 0.6, n), 4)
    hours = roll(ids, t, v, HOUR)
    assert same(hours, merge([roll(ids, t, v, MINUTE)], HOUR))
    # In parts, in any order of arrival.
    late = t > START + 70 * MINUTE
    parts = [roll(ids[some], t[some], v[some], MINUTE) for some in (~late, late)]
    assert same(hours, merge(parts, HOUR))
    assert same(roll(ids, t, v, MINUTE), merge(parts[::-1], MINUTE))


def test_a_counter_that_began_again_is_seen_within_cells_and_between() -> None:
    v = np.array([5.0, 9.0, 2.0, 3.0, 1.0, 4.0])
    assert [9.0 + 3.0] == one_series(v).lost.tolist()
    minutes = one_series(v, 30_000)
    assert [0.0, 0.0, 0.0] == minutes.lost.tolist()
    assert [9.0 + 3.0] == merge([minutes], HOUR).lost.tolist()
    assert ([5.0], [4.0]) == (minutes.first[:1].tolist(), minutes.last[-1:].tolist())


def test_without_sketches_all_else_is_the_same() -> None:
    t = START + 1000 * np.arange(100)
    v = np.arange(100.0) % 7
    ids = np.ones(100, np.uint32)
    plain = roll(ids, t, v, MINUTE, with_sketch=False)
    assert same(plain, roll(ids, t, v, MINUTE)._replace(sketch=sketches.empty(2)))


def test_merging_nothing_is_nothing() -> None:
    empty = one_series(np.empty(0))
    assert same(empty, merge([empty, empty], HOUR))
    some = one_series(np.array([1.0, 2.0]))
    assert same(some, merge([empty, some], MINUTE))


# --- blocks


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.one_of(floats, st.just(float("nan"))), min_size=1, max_size=80),
    st.sampled_from([1, 1000, 17_000, 60_000, 400_000]),
)
def test_block_comes_back(values: list[float], apart: int) -> None:
    cells = one_series(np.array(values), apart)
    if len(cells.ids):
        assert same(cells, decode_block(encode_block(cells, MINUTE), 7))


def test_many_blocks_come_back_in_their_order_and_with_the_columns_asked_for() -> None:
    rng = np.random.default_rng(9)
    ids = np.repeat(np.array([3, 5, 8], np.uint32), [600, 900, 600])
    t = START + 1000 * np.concatenate([np.arange(600), np.arange(900), np.arange(600)])
    cells = roll(ids, t, rng.normal(50, 9, 2100).round(1), MINUTE)
    bounds = np.array([0, 10, 17, 25, 35])
    blobs = encode_blocks(cells, bounds, MINUTE)
    assert same(cells, decode_blocks(blobs, [3, 5, 5, 8]))
    assert same(cells.part(17, 25), decode_blocks(blobs[2:3], [5]))
    few = decode_blocks(blobs, [3, 5, 5, 8], {"high", "count"})
    assert np.array_equal(cells.high, few.high)
    assert np.array_equal(cells.count, few.count)
    assert ([], 0.0) == (few.sketch.keys.tolist(), few.low.max())
    assert 0 == len(decode_blocks([], []).ids)
    mask = cells.ids == 5
    assert same(cells.part(10, 25), cells.where(mask))


def test_long_block_comes_back() -> None:
    rng = np.random.default_rng(1)
    cells = one_series(rng.lognormal(0, 2, 60 * 1500))
    assert len(cells.sketch.keys) > 2 * 32768
    assert same(cells, decode_block(encode_block(cells, MINUTE), 7))


def _latency(rng: np.random.Generator, n: int) -> Floats:
    return np.array([float(f"{x:.3g}") for x in rng.lognormal(-3, 0.6, n)])


def test_bytes_a_cell() -> None:
    rng = np.random.default_rng(2)
    n = 60 * 240
    gauge = np.repeat(np.round(50 + np.cumsum(rng.normal(0, 0.02, n // 10)), 1), 10)
    for v, most in ((gauge, 12.0), (_latency(rng, n), 48.0), (np.full(n, 3.0), 1.5)):
        cells = one_series(v)
        assert len(encode_block(cells, MINUTE)) / len(cells.ids) <= most


def test_blocks_refuse_what_they_cannot_hold() -> None:
    cells = one_series(np.ones(200))
    with pytest.raises(ValueError, match="rise"):
        encode_block(concat([cells, cells]), MINUTE)
    with pytest.raises(ValueError, match="cells"):
        encode_block(cells.part(0, 0), MINUTE)


def test_damage_is_an_error_and_never_worse() -> None:
    rng = np.random.default_rng(4)
    good = encode_block(one_series(_latency(rng, 150)), MINUTE)
    for at in range(len(good)):
        for bad in (good[:at], good[:at] + bytes((good[at] ^ 1 << at % 8,)) + good[at + 1 :]):
            try:
                back = decode_block(bad, 7)
            except ValueError:
                continue
            assert len(back.start) == len(back.last)


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_are_an_error_and_never_worse(data: bytes) -> None:
    for head in (b"", struct.pack("<BIIQ", 1, 3, 5, MINUTE)):
        with pytest.raises(ValueError, match=r"damaged|buffer|short|cut"):
            decode_block(head + data, 7)
