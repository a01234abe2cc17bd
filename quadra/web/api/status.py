"""Whether Quadra lives, is ready, and how it does."""

from __future__ import annotations

import contextlib
import platform
import shutil
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from prometheus_client.exposition import choose_encoder

from quadra import __version__
from quadra.engine.health import is_ready
from quadra.errors import QuadraError
from quadra.web.api.answering import answer
from quadra.web.kept_metrics import KeptCollector
from quadra.web.openapi import document
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.schemas import common as schemas
from quadra.web.training_metrics import TrainingCollector
from utils.metrics import track_time


def make_status(parts: WebParts) -> Blueprint:
    """Make the blueprint of health, status, metrics and the API's description."""
    api = Blueprint("status", __name__)
    training = TrainingCollector()
    kept = KeptCollector()
    parts.metrics.registry.register(training)
    parts.metrics.registry.register(kept)

    @route(
        api, "GET", "/health", access="open", work="none", tag="Status",
        summary="Alive", responses={200: schemas.HEALTH},
    )  # fmt: skip
    def health() -> ResponseReturnValue:
        return answer({"status": "alive"})

    @route(
        api, "GET", "/ready", access="open", work="none", tag="Status",
        summary="Ready to take samples, with the state of each part",
        responses={200: schemas.READY, 503: schemas.READY},
    )  # fmt: skip
    def ready() -> ResponseReturnValue:
        found = parts.health.parts()
        good = is_ready(found)
        states = {name: part.as_dict(detailed=False) for name, part in found.items()}
        response = answer({"ready": good, **states}, 200 if good else 503)
        if not good:
            response.headers["Retry-After"] = "5"
        return response

    @route(
        api, "GET", "/api/v1/status", access="read", work="read", tag="Status",
        summary="How Quadra itself does", responses={200: schemas.STATUS},
    )  # fmt: skip
    def status() -> ResponseReturnValue:
        return answer(
            {
                "version": __version__,
                "versions": _versions(parts),
                "judge": _judge(parts),
                "queues": _queues(parts),
                "storage": _storage(parts),
                "uptime": round(parts.clock() - parts.started_at, 3),
                "series": len(parts.catalog),
                "samples_per_second": round(parts.samples_per_second(), 3),
                "consoles": parts.consoles(),
                "seq": parts.feed.seq,
                "parts": {name: part.as_dict() for name, part in parts.health.parts().items()},
            }
        )

    @route(
        api, "GET", "/metrics", access="scrape", work="none", tag="Status",
        summary="Prometheus exposition of Quadra itself",
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )  # fmt: skip
    @track_time("show_metrics", parts.metrics)
    def metrics() -> ResponseReturnValue:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        training.state = parts.training.state()
        with contextlib.suppress(QuadraError):  # then what was read last
            kept.channels = parts.runtime.offload(parts.channels.store.channels)
            kept.beat = parts.runtime.offload(parts.beats.beat)
            parts.metrics.worker.state = parts.runtime.offload(parts.figures.kept)
        kept.backups = parts.backups()
        with_database = max(kept.backups["database"], kept.backups["full"])
        parts.metrics.backup_last_success.set(with_database)
        disk = shutil.disk_usage(parts.settings.data_dir)
        parts.metrics.disk_size.set(disk.total)
        parts.metrics.disk_free.set(disk.free)
        parts.metrics.history_bytes.set(parts.runtime.offload(parts.history.size))
        spooled, refused = parts.health.shipping()
        parts.metrics.history_spool_samples.set(spooled)
        parts.metrics.history_refused_samples.set(refused)
        parts.metrics.statements.count()
        return Response(encode(parts.metrics.registry), content_type=content_type)

    @route(
        api, "GET", "/api/openapi.json", access="read", work="read", tag="Status",
        summary="This description", responses={200: {"content": {"application/json": {}}}},
    )  # fmt: skip
    def openapi() -> ResponseReturnValue:
        return answer(document())

    return api


def _versions(parts: WebParts) -> dict[str, str]:
    url = parts.settings.database_url
    return {
        "Quadra": __version__,
        "Python": platform.python_version(),
        "database": "SQLite" if url.startswith("sqlite") else "Postgres",
        "event loop": parts.settings.async_mode,
    }


def _judge(parts: WebParts) -> dict[str, float | None]:
    """Tell how far behind the journal rules and detectors are, in commits; null when not known."""
    try:
        beat = parts.runtime.offload(parts.beats.beat)
    except QuadraError:
        return {"age": None, "behind": None}
    age = round(max(0.0, parts.clock() - beat.at), 1) if beat.at else None
    return {"age": age, "behind": max(0, beat.head - beat.seq)}


def _queues(parts: WebParts) -> dict[str, Any] | None:
    found = parts.queues.look()
    return None if found is None else {name: queue.as_dict() for name, queue in found.items()}


def _storage(parts: WebParts) -> dict[str, int | None]:
    disk = shutil.disk_usage(parts.settings.data_dir)
    try:
        history = parts.runtime.offload(parts.history.size)
    except QuadraError:
        return {"history": None, "free": disk.free, "total": disk.total}
    return {"history": history, "free": disk.free, "total": disk.total}
