"""A chart as PNG, without a plotting library: lines, bands, marks and capitals, pixel by pixel."""

from __future__ import annotations

import struct
import zlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Colour = tuple[int, int, int]

WIDTH, HEIGHT, MARGIN = 1_000, 260, 34
LINE: Colour = (31, 92, 153)
KNOWN: Colour = (252, 215, 205)
ALERT: Colour = (200, 30, 30)
TEXT: Colour = (60, 60, 60)
_SCALE = 2

# Capitals and digits of three by five dots, one octal digit a row of dots, from the top.
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/:%()"
_DOTS = (
    "2575565656346436555674647746443455355755722271115255655444475775565555255526564425563"
    "6565534216722225555755552557755525555222712472555226227612476121655711746163465271122"
    "25252253160000200700000071124402020512451222142224"
)
_GLYPHS = {letter: _DOTS[5 * i : 5 * i + 5] for i, letter in enumerate(_LETTERS)}


class Picture:
    """Charts one below another, each of the same time span."""

    def __init__(self, charts: int) -> None:
        """Make room for so many charts."""
        self.dots = np.full((HEIGHT * charts, WIDTH, 3), 255, np.uint8)

    def chart(
        self, place: int, title: str, values: Floats, *, known: list[tuple[int, int]],
        alerts: list[int],
    ) -> None:  # fmt: skip
        """Draw ``values`` as a line; ``known`` are spans of rows, ``alerts`` are rows."""
        area = self.dots[place * HEIGHT : (place + 1) * HEIGHT]
        n = max(len(values), 2)
        seen = values[np.isfinite(values)]
        low, high = (float(seen.min()), float(seen.max())) if len(seen) else (0.0, 1.0)
        spread = high - low or 1.0
        x = MARGIN + np.arange(len(values)) * (WIDTH - 2 * MARGIN) // (n - 1)
        y = HEIGHT - MARGIN - np.rint((values - low) / spread * (HEIGHT - 2 * MARGIN))
        for first, last in known:
            area[MARGIN : HEIGHT - MARGIN, x[first] - 1 : x[last] + 2] = KNOWN
        for at, (here, there) in enumerate(pairwise(y)):
            if np.isfinite(here) and np.isfinite(there):
                top, bottom = sorted((int(here), int(there)))
                area[top : bottom + 1, x[at] : x[at + 1] + 1][:, -1:] = LINE
                area[int(here), x[at] : x[at + 1] + 1] = LINE
        for row in alerts:
            area[MARGIN - 8 : MARGIN, x[row] - 1 : x[row] + 2] = ALERT
        _write(area, 6, MARGIN, title)
        _write(area, HEIGHT - MARGIN + 8, MARGIN, f"{low:.4g} - {high:.4g}")

    def save(self, path: Path) -> None:
        """Write the picture as PNG (RFC 2083: 8 bits a channel, RGB, no filter)."""
        height, width, _ = self.dots.shape
        rows = np.zeros((height, 1 + 3 * width), np.uint8)
        rows[:, 1:] = self.dots.reshape(height, -1)
        path.write_bytes(
            b"\x89PNG\r\n\x1a\n"
            + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + _chunk(b"IDAT", zlib.compress(rows.tobytes(), 6))
            + _chunk(b"IEND", b"")
        )


def _chunk(kind: bytes, body: bytes) -> bytes:
    check = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)


def _write(area: npt.NDArray[np.uint8], top: int, left: int, text: str) -> None:
    for letter in text.upper()[:100]:
        for row, dots in enumerate(_GLYPHS.get(letter, "00000")):
            for column in range(3):
                if int(dots, 8) >> (2 - column) & 1:
                    y, x = top + row * _SCALE, left + column * _SCALE
                    area[y : y + _SCALE, x : x + _SCALE] = TEXT
        left += 4 * _SCALE
