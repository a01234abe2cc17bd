"""Which chunks new samples of a series make."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quadra.engine.sealer import CHUNK_SAMPLES, LONG_CHUNK_SAMPLES, LONG_FROM, Stretch, extend
from quadra.telemetry.batch import TimeArray


def times(*values: int) -> TimeArray:
    return np.array(values, np.int64)


def stretch(t: TimeArray, replaces: int | None = None) -> Stretch:
    return Stretch(1, t, t.astype(np.float64), replaces)


def test_a_first_sealing_cuts_samples_into_chunks() -> None:
    t = np.arange(LONG_CHUNK_SAMPLES * 2 + 5, dtype=np.int64)
    made = list(extend(None, 1, t, t.astype(np.float64)))
    assert [LONG_CHUNK_SAMPLES, LONG_CHUNK_SAMPLES, 5] == [len(s.t) for s in made]
    assert [None, None, None] == [s.replaces for s in made]


def test_a_series_that_brings_much_a_round_gets_longer_chunks() -> None:
    tail = stretch(np.arange(CHUNK_SAMPLES, dtype=np.int64), replaces=7)
    t = np.arange(CHUNK_SAMPLES, CHUNK_SAMPLES + LONG_FROM, dtype=np.int64)
    (made,) = extend(tail, 1, t, t.astype(np.float64))
    assert (CHUNK_SAMPLES + LONG_FROM, 7) == (len(made.t), made.replaces)


def test_a_chunk_that_is_not_full_is_gone_on_with() -> None:
    tail = stretch(times(1, 2, 3), replaces=7)
    (made,) = extend(tail, 1, times(4, 5), np.array([4.0, 5.0]))
    assert ([1, 2, 3, 4, 5], 7) == (made.t.tolist(), made.replaces)


def test_a_full_chunk_is_left_alone() -> None:
    tail = stretch(np.arange(CHUNK_SAMPLES, dtype=np.int64), replaces=7)
    (made,) = extend(tail, 1, times(9_000), np.array([1.0]))
    assert ([9_000], None) == (made.t.tolist(), made.replaces)


def test_the_sample_written_later_counts() -> None:
    tail = stretch(times(1, 2, 3), replaces=7)
    (made,) = extend(tail, 1, times(2), np.array([20.0]))
    assert [1.0, 20.0, 3.0] == made.v.tolist()


def test_what_is_older_than_the_newest_chunk_makes_one_of_its_own() -> None:
    tail = stretch(times(100, 101), replaces=7)
    late, tail_again = extend(tail, 1, times(5, 102), np.array([5.0, 102.0]))
    assert ([5], None) == (late.t.tolist(), late.replaces)
    assert ([100, 101, 102], 7) == (tail_again.t.tolist(), tail_again.replaces)


@given(
    old=st.sets(st.integers(0, 2_000), max_size=600),
    new=st.sets(st.integers(0, 2_000), min_size=1, max_size=600),
)
def test_nothing_is_lost_and_nothing_made_up(old: set[int], new: set[int]) -> None:
    t = np.array(sorted(new), np.int64)
    tail = stretch(np.array(sorted(old)[-CHUNK_SAMPLES:], np.int64), 7) if old else None
    found = [int(x) for s in extend(tail, 1, t, t.astype(np.float64)) for x in s.t]
    kept = set() if tail is None else set(tail.t.tolist())
    untouched = kept - set(found)
    assert new | kept == set(found) | untouched
    assert len(found) == len(set(found))
    assert not untouched & new
