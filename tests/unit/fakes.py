"""What stands in for the world in unit tests: a clock that is set, stores that can be broken."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ParamSpec, TypeVar

import numpy as np

from quadra.engine.access import Seen, Session, Token
from quadra.engine.ports import Appended, Entry, Gap, Row, Signal
from quadra.engine.users import User
from quadra.telemetry.batch import Batch, Columns, IdArray
from quadra.telemetry.series import SeriesKey, series_key

P = ParamSpec("P")
T = TypeVar("T")

NOW = 1_750_000_000.0


@dataclass
class SetClock:
    """A clock that stands still until it is moved."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += seconds


class TaskOverError(Exception):
    """Raised in `sleep` to end a task that would go on for ever."""


class ThreadRuntime:
    """Tasks are threads, and nothing needs to be taken off a loop."""

    def __init__(self, clock: SetClock | None = None) -> None:
        self._clock = clock

    def spawn(self, task: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        def run() -> None:
            with contextlib.suppress(TaskOverError):
                task(*args, **kwargs)

        threading.Thread(target=run, daemon=True).start()

    def sleep(self, seconds: float) -> None:
        if self._clock is not None:
            self._clock.forward(seconds)

    def offload(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return work(*args, **kwargs)

    def signal(self) -> Signal:
        return threading.Event()


class MemoryJournal:
    """A journal store that can be made to fail, or to hold a commit until it is let go."""

    def __init__(self) -> None:
        self.clock = SetClock()
        self.rows: list[Row] = []
        self.groups: list[int] = []
        self.ids: dict[SeriesKey, int] = {}
        self.error: BaseException | None = None
        self.entered = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def append(self, entries: Sequence[Entry]) -> Appended:
        self.entered.set()
        assert self.go_on.wait(20)
        if self.error is not None:
            raise self.error
        made: list[tuple[int, SeriesKey]] = []
        parts = []
        for entry in entries:
            ids = []
            for key, known in zip(entry.batch.keys, entry.ids, strict=True):
                if key not in self.ids:
                    self.ids[key] = len(self.ids) + 1
                if known == 0:
                    made.append((self.ids[key], key))
                ids.append(self.ids[key])
            index = np.array(ids, np.uint32)[entry.batch.index]
            parts.append(Columns(index, entry.batch.t, entry.batch.v))
        self.groups.append(len(entries))
        seq = len(self.rows) + 1
        self.rows.append(Row(seq, self.clock(), Columns.concat(parts)))
        return Appended(seq, self.rows[-1].columns, made)

    def head(self) -> int:
        return len(self.rows)

    def since(self, seq: int, limit: int, samples: int = 4_000_000) -> list[Row]:
        found: list[Row] = []
        for row in self.rows:
            samples -= len(row.columns) if row.seq > seq else 0
            if row.seq > seq and (samples >= 0 or not found):
                found.append(row)
        return found[:limit]

    def gap(self, seq: int) -> Gap:
        rows = [row for row in self.rows if row.seq > seq]
        oldest = rows[0].committed_at if rows else 0.0
        return Gap(len(rows), sum(len(row.columns) for row in rows), oldest)

    def between(self, start: int, end: int, wanted: IdArray) -> Columns:
        everything = Columns.concat([row.columns for row in self.rows])
        inside = (everything.t >= start) & (everything.t <= end)
        return everything.where(inside & np.isin(everything.ids, wanted))

    def size(self) -> int:
        return 0


@dataclass
class MemoryAccess:
    """An access store in memory, which counts how often tokens are looked up."""

    kept: dict[bytes, Token] = field(default_factory=dict)
    purposes: dict[str, bytes] = field(default_factory=dict)
    sessions_kept: dict[bytes, tuple[int, float]] = field(default_factory=dict)
    codes: dict[bytes, list[Any]] = field(default_factory=dict)
    lookups: int = 0

    def add_token(
        self, name: str, digest: bytes, scopes: Sequence[str], now: float, expires: float | None
    ) -> Token:
        token = Token(len(self.kept) + 1, name, tuple(scopes), now, expires)
        self.kept[digest] = token
        return token

    def put_own_token(self, purpose: str, digest: bytes, scopes: Sequence[str], now: float) -> bool:
        self.add_token(purpose, digest, scopes, now, None)
        self.purposes[purpose] = digest
        return True

    def token_by_digest(self, digest: bytes) -> Token | None:
        self.lookups += 1
        return self.kept.get(digest)

    def tokens(self) -> list[Token]:
        return [token for token in self.kept.values() if token.revoked_at is None]

    def revoke_token(self, token_id: int, now: float) -> bool:
        for digest, token in self.kept.items():
            if token.id == token_id and token.revoked_at is None:
                self.kept[digest] = replace(token, revoked_at=now)
                return True
        return False

    def add_session(
        self, digest: bytes, holder: Token | User, now: float, expires: float, seen: Seen
    ) -> None:
        self.sessions_kept[digest] = (holder.id, expires)

    def session_holder(self, digest: bytes, now: float) -> Token | User | None:
        token_id, expires = self.sessions_kept.get(digest, (0, 0.0))
        found = [token for token in self.kept.values() if token.id == token_id]
        return found[0] if found and now < expires else None

    def sessions(self, now: float) -> list[Session]:
        raise NotImplementedError

    def end_session_by_id(self, session_id: int) -> bool:
        raise NotImplementedError

    def rotate_token(self, token_id: int, digest: bytes, now: float, until: float) -> Token | None:
        raise NotImplementedError

    def end_session(self, digest: bytes) -> None:
        self.sessions_kept.pop(digest, None)

    def put_code(self, digest: bytes, now: float) -> None:
        self.codes = {d: c for d, c in self.codes.items() if c[1] is not None}
        self.codes[digest] = [now, None]

    def use_code(self, digest: bytes, now: float, oldest: float) -> bool:
        code = self.codes.get(digest)
        if code is None or code[1] is not None or code[0] <= oldest:
            return False
        code[1] = now
        return True

    def code_was_used(self) -> bool:
        return any(code[1] is not None for code in self.codes.values())

    def own_token_id(self, purpose: str) -> int | None:
        token = self.kept.get(self.purposes.get(purpose, b""))
        return None if token is None or token.revoked_at is not None else token.id


def columns(samples: Iterable[tuple[int, int, float]]) -> Columns:
    """Make columns of (id, unix ms, value)."""
    rows = list(samples)
    return Columns(
        np.array([r[0] for r in rows], np.uint32),
        np.array([r[1] for r in rows], np.int64),
        np.array([r[2] for r in rows], np.float64),
    )


def rows_of(found: Columns) -> list[tuple[int, int, float]]:
    """Give the samples of columns as (id, unix ms, value)."""
    return list(zip(found.ids.tolist(), found.t.tolist(), found.v.tolist(), strict=True))


def batch(name: str, *values: float, t: int = int(NOW * 1000), **labels: str) -> Batch:
    """Make a batch of one series, its samples a second apart."""
    n = len(values)
    return Batch(
        (series_key(name, labels),),
        np.zeros(n, np.uint32),
        t + np.arange(n, dtype=np.int64) * 1000,
        np.array(values, np.float64),
    )
