import hashlib
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quadra.telemetry.chunks import (
    MAX_COUNT,
    Chunk,
    cut,
    decode,
    decode_many,
    encode,
    encode_many,
)
from quadra.telemetry.chunks.dictionaries import TABLES

pytestmark = pytest.mark.unit

Floats = npt.NDArray[np.float64]
Maker = Callable[[np.random.Generator, int], Any]
Times = npt.NDArray[np.int64]

START = 1_700_000_000_000
STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]  # Prometheus's marker


def grid(n: int, step: int = 10_000) -> Times:
    return START + step * np.arange(n, dtype=np.int64)


def same_bits(a: Floats, b: Floats) -> bool:
    return bool(np.array_equal(a.view(np.uint64), b.view(np.uint64)))


def assert_round_trip(t: Times, v: Floats) -> Chunk:
    chunk = encode(t, v)
    t_back, v_back = decode(chunk)
    assert np.array_equal(t, t_back)
    assert same_bits(v, v_back)
    assert (int(t[0]), int(t[-1]), len(t)) == (chunk.t0, chunk.t1, chunk.count)
    return chunk


# --- what values may be

any_bits = st.integers(0, 2**64 - 1).map(lambda x: struct.unpack("<d", struct.pack("<Q", x))[0])
specials = st.sampled_from(
    (
        *(0.0, -0.0, float("nan"), float("inf"), -float("inf"), STALE, 0.1, 0.1 + 0.2),
        *(5e-324, -5e-324, 2.2e-308, 1.7976931348623157e308, 1e-12, 1e-13, -1e-12),
        *(2.0**50, 2.0**53, 2.0**53 + 2, -(2.0**63), 1e15, 1e16, 1e22, 123456789.123456),
    )
)
decimals = st.builds(lambda q, k: q / 10**k, st.integers(-(10**9), 10**9), st.integers(0, 13))
elements = st.one_of(any_bits, specials, decimals, st.floats())


@st.composite
def columns(draw: st.DrawFn) -> Floats:
    """Draw values: a base of one kind, repeated or drifting, with odd ones strewn in."""
    n = draw(st.integers(1, 90))
    shape = draw(st.sampled_from(["free", "constant", "drift", "bits"]))
    if shape == "free":
        return np.array(draw(st.lists(elements, min_size=n, max_size=n)))
    if shape == "constant":
        v = np.full(n, draw(elements))
    elif shape == "drift":
        whole = np.arange(n) * draw(st.integers(-(2**40), 2**40)) + draw(st.integers(-99, 99))
        v = whole / 10.0 ** draw(st.integers(0, 14))
    else:
        first = draw(st.integers(0, 2**63 - 1))
        step = draw(st.integers(-(2**20), 2**20))
        v = (np.uint64(first) + (np.arange(n) * step).view(np.uint64)).view(np.float64)
    for place in draw(st.lists(st.integers(0, n - 1), max_size=4)):
        v[place] = draw(elements)
    return v


@settings(max_examples=50, deadline=None)
@given(columns())
@example(np.array([-0.0]))
@example(np.array([-0.0, 0.0, -0.0]))
@example(np.array([1.5] * 70 + [-0.0]))
@example(np.array([STALE] * 80))
@example(np.array([STALE] + [1.25] * 80 + [STALE]))
@example(np.array([2.0**63, -(2.0**63)] * 40))
@example(np.array([5e-324, 1.7976931348623157e308] * 40))
def test_values_come_back_bit_for_bit(v: Floats) -> None:
    assert_round_trip(grid(len(v)), v)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(-(2**48), 2**47),
    st.lists(
        st.one_of(st.integers(1, 9), st.integers(9_990, 10_010), st.integers(1, 2**38)),
        max_size=120,
    ),
)
@example(-(2**48), [2**49])
@example(0, [10_000] * 40 + [2**47] + [10_000] * 40)
def test_times_come_back(first: int, apart: list[int]) -> None:
    t = first + np.concatenate(([0], np.cumsum(np.array(apart, np.int64)))).astype(np.int64)
    if int(t[-1]) <= 2**48:
        assert_round_trip(t, np.zeros(len(t)))


