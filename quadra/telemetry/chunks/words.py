"""Rows of unsigned residuals as bytes: the layer that all columns of a chunk end in.

A row's bytes: the coder, the number of raw nibbles (bit 7: outliers follow), the outliers, the
low nibbles raw, then the high part, which fits a byte, by the coder. The low bits of a residual
are as good as random, so nothing is tried on them.

The outliers keep a few large residuals (a counter that began again, a spike) from widening all
the others: their number (uint8), places (uint16) and values (uint64).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quadra.telemetry.chunks.dictionaries import TABLES, Contexts
from quadra.telemetry.chunks.models import MODELS, likelihood

Words = npt.NDArray[Any]  # uint32, or uint64 where that is too narrow
ByteRows = npt.NDArray[np.uint8]
_Index = npt.NDArray[np.intp]

# The coders: what the first byte says.
_NOTHING, _RAW, _ZSTD, _RAW_PAIRS, _ZSTD_PAIRS, _FIRST_DICTIONARY = 0, 1, 2, 3, 4, 16
_BYTES = [bytes((x,)) for x in range(256)]
_NO_WORDS = bytes((_NOTHING, 0))
_Coded = tuple[bytes, bytes]  # the coder, and what it made
_OUTLIERS = 0x80
_MAX_OUTLIERS = 255
_FAR = 12  # times the mean: what no common shape reaches in 512 samples
_BYTE, _NIBBLE = 8, 4
_NARROW_NIBBLES = 6  # up to here a residual fits 32 bits
_MAX_NIBBLES = 14
_U32 = 1 << 32

_WIDTHS = np.array([width for width, _ in TABLES])
_NEVER = 64.0  # bits for a symbol that a dictionary does not know
with np.errstate(divide="ignore"):
    _COST = np.minimum(
        -np.log2(np.stack([likelihood(model) for model in MODELS], axis=1)), _NEVER
    ).astype(np.float32)
_BY_WIDTH = {width: np.flatnonzero(width == _WIDTHS) for width in (_BYTE, _NIBBLE)}
_COST_BY_WIDTH = {width: np.ascontiguousarray(_COST[:, of]) for width, of in _BY_WIDTH.items()}
_SAMPLED = 4  # every fourth byte tells enough of a row's shape
_HARDLY = 0.9  # of a byte: a dictionary that saves less may not fit, so zstd's own table is tried
_FEW = 0.5  # distinct among the sampled: far fewer than a wide smooth shape shows
_LAST_COMPRESSED = 5  # a block's head, low bits: the last, compressed (RFC 8878, 3.1.1.2)
_SPARSE = 0.7  # of the bytes are zero: runs are worth a try


def frame_head(length: int) -> bytes:
    """Give the head of a zstd frame of one segment with that many bytes (RFC 8878, 3.1.1.1)."""
    if length < 256:  # noqa: PLR2004
        return bytes((0x20, length))
    return b"\x60" + (length - 256).to_bytes(2, "little")


def pack(z: Words, contexts: Contexts, heads: list[bytes], *, shaped: bool = True) -> list[bytes]:
    """Pack each row of ``z`` (r, m) behind its head.

    Without ``shaped`` nothing is known of the spread of residuals, and zstd's own table is tried
    on every row.
    """
    m = z.shape[1]
    if not m:
        return [head + _NO_WORDS for head in heads]
    top = z.max(axis=1)
    z, outliers = _without_outliers(z, top)
    if outliers:
        top = z.max(axis=1)
    nibbles = ((_bit_lengths(top) - _BYTE + _NIBBLE - 1) // _NIBBLE).clip(0, _MAX_NIBBLES)
    high, lows = _split(z, nibbles)
    coded = _code_all(high, top, contexts, shaped=shaped)
    flags = nibbles.tolist()
    for row, extra in outliers.items():
        flags[row] |= _OUTLIERS
        lows[row] = extra + lows[row]
    return [
        b"".join((head, coder, _BYTES[flag], low, payload))
        for head, (coder, payload), flag, low in zip(heads, coded, flags, lows, strict=True)
    ]


def _code_all(
    high: ByteRows, top: npt.NDArray[Any], contexts: Contexts, *, shaped: bool
) -> list[_Coded]:
    """Code the high bytes of all rows, two to a byte where they are small."""
    wide = top >= 1 << _NIBBLE
    if wide.all():
        return _code(high, _BYTE, contexts, shaped=shaped)
    done: list[_Coded] = [(_BYTES[_NOTHING], b"")] * len(high)
    for width, members in (
        (_BYTE, np.flatnonzero(wide)),
        (_NIBBLE, np.flatnonzero(~wide & (top > 0))),
    ):
        if len(members):
            part = high[members] if width == _BYTE else _pairs(high[members])
            coded = _code(part, width, contexts, shaped=shaped)
            for row, one in zip(members.tolist(), coded, strict=True):
                done[row] = one
    return done


def _bit_lengths(x: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    # frexp on a float may round 2**53 - 1 up: one bit too many is only one nibble too many.
    return np.frexp(x.astype(np.float64))[1].astype(np.int64)


def _without_outliers(z: Words, top: npt.NDArray[Any]) -> tuple[Words, dict[int, bytes]]:
    """Set aside what is far above the rest of its row, where that makes the row shorter."""
    m = z.shape[1]
    if m < 64:  # noqa: PLR2004 -- too few to tell what is far
        return z, {}
    # Every fourth is enough to tell what is usual, and an outlier is mostly not among them.
    usual = z[:, ::_SAMPLED].sum(axis=1, dtype=np.float64) * (_SAMPLED / m)
    suspects = np.flatnonzero((top >> np.array(_BYTE, z.dtype) > 0) & (top > _FAR * usual))
    found: dict[int, bytes] = {}
    for row in suspects.tolist():
        values = z[row]
        typical = int(np.median(values)).bit_length() + 3
        limit = _BYTE + _NIBBLE * max(0, -(-(typical - _BYTE) // _NIBBLE))
        places = np.flatnonzero(values >> np.array(limit, values.dtype)) if limit < 63 else ()  # noqa: PLR2004
        saved = (int(top[row]).bit_length() - limit) // _NIBBLE * m // 2
        if not 0 < len(places) <= _MAX_OUTLIERS or len(places) * 10 >= saved:
            continue
        if not found:
            z = z.copy()
        found[row] = (
            bytes((len(places),))
            + np.asarray(places).astype("<u2").tobytes()
            + values[places].astype("<u8").tobytes()
        )
        z[row, places] = 0
    return z, found


def _split(z: Words, nibbles: npt.NDArray[np.int64]) -> tuple[ByteRows, list[bytes]]:
    """Part each row into its high bytes, and its low nibbles as bytes."""
    rows = len(z)
    lows = [b""] * rows
    if not nibbles.any():
        return z.astype(np.uint8), lows
    high: ByteRows = (z >> (nibbles * _NIBBLE).astype(z.dtype)[:, None]).astype(np.uint8)
    for count in np.unique(nibbles[nibbles > 0]).tolist():
        members = np.flatnonzero(nibbles == count)
        packed = _low_bytes(z[members] if len(members) < rows else z, count)
        for row, low in zip(members.tolist(), packed, strict=True):
            lows[row] = low.tobytes()
    return high, lows


def _low_bytes(z: Words, nibbles: int) -> ByteRows:
    planes = []
    odd = nibbles & 1
    if odd:
        planes.append(_pairs(z.astype(np.uint8) & np.uint8(15)))
    planes += [
        (z >> np.array(_NIBBLE * odd + _BYTE * j, z.dtype)).astype(np.uint8)
        for j in range(nibbles // 2)
    ]
    return planes[0] if len(planes) == 1 else np.concatenate(planes, axis=1)


def _low_size(m: int, nibbles: int) -> int:
    return (m + 1) // 2 * (nibbles & 1) + m * (nibbles // 2)


def _pairs(x: ByteRows) -> ByteRows:
    """Put two nibbles to a byte: the first half of the row low, the second half high."""
    half = (x.shape[1] + 1) // 2
    both = x[:, :half].copy()
    both[:, : x.shape[1] - half] |= x[:, half:] << np.uint8(_NIBBLE)
    return both


def _unpairs(both: ByteRows, m: int) -> ByteRows:
    return np.concatenate([both & np.uint8(15), both >> np.uint8(_NIBBLE)], axis=1)[:, :m]


def _code(high: ByteRows, width: int, contexts: Contexts, *, shaped: bool) -> list[_Coded]:
    """Choose a coder for each row of bytes and use it."""
    rows, length = high.shape
    sample = high[:, ::_SAMPLED]
    of_row = (np.arange(rows) << _BYTE)[:, None]
    counts = np.bincount((sample + of_row).ravel(), minlength=rows << _BYTE).reshape(rows, -1)
    bits = counts.astype(np.float32) @ _COST_BY_WIDTH[width]
    choice = bits.argmin(axis=1)
    cost = bits[np.arange(rows), choice] / (_BYTE * sample.shape[1])
    also_plain = (counts[:, 0] > _SPARSE * sample.shape[1]) | (not shaped)
    doubtful = np.flatnonzero(cost > _HARDLY)
    if len(doubtful):
        # A smooth shape that is wide gains nothing more; one of few symbols, or of runs, does.
        distinct = np.count_nonzero(counts[doubtful], axis=1)
        also_plain[doubtful] |= distinct < _FEW * sample.shape[1]
    raw = _BYTES[_RAW if width == _BYTE else _RAW_PAIRS]
    zstd = _BYTES[_ZSTD if width == _BYTE else _ZSTD_PAIRS]
    numbers = _BY_WIDTH[width][choice].tolist()
    tools = contexts.compressors(numbers)
    frames = [tool.compress(row) for tool, row in zip(tools, high, strict=True)]
    expected = frame_head(length)
    head = len(expected)
    # One compressed block that is the last: its head can be written again when reading.
    coded = [
        (_BYTES[_FIRST_DICTIONARY + number], frame[head + 3 :])
        if len(frame) < length and frame[head] & 7 == _LAST_COMPRESSED and frame[:head] == expected
        else (raw, row.tobytes())
        for frame, number, row in zip(frames, numbers, high, strict=True)
    ]
    for row in np.flatnonzero(also_plain).tolist():
        frame = contexts.compressor(None).compress(high[row])
        if len(frame) - head < len(coded[row][1]) and frame[:head] == expected:
            coded[row] = zstd, frame[head:]
    return coded


class _Read(NamedTuple):
    """Rows on their way back: what was found in each, in the order of the rows."""

    nibbles: list[int]
    lows: list[bytes]
    high: ByteRows
    outliers: dict[int, tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint64]]]


def unpack(blobs: list[bytes], at: list[int], m: int, contexts: Contexts) -> Words:
    """Undo ``pack``: the row of ``blobs[i]`` begins at ``at[i]`` and runs to the blob's end.

    Gives (r, m), uint32 when all rows fit, else uint64. Raises ValueError, IndexError or
    zstandard.ZstdError for bytes that ``pack`` did not make.
    """
    if not m:
        return np.zeros((len(blobs), 0), np.uint32)
    read = _read(blobs, at, m, contexts)
    widest = max(read.nibbles, default=0)
    z: Words
    far = max((int(values.max(initial=0)) for _, values in read.outliers.values()), default=0)
    if widest > _NARROW_NIBBLES or far >= _U32:
        z = read.high.astype(np.uint64)
    else:
        z = read.high.astype(np.uint32)
    if widest:
        _join_lows(z, read)
    for row, (places, values) in read.outliers.items():
        z[row, places] = values
    return z


def _join_lows(z: Words, read: _Read) -> None:
    """Put the low nibbles below the high bytes; quickest where rows with as many lie together."""
    nibbles = np.array(read.nibbles)
    breaks = np.flatnonzero(nibbles[1:] != nibbles[:-1]) + 1
    for begin, end in pairwise((0, *breaks.tolist(), len(nibbles))):
        count = read.nibbles[begin]
        if count:
            _join_low(z[begin:end], b"".join(read.lows[begin:end]), count)


def _join_low(part: Words, joined: bytes, count: int) -> None:
    m = part.shape[1]
    half = (m + 1) // 2
    low = np.frombuffer(joined, np.uint8).reshape(len(part), _low_size(m, count))
    part <<= part.dtype.type(count * _NIBBLE)
    start = 0
    if count & 1:
        start = half
        nibble = np.empty(part.shape, np.uint8)
        np.bitwise_and(low[:, :half], np.uint8(15), out=nibble[:, :half])
        np.right_shift(low[:, : m - half], np.uint8(_NIBBLE), out=nibble[:, half:])
        part |= nibble
    for j in range(count // 2):
        plane = low[:, start + j * m : start + (j + 1) * m]
        shift = part.dtype.type(_NIBBLE * (count & 1) + _BYTE * j)
        part |= plane.astype(part.dtype) << shift if shift else plane


def _read(blobs: list[bytes], at: list[int], m: int, contexts: Contexts) -> _Read:
    nibbles: list[int] = []
    lows: list[bytes] = []
    highs: list[bytes] = []
    paired: list[int] = []
    outliers: dict[int, tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint64]]] = {}
    half = (m + 1) // 2
    sizes = [_low_size(m, count) for count in range(_MAX_NIBBLES + 1)]
    heads = {_BYTE: frame_head(m), _NIBBLE: frame_head(half)}
    tools = _Tools(heads, contexts)
    for row, (blob, start) in enumerate(zip(blobs, at, strict=True)):
        coder, count, begin = blob[start], blob[start + 1], start + 2
        if count >= _OUTLIERS:
            count -= _OUTLIERS
            begin, outliers[row] = _read_outliers(blob, begin, m)
        nibbles.append(count)
        payload = begin + sizes[count]  # IndexError: the residuals are too wide
        lows.append(blob[begin:payload])
        if coder >= _FIRST_DICTIONARY:
            head, decompress = tools[coder]
            block = (len(blob) - payload << 3 | _LAST_COMPRESSED).to_bytes(3, "little")
            high = decompress(head + block + blob[payload:])
        else:
            width = _NIBBLE if coder in (_RAW_PAIRS, _ZSTD_PAIRS) else _BYTE
            high = _read_plain(coder, blob[payload:], m, heads[width], contexts)
            if len(high) != (m if width == _BYTE else half):
                raise ValueError("chunk is damaged: a column has the wrong length")
        if len(high) != m:
            paired.append(row)
            high += bytes(m - half)
        highs.append(high)
    joined = b"".join(highs)
    if len(joined) != m * len(blobs):
        raise ValueError("chunk is damaged: a column has the wrong length")
    table = np.frombuffer(joined, np.uint8).reshape(len(blobs), m)
    if paired:
        table = table.copy()
        table[paired] = _unpairs(table[paired, :half], m)
    return _Read(nibbles, lows, table, outliers)


class _Tools(dict[int, tuple[bytes, Callable[[bytes], bytes]]]):
    """Of each coder with a dictionary: the head of its frames, and what decompresses them."""

    def __init__(self, heads: dict[int, bytes], contexts: Contexts) -> None:
        super().__init__()
        self._heads = heads
        self._contexts = contexts

    def __missing__(self, coder: int) -> tuple[bytes, Callable[[bytes], bytes]]:
        number = coder - _FIRST_DICTIONARY
        tool = self._heads[TABLES[number][0]], self._contexts.decompressor(number).decompress
        self[coder] = tool
        return tool


def _read_plain(coder: int, payload: bytes, m: int, head: bytes, contexts: Contexts) -> bytes:
    if coder == _NOTHING:
        return bytes(m)
    if coder in (_RAW, _RAW_PAIRS):
        return payload
    if coder in (_ZSTD, _ZSTD_PAIRS):
        return contexts.decompressor(None).decompress(head + payload)
    raise ValueError("chunk is damaged: unknown coder")


def _read_outliers(
    blob: bytes, at: int, m: int
) -> tuple[int, tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint64]]]:
    count = blob[at]
    places = np.frombuffer(blob, "<u2", count, at + 1)
    values = np.frombuffer(blob, "<u8", count, at + 1 + 2 * count)
    if count and int(places.max()) >= m:
        raise ValueError("chunk is damaged: an outlier lies outside")
    return at + 1 + 10 * count, (places, values)
