"""Blocks: many cells of one series as bytes, and many blocks decoded in one go.

Layout: version, number of cells and of buckets, step; the lengths of the columns; the columns.
They are whole numbers (starts in steps, times of first and last within their steps, counts),
values (low, high, total, last, first, lost), and the sketches: buckets of each cell, first
bucket, distances to the next, counts but the first, which the cell's count gives.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import zstandard

from quadra.telemetry import sketches
from quadra.telemetry.chunks import integers, times, values, words
from quadra.telemetry.chunks.dictionaries import Contexts, borrow, give_back
from quadra.telemetry.rollups import Rollup
from quadra.telemetry.sketches import Ints, Sketches

MAX_CELLS = 1 << 16  # of a block
MAX_BUCKETS = 1 << 22  # of a block's sketches

_Index = npt.NDArray[np.intp]
_Column = npt.NDArray[Any]

_VERSION = 1
_HEAD = struct.Struct("<BIIQ")  # version, cells, buckets, step
_WHOLE = ("start", "last_t", "first_t", "count")
_FLOATS = ("low", "high", "total", "last", "first", "lost")
_SIZES = len(_WHOLE) + len(_FLOATS)  # where the sketches' columns begin
_FIXED = _SIZES + 2
_PIECE = 1 << 15
_TILE = 1 << 16  # cells that are packed together

EVERYTHING = frozenset((*_FLOATS, "first_t", "last_t", "count", "sketch"))


class _Block(NamedTuple):
    cells: int
    buckets: int
    step: int
    columns: list[bytes]


def encode_blocks(cells: Rollup, bounds: Ints, step: int) -> list[bytes]:
    """Pack block *i* from the cells ``bounds[i]:bounds[i + 1]``, all of one series, for all *i*.

    The ids are not kept. Blocks with the same number of cells are packed together.
    """
    sizes = np.diff(bounds)
    if len(sizes) and not 0 < int(sizes.min()) <= int(sizes.max()) <= MAX_CELLS:
        raise ValueError(f"a block holds 1 to {MAX_CELLS} cells")
    buckets = np.diff(cells.sketch.bounds[bounds])
    if len(sizes) and int(buckets.max()) > MAX_BUCKETS:
        raise ValueError(f"a block holds at most {MAX_BUCKETS} buckets")
    rises = np.ones(len(cells.start), np.bool_)
    rises[1:] = cells.start[1:] > cells.start[:-1]
    rises[bounds[:-1]] = True
    if not rises.all():
        raise ValueError("cells must rise strictly in time")
    done = [b""] * len(sizes)
    contexts = borrow()
    try:
        for members, n in _tiles(sizes):
            packed = _encode_tile(cells, bounds[members], n, step, contexts)
            for row, columns in zip(members.tolist(), packed, strict=True):
                head = _HEAD.pack(_VERSION, n, int(buckets[row]), step)
                lengths = np.array([len(column) for column in columns], "<u4").tobytes()
                done[row] = b"".join((head, lengths, *columns))
    finally:
        give_back(contexts)
    return done


def decode_blocks(
    blobs: Sequence[bytes], series: Sequence[int], wanted: Collection[str] = EVERYTHING
) -> Rollup:
    """Undo ``encode_blocks``: the cells of all blocks, in the order given, with these ids.

    Of the columns of ``Rollup`` only those ``wanted`` are read; the others are zero, the sketches
    empty. Raises ValueError for damaged bytes.
    """
    contexts = borrow()
    try:
        return _decode(blobs, series, wanted, contexts)
    except (zstandard.ZstdError, struct.error, IndexError, OverflowError) as error:
        raise ValueError("rollup block is damaged") from error
    finally:
        give_back(contexts)


def _tiles(sizes: Ints) -> list[tuple[_Index, int]]:
    tiles = []
    for n in np.unique(sizes).tolist():
        members = np.flatnonzero(sizes == n)
        rows = max(1, _TILE // n)
        tiles += [(members[at : at + rows], n) for at in range(0, len(members), rows)]
    return tiles


def _encode_tile(
    cells: Rollup, begins: Ints, n: int, step: int, contexts: Contexts
) -> list[list[bytes]]:
    rows = len(begins)
    place = begins[:, None] + np.arange(n)
    whole = (
        cells.start // step,
        cells.last_t - cells.start,
        cells.first_t - cells.start,
        cells.count,
    )
    columns = [_pack_whole(column[place], contexts) for column in whole]
    floats = np.stack([getattr(cells, name)[place] for name in _FLOATS], axis=1)
    packed = values.pack(np.ascontiguousarray(floats.reshape(-1, n)), contexts)
    columns += [packed[at :: len(_FLOATS)] for at in range(len(_FLOATS))]
    bounds, keys, _counts = cells.sketch
    columns.append(_pack_whole(np.diff(bounds)[place], contexts))
    columns.append(_pack_whole(keys[bounds[:-1][place]], contexts))
    made = [[column[row] for column in columns] for row in range(rows)]
    for row, begin in enumerate(begins.tolist()):
        made[row] += _pack_sketch(cells.sketch.part(begin, begin + n), contexts)
    return made


def _pack_sketch(sketch: Sketches, contexts: Contexts) -> list[bytes]:
    bounds, keys, counts = sketch
    rest = np.ones(len(keys), np.bool_)
    rest[bounds[:-1]] = False
    apart = np.zeros(len(keys), np.int64)
    apart[1:] = keys[1:] - keys[:-1]
    return [
        *_pack_words(apart[rest] - 1, contexts),
        *_pack_words(counts[rest] - 1, contexts),
    ]


def _decode(
    blobs: Sequence[bytes], series: Sequence[int], wanted: Collection[str], contexts: Contexts
) -> Rollup:
    blocks = [_split(blob) for blob in blobs]
    sizes = np.array([block.cells for block in blocks], np.int64)
    bounds = np.concatenate(([0], np.cumsum(sizes)))
    n = int(bounds[-1])
    whole = {name: np.zeros(n, np.int64) for name in _WHOLE}
    floats = {name: np.zeros(n) for name in _FLOATS}
    for members, count in _tiles(sizes):
        some = [blocks[row] for row in members.tolist()]
        place = bounds[members][:, None] + np.arange(count)
        for at, name in enumerate(_WHOLE):
            if name in wanted or name == "start" or (name == "count" and "sketch" in wanted):
                whole[name][place] = _unpack_whole([b.columns[at] for b in some], count, contexts)
        for at, name in enumerate(_FLOATS, len(_WHOLE)):
            if name in wanted:
                out = np.empty((len(some), count))
                values.unpack([block.columns[at] for block in some], out, contexts)
                floats[name][place] = out
    start = whole["start"] * np.repeat(np.array([b.step for b in blocks], np.int64), sizes)
    sketch = sketches.empty(n)
    if "sketch" in wanted and blocks:
        pairs = zip(blocks, bounds[:-1].tolist(), strict=True)
        parts = [_sketch(b, whole["count"][at : at + b.cells], contexts) for b, at in pairs]
        sketch = sketches.concat(parts)
    return Rollup(
        np.repeat(np.array(series, np.uint32), sizes),
        start,
        floats["low"],
        floats["high"],
        floats["total"],
        whole["count"],
        floats["last"],
        whole["last_t"] + start,
        floats["first"],
        whole["first_t"] + start,
        floats["lost"],
        sketch,
    )


def _split(blob: bytes) -> _Block:
    version, n, buckets, step = _HEAD.unpack_from(blob)
    known = version == _VERSION and 0 < n <= MAX_CELLS and n <= buckets <= MAX_BUCKETS
    if not known or step > times.LIMIT:
        raise ValueError("rollup block is damaged or of an unknown version")
    count = _FIXED + 2 * -(-(buckets - n) // _PIECE)
    at = _HEAD.size + 4 * count
    columns = []
    for length in struct.unpack_from(f"<{count}I", blob, _HEAD.size):
        columns.append(blob[at : at + length])
        at += length
    if at != len(blob):
        raise ValueError("rollup block is damaged: it is cut short")
    return _Block(n, buckets, step, columns)


def _sketch(block: _Block, count: Ints, contexts: Contexts) -> Sketches:
    n, buckets = block.cells, block.buckets
    sizes, first_key = (
        _unpack_whole([block.columns[at]], n, contexts)[0] for at in (_SIZES, _SIZES + 1)
    )
    pieces = (len(block.columns) - _FIXED) // 2
    apart = _unpack_words(block.columns[_FIXED : _FIXED + pieces], buckets - n, contexts)
    others = _unpack_words(block.columns[_FIXED + pieces :], buckets - n, contexts)
    if int(sizes.min()) < 1 or int(sizes.max()) > buckets or int(sizes.sum()) != buckets:
        raise ValueError("rollup block is damaged: buckets are missing")
    return _join_sketch(sizes, first_key, apart + 1, others + 1, count)


def _join_sketch(sizes: Ints, first_key: Ints, apart: Ints, others: Ints, count: Ints) -> Sketches:
    bounds = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=bounds[1:])
    firsts = np.zeros(int(bounds[-1]), np.bool_)
    firsts[bounds[:-1]] = True
    counts = np.zeros(len(firsts), np.int64)
    counts[~firsts] = others
    counts[firsts] = count - np.add.reduceat(counts, bounds[:-1])
    # Within a cell keys add up from the first; one running sum, less what came before the cell.
    keys = np.zeros(len(firsts), np.int64)
    keys[~firsts] = apart
    keys = np.cumsum(keys)
    keys += np.repeat(first_key - keys[bounds[:-1]], sizes)
    return Sketches(bounds, keys, counts)


def _pack_whole(x: _Column, contexts: Contexts) -> list[bytes]:
    q = x.astype(np.float64)
    return integers.pack(q, q.min(axis=1), q.max(axis=1), contexts, [b""] * len(q))


def _unpack_whole(columns: list[bytes], n: int, contexts: Contexts) -> Ints:
    return integers.unpack(columns, [0] * len(columns), n, contexts)


def _pack_words(x: Ints, contexts: Contexts) -> list[bytes]:
    return [
        words.pack(x[None, at : at + _PIECE].view(np.uint64), contexts, [b""])[0]
        for at in range(0, len(x), _PIECE)
    ]


def _unpack_words(columns: list[bytes], n: int, contexts: Contexts) -> Ints:
    pieces = [np.empty(0, np.int64)]
    for at, column in zip(range(0, n, _PIECE), columns, strict=True):
        z = words.unpack([column], [0], min(_PIECE, n - at), contexts)
        pieces.append(z[0].astype(np.int64))
    return np.concatenate(pieces)
