"""Rows of times as bytes: nothing for regular ones, else the distance from their grid.

A series is scraped on a grid: t[i] = t0 + step k[i] + g[i], where k grows by one from sample to
sample, and by more over a gap. The step is the mean one over those k, so that jitter does not add
up; g is whole and small and goes to ``integers``, gaps go to a list. Times without a grid are
told the same way with k[i] = i.

A row's bytes: version and kind, step, number of gaps (uint16), their places (uint16) and lengths
beyond one step (uint32), then the packed g.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quadra.telemetry.chunks import integers
from quadra.telemetry.chunks.dictionaries import Contexts

Times = npt.NDArray[np.int64]

VERSION = 1
LIMIT = 1 << 48  # ms from 1970: the year 10889
_GRID, _WIDE_GRID = VERSION << 4, VERSION << 4 | 1
_HEADS = {_GRID: struct.Struct("<BIH"), _WIDE_GRID: struct.Struct("<BQH")}
_MOST_GAPS = 32  # more than n / 32 gaps, and there is no grid
_SAMPLED = 16
_U32 = 1 << 32


def pack(t: Times, contexts: Contexts) -> list[tuple[int, bytes]]:
    """Give step (0 when irregular) and bytes of each row of ``t`` (r, n), n > 0.

    Raises ValueError for times that do not rise strictly or lie outside ``LIMIT``.
    """
    rows, n = t.shape
    if int(t[:, 0].min()) < -LIMIT or int(t[:, -1].max()) > LIMIT:
        raise ValueError("times lie outside the calendar")
    if n == 1:
        return [(0, b"")] * rows
    step = (t[:, -1] - t[:, 0]) // (n - 1)
    if (step == step[0]).all() and step[0] > 0:
        grid = t[:, :1] + np.arange(n) * step[0]
        if np.array_equal(grid, t):  # the common case, and the quickest to see
            return [(int(step[0]), b"")] * rows
    apart = t[:, 1:] - t[:, :-1]
    if int(apart.min()) <= 0:
        raise ValueError("times must rise strictly")
    regular = (apart == apart[:, :1]).all(axis=1)
    done = [(step, b"") for step in apart[:, 0].tolist()]
    rest = np.flatnonzero(~regular)
    if not len(rest):
        return done
    if len(rest) == rows and (t[1:] == t[0]).all():  # one source, one clock
        return [(0, _pack_irregular(t[:1], apart[:1], contexts)[0])] * rows
    for row, one in zip(
        rest.tolist(), _pack_irregular(t[rest], apart[rest], contexts), strict=True
    ):
        done[row] = (0, one)
    return done


def _pack_irregular(t: Times, apart: Times, contexts: Contexts) -> list[bytes]:
    rows, n = t.shape
    step = np.median(apart[:, :: min(_SAMPLED, max(1, n // 32))], axis=1).clip(1)
    k = np.rint(apart / step[:, None])
    gap = k != 1
    no_grid = (np.count_nonzero(gap, axis=1) > n // _MOST_GAPS) | (k.max(axis=1) >= _U32)
    no_grid |= (k == 0).any(axis=1)
    k[no_grid] = 1
    gap[no_grid] = False
    place = np.zeros((rows, n))
    np.cumsum(k, axis=1, out=place[:, 1:])
    span = t - t[:, :1]
    step = np.rint(span[:, -1] / place[:, -1]).clip(1)
    g = span - place * step[:, None]
    heads = []
    for row, whole in enumerate(step.astype(np.int64).tolist()):
        places = np.flatnonzero(gap[row])
        kind = _GRID if whole < _U32 else _WIDE_GRID
        head = _HEADS[kind].pack(kind, whole, len(places))
        if len(places):
            head += places.astype("<u2").tobytes() + (k[row, places] - 1).astype("<u4").tobytes()
        heads.append(head)
    return integers.pack(g, g.min(axis=1), g.max(axis=1), contexts, heads)


class _Head(NamedTuple):
    step: int
    places: npt.NDArray[np.uint16]
    extra: npt.NDArray[np.uint32]
    end: int


def unpack(
    t0: list[int], step: list[int], blobs: list[bytes], out: Times, contexts: Contexts
) -> None:
    """Undo ``pack`` into ``out`` (r, n). Damaged bytes raise as in ``words.unpack``."""
    rows, n = out.shape
    counted = np.arange(n)
    first = np.array(t0, np.int64)[:, None]
    np.multiply(counted, np.array(step, np.int64)[:, None], out=out)
    out += first
    irregular = [row for row in range(rows) if blobs[row]]
    if not irregular:
        return
    some = [blobs[row] for row in irregular]
    heads = [_read_head(blob, n) for blob in some]
    part = integers.unpack(some, [head.end for head in heads], n, contexts)
    part += counted * np.array([head.step for head in heads], np.int64)[:, None]
    for row, head in enumerate(heads):
        if len(head.places):
            beyond = np.zeros(n, np.int64)
            beyond[head.places.astype(np.intp) + 1] = head.extra.astype(np.int64) * head.step
            part[row] += np.cumsum(beyond)
    out[irregular] = part + first[irregular]


def _read_head(blob: bytes, n: int) -> _Head:
    layout = _HEADS.get(blob[0])
    if layout is None:
        raise ValueError("times are damaged or of an unknown version")
    _, step, gaps = layout.unpack_from(blob)
    if step > LIMIT * 2:
        raise ValueError("times are damaged: the step is too long")
    places = np.frombuffer(blob, "<u2", gaps, layout.size)
    extra = np.frombuffer(blob, "<u4", gaps, layout.size + 2 * gaps)
    if gaps and int(places.max()) >= n - 1:
        raise ValueError("times are damaged: a gap lies outside")
    return _Head(step, places, extra, layout.size + 6 * gaps)
