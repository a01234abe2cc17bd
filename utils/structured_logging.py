"""JSON log lines that machines can read: one object a line, without secrets, whatever comes in."""

from __future__ import annotations

import logging
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import orjson

from utils.log_files import SharedFileHandler
from utils.log_shipping import ECS_NAMES, save_log_aggregation_configs
from utils.redaction import redact

__all__ = [
    "ALL_FILE",
    "ERROR_FILE",
    "JsonLineFormatter",
    "redact",
    "save_log_aggregation_configs",
    "setup_structured_logging",
]

ALL_FILE = "quadra_matrix.json.log"
ERROR_FILE = "quadra_matrix_error.json.log"
_FILE_BYTES = 20 * 1024 * 1024
_FILES_KEPT = 5
_MAX_TEXT = 8_192
_MAX_INTEGER = 2**63 - 1

Schema = Literal["quadra", "ecs"]
ConsoleFormat = Literal["json", "text"]
RequestContext = Callable[[], dict[str, str]]
"""Gives what is known of the request being served: ``request_id``, ``trace_id``."""

# What every record has; the rest was given as `extra`.
_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}

ECS_VERSION = "8.11.0"


class JsonLineFormatter(logging.Formatter):
    """Formats a record as one JSON line, in the public contract's field names or Elastic's."""

    def __init__(
        self, environment: str, service: str, context: RequestContext, schema: Schema = "quadra"
    ) -> None:
        """Fix the fields that are the same for every line."""
        super().__init__()
        self._environment, self._service = environment, service
        self._context = context
        self._schema = schema
        self._second: tuple[int, str] = (-1, "")

    def format(self, record: logging.LogRecord) -> str:
        """Give the line, also where the arguments do not fit the text."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            message = f"{record.msg} {record.args!r}"
        found: dict[str, Any] = {
            "timestamp": self._time(record.created),
            "level": record.levelname,
            "logger": record.name,
            "module": record.module,
            "function": record.funcName,
            "line": record.lineno,
            "message": _clean(message),
            "environment": self._environment,
            "service": self._service,
            **self._context(),
        }
        for name, value in record.__dict__.items():
            if name not in _OWN and name not in found:
                found[name] = _clean(value)
        if record.exc_info:
            found["exc_info"] = _clean(self.formatException(record.exc_info))
        if record.stack_info:
            found["stack_info"] = _clean(record.stack_info)
        if self._schema == "ecs":
            found = _as_ecs(found, record)
        return orjson.dumps(found, default=_as_text).decode()

    def _time(self, created: float) -> str:
        """Give RFC 3339 in UTC; lines of one second share most of it."""
        second, milliseconds = divmod(int(created * 1000), 1000)
        known, text = self._second
        if known != second:
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._second = (second, text)
        return f"{text}.{milliseconds:03d}+00:00"


class _ConsoleFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = redact(super().format(record))
        return "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)


def setup_structured_logging(  # noqa: PLR0913 - each is one choice, all but two by name
    log_level: str = "INFO",
    logs_dir: Path = Path("logs"),
    *,
    enable_console: bool = True,
    enable_file: bool = True,
    console_format: ConsoleFormat = "json",
    console_level: str = "NOTSET",
    environment: str = "production",
    service: str = "quadra",
    schema: Schema = "quadra",
    context: RequestContext = dict,
) -> None:
    """Send all logging to JSON files, errors into one of their own too, and to the console.

    ``schema`` "ecs" names the fields as Elastic's common schema does. Calling it again replaces
    what was set up before.
    """
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(log_level)
    # Lines do not show them, and looking them up is a tenth of what a line costs.
    logging.logThreads = logging.logMultiprocessing = False
    formatter = JsonLineFormatter(environment, service, context, schema)
    if enable_console:
        console = logging.StreamHandler(sys.stderr)
        plain = _ConsoleFormatter("%(levelname)s %(name)s: %(message)s")
        console.setFormatter(formatter if console_format == "json" else plain)
        console.setLevel(console_level)
        root.addHandler(console)
    if enable_file:
        logs_dir.mkdir(parents=True, exist_ok=True)
        for name, level in ((ALL_FILE, logging.NOTSET), (ERROR_FILE, logging.ERROR)):
            (logs_dir / name).touch(mode=0o640)  # there to be followed before there is a line
            file = SharedFileHandler(logs_dir / name, _FILE_BYTES, _FILES_KEPT)
            file.setLevel(level)
            file.setFormatter(formatter)
            root.addHandler(file)


def _as_ecs(found: dict[str, Any], record: logging.LogRecord) -> dict[str, Any]:
    named: dict[str, Any] = {"@timestamp": None, "ecs.version": ECS_VERSION}
    for name, value in found.items():
        named[ECS_NAMES.get(name, f"quadra.{name}")] = value
    named["process.pid"] = record.process
    duration = named.pop("quadra.duration_ms", None)
    if isinstance(duration, int | float):
        named["event.duration"] = round(duration * 1_000_000)  # ECS counts nanoseconds
    if record.exc_info and record.exc_info[0] is not None:
        named["error.type"] = record.exc_info[0].__name__
        named["error.message"] = _clean(str(record.exc_info[1]))
    return named


def _clean(value: object) -> object:
    kind = type(value)
    if kind is str:
        return _as_text(value)
    if kind is int:
        return value if abs(value) <= _MAX_INTEGER else str(value)  # type: ignore[arg-type]
    if kind is float:
        return value if math.isfinite(value) else str(value)  # type: ignore[arg-type]
    if value is None or kind is bool:
        return value
    return _as_text(value)


def _as_text(value: object) -> str:
    """Give text that JSON can hold: cut to a length, without halves of characters or secrets."""
    text = str(value)
    if len(text) > _MAX_TEXT:
        text = text[:_MAX_TEXT] + "…"
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    return redact(text)
