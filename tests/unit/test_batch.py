import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quadra.telemetry.batch import Columns, latest_of_each
from tests.unit.fakes import columns, rows_of

SAMPLES = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 5), st.floats(allow_nan=False)), max_size=30
)


@given(SAMPLES)
def test_of_samples_with_the_same_place_the_last_written_counts(
    samples: list[tuple[int, int, float]],
) -> None:
    model = {(i, t): v for i, t, v in samples}
    expected = [(i, t, v) for (i, t), v in sorted(model.items())]
    assert expected == rows_of(latest_of_each(columns(samples)))


@given(SAMPLES)
def test_looking_twice_changes_nothing(samples: list[tuple[int, int, float]]) -> None:
    once = latest_of_each(columns(samples))
    assert rows_of(once) == rows_of(latest_of_each(once))


@given(st.lists(SAMPLES, max_size=4))
def test_joined_columns_hold_all_parts_in_their_order(
    parts: list[list[tuple[int, int, float]]],
) -> None:
    joined = Columns.concat([columns(part) for part in parts])
    assert [sample for part in parts for sample in part] == rows_of(joined)


def test_empty_columns_have_the_types_of_full_ones() -> None:
    empty, full = Columns.empty(), columns([(1, 2, 3.0)])
    assert (full.ids.dtype, full.t.dtype, full.v.dtype) == (
        empty.ids.dtype,
        empty.t.dtype,
        empty.v.dtype,
    )
    assert 0 == len(empty) == len(Columns.concat([])) == len(latest_of_each(empty))


def test_a_mask_keeps_what_it_marks() -> None:
    found = columns([(1, 1, 1.0), (2, 2, 2.0), (1, 3, 3.0)])
    assert [(1, 1, 1.0), (1, 3, 3.0)] == rows_of(found.where(np.array([True, False, True])))
