"""JSON log lines that machines can read: one object a line, without secrets, whatever comes in."""

from __future__ import annotations

import fcntl
import logging
import logging.handlers
import math
import os
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS, LogData
from pythonjsonlogger.orjson import OrjsonFormatter

ALL_FILE = "quadra_matrix.json.log"
ERROR_FILE = "quadra_matrix_error.json.log"
_FILE_BYTES = 20 * 1024 * 1024
_FILES_KEPT = 5
_MAX_TEXT = 8_192
_MAX_INTEGER = 2**63 - 1

# Every repetition is bounded: a visitor's text passes here, and must not hold the loop.
_SECRET = re.compile(
    r"(qdr_)[\w-]{8,600}"
    r"|((?:Bearer|Basic)\s{1,3})[^\s\"']{1,4096}"
    r"|(cookie[\"']?\s{0,3}[=:]\s{0,3})[^\r\n\"']{1,8192}"
    r"|((?:token|secret|session|password|passwd|api[_-]?key|authorization)[\w-]{0,40}"
    r"[\"']?\s{0,3}[=:]\s{0,3}[\"']?)(?!(?:Bearer|Basic)\s)[^\s&\"',;}]{1,4096}"
    r"|(://[^:/@\s]{0,100}:)[^@/\s]{1,500}(?=@)",
    re.IGNORECASE,
)

RequestContext = Callable[[], dict[str, str]]
"""Gives what is known of the request being served: ``request_id``, ``trace_id``."""


def redact(text: str) -> str:
    """Replace whatever looks like a credential by asterisks."""
    return _SECRET.sub(lambda m: next(g for g in m.groups() if g is not None) + "***", text)


class JsonLineFormatter(OrjsonFormatter):
    """Formats a record as one JSON line with the field names of the public contract."""

    def __init__(self, environment: str, service: str, context: RequestContext) -> None:
        """Fix the fields that are the same for every line."""
        super().__init__(json_default=_as_text)
        self._static = {"environment": environment, "service": service}
        self._context = context

    def format(self, record: logging.LogRecord) -> str:
        """Give the line, also where the arguments do not fit the text."""
        try:
            return super().format(record)
        except (TypeError, ValueError):
            record.msg, record.args = f"{record.msg} {record.args!r}", None
            return super().format(record)

    def add_fields(
        self, log_data: LogData, record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """Fill in the contract's fields, then what was given as ``extra``."""
        log_data |= {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname,
            "logger": record.name,
            "module": record.module,
            "function": record.funcName,
            "line": record.lineno,
            "message": _clean(record.message),
            **self._static,
            **self._context(),
        }
        extra = {k: v for k, v in record.__dict__.items() if k not in RESERVED_ATTRS}
        for name, value in (message_dict | extra).items():
            log_data.setdefault(name, _clean(value))


class SharedFileHandler(logging.handlers.RotatingFileHandler):
    """A rotating file that several processes write: whoever finds it full rotates it, once."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, to the file that has the name now."""
        try:
            self._follow()
        except OSError:
            self.handleError(record)
            return
        super().emit(record)

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 - the library's name
        """Say whether the file, with what others wrote into it, is full."""
        if self.stream is None or self.maxBytes <= 0:
            return False
        return os.fstat(self.stream.fileno()).st_size + len(record.getMessage()) >= self.maxBytes

    def doRollover(self) -> None:  # noqa: N802 - the library's name
        """Rotate, unless another process has just done it."""
        with Path(f"{self.baseFilename}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self._follow():
                super().doRollover()

    def _follow(self) -> bool:
        """Open the file anew when its name has come to mean another; says whether it has."""
        if self.stream is None:
            return False
        mine = os.fstat(self.stream.fileno())
        try:
            named = Path(self.baseFilename).stat()
        except FileNotFoundError:
            named = None
        if named is not None and (named.st_ino, named.st_dev) == (mine.st_ino, mine.st_dev):
            return False
        self.stream.close()
        self.stream = self._open()
        return True


class _ConsoleFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = redact(super().format(record))
        return "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)


def setup_structured_logging(
    log_level: str = "INFO",
    logs_dir: Path = Path("logs"),
    *,
    enable_console: bool = True,
    enable_file: bool = True,
    console_level: str = "NOTSET",
    environment: str = "production",
    service: str = "quadra",
    context: RequestContext = dict,
) -> None:
    """Send all logging to JSON files, errors into one of their own, and to the console as text."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(log_level)
    if enable_console:
        console = logging.StreamHandler(sys.stderr)
        console.setFormatter(_ConsoleFormatter("%(levelname)s %(name)s: %(message)s"))
        console.setLevel(console_level)
        root.addHandler(console)
    if enable_file:
        logs_dir.mkdir(parents=True, exist_ok=True)
        formatter = JsonLineFormatter(environment, service, context)
        for name, level in ((ALL_FILE, logging.NOTSET), (ERROR_FILE, logging.ERROR)):
            file = SharedFileHandler(
                logs_dir / name, maxBytes=_FILE_BYTES, backupCount=_FILES_KEPT, encoding="utf-8"
            )
            file.setLevel(level)
            file.setFormatter(formatter)
            root.addHandler(file)


def _clean(value: object) -> object:
    if isinstance(value, str):
        text = value if len(value) <= _MAX_TEXT else value[:_MAX_TEXT] + "…"
        return redact(text.encode("utf-8", "replace").decode())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no NaN and no infinity
    if isinstance(value, int) and abs(value) > _MAX_INTEGER:
        return str(value)
    if isinstance(value, bool | int | float) or value is None:
        return value
    return redact(_as_text(value))


def _as_text(value: object) -> str:
    text = str(value)
    return (
        (text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "…")
        .encode("utf-8", "replace")
        .decode()
    )
