"""Connections to Postgres that do not wait for ever.

A server that hangs, or a network that swallows what is sent, says nothing: limits that the server
keeps do not help then, and TCP alone gives up after a quarter of an hour.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any

import psycopg
from psycopg.errors import ConnectionTimeout, OperationalError, _WaitTimeout
from psycopg.waiting import Ready
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import Dialect

# What the server itself ends, and says so, comes before what we end.
LOCK_TIMEOUT_S, STATEMENT_TIMEOUT_S = 10, 20
_OPTIONS: dict[str, Any] = {
    "connect_timeout": 5,
    "options": f"-c statement_timeout={STATEMENT_TIMEOUT_S}s -c lock_timeout={LOCK_TIMEOUT_S}s",
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}


# A server that answers within this time when it is asked anew has merely a long statement to do.
_REACH_ANEW_WITHIN_S, _ANSWER_ANEW_WITHIN_S = 3, 2.0


class SilenceError(OperationalError):
    """Nothing came for as long as there was patience."""

    is_silence = True
    is_of_all = False
    """Whether the server as a whole is known to be silent, not this connection alone."""


class ServerSilenceError(SilenceError):
    """Nothing came, and a new connection was not answered either."""

    is_of_all = True


class PatientConnection(psycopg.Connection[Any]):
    """Gives up on an answer after ``patience`` seconds, and is of no use afterwards.

    It gives up sooner when the server does not answer anybody: once nothing has come for
    ``ASK_AFTER_S``, a new connection asks it something that takes no time.
    """

    WRITE_WITHIN_S, READ_WITHIN_S = 12.0, 25.0
    ASK_AFTER_S = 4.0
    patience: float | None = None
    answers_others: Callable[[], bool] | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server as ever, and no longer; raises SilenceError."""
        if self.patience is None or timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(self._doubting(gen), interval, self.patience)
        except _WaitTimeout:
            self.pgconn.finish()
            msg = f"no answer in {self.patience:g} s"
            raise SilenceError(msg) from None

    def _doubting(self, gen: Any) -> Generator[Any, Any, Any]:
        """Do as ``gen`` does; whoever waits looks in at every interval."""
        try:
            wanted = next(gen)
            ask_at: float | None = time.monotonic() + self.ASK_AFTER_S
            while True:
                ready = yield wanted
                if ready == Ready.NONE and ask_at is not None and time.monotonic() >= ask_at:
                    ask_at = None
                    self._ask_anew()
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value

    def _ask_anew(self) -> None:
        if self.answers_others is not None and not self.answers_others():
            self.pgconn.finish()
            msg = f"no answer in {self.ASK_AFTER_S:g} s, and none to a new connection"
            raise ServerSilenceError(msg)


def connector(url: URL, dialect: Callable[[], Dialect]) -> Callable[[], PatientConnection]:
    """Give what SQLAlchemy calls for a new connection to ``url``."""

    def reach(**more: Any) -> PatientConnection:
        arguments, keywords = dialect().create_connect_args(url)
        options: dict[str, Any] = {**_OPTIONS, **keywords, **more}
        return PatientConnection.connect(*arguments, **options)

    def connect() -> PatientConnection:
        try:
            made = reach()
        except ConnectionTimeout as error:
            raise ServerSilenceError(str(error)) from error
        made.answers_others = answers
        return made

    def answers() -> bool:
        """Ask something on a new connection: behind a pool, to connect is not to be answered."""
        try:
            with reach(connect_timeout=_REACH_ANEW_WITHIN_S, autocommit=True) as asking:
                asking.patience = _ANSWER_ANEW_WITHIN_S
                asking.execute("SELECT 1")
        except (ConnectionTimeout, SilenceError):
            return False
        except psycopg.Error:
            return True  # refused, for want of a free place say, is an answer
        return True

    return connect
