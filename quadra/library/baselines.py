"""What a detection system has learned, as a file: JSON with a version and a checksum."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_FORMAT: Final = "quadra-baselines"
_VERSION: Final = 1
_MOST_BYTES: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was learned of one metric: values, (seconds, value) pairs, and a detector's state."""

    values: list[float]
    points: list[tuple[float, float]]
    state: bytes


def save(path: Path, learned: Mapping[str, Baseline]) -> None:
    """Write baselines to ``path``, whole or not at all. Raises OSError."""
    metrics = {
        name: {
            "values": one.values,
            "points": [list(point) for point in one.points],
            "state": base64.b64encode(one.state).decode("ascii"),
        }
        for name, one in learned.items()
    }
    head = {"format": _FORMAT, "version": _VERSION, "sha256": _checksum(metrics)}
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(head | {"metrics": metrics}, file)
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def load(path: Path) -> dict[str, Baseline]:
    """Read what ``save`` wrote.

    Raises:
        OSError: The file can't be read.
        ValueError: It is damaged, or no file of baselines, or of another version.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"{path.name}: larger than any file of baselines")
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, RecursionError, json.JSONDecodeError) as error:
        raise ValueError(f"{path.name}: not JSON, so no file of baselines") from error
    if not isinstance(said, dict) or said.get("format") != _FORMAT:
        raise ValueError(f"{path.name}: not a file of baselines")
    if said.get("version") != _VERSION:
        raise ValueError(
            f"{path.name}: version {said.get('version')!r}; this Quadra reads {_VERSION}"
        )
    metrics = said.get("metrics")
    if not isinstance(metrics, dict) or _checksum(metrics) != said.get("sha256"):
        raise ValueError(f"{path.name}: damaged, its checksum differs; save the baselines anew")
    try:
        return {str(name): _baseline(one) for name, one in metrics.items()}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name}: damaged, a metric has parts missing") from error


def _baseline(one: Any) -> Baseline:
    return Baseline(
        [float(value) for value in one["values"]],
        [(float(at), float(value)) for at, value in one["points"]],
        base64.b64decode(one["state"], validate=True),
    )


def _checksum(metrics: Mapping[str, object]) -> str:
    text = json.dumps(metrics, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