@settings(max_examples=15, deadline=None)
@given(st.lists(columns(), min_size=1, max_size=12))
def test_many_chunks_come_back_in_their_order(rows: list[Floats]) -> None:
    t = np.concatenate([grid(len(v)) + 7 * i for i, v in enumerate(rows)])
    v = np.concatenate(rows)
    bounds = np.concatenate(([0], np.cumsum([len(row) for row in rows])))
    chunks = encode_many(t, v, bounds)
    t_back, v_back, bounds_back = decode_many(chunks)
    assert np.array_equal(t, t_back)
    assert same_bits(v, v_back)
    assert np.array_equal(bounds, bounds_back)


def test_no_chunks_are_no_samples() -> None:
    assert [] == encode_many(np.empty(0, np.int64), np.empty(0), np.array([0]))
    t, v, bounds = decode_many([])
    assert (0, 0, [0]) == (len(t), len(v), bounds.tolist())


# --- the kinds that occur


def _walk(rng: np.random.Generator, n: int) -> Floats:
    v: Floats = np.round(500 + np.cumsum(rng.normal(0, 0.3, n)), 2)
    return v


def _counter(rng: np.random.Generator, n: int) -> Floats:
    v: Floats = np.cumsum(rng.integers(0, 200, n)) + np.float64(1e6)
    return v


