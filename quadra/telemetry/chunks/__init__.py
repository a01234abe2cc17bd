"""The history's chunk codec: samples of one series as few bytes, back again bit for bit."""

from quadra.telemetry.chunks.codec import (
    MAX_COUNT,
    Bounds,
    Chunk,
    cut,
    decode,
    decode_many,
    decode_values,
    encode,
    encode_many,
)

__all__ = [
    "MAX_COUNT",
    "Bounds",
    "Chunk",
    "cut",
    "decode",
    "decode_many",
    "decode_values",
    "encode",
    "encode_many",
]
