"""Sizes as people write them: ``20GB``, ``500MiB``, ``95%``."""

from __future__ import annotations

import re

_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40}
_WHOLE = re.compile(r"(\d{1,12}(?:\.\d{1,3})?) ?([KMGT]I?B|B)", re.IGNORECASE)
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,3})?) ?%")


def parse_budget(text: str) -> int | float:
    """Give bytes (int), or a share of the whole (float, 0 to 1); raises ValueError."""
    share = _SHARE.fullmatch(text)
    if share and 0 < float(share[1]) <= 100:  # noqa: PLR2004 - per cent
        return float(share[1]) / 100
    found = _WHOLE.fullmatch(text)
    if found is None or float(found[1]) == 0:
        msg = "write bytes such as 20GB or 500MiB, or a share of the file system such as 95%"
        raise ValueError(msg)
    return round(float(found[1]) * _UNITS[found[2].upper()])


def shown(size: float) -> str:
    """Write bytes for people: ``1.5 GB``."""
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1000:  # noqa: PLR2004 - the next unit
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