def _reset(rng: np.random.Generator, n: int) -> Floats:
    v = _counter(rng, n)
    v[n // 3 :] -= v[n // 3]
    return v


def _stale(rng: np.random.Generator, n: int) -> Floats:
    v = _walk(rng, n)
    v[-1] = STALE
    return v


def _spike(rng: np.random.Generator, n: int) -> Floats:
    v = _walk(rng, n)
    v[n // 2] = 1e12
    return v


def _digits(rng: np.random.Generator, n: int) -> Floats:
    return np.array([float(f"{x:.3g}") for x in rng.lognormal(-3, 0.6, n)])


def _flat(rng: np.random.Generator, n: int) -> Floats:
    return np.cumsum(rng.random(n) < 0.02).astype(np.float64) + 7


KINDS: dict[str, tuple[Maker, float]] = {
    # kind: what makes it, and the most bytes a sample it may take
    "walk, 2 decimals": (_walk, 0.93),
    "counter": (_counter, 1.04),
    "counter that began again": (_reset, 1.3),
    "walk that went stale": (_stale, 0.96),
    "walk with a spike": (_spike, 0.98),
    "noise, 3 decimals": (lambda rng, n: np.round(rng.normal(50, 15, n), 3), 2.08),
    "noise, full precision": (lambda rng, n: rng.normal(50, 15, n), 6.8),
    "noise around zero": (lambda rng, n: rng.normal(0, 1, n), 7.35),
    "walk, full precision": (lambda rng, n: 50 + np.cumsum(rng.normal(0, 0.01, n)), 5.5),
    "single precision": (
        lambda rng, n: rng.normal(50, 15, n).astype(np.float32).astype(float),
        3.2,
    ),
    "latency, 3 digits": (_digits, 1.55),
    "flat gauge": (_flat, 0.13),
    "constant": (lambda _, n: np.full(n, 42.5), 0.02),
    "memory in pages": (lambda rng, n: 4096.0 * np.cumsum(rng.integers(0, 99, n)), 1.0),
    "always NaN": (lambda _, n: np.full(n, np.nan), 0.04),
    "yes and no": (lambda rng, n: rng.integers(0, 2, n) * 1.0, 0.25),
}


@pytest.mark.parametrize("kind", KINDS)
def test_size_of_a_chunk(kind: str) -> None:
    make, most = KINDS[kind]
    rng = np.random.default_rng(5)
    sizes = []
    for _ in range(8):
        chunk = assert_round_trip(grid(512), make(rng, 512))
        assert (b"", 10_000) == (chunk.times, chunk.step)
        sizes.append(len(chunk.values) / 512)
    assert np.mean(sizes) <= most


def test_mix_takes_no_more_than_its_share() -> None:
    rng = np.random.default_rng(5)
    kinds = ("walk, 2 decimals", "walk, 2 decimals", "counter", "noise, 3 decimals")
    v = np.concatenate([KINDS[kind][0](rng, 512) for kind in kinds * 8])
    chunks = encode_many(np.tile(grid(512), 32), v, np.arange(33) * 512)
    assert sum(len(c.times) + len(c.values) for c in chunks) / len(v) <= 1.25


@pytest.mark.parametrize("n", [1, 2, 3, 63, 64, 65, 255, 256, 257, 2048, 4097, MAX_COUNT])
def test_any_length(n: int) -> None:
    rng = np.random.default_rng(n)
    assert_round_trip(grid(n), _reset(rng, n))
    assert_round_trip(grid(n) + rng.integers(0, 9, n), rng.normal(0, 1, n))


@pytest.mark.parametrize(
    ("kind", "most"), [("jitter", 0.47), ("drift", 0.4), ("gaps", 0.1), ("wild", 2.0)]
)
def test_size_of_times(kind: str, most: float) -> None:
    rng = np.random.default_rng(5)
    t = {
        "jitter": grid(512) + rng.integers(-3, 4, 512),
        "drift": START + np.cumsum(10_000 + rng.integers(0, 4, 512)),
        "gaps": START + 10_000 * np.cumsum(np.where(rng.random(512) < 0.01, 5, 1)),
        "wild": START + np.cumsum(1 + rng.exponential(5000, 512).astype(np.int64)),
    }[kind]
    chunk = assert_round_trip(t, np.zeros(512))
    assert 0 == chunk.step
    assert len(chunk.times) / 512 <= most


def test_one_clock_for_all_series_is_packed_once() -> None:
    t = grid(100) + np.random.default_rng(1).integers(0, 9, 100)
    chunks = encode_many(np.tile(t, 5), np.zeros(500), np.arange(6) * 100)
    assert 1 == len({id(chunk.times) for chunk in chunks})


def test_cut_at_series_and_at_length() -> None:
    ids = np.array([3] * 5 + [4] * 2 + [9] * 4, np.uint32)
    assert [0, 2, 4, 5, 7, 9, 11] == cut(ids, 2).tolist()
    assert [0, 5, 7, 11] == cut(ids).tolist()
    assert [0] == cut(np.empty(0, np.uint32)).tolist()


# --- what is refused


@pytest.mark.parametrize(
    "t",
    [[5, 5], [5, 4], [1, 2, 2], [1, 3, 2], [-(2**48) - 1, 0], [0, 2**48 + 1], [2**62, -(2**62)]],
)
def test_times_out_of_order_or_range_are_refused(t: list[int]) -> None:
    with pytest.raises(ValueError, match="times"):
        encode(np.array(t, np.int64), np.zeros(len(t)))


def test_wrong_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="samples"):
        encode(grid(0), np.zeros(0))
    with pytest.raises(ValueError, match="samples"):
        encode(grid(MAX_COUNT + 1), np.zeros(MAX_COUNT + 1))
    with pytest.raises(ValueError, match="length"):
        encode(grid(2), np.zeros(3))


@pytest.mark.parametrize("count", [0, -1, MAX_COUNT + 1, 2**40])
def test_impossible_count_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="count"):
        decode(encode(grid(9), np.zeros(9))._replace(count=count))


def _attempt(chunk: Chunk) -> None:
    try:
        t, v = decode(chunk)
    except ValueError:
        return
    assert (chunk.count, chunk.count) == (len(t), len(v))


