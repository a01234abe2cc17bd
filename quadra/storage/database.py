"""Connections: one writer and a few readers, each used by one native thread at a time."""

from __future__ import annotations

import math
import re
import signal
import time
from _queue import Empty, SimpleQueue  # the C queue itself: its lock is native in every mode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

from quadra.errors import NoAnswerError, StorageError
from quadra.storage.plain import METER
from quadra.storage.tables import metadata

P = ParamSpec("P")
T = TypeVar("T")

Meter = Callable[[str, str, float], None]
"""Is told of each statement and commit, on the thread that ran it: operation, table, seconds."""

READERS = 6  # more than questions about history run at once, so that look-ups find one free
_TURN_TIMEOUT_S, _LOOK_AROUND_S = 15.0, 0.5
_PAUSED_WRITER_ENDS = "SET idle_in_transaction_session_timeout = 3000"
_BUSY_TIMEOUT_MS = 10_000
_PAUSE_S, _LONGEST_PAUSE_S = 0.000_5, 0.005
_SQLITE_PAGE = 16_384  # chunks of some hundred bytes fill small pages badly
_SQLITE_CACHE_KB = 4_096  # of each connection; behind it the system caches the file


def sqlite_driver() -> ModuleType:
    """Prefer the SQLite that comes as a package: a distribution's own may lose WAL pages."""
    try:
        return import_module("pysqlite3.dbapi2")  # not there on every platform
    except ImportError:
        return import_module("sqlite3")


