"""How each target does, told by the process that scrapes to those that only answer for it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from quadra.engine.ports import Clock, Runtime
from quadra.engine.targets import Target, TargetState, TargetStore
from quadra.errors import StorageError
from quadra.telemetry.series import digest

log = logging.getLogger(__name__)

KEEP_EVERY_S = 2.0
FRESH_S = 1.0


def key_of(target: Target) -> str:
    """Name a target by what tells it from all others."""
    return digest(("up", target.identity)).hex()


class TargetStates:
    """Keeps the states where all processes find them. Used from the loop."""

    def __init__(
        self, store: TargetStore, runtime: Runtime, monotonic: Clock, is_ours: Callable[[], bool]
    ) -> None:
        """Wire; ``is_ours`` says whether this process scrapes."""
        self._store = store
        self._runtime = runtime
        self._monotonic = monotonic
        self._is_ours = is_ours
        self._kept: dict[str, Any] = {}
        self._read: dict[str, Any] = {}
        self._read_at = float("-inf")

    def keep_forever(self, own: Callable[[], Mapping[str, TargetState]]) -> None:
        """Write what has changed every few seconds; for a task of its own."""
        while True:
            self._runtime.sleep(KEEP_EVERY_S)
            try:
                self.keep(own())
            except StorageError:
                log.debug("The states of targets were not kept this time", exc_info=True)
            except Exception:
                log.exception("The states of targets could not be kept")

    def keep(self, own: Mapping[str, TargetState]) -> None:
        """Write the states if they have changed; raises StorageError."""
        states = {key: asdict(state) for key, state in own.items()}
        if self._is_ours() and states != self._kept:
            self._runtime.offload(self._store.keep_states, states)
            self._kept = states

    def seen_from_here(self, target: Target, own: TargetState) -> TargetState:
        """Give how a target does: as this process knows, or as the one that scrapes has told."""
        if self._is_ours():
            return own
        if self._monotonic() - self._read_at > FRESH_S:
            try:
                self._read = self._runtime.offload(self._store.states)
                self._read_at = self._monotonic()
            except StorageError:
                log.debug("The states of targets could not be read", exc_info=True)
        told = self._read.get(key_of(target))
        return own if told is None else TargetState(**told)
