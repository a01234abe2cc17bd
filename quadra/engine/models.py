"""Versions of the field that were saved: listed, loaded, promoted, rolled back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

MAX_VERSIONS = 200


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A saved field. Times in unix seconds; ``loss`` is None where none was known yet."""

    version: str
    created_at: float
    description: str
    sha256: str
    size_bytes: int
    field_size: int
    seed: int
    iteration: int
    loss: float | None
    series: tuple[str, ...]
    step_seconds: float


class ModelStore(Protocol):
    """Where versions are kept; blocking; raises StorageError."""

    def save(self, model: ModelVersion, content: bytes) -> None:
        """Keep a new version; raises ConflictError when there are ``MAX_VERSIONS`` already."""

    def all(self) -> list[ModelVersion]:
        """Give all versions whose description can be read, the newest first."""

    def read(self, version: str) -> tuple[ModelVersion, bytes]:
        """Give a version and its bytes, unchecked; raises NotFoundError."""

    def remove(self, version: str) -> None:
        """Drop a version; raises NotFoundError."""

    def promoted(self) -> list[tuple[str, float]]:
        """Give the versions promoted to production and when, the present one last."""

    def promote(self, version: str, now: float) -> None:
        """Make a version the one in production; raises NotFoundError."""

    def roll_back(self) -> str:
        """Make the version promoted before the one in production; raises ConflictError."""

    def keep_state(self, content: bytes) -> None:
        """Keep the field that is training, so that a restart goes on from it."""

    def kept_state(self) -> bytes | None:
        """Give what was kept."""
