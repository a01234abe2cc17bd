"""Rows of whole numbers as bytes: what becomes of scaled values and of times off their grid.

Each row is told by its residuals, whichever are smallest: from a level (the mean), from the
sample before, or from the sample before plus a slope. All three are one formula,

    r[i] = (q[i] - a q[i-1] - c) / g,    i = 1 .. n-1,    a in {0, 1}

where g is a common divisor of the row's differences (memory in pages, prices in steps of 5), and
the zigzag of r goes to ``words``. A row's bytes: flags, first number, c, g, then its words.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quadra.telemetry.chunks import words
from quadra.telemetry.chunks.dictionaries import Contexts

Whole = npt.NDArray[np.float64]  # whole numbers, exact in a float
_Signed = npt.NDArray[Any]  # int32, or int64 where that is too narrow
LIMIT = 2.0**50  # of a number, so that differences of differences stay exact
_NARROW = 2.0**28  # rows that span less have residuals of at most 30 bits
_WIDTHS = (0, 1, 2, 4, 8)  # bytes of the first number and of c; told by two 3-bit codes
_HALF_WORD = 2**31
_SKEWED = 2.5  # bits
_DELTA, _DIVISOR = 0x80, 0x40
_DIVISOR_WIDTH = 7
_FLAGS = [bytes((flag,)) for flag in range(256)]
_SAMPLES = 7


def pack(q: Whole, low: Whole, high: Whole, contexts: Contexts, heads: list[bytes]) -> list[bytes]:
    """Pack the rows of ``q`` (r, n), n > 0, each behind its head.

    ``low`` and ``high`` (r,) are each row's extremes.
    """
    narrow = high - low < _NARROW
    if narrow.all():
        return _pack(q, np.int32, contexts, heads)
    done = [b""] * len(q)
    for members, width in (
        (np.flatnonzero(narrow), np.int32),
        (np.flatnonzero(~narrow), np.int64),
    ):
        if len(members):
            some = [heads[row] for row in members.tolist()]
            for row, one in zip(
                members.tolist(), _pack(q[members], width, contexts, some), strict=True
            ):
                done[row] = one
    return done


def _pack(
    q: Whole, width: type[np.int32 | np.int64], contexts: Contexts, heads: list[bytes]
) -> list[bytes]:
    first = q[:, 0].copy()
    x: _Signed = (q - first[:, None]).astype(width)
    divisor = _divisors(x)
    if (divisor > 1).any():
        x //= divisor.astype(width)[:, None]
    delta, c = _choose(x)
    r = _residuals(x, delta, c)
    heads = _heads(first, c, delta, divisor, heads)
    return words.pack(zigzag(r), contexts, heads)


def _residuals(x: _Signed, delta: npt.NDArray[np.bool_], c: npt.NDArray[np.float64]) -> _Signed:
    if delta.all():
        r = x[:, 1:] - x[:, :-1]
    elif delta.any():
        r = x[:, :-1] & -delta.astype(x.dtype)[:, None]  # all bits, or none
        np.subtract(x[:, 1:], r, out=r)
    else:
        r = x[:, 1:].copy()
    r -= c.astype(x.dtype)[:, None]
    return r


def zigzag(r: _Signed) -> words.Words:
    """Fold signed numbers so that small ones stay small: 0, -1, 1, -2 become 0, 1, 2, 3.

    ``r`` is changed; the result has its width.
    """
    z = r << 1
    r >>= r.itemsize * 8 - 1
    z ^= r
    return z.view(np.uint32 if r.dtype == np.int32 else np.uint64)


def unzigzag(z: words.Words, out: _Signed | None = None) -> _Signed:
    """Undo ``zigzag`` for either width of ``z``, which is changed; gives int64, or ``out``."""
    signed = np.int32 if z.dtype == np.uint32 else np.int64
    sign = (z & z.dtype.type(1)).view(signed)
    np.negative(sign, out=sign)
    z >>= z.dtype.type(1)
    if out is None:
        out = np.empty(z.shape, np.int64)
    np.bitwise_xor(sign, z.view(signed), out=out)
    return out


def _divisors(x: _Signed) -> npt.NDArray[np.int64]:
    """Give a divisor of each row, at least 1: found in a few numbers, then proved on all.

    The rows begin with 0, so what divides them divides their differences.
    """
    n = x.shape[1]
    divisor: npt.NDArray[np.int64] = np.gcd.reduce(
        x[:, 1 :: max(1, n // _SAMPLES)], axis=1, initial=0
    ).astype(np.int64)
    for row in np.flatnonzero(divisor > 1).tolist():
        divisor[row] = np.gcd.reduce(x[row], initial=divisor[row])
    divisor[divisor == 0] = 1  # all numbers are 0
    return divisor


def _choose(x: _Signed) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Choose level or delta for each row by the size of residuals; gives c too."""
    rows, n = x.shape
    if n == 1:
        return np.zeros(rows, np.bool_), np.zeros(rows)
    stride = 4 if n > 64 else 1  # noqa: PLR2004 -- a quarter of the row tells enough
    after = x[:, 1::stride].astype(np.float64)
    slope = np.rint(x[:, -1] / (n - 1))
    mean = np.rint(after.mean(axis=1))
    tries = np.empty((3, *after.shape))
    np.subtract(after, mean[:, None], out=tries[0])
    np.subtract(after, x[:, :-1:stride], out=tries[1])
    np.subtract(tries[1], slope[:, None], out=tries[2])
    (from_level, from_last, from_slope), means = _sizes(tries)
    is_delta = np.minimum(from_last, from_slope) < from_level
    c = np.where(is_delta, np.where(from_slope < from_last, slope, 0.0), mean)
    # A few far values draw the mean away from the rest. The mean size shows them: its logarithm
    # lies 0.9 bits above the mean logarithm for normal residuals, 1.4 for exponential ones.
    skewed = np.maximum(means[0] - from_level, means[2] - from_slope) > _SKEWED
    for row in np.flatnonzero(skewed).tolist():
        is_delta[row], c[row] = _choose_by_medians(x[row])
    return is_delta, c


