"""One list of what happened: what Quadra notices itself, and marks that people post."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from quadra.engine.alerting import Page
from quadra.engine.ports import Clock, Runtime
from quadra.errors import Fault, InvalidError, StorageError

log = logging.getLogger(__name__)

OWN_KINDS = (
    "alert_fired", "alert_cleared", "anomaly", "model", "restart", "rule", "silence",
)  # fmt: skip
"""What Quadra notes itself; people's marks have other kinds: deploy, flag, config, incident, …"""
MAX_HAPPENINGS = 200_000
MAX_TITLE, MAX_TEXT, MAX_LABELS = 200, 1_000, 16
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,19}")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,99}")
_FUTURE_S = 300.0
_FIELDS = ("title", "kind", "text", "labels", "at", "by")


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened at a time (unix seconds).

    ``key`` makes it one however often it is told; ``ref`` names the alert, anomaly or version.
    """

    at: float
    kind: str
    title: str
    key: str
    text: str = ""
    severity: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    by: str = ""
    ref: str = ""
    id: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Give it as the API and the live stream show it."""
        return {
            "id": self.id,
            "at": self.at,
            "kind": self.kind,
            "title": self.title,
            "text": self.text,
            "severity": self.severity,
            "labels": dict(self.labels),
            "by": self.by,
            "ref": self.ref,
        }


@dataclass(frozen=True, slots=True)
class HappeningQuestion:
    """Which are asked for; times in unix seconds, ``after`` as ``Page.next``."""

    kinds: tuple[str, ...] = ()
    start: float | None = None
    end: float | None = None
    after: int | None = None
    limit: int = 200


class HappeningStore(Protocol):
    """Where they are kept; blocking; raises StorageError."""

    def happenings(self, question: HappeningQuestion) -> Page:
        """Give them, the newest first."""

    def add(self, happening: Happening, now: float) -> Happening:
        """Keep and announce one; gives the former one when its key is known."""


class Happenings:
    """The API's way to what happened. Used from the loop."""

    def __init__(
        self, store: HappeningStore, runtime: Runtime, clock: Clock, told: Callable[[], None]
    ) -> None:
        """Wire; ``told`` says that something was announced."""
        self._store = store
        self._runtime = runtime
        self._clock = clock
        self._told = told

    def list(self, question: HappeningQuestion) -> Page:
        """Give what happened, the newest first."""
        return self._runtime.offload(self._store.happenings, question)

    def add(self, happening: Happening) -> Happening:
        """Keep one, and let all consoles hear of it; raises StorageError."""
        kept = self._runtime.offload(self._store.add, happening, self._clock())
        self._told()
        return kept

    def note(self, kind: str, title: str, *, text: str = "", by: str = "", ref: str = "") -> None:
        """Note that Quadra did something; what was done stays done where this can't be kept."""
        now = self._clock()
        key = f"{kind}:{ref}:{now:.6f}"
        try:
            self.add(Happening(now, kind, title[:MAX_TITLE], key[:100], text, by=by, ref=ref))
        except StorageError:
            log.warning("What happened could not be noted: %s", kind)


def happening_from(wish: Mapping[str, object], now: float, by: str) -> Happening:
    """Read a mark as it was posted; raises InvalidError that names every fault."""
    faults = [Fault(None, name[:60], "no such field") for name in wish if name not in _FIELDS]
    title = _text(wish, "title", MAX_TITLE, faults, needed=True)
    text = _text(wish, "text", MAX_TEXT, faults)
    who = _text(wish, "by", 100, faults) or by
    kind = wish.get("kind", "deploy")
    if not isinstance(kind, str) or not _KIND.fullmatch(kind) or kind in OWN_KINDS:
        reason = f"use a word of a-z, 0-9, _ and -, other than {', '.join(OWN_KINDS)}"
        faults.append(Fault(None, "kind", reason))
    at = wish.get("at", now)
    if isinstance(at, bool) or not isinstance(at, (int, float)) or not 0 <= at <= now + _FUTURE_S:
        faults.append(Fault(None, "at", "unix seconds are needed, not of the future"))
        at = now
    labels = _labels(wish.get("labels", {}))
    if labels is None:
        faults.append(Fault(None, "labels", f"an object of at most {MAX_LABELS} texts is needed"))
    if faults:
        raise InvalidError(f"{faults[0].field}: {faults[0].reason}.", faults=tuple(faults))
    key = f"{kind}:{at:.3f}:{title}"
    return Happening(float(at), str(kind), title, key, text, labels=labels or {}, by=who)


def _text(
    wish: Mapping[str, object], name: str, most: int, faults: list[Fault], *, needed: bool = False
) -> str:
    value = wish.get(name, "")
    if not isinstance(value, str) or len(value) > most or (needed and not value.strip()):
        faults.append(Fault(None, name, f"a text of at most {most} characters is needed"))
        return ""
    if "\0" in value:
        faults.append(Fault(None, name, "NUL can't be kept"))
        return ""
    return value.strip()


def _labels(labels: object) -> dict[str, str] | None:
    if not isinstance(labels, dict) or len(labels) > MAX_LABELS:
        return None
    for name, value in labels.items():
        if not isinstance(name, str) or not _LABEL.fullmatch(name) or not isinstance(value, str):
            return None
        if len(value) > MAX_TITLE or "\0" in value:
            return None
    return labels