@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_an_error_and_never_worse(kind: str) -> None:
    rng = np.random.default_rng(11)
    whole = encode(grid(200) + rng.integers(0, 9, 200), KINDS[kind][0](rng, 200))
    for field in ("values", "times"):
        good: bytes = getattr(whole, field)

        def spoilt(data: bytes, field: str = field) -> Chunk:
            return whole._replace(times=data) if field == "times" else whole._replace(values=data)

        for at in range(min(len(good), 24)):
            for bad in (0x00, 0x7F, 0x80, 0xFF, good[at] ^ 1):
                _attempt(spoilt(good[:at] + bytes((bad,)) + good[at + 1 :]))
            _attempt(spoilt(good[:at]))
        for at in rng.integers(0, len(good), 10).tolist():
            flipped = bytes((good[at] ^ (1 << int(rng.integers(8))),))
            _attempt(spoilt(good[:at] + flipped + good[at + 1 :]))
            _attempt(spoilt(good[:at]))
            _attempt(spoilt(good + good[:at]))
    _attempt(whole._replace(count=199))
    _attempt(whole._replace(count=MAX_COUNT))
    _attempt(whole._replace(t1=0))
    _attempt(whole._replace(t0=2**80))
    _attempt(whole._replace(step=2**62))


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=60), st.binary(max_size=60), st.integers(1, 600))
def test_any_bytes_are_an_error_and_never_worse(times: bytes, values: bytes, count: int) -> None:
    for start in range(0x10, 0x15):
        _attempt(Chunk(0, count, 1, count, times, bytes((start,)) + values))


def test_format_is_frozen() -> None:
    """A chunk written by the first release: what is on disk must stay readable."""
    t = grid(8) + np.array([0, 1, 0, 2, 0, 0, 1, 0])
    v = np.array([1.5, 1.25, -0.0, 3.75, 2.5, STALE, 9.0, 1.5])
    chunk = Chunk(START, START + 70_000, 0, 8, FROZEN_TIMES, FROZEN_VALUES)
    assert chunk == encode(t, v)
    t_back, v_back = decode(chunk)
    assert np.array_equal(t, t_back)
    assert same_bits(v, v_back)


FROZEN_TIMES = bytes.fromhex("101027000000000801030010011201")
FROZEN_VALUES = bytes.fromhex(
    "1082020000020005000000000000000080020000000000f07fc296001900000000000001000100140900343b"
)


def test_column_with_a_dictionary_is_frozen() -> None:
    i = np.arange(256)
    steps = ((i * i * 7919) % 101 + (i * i * 31) % 89 + (i * i * i * 17) % 97 - 140) // 8
    v = np.cumsum(steps) / 10
    assert FIRST_DICTIONARY <= FROZEN_WITH_DICTIONARY[4]
    chunk = Chunk(START, START + 2_550_000, 10_000, 256, b"", FROZEN_WITH_DICTIONARY)
    assert same_bits(v, decode(chunk)[1])


def test_dictionaries_are_frozen() -> None:
    # Chunks on disk are read with them: a changed one makes rubbish of what people have kept.
    told = repr(TABLES).encode()
    assert (39, DIGEST) == (len(TABLES), hashlib.sha256(told).hexdigest())


DIGEST = "cd9467c0c25c745564750888e6f3f6112ca4e5cbde8e70cbd893c9f259f947bc"
FIRST_DICTIONARY = 16
FROZEN_WITH_DICTIONARY = bytes.fromhex(
    "100181ee1500f3cf250854c8cb3507baa2bc959f959def8f72e9d01359eeceb4b33df6c6b1a488114707d3a2"
    "3f2e8fbed444104b69ed72cf9efdf3f66f1dcc3fb4501d2955a468c46a99edc955965e8a68918ea24425d388"
    "f678e2c3eab984aa57cfc305a3f4d2a3e41c8ee7bdd939ef40c49a6548237f7ffa20c3a81e740908172aa49a"
    "5251df42cc48717205b66f6539e8d08344d6c5ce6732ad5c62efab2d00"
)
