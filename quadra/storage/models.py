"""Versions of the field as files: `VERSION.npz`, its description, and what is in production."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from quadra.engine.models import MAX_VERSIONS, ModelVersion
from quadra.errors import ConflictError, NotFoundError, StorageError

_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")
_PROMOTIONS = "production.json"
_STATE = "training-state.bin"
_KEPT_PROMOTIONS = 50


class FolderModels:
    """Implements ``engine.models.ModelStore``; each file appears whole or not at all."""

    def __init__(self, folder: Path) -> None:
        """Wire the store; the folder is made when something is first kept."""
        self._folder = folder

    def save(self, model: ModelVersion, content: bytes) -> None:
        """Keep a new version."""
        with _wrapped_errors():
            if len(list(self._folder.glob("*.npz"))) >= MAX_VERSIONS:
                msg = f"There are {MAX_VERSIONS} model versions already; remove one first."
                raise ConflictError(msg, code="too_many_models")
            # The description comes last: a version without one was never saved.
            self._write(f"{model.version}.npz", content)
            self._write(f"{model.version}.json", orjson.dumps(asdict(model)))

    def all(self) -> list[ModelVersion]:
        """Give all versions whose description can be read, the newest first."""
        with _wrapped_errors():
            found = [self._described(path) for path in self._folder.glob("*.json")]
        known = [model for model in found if model is not None]
        return sorted(known, key=lambda model: model.created_at, reverse=True)

    def read(self, version: str) -> tuple[ModelVersion, bytes]:
        """Give a version and its bytes, unchecked."""
        with _wrapped_errors():
            path = self._path(version)
            model = self._described(path.with_suffix(".json"))
            if model is None:
                raise _unknown(version)
            return model, path.read_bytes()

    def remove(self, version: str) -> None:
        """Drop a version."""
        with _wrapped_errors():
            path = self._path(version)
            path.with_suffix(".json").unlink(missing_ok=True)
            path.unlink()

    def promoted(self) -> list[tuple[str, float]]:
        """Give the versions promoted to production and when, the present one last."""
        with _wrapped_errors():
            try:
                kept = orjson.loads((self._folder / _PROMOTIONS).read_bytes())
                return [(str(one["version"]), float(one["promoted_at"])) for one in kept]
            except FileNotFoundError:
                return []
            except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
                return []  # a damaged list names nothing; the versions themselves are there

    def promote(self, version: str, now: float) -> None:
        """Make a version the one in production."""
        self.read(version)
        self._keep_promotions([*self.promoted(), (version, now)])

    def roll_back(self) -> str:
        """Make the version promoted before the one in production."""
        there = {model.version for model in self.all()}
        past = self.promoted()
        while past:
            past.pop()
            if past and past[-1][0] in there:
                self._keep_promotions(past)
                return past[-1][0]
        msg = "No earlier version was in production; promote one instead."
        raise ConflictError(msg, code="nothing_to_roll_back")

    def keep_state(self, content: bytes) -> None:
        """Keep the field that is training."""
        with _wrapped_errors():
            self._write(_STATE, content)

    def kept_state(self) -> bytes | None:
        """Give what was kept."""
        with _wrapped_errors():
            try:
                return (self._folder / _STATE).read_bytes()
            except FileNotFoundError:
                return None

    def _path(self, version: str) -> Path:
        path = self._folder / f"{version}.npz"
        if not _NAME.fullmatch(version) or not path.is_file():
            raise _unknown(version)
        return path

    def _described(self, path: Path) -> ModelVersion | None:
        if path.name == _PROMOTIONS or not path.with_suffix(".npz").is_file():
            return None
        try:
            about: dict[str, Any] = orjson.loads(path.read_bytes())
            model = ModelVersion(**{**about, "series": tuple(about["series"])})
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
            return None  # not ours, or not whole
        return model if model.version == path.stem else None

    def _keep_promotions(self, past: list[tuple[str, float]]) -> None:
        listed = [{"version": v, "promoted_at": at} for v, at in past[-_KEPT_PROMOTIONS:]]
        with _wrapped_errors():
            self._write(_PROMOTIONS, orjson.dumps(listed))

    def _write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / name
        fresh = path.with_name(f".{name}.{os.getpid()}")
        try:
            with fresh.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise


def _unknown(version: str) -> NotFoundError:
    return NotFoundError(f"There is no model version {version!r}.", code="unknown_model")


@contextmanager
def _wrapped_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        msg = f"MODELS_DIR: the models can't be read or written ({error.strerror})."
        raise StorageError(msg, code="models_unavailable", retry_after=5) from error