class Database:
    """Owns the engine and hands its connections to work, one piece of work a connection.

    All methods block, so they run on native threads. Under a patched interpreter SQLAlchemy's
    own pool would wait there on green locks, which can't wake another native thread; hence no
    pool but two queues of connections, whose locks are the real ones.
    """

    def __init__(
        self,
        url: str,
        guard: Callable[[sa.Connection], None] = lambda _connection: None,
        meter: Meter | None = None,
    ) -> None:
        """Prepare; connects when first used.

        ``guard`` begins every write, and keeps it from happening by what it raises.
        """
        self._meter = meter
        self.url: URL = make_url(url)
        self._guard = guard
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        options: dict[str, Any] = {"poolclass": NullPool}
        if self.is_sqlite:
            options["module"] = sqlite_driver()
            options["connect_args"] = {"check_same_thread": False, "isolation_level": None}
        else:
            # Those on SQLite need not wait for the driver of Postgres at each start.
            from quadra.storage.patience import connector  # noqa: PLC0415 - as said

            options["creator"] = connector(self.url, lambda: self.engine.dialect)
        self.engine = sa.create_engine(self.url, **options)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        if meter is not None:
            _measure_statements(self.engine, meter)
        self._writers: SimpleQueue[sa.Connection | None] = SimpleQueue()
        self._writers.put(None)  # connects when first used
        self._no_answer_at = -math.inf
        self._readers: SimpleQueue[sa.Connection | None] = SimpleQueue()
        for _ in range(READERS):
            self._readers.put(None)

    @property
    def file(self) -> Path | None:
        """Give the database's file, when it is one."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    def write(
        self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``work(connection, …)`` in one transaction of the only writer; commits durably.

        Raises StorageError. Once one is given up because nothing came, NoAnswerError is for all
        that waited for their turn meanwhile: nobody waits for one hung database after another.
        """

        def guarded(connection: sa.Connection) -> T:
            self._guard(connection)
            return work(connection, *args, **kwargs)

        return self._run(self._writers, guarded)

    def write_in_portions(
        self, work: Callable[Concatenate[sa.Connection, P], int], *args: P.args, **kwargs: P.kwargs
    ) -> int:
        """Run ``work`` again and again until it finds nothing to do and gives 0; gives the sum.

        Each time is a transaction of its own, and between them is as much time as one takes, so
        that a backlog of any size keeps nobody else's commit waiting for longer than a portion.
        """
        total = 0
        while True:
            began = time.monotonic()
            done = self.write(work, *args, **kwargs)
            if not done:
                return total
            total += done
            _pause_natively(max(time.monotonic() - began, _LONGEST_PAUSE_S))

    def read(
        self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``work(connection, …)`` in one consistent read.

        After a Postgres has been away, every idle connection to it is a dead one. A read changes
        nothing, so it is tried again until it has met a living or a new one; but not when one of
        them was silent for as long as there is patience.
        """
        for _ in range(READERS):
            try:
                return self._run(self._readers, work, *args, **kwargs)
            except StorageError as error:
                dead = getattr(error.__cause__, "connection_invalidated", False)
                if isinstance(error, NoAnswerError) or not dead:
                    raise
        return self._run(self._readers, work, *args, **kwargs)

    def close(self) -> None:
        """Close what is idle."""
        for idle in (self._writers, self._readers):
            try:
                while True:
                    connection = idle.get_nowait()
                    if connection is not None:
                        connection.close()
            except Empty:
                continue

    def _run(
        self,
        idle: SimpleQueue[sa.Connection | None],
        work: Callable[Concatenate[sa.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        connection = self._turn(idle)
        try:
            with _wrapped_errors():
                if connection is None:
                    connection = self._connect(reads=idle is self._readers)
                with connection.begin() as transaction:
                    found = work(connection, *args, **kwargs)
                    self._commit(transaction, writes=idle is self._writers)
                return found
        except StorageError as error:
            if isinstance(error, NoAnswerError) and (idle is self._writers or _hangs(error)):
                self._no_answer_at = time.monotonic()
            # After a driver's error the connection's state is unknown: begin with a new one.
            if connection is not None:
                _discard(connection)
                connection = None
            raise
        finally:
            idle.put(connection)

    def _tell(self, statement: str, seconds: float) -> None:
        meaning = _meaning(statement)
        if meaning is not None and self._meter is not None:
            self._meter(*meaning, seconds)

    def _turn(self, idle: SimpleQueue[sa.Connection | None]) -> sa.Connection | None:
        """Wait for a connection: for so long, and not when it has become clear that none answers.

        Readers of SQLite answer whoever holds its lock.
        """
        asked_at = time.monotonic()
        until = asked_at + _TURN_TIMEOUT_S
        all_hang = idle is self._writers or not self.is_sqlite
        while True:
            with suppress(Empty):
                connection = idle.get(timeout=_LOOK_AROUND_S)
                break
            if all_hang and self._no_answer_at > asked_at:
                raise _no_answer()
            if time.monotonic() >= until:
                msg = "The database is busy. Try again in a moment."
                raise StorageError(msg, code="database_busy", retry_after=2)
        if all_hang and self._no_answer_at > asked_at:
            idle.put(connection)
            raise _no_answer()
        return connection

    def _commit(self, transaction: sa.Transaction, *, writes: bool) -> None:
        began = time.perf_counter()
        transaction.commit()
        if writes and self._meter is not None:
            self._meter("commit", "all", time.perf_counter() - began)

    def _connect(self, *, reads: bool) -> sa.Connection:
        connection = self.engine.connect()
        raw: Any = connection.connection.driver_connection
        if not self.is_sqlite:
            raw.patience = raw.READ_WITHIN_S if reads else raw.WRITE_WITHIN_S
        if self._meter is not None:
            connection = connection.execution_options(**{METER: self._tell})
        if not reads:
            if not self.is_sqlite:
                # A process that is paused in a write holds what all others wait for.
                connection.exec_driver_sql(_PAUSED_WRITER_ENDS)
                connection.commit()
            return connection
        if self.is_sqlite:
            return connection.execution_options(quadra_reader=True)
        # One snapshot for all statements of a read, as SQLite gives by itself.
        return connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )


def _no_answer() -> NoAnswerError:
    msg = "The database does not answer. Try again in a moment."
    return NoAnswerError(msg, retry_after=2)


def _hangs(error: NoAnswerError) -> bool:
    """Say whether the server is known to answer nobody, not one connection alone."""
    silence = getattr(error.__cause__, "orig", None) or error.__cause__
    return getattr(silence, "is_of_all", False)


def _discard(connection: sa.Connection) -> None:
    try:
        connection.invalidate()
        connection.close()
    except sa.exc.SQLAlchemyError:
        return


@contextmanager
def _wrapped_errors() -> Iterator[None]:
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        words = str(cause).strip().splitlines()
        msg = f"The database refused: {words[0] if words else type(cause).__name__}."
        if "malformed" in msg:
            msg += " Its file is damaged: put back the newest backup (scripts/restore.sh)."
        is_locked = "database is locked" in msg
        if is_locked:
            msg = (
                f"Another process has held the database for {_BUSY_TIMEOUT_MS / 1000:g} s; if one "
                "of Quadra's is paused, let it go on or end it."
            )
        kind = NoAnswerError if is_locked or getattr(cause, "is_silence", False) else StorageError
        raise kind(msg, retry_after=2) from error


_NAMES = re.compile(r"\b(?:FROM|INTO|UPDATE)\s+\"?(\w+)", re.IGNORECASE)
_OPERATIONS = {"select", "insert", "update", "delete"}
OTHER = "other"


@lru_cache(maxsize=512)
def _meaning(statement: str) -> tuple[str, str] | None:
    """Say what a statement does, and to which table first; None where it only serves others."""
    word = statement.split(None, 1)[0].lower()
    operation = "select" if word == "with" else word
    if operation not in _OPERATIONS:
        return None
    named = _NAMES.search(statement)
    table = named[1].lower() if named is not None else OTHER
    return operation, table if table in metadata.tables else OTHER


def _measure_statements(engine: sa.Engine, meter: Meter) -> None:
    """Tell ``meter`` of every statement that ends well."""

    def before(*event: Any) -> None:
        context = event[4]
        if context is not None:
            context.quadra_began = time.perf_counter()

    def after(*event: Any) -> None:
        statement, context = event[2], event[4]
        meaning = _meaning(statement)
        if context is not None and meaning is not None:
            meter(*meaning, time.perf_counter() - context.quadra_began)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        f"page_size={_SQLITE_PAGE}",  # holds for a file that is made now
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={_BUSY_TIMEOUT_MS}",
        "foreign_keys=ON",
        f"cache_size=-{_SQLITE_CACHE_KB}",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    """Writers lock at once: a lock taken later can't be waited for, and loses updates.

    SQLite's own waiting sleeps longer and longer, up to a tenth of a second, while transactions
    here take a few milliseconds: a commit that met another process's would be late by that much.
    """
    own: Any = connection.connection.dbapi_connection
    if connection.get_execution_options().get("quadra_reader", False):
        own.execute("BEGIN")  # takes no lock yet, so nothing can be wrong with it
        return
    own.execute("PRAGMA busy_timeout=0")
    try:
        pause, until = _PAUSE_S, time.monotonic() + _BUSY_TIMEOUT_MS / 1000
        while not _locks(own) and time.monotonic() < until:
            _pause_natively(pause)
            pause = min(pause * 1.1, _LONGEST_PAUSE_S)
        if not own.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # says what is wrong as any statement
    finally:
        own.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")


def _locks(connection: Any) -> bool:
    """Begin a transaction that writes; says no only when another process is within one."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite_driver().Error as error:
        return "locked" not in str(error)
    return True


_NOTHING: SimpleQueue[None] = SimpleQueue()
with suppress(Empty):
    _NOTHING.get_nowait()  # takes the queue's lock, for good: see below


def _pause_natively(seconds: float) -> None:
    """Sleep on a native thread, where a patched ``time.sleep`` would look for a loop.

    A queue is only used where there is no ``sigtimedwait``, and never a new one: with its lock yet
    to be taken, CPython works out anew how long is left, and if the thread was not on a core
    meanwhile that is less than nothing, for which it waits without end.
    """
    if hasattr(signal, "sigtimedwait"):
        signal.sigtimedwait((), seconds)
    else:
        with suppress(Empty):
            _NOTHING.get(timeout=seconds)
