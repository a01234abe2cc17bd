"""Rows of floats as bytes, bit for bit.

Most metrics are decimals with few digits: q = round(v 10^k) is a small whole number and q / 10^k
is v again, for division rounds correctly and powers of ten up to 10^22 are exact (Clinger 1990).
That is proved on every value by its bits; what fails (NaN of any payload, infinities, -0.0, a few
odd values) goes to a list of patches. Rows without such a scale keep their bits: as differences
of the bits where they move smoothly, else in planes.

A row's bytes: version and kind in one, then the kind's own.
"""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from quadra.telemetry.chunks import integers, words
from quadra.telemetry.chunks.dictionaries import Contexts

Values = npt.NDArray[np.float64]
_Bits = npt.NDArray[np.uint64]
_Index = npt.NDArray[np.intp]
_Patches = dict[int, bytes]

VERSION = 1
_SCALED, _DELTA_BITS, _PLANES, _LEVEL_BITS = 0, 1, 2, 3
_PATCHED = 0x80
_SCALED_HEADS = [bytes((VERSION << 4 | _SCALED, k)) for k in range(14)]
_PATCH_HEAD = struct.Struct("<HB")
_BITS_HEAD = struct.Struct("<BQ")
_PLANES_HEAD = struct.Struct("<BBH")
_DIGITS = 13
_COMMON_DIGITS = 4  # few metrics have more, so more are tried only on rows that need them
_POWERS = np.array([float(10**k) for k in range(_DIGITS)] + [np.nan])  # NaN: none will do
_SAMPLES = 8
_MOST_PATCHES = 4  # a row with more than 1/4 of NaN and the like keeps its bits instead
_MOST_ODD = 32  # more than 1/32 of plain numbers that fail, and more digits are tried
_PLANE_TOP = 56  # the bits below the top plane
_FARTHEST = 2.0**62  # of a level from the first value's bits; any level is right, this one casts
_PLANE_BITS = 54  # what a value in planes takes: the mantissa, and some of the exponent


def pack(v: Values, contexts: Contexts) -> list[bytes]:
    """Pack the rows of ``v`` (r, n), n > 0, C-contiguous."""
    done = [b""] * len(v)
    with np.errstate(all="ignore"):
        digits = _guess_digits(v)
        q, low, high, patches = _scale(v, digits)
    scaled = np.flatnonzero(digits < _DIGITS)
    heads = [_SCALED_HEADS[k] for k in digits.tolist()]
    for row, patch in patches.items():
        heads[row] = bytes((VERSION << 4 | _SCALED, int(digits[row]) | _PATCHED)) + patch
    if len(scaled) == len(v):
        return integers.pack(q, low, high, contexts, heads)
    if len(scaled):
        some = [heads[row] for row in scaled.tolist()]
        packed = integers.pack(q[scaled], low[scaled], high[scaled], contexts, some)
        for row, one in zip(scaled.tolist(), packed, strict=True):
            done[row] = one
    rest = np.flatnonzero(digits == _DIGITS)
    for row, one in zip(rest.tolist(), _pack_bits(v[rest], contexts), strict=True):
        done[row] = one
    return done


def _scale(v: Values, digits: npt.NDArray[np.int64]) -> tuple[Values, Values, Values, _Patches]:
    """Give each row's whole numbers, their extremes, and patches.

    Corrects ``digits`` where the guess was wrong.
    """
    q, wrong = _prove(v, digits)
    low, high = q.min(axis=1), q.max(axis=1)
    fits = (low > -integers.LIMIT) & (high < integers.LIMIT)  # false for NaN
    rows = np.flatnonzero((wrong.any(axis=1) | ~fits) & (digits < _DIGITS))
    patches: _Patches = {}
    if not len(rows):
        return q, low, high, patches
    some = q[rows]
    wrong = wrong[rows] | ~(np.abs(some) < integers.LIMIT)
    digits[rows] = _mend(v[rows], some, wrong, digits[rows])
    for at, row in enumerate(rows.tolist()):
        places = np.flatnonzero(wrong[at])
        if len(places) and digits[row] < _DIGITS:
            patches[row] = _patch(v[row], some[at], places)
    q[rows], low[rows], high[rows] = some, some.min(axis=1), some.max(axis=1)
    return q, low, high, patches


