"""How a series of Quadra is called in the store, and back.

Every series carries one label more, ``quadra_series``: the digest of its name and labels. By it
alone Quadra finds the series again, so nothing that a store does to labels (stores cap their
number, cut long values, drop empty ones) can make one series of two.
"""

from __future__ import annotations

from collections.abc import Iterable

from quadra.telemetry.series import SeriesKey, digest

IDENTITY = "quadra_series"
MAX_LABELS_SENT = 28
"""With the name and the identity 30, which the stores take by default."""

_CONTINUES = 0x80


def identity(key: SeriesKey) -> str:
    """Give the value of the identifying label: 32 hexadecimal digits."""
    return digest(key).hex()


def label_block(key: SeriesKey) -> bytes:
    """Encode a series' labels as the Label fields of a TimeSeries, sorted by name."""
    name, labels = key
    sent = [pair for pair in labels if pair[0] != IDENTITY][:MAX_LABELS_SENT]
    pairs = sorted([("__name__", name), (IDENTITY, identity(key)), *sent])
    return b"".join(field(1, _text(1, label) + _text(2, value)) for label, value in pairs)


def selector(identities: Iterable[str]) -> str:
    """Write the selector that means these series."""
    return f'{{{IDENTITY}=~"{"|".join(identities)}"}}'


def field(number: int, payload: bytes) -> bytes:
    """Encode a length-delimited protobuf field."""
    return bytes([number << 3 | 2]) + varint(len(payload)) + payload


def varint(value: int) -> bytes:
    """Encode an unsigned protobuf varint."""
    out = bytearray()
    while value >= _CONTINUES:
        out.append(value & 0x7F | _CONTINUES)
        value >>= 7
    out.append(value)
    return bytes(out)


def _text(number: int, text: str) -> bytes:
    return field(number, text.encode())
