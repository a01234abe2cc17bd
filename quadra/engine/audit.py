"""Who did what by hand: kept, filtered, exported."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import orjson

from quadra.engine.alerting import Page
from quadra.errors import StorageError

log = logging.getLogger(__name__)

MAX_KEPT = 500_000
MAX_DETAIL = 2_000
MAX_TEXT = 300
COLUMNS = ("id", "at", "actor", "kind", "action", "target", "status", "address", "detail")
# What is secret by its name, and whatever a name that holds one of the words below may be.
_SECRET = {"current", "url", "basic_auth", "authorization"}
_SECRET_WORDS = ("password", "secret", "token", "credential", "api_key")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that somebody did, or tried to: ``status`` is how it was answered, as in HTTP.

    ``kind`` is user, token, command or nobody; ``at`` in unix seconds.
    """

    at: float
    actor: str
    kind: str
    action: str
    target: str = ""
    status: int = 200
    address: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Give it as the API shows it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class AuditQuestion:
    """Which are asked for; times in unix seconds, ``after`` as ``Page.next``."""

    actor: str = ""
    action: str = ""
    target: str = ""
    start: float | None = None
    end: float | None = None
    after: int | None = None
    limit: int = 200


class AuditStore(Protocol):
    """Where it is kept; blocking; raises StorageError."""

    def add(self, deed: Deed) -> None:
        """Keep one; nothing changes it afterwards."""

    def deeds(self, question: AuditQuestion) -> Page:
        """Give them, the newest first."""


class Audit:
    """Notes what is done by hand. Blocking."""

    def __init__(self, store: AuditStore) -> None:
        """Wire."""
        self._store = store

    def note(self, deed: Deed) -> None:
        """Keep one; what was done stays done where this can't be kept, and the log says so."""
        try:
            self._store.add(deed)
        except StorageError as error:
            log.warning("Not in the audit log: %s by %s: %s", deed.action, deed.actor, error.detail)

    def deeds(self, question: AuditQuestion) -> Page:
        """Give them, the newest first."""
        return self._store.deeds(question)


def without_secrets(document: object, depth: int = 4) -> Any:
    """Give what was sent as it may be kept: bounded, and nothing of what is secret."""
    if isinstance(document, Mapping):
        if depth == 0:
            return "…"
        items = list(document.items())[:50]
        return {
            str(name)[:100]: "…" if _is_secret(str(name)) else without_secrets(v, depth - 1)
            for name, v in items
        }
    if isinstance(document, list):
        return "…" if depth == 0 else [without_secrets(one, depth - 1) for one in document[:50]]
    return document[:MAX_TEXT] if isinstance(document, str) else document


def _is_secret(name: str) -> bool:
    lower = name.lower()
    return lower in _SECRET or any(word in lower for word in _SECRET_WORDS)


def detail_of(document: object) -> dict[str, Any]:
    """Give what is kept of a body."""
    if not isinstance(document, Mapping):
        return {}
    shown: dict[str, Any] = without_secrets(document)
    if len(orjson.dumps(shown)) > MAX_DETAIL:
        return {"fields": sorted(shown)[:50]}
    return shown


def as_lines(deeds: Iterable[Deed]) -> str:
    """Give JSON lines."""
    return "".join(orjson.dumps(deed.as_dict()).decode() + "\n" for deed in deeds)


def as_csv(deeds: Iterable[Deed]) -> str:
    """Give CSV of which no cell is a formula, whatever somebody called themselves."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for deed in deeds:
        row = deed.as_dict() | {"detail": orjson.dumps(dict(deed.detail)).decode()}
        writer.writerow([_cell(row[name]) for name in COLUMNS])
    return text.getvalue()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