def _prove(v: Values, digits: npt.NDArray[np.int64]) -> tuple[Values, npt.NDArray[np.bool_]]:
    """Give the whole numbers, and where they don't give the value's own bits back."""
    power = _POWERS[digits][:, None]
    q = v * power
    np.rint(q, out=q)
    q += 0.0  # makes 0.0 of -0.0, which then fails the proof as it must
    return q, (q / power).view(np.int64) != v.view(np.int64)


def _mend(
    v: Values, q: Values, wrong: npt.NDArray[np.bool_], digits: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Try more digits on rows that have wrong places; changes ``q`` and ``wrong``, gives digits."""
    n = v.shape[1]
    special = wrong & (~np.isfinite(v) | (v == 0))  # a zero that fails is -0.0
    digits[special.sum(axis=1) > n // _MOST_PATCHES] = _DIGITS
    while True:
        odd = np.count_nonzero(wrong & ~special, axis=1)
        rows = np.flatnonzero((odd > n // _MOST_ODD) & (digits < _DIGITS))
        if not len(rows):
            return digits
        digits[rows] += 1
        q[rows], again = _prove(v[rows], digits[rows])
        wrong[rows] = again | ~(np.abs(q[rows]) < integers.LIMIT)


def _guess_digits(v: Values) -> npt.NDArray[np.int64]:
    """Give the fewest digits that explain a few values of each row; ``_DIGITS`` when none do."""
    n = v.shape[1]
    some = v[:, :: max(1, n // _SAMPLES)]
    digits = _try_digits(some, 0, _COMMON_DIGITS)
    rest = np.flatnonzero(digits == _DIGITS)
    if len(rest):
        digits[rest] = _try_digits(some[rest], _COMMON_DIGITS, _DIGITS)
    return digits


def _try_digits(some: Values, first: int, end: int) -> npt.NDArray[np.int64]:
    powers = _POWERS[first:end, None, None]
    q = np.rint(some * powers)
    fits = (q / powers == some) & (np.abs(q) < integers.LIMIT)
    fits |= ~np.isfinite(some)
    fits = fits.all(axis=2)
    return np.where(fits.any(axis=0), fits.argmax(axis=0) + first, _DIGITS)


def _patch(v: Values, q: Values, places: _Index) -> bytes:
    """Write a row's patches, and fill their places in ``q`` with the number before."""
    good = np.ones(len(v), np.bool_)
    good[places] = False
    before = float(q[good.argmax()]) if good.any() else 0.0
    for place in places.tolist():
        if place:
            before = float(q[place - 1])
        q[place] = before
    bits = v[places].view(np.uint64)
    same = bool((bits == bits[0]).all())
    bits = bits[:1] if same else bits
    return (
        _PATCH_HEAD.pack(len(places), same)
        + places.astype("<u2").tobytes()
        + bits.astype("<u8", copy=False).tobytes()
    )


def _pack_bits(v: Values, contexts: Contexts) -> list[bytes]:
    """Pack rows that no scale explains."""
    bits = v.view(np.uint64)
    zeros = _trailing_zeros(np.bitwise_or.reduce(bits, axis=1))
    shifted = bits >> zeros.astype(np.uint64)[:, None]
    first = shifted[:, 0].copy()
    apart = (shifted - first[:, None]).view(np.int64)
    level = apart.mean(axis=1).clip(-_FARTHEST, _FARTHEST).astype(np.int64)
    signed = shifted.view(np.int64)
    by_delta = integers.zigzag(signed[:, 1:] - signed[:, :-1])
    by_level = integers.zigzag(apart - level[:, None])
    delta, from_level = _mean_bits(by_delta), _mean_bits(by_level)
    planes = np.minimum(delta, from_level) > _PLANE_BITS - zeros
    done = [b""] * len(v)
    for kind, begin, z, chosen in (
        (_DELTA_BITS, first, by_delta, ~planes & (delta <= from_level)),
        (_LEVEL_BITS, first + level.view(np.uint64), by_level, ~planes & (delta > from_level)),
    ):
        members = np.flatnonzero(chosen)
        if len(members):
            heads = [
                bytes((VERSION << 4 | kind,)) + _BITS_HEAD.pack(zs, x)
                for zs, x in zip(zeros[members].tolist(), begin[members].tolist(), strict=True)
            ]
            packed = words.pack(z[members], contexts, heads)
            for row, one in zip(members.tolist(), packed, strict=True):
                done[row] = one
    members = np.flatnonzero(planes)
    if len(members):
        packed = _pack_planes(bits[members], zeros[members], contexts)
        for row, one in zip(members.tolist(), packed, strict=True):
            done[row] = one
    return done


def _mean_bits(z: words.Words) -> npt.NDArray[np.float64]:
    """Estimate the bits a residual takes.

    For a normal distribution of residuals, the entropy lies 1.96 bits above the mean logarithm.
    """
    some = np.log2(z[:, ::2].astype(np.float64) + 1)
    mean: Values = some.sum(axis=1) / max(1, some.shape[1])
    return mean + 1.96


def _pack_planes(bits: _Bits, zeros: npt.NDArray[np.int64], contexts: Contexts) -> list[bytes]:
    """Pack the sign and most of the exponent as one row of words, all below as another."""
    tops = bits >> np.uint64(_PLANE_TOP)
    lowest = tops.min(axis=1)
    zeros = np.minimum(zeros, _PLANE_TOP - 8)
    rest = bits & np.uint64((1 << _PLANE_TOP) - 1)
    rest >>= zeros.astype(np.uint64)[:, None]
    above = (tops - lowest[:, None]).astype(np.uint32)
    upper = words.pack(above, contexts, [b""] * len(bits), shaped=False)
    heads = [
        bytes((VERSION << 4 | _PLANES,)) + _PLANES_HEAD.pack(zs, base, len(one)) + one
        for zs, base, one in zip(zeros.tolist(), lowest.tolist(), upper, strict=True)
    ]
    return words.pack(rest, contexts, heads, shaped=False)


def _trailing_zeros(x: _Bits) -> npt.NDArray[np.int64]:
    """Count the zero bits at the low end; 0 for 0."""
    lowest = x & (~x + np.uint64(1))
    return np.where(x == 0, 0, np.frexp(lowest.astype(np.float64))[1] - 1).astype(np.int64)


def unpack(blobs: list[bytes], out: Values, contexts: Contexts) -> None:
    """Undo ``pack`` into ``out`` (r, n). Damaged bytes raise as in ``words.unpack``."""
    kinds: dict[int, list[int]] = {}
    for row, blob in enumerate(blobs):
        kinds.setdefault(blob[0], []).append(row)
    for kind, members in kinds.items():
        unpack_kind = _READERS.get(kind)
        if unpack_kind is None:
            raise ValueError("chunk is damaged or of an unknown version")
        if len(members) == len(blobs):
            unpack_kind(blobs, out, contexts)
        else:
            part = np.empty((len(members), out.shape[1]))
            unpack_kind([blobs[row] for row in members], part, contexts)
            out[members] = part


def _unpack_scaled(blobs: list[bytes], out: Values, contexts: Contexts) -> None:
    n = out.shape[1]
    digits, at = [], []
    patches: list[tuple[int, npt.NDArray[np.uint16], _Bits]] = []
    for row, blob in enumerate(blobs):
        k, start = blob[1], 2
        if k & _PATCHED:
            k &= ~_PATCHED
            start, places, bits = _read_patch(blob, n)
            patches.append((row, places, bits))
        if k >= _DIGITS:
            raise ValueError("chunk is damaged: unknown scale")
        digits.append(k)
        at.append(start)
    apart = integers.unpack_apart(blobs, at, n, contexts)
    np.copyto(out, apart.x)  # exact, and so is the sum: far below 2^53
    out += apart.first.astype(np.float64)[:, None]
    out /= _POWERS[digits][:, None]
    for row, places, bits in patches:
        out[row].view(np.uint64)[places] = bits


def _read_patch(blob: bytes, n: int) -> tuple[int, npt.NDArray[np.uint16], _Bits]:
    count, same = _PATCH_HEAD.unpack_from(blob, 2)
    start = 2 + _PATCH_HEAD.size
    places = np.frombuffer(blob, "<u2", count, start)
    start += 2 * count
    values = 1 if same else count
    bits = np.frombuffer(blob, "<u8", values, start)
    if count and int(places.max()) >= n:
        raise ValueError("chunk is damaged: a patch lies outside")
    return start + 8 * values, places, bits


def _unpack_delta_bits(blobs: list[bytes], out: Values, contexts: Contexts) -> None:
    zeros, firsts = _read_bits_heads(blobs)
    z = words.unpack(blobs, [1 + _BITS_HEAD.size] * len(blobs), out.shape[1] - 1, contexts)
    bits = out.view(np.uint64)
    bits[:, 0] = firsts
    bits[:, 1:] = integers.unzigzag(z).view(np.uint64)
    np.cumsum(bits, axis=1, out=bits)
    bits <<= _shift(zeros)


def _unpack_level_bits(blobs: list[bytes], out: Values, contexts: Contexts) -> None:
    zeros, levels = _read_bits_heads(blobs)
    z = words.unpack(blobs, [1 + _BITS_HEAD.size] * len(blobs), out.shape[1], contexts)
    bits = out.view(np.uint64)
    np.add(integers.unzigzag(z).view(np.uint64), levels[:, None], out=bits)
    bits <<= _shift(zeros)


def _read_bits_heads(blobs: list[bytes]) -> tuple[_Bits, _Bits]:
    heads = [_BITS_HEAD.unpack_from(blob, 1) for blob in blobs]
    return np.array([h[0] for h in heads], np.uint64), np.array([h[1] for h in heads], np.uint64)


def _unpack_planes(blobs: list[bytes], out: Values, contexts: Contexts) -> None:
    n = out.shape[1]
    heads = [_PLANES_HEAD.unpack_from(blob, 1) for blob in blobs]
    start = 1 + _PLANES_HEAD.size
    tops = words.unpack(
        [blob[start : start + head[2]] for blob, head in zip(blobs, heads, strict=True)],
        [0] * len(blobs),
        n,
        contexts,
    ).astype(np.uint64)
    tops += np.array([head[1] for head in heads], np.uint64)[:, None]
    rest = words.unpack(blobs, [start + head[2] for head in heads], n, contexts).astype(np.uint64)
    rest <<= _shift(np.array([head[0] for head in heads], np.uint64))
    np.bitwise_or(tops << np.uint64(_PLANE_TOP), rest, out=out.view(np.uint64))


def _shift(zeros: _Bits) -> _Bits:
    if int(zeros.max()) > 63:  # noqa: PLR2004
        raise ValueError("chunk is damaged: a shift is too wide")
    return zeros[:, None]


_READERS = {
    VERSION << 4 | _SCALED: _unpack_scaled,
    VERSION << 4 | _DELTA_BITS: _unpack_delta_bits,
    VERSION << 4 | _PLANES: _unpack_planes,
    VERSION << 4 | _LEVEL_BITS: _unpack_level_bits,
}
