import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.telemetry.batch import Columns
from quadra.telemetry.packing import pack, unpack
from tests.unit.fakes import columns, rows_of

TIMES = st.integers(-(1 << 62), 1 << 62) | st.integers(1_750_000_000_000, 1_750_000_100_000)
SAMPLES = st.lists(
    st.tuples(st.integers(0, (1 << 32) - 1), TIMES, st.floats(allow_nan=False)), max_size=20
)


@given(SAMPLES)
def test_what_is_packed_comes_out_again(samples: list[tuple[int, int, float]]) -> None:
    assert samples == rows_of(unpack(pack(columns(samples))))


def test_every_bit_of_a_value_is_kept() -> None:
    values = np.array([-0.0, np.inf, -np.inf, np.nan, 5e-324], np.float64)
    packed = pack(Columns(np.ones(5, np.uint32), np.arange(5, dtype=np.int64), values))
    assert values.tobytes() == unpack(packed).v.tobytes()


@pytest.mark.parametrize(
    ("span", "bytes_a_sample"), [((1 << 32) - 1, 16), (1 << 32, 20)], ids=["offsets", "full"]
)
def test_times_take_four_bytes_until_they_span_more_than_49_days(
    span: int, bytes_a_sample: int
) -> None:
    samples = [(1, 5, 1.0), (1, 5 + span, 2.0)]
    packed = pack(columns(samples))
    assert 16 + 2 * bytes_a_sample == len(packed)
    assert samples == rows_of(unpack(packed))


def test_the_layout_never_changes_for_it_is_kept_in_databases() -> None:
    packed = pack(columns([(7, 1000, 1.5), (8, 1002, -2.0)]))
    assert (
        "514a0100" "02000000" "e803000000000000"  # head: magic, version, kind; count; first time
        "07000000" "08000000"
        "00000000" "02000000"
        "000000000000f83f" "00000000000000c0"
    ) == packed.hex()  # fmt: skip


@given(SAMPLES.filter(bool), st.data())
def test_a_blob_that_was_cut_is_told_from_a_whole_one(
    samples: list[tuple[int, int, float]], data: st.DataObject
) -> None:
    packed = pack(columns(samples))
    cut = data.draw(st.integers(0, len(packed) - 1))
    with pytest.raises(ValueError, match="journal blob"):
        unpack(packed[:cut])


@pytest.mark.parametrize(
    "place", [0, 1, 2, 3, 4], ids=["magic", "magic2", "version", "kind", "count"]
)
def test_a_blob_of_another_kind_is_refused(place: int) -> None:
    packed = bytearray(pack(columns([(1, 1, 1.0)])))
    packed[place] ^= 0xFF
    with pytest.raises(ValueError, match="damaged or of an unknown version"):
        unpack(bytes(packed))
