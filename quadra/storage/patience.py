"""Connections to Postgres that do not wait for ever.

A server that hangs, or a network that swallows what is sent, says nothing: limits that the server
keeps do not help then, and TCP alone gives up after a quarter of an hour.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.errors import ConnectionTimeout, OperationalError, _WaitTimeout
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


class SilenceError(OperationalError):
    """Nothing came for as long as there was patience."""

    is_silence = True


class PatientConnection(psycopg.Connection[Any]):
    """Gives up on an answer after ``patience`` seconds, and is of no use afterwards."""

    WRITE_WITHIN_S, READ_WITHIN_S = 12.0, 25.0
    patience: float | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server as ever, and no longer; raises SilenceError."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except _WaitTimeout:
            self.pgconn.finish()
            msg = f"no answer in {self.patience:g} s"
            raise SilenceError(msg) from None


def connector(url: URL, dialect: Callable[[], Dialect]) -> Callable[[], PatientConnection]:
    """Give what SQLAlchemy calls for a new connection to ``url``."""

    def connect() -> PatientConnection:
        arguments, keywords = dialect().create_connect_args(url)
        options: dict[str, Any] = {**_OPTIONS, **keywords}
        try:
            return PatientConnection.connect(*arguments, **options)
        except ConnectionTimeout as error:
            raise SilenceError(str(error)) from error

    return connect