def _sizes(r: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give the mean logarithm (base 2) of residuals, and the logarithm of their mean size.

    The logarithm is read off the bits of float32, right to 0.09 (Blinn 1997). Changes ``r``.
    """
    np.abs(r, out=r)
    r += 1.0
    mean = np.log2(r.mean(axis=-1))
    bits = r.astype(np.float32).view(np.int32).sum(axis=-1, dtype=np.int64)
    return bits / (r.shape[-1] << 23) - 127.0, mean


def _choose_by_medians(x: _Signed) -> tuple[bool, float]:
    """Choose as ``_choose`` for one row that a few far values would mislead."""
    delta = (x[1:] - x[:-1]).astype(np.float64)
    tries = [(True, 0.0), (True, float(np.rint(np.median(delta))))]
    tries.append((False, float(np.rint(np.median(x[1:])))))
    sizes = [_sizes((delta if d else x[1:]) - c)[0] for d, c in tries]
    return tries[int(np.argmin(sizes))]


def _heads(
    first: Whole,
    c: npt.NDArray[np.float64],
    delta: npt.NDArray[np.bool_],
    divisor: npt.NDArray[np.int64],
    before: list[bytes],
) -> list[bytes]:
    flags = _width_codes(first) | _width_codes(c) << 3
    flags |= np.where(delta, _DELTA, 0) | np.where(divisor > 1, _DIVISOR, 0)
    # Little endian, so a number's first bytes are the number as long as it fits them.
    firsts = first.astype("<i8").tobytes()
    slopes = c.astype("<i8").tobytes()
    divisors = divisor.astype("<i8").tobytes()
    done = []
    at = 0
    for flag, head in zip(flags.tolist(), before, strict=True):
        begin = firsts[at : at + _WIDTHS[flag & 7]]
        slope = slopes[at : at + _WIDTHS[flag >> 3 & 7]]
        g = divisors[at : at + _DIVISOR_WIDTH] if flag & _DIVISOR else b""
        done.append(b"".join((head, _FLAGS[flag], begin, slope, g)))
        at += 8
    return done


def _width_codes(x: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    size = np.abs(x)
    return (size > 0).astype(np.int64) + (size >= 1 << 7) + (size >= 1 << 15) + (size >= 1 << 31)


def unpack(blobs: list[bytes], at: list[int], n: int, contexts: Contexts) -> npt.NDArray[np.int64]:
    """Undo ``pack``: (r, n) whole numbers. Damaged bytes raise as in ``words.unpack``."""
    apart = unpack_apart(blobs, at, n, contexts)
    return np.add(apart.x, apart.first[:, None], dtype=np.int64)


class Apart(NamedTuple):
    """Rows of whole numbers: ``first`` (r,) of each, and how far all (r, n) lie from that.

    ``x`` is int32 where all rows certainly fit, else int64.
    """

    first: npt.NDArray[np.int64]
    x: _Signed


def unpack_apart(blobs: list[bytes], at: list[int], n: int, contexts: Contexts) -> Apart:
    """Undo ``pack`` but for the last addition. Damaged bytes raise as in ``words.unpack``."""
    heads = _read_heads(blobs, at)
    # Rows that are told alike lie together, so that they are worked on in place.
    widths = np.array([blob[end + 1] for blob, end in zip(blobs, heads.end, strict=True)])
    order = np.lexsort((widths, heads.delta))
    places = order.tolist()
    z = words.unpack([blobs[i] for i in places], [heads.end[i] for i in places], n - 1, contexts)
    # What every residual stays below, times their number: where the sums can't leave 31 bits.
    narrow = z.dtype == np.uint32 and _bound(z, heads.slope) * n < _HALF_WORD
    x = np.empty((len(blobs), n), np.int32 if narrow else np.int64)
    x[:, 0] = 0
    r = x[:, 1:]
    unzigzag(z, r)
    r += heads.slope[order].astype(x.dtype)[:, None]
    summed = x[len(order) - np.count_nonzero(heads.delta) :]
    np.cumsum(summed, axis=1, out=summed)
    x = x[np.argsort(order)]
    if heads.divisor.max() > 1:
        x = x * heads.divisor[:, None]
    return Apart(heads.first, x)


def _bound(z: words.Words, slope: npt.NDArray[np.int64]) -> int:
    """Give a number that no residual and slope together exceed."""
    return (int(z.max(initial=0)) >> 1) + 1 + int(np.abs(slope).max())


class _Heads(NamedTuple):
    """What stands before the words of each row; ``end`` is where those begin."""

    first: npt.NDArray[np.int64]
    slope: npt.NDArray[np.int64]
    divisor: npt.NDArray[np.int64]
    delta: npt.NDArray[np.bool_]
    end: list[int]


def _read_heads(blobs: list[bytes], at: list[int]) -> _Heads:
    firsts, slopes, divisors, deltas, ends = [], [], [], [], []
    number = int.from_bytes
    for blob, start in zip(blobs, at, strict=True):
        flag = blob[start]
        begin = start + 1 + _WIDTHS[flag & 7]
        firsts.append(number(blob[start + 1 : begin], "little", signed=True))
        end = begin + _WIDTHS[flag >> 3 & 7]
        slopes.append(number(blob[begin:end], "little", signed=True) if end > begin else 0)
        g = 1
        if flag & _DIVISOR:
            g = number(blob[end : end + _DIVISOR_WIDTH], "little")
            end += _DIVISOR_WIDTH
        divisors.append(g)
        deltas.append(flag >= _DELTA)
        ends.append(end)
    return _Heads(
        np.array(firsts, np.int64),
        np.array(slopes, np.int64),
        np.array(divisors, np.int64),
        np.array(deltas),
        ends,
    )
