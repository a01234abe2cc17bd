"""What both versions of remote write share: unpacking, bounds, and putting the batch together."""

from __future__ import annotations

from typing import NoReturn

import cramjam
import numpy as np

from quadra.errors import InvalidError, MalformedError, TooLargeError
from quadra.intake.received import (
    Received,
    Rejections,
    SlotArray,
    believable,
    distinct_metadata,
    make_batch,
)
from quadra.intake.remote_write.labels import MAX_LABELS_READ, LabelCache
from quadra.intake.wire import varint
from quadra.telemetry.batch import TimeArray, ValueArray
from quadra.telemetry.metadata import Metadata

MAX_PARTS = 200_000
TYPES = (
    "unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset",
)  # fmt: skip

_MOST_EXPANSION = 24  # three bytes of snappy never become more than 64
_SLACK = 64


def unpack_snappy(body: bytes, limit: int) -> bytes:
    """Undo snappy (the block format), which says beforehand how long the message is.

    Raises TooLargeError beyond ``limit``, before anything of that size is made, and
    MalformedError when the length is a lie or the rest is damaged.
    """
    try:
        size, _ = varint(body, 0)
    except MalformedError:
        raise _bad_snappy() from None
    if size > limit:
        msg = f"The body opens to more than {limit} bytes (MAX_UNPACKED_BYTES)."
        raise TooLargeError(msg)
    if size > len(body) * _MOST_EXPANSION + _SLACK:
        raise _bad_snappy()
    try:
        return bytes(cramjam.snappy.decompress_raw(body))
    except cramjam.DecompressionError:
        raise _bad_snappy() from None


def claimed_size(body: bytes) -> int:
    """Give the bytes that a snappy body says it opens to; 0 when it says nothing sensible."""
    try:
        return varint(body, 0)[0]
    except MalformedError:
        return 0


def _bad_snappy() -> MalformedError:
    return MalformedError("The body is not snappy, or is damaged.", code="bad_snappy")


def refuse_histograms() -> NoReturn:
    """Refuse a request with native histograms: nothing of it is stored."""
    msg = (
        "Native histograms are not kept here, and nothing of this request was stored. Set "
        "send_native_histograms: false for this remote write, or keep the classic histograms."
    )
    raise InvalidError(msg, code="native_histograms_unsupported")


def refuse_parts() -> NoReturn:
    """Refuse a request of too many series and other parts."""
    msg = f"More than {MAX_PARTS} series in one request; send them in parts."
    raise InvalidError(msg, code="too_many_series_at_once")


def refuse_labels() -> NoReturn:
    """Refuse a request with a series of labels without end."""
    msg = f"A series has more than {MAX_LABELS_READ} labels. Nothing of this request was stored."
    raise InvalidError(msg, code="too_many_labels")


def type_name(number: int) -> str:
    """Give the name of a metric type; what is not known is unknown."""
    return TYPES[number] if number < len(TYPES) else TYPES[0]


def finish(
    slots: list[int],
    columns: tuple[SlotArray, TimeArray, ValueArray],
    *,
    now: float,
    cache: LabelCache,
    metadata: list[Metadata | None],
    exemplars: int = 0,
) -> Received:
    """Leave out refused series and unbelievable times, and hand over the rest."""
    counts, t, v = columns
    rejections = Rejections()
    if slots and min(slots) < 0:
        owners = np.array(slots, np.int64)
        fine = owners >= 0
        for region in np.flatnonzero(~fine).tolist():
            cache.refuse(slots[region], int(counts[region]), rejections)
        mask = np.repeat(fine, counts)
        slots, counts, t, v = owners[fine].tolist(), counts[fine], t[mask], v[mask]
    keep = believable(t, now, rejections)
    if keep is not None:
        owners = np.repeat(np.arange(len(counts)), counts)
        counts = np.bincount(owners[keep], minlength=len(counts))
        t, v = t[keep], v[keep]
    return Received(
        batch=make_batch(slots, counts, t, v, keys=cache.keys, source="remote_write"),
        metadata=distinct_metadata(metadata),
        rejected=rejections.total,
        reasons=rejections.reasons,
        message=rejections.message,
        exemplars=exemplars,
    )
