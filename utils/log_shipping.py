"""Writes what log shippers need to take Quadra's JSON lines to Loki or Elasticsearch."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

_TEMPLATES = Path(__file__).resolve().parent / "shipping"
_PLACEHOLDER = re.compile(r"@@(\w+)@@")
_FIELDS = ("timestamp", "level", "service", "environment", "logger", "request_id", "trace_id")

ECS_NAMES: Mapping[str, str] = {
    "timestamp": "@timestamp",
    "level": "log.level",
    "logger": "log.logger",
    "module": "log.origin.file.name",
    "function": "log.origin.function",
    "line": "log.origin.file.line",
    "message": "message",
    "environment": "service.environment",
    "service": "service.name",
    "request_id": "http.request.id",
    "trace_id": "trace.id",
    "method": "http.request.method",
    "status": "http.response.status_code",
    "path": "url.path",
    "exc_info": "error.stack_trace",
}
"""Our field names in the Elastic Common Schema; what else was given goes below ``quadra.``."""


def save_log_aggregation_configs(
    path: Path, *, logs_dir: Path = Path("logs"), ecs: bool = False
) -> list[Path]:
    """Write the configurations into a folder, which is made; gives the files.

    For Loki: Promtail, Alloy, Fluent Bit and Vector; for Elasticsearch: Logstash and Fluentd; and a
    compose file for each of the two. ``logs_dir`` is where Quadra writes; ``ecs`` says that it
    writes the field names of Elastic's common schema (LOG_SCHEMA=ecs).
    """
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    words = {name: ECS_NAMES[name] if ecs else name for name in _FIELDS}
    words["logs_dir"] = _from(path, logs_dir)
    made = []
    for template in sorted(_TEMPLATES.iterdir()):
        text = _PLACEHOLDER.sub(lambda m: words[m[1]], template.read_text(encoding="utf-8"))
        made.append(path / template.name)
        made[-1].write_text(text, encoding="utf-8")
    return made


def _from(folder: Path, logs_dir: Path) -> str:
    """Say where the log files are, seen from a folder, as compose files must."""
    if logs_dir.is_absolute():
        return str(logs_dir)
    relative = os.path.relpath(logs_dir, folder)
    return relative if relative.startswith(".") else f"./{relative}"
