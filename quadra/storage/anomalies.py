"""Anomaly events, what people said of them, and how closely each series is watched."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import sqlalchemy as sa

from quadra.engine.alerting import AnomalyChange, Page
from quadra.engine.anomalies import AnomalyQuestion, KeptAnomaly, Verdict
from quadra.errors import NotFoundError, StorageError
from quadra.storage.alert_rows import upsert
from quadra.storage.database import Database
from quadra.storage.descriptions import SqlDescriptions
from quadra.storage.series import SqlSeries
from quadra.storage.tables import anomalies, anomaly_tuning, series
from quadra.telemetry.metadata import Metadata
from quadra.telemetry.series import SeriesKey

_PEOPLES = ("verdict", "judged_by", "judged_at")


class SqlAnomalies:
    """Implements ``engine.anomalies.AnomalyStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def anomalies(self, question: AnomalyQuestion) -> Page:
        """Give events, the newest first."""
        return self._database.read(_anomalies, question)

    def judge(self, anomaly_id: int, verdict: Verdict, by: str, now: float) -> KeptAnomaly:
        """Keep what somebody said of an event."""
        return self._database.write(_judge, anomaly_id, verdict, by, now)

    def verdicts(self) -> tuple[int, int]:
        """Count the events called right and wrong."""
        return self._database.read(_verdicts)

    def tuning(self, series_id: int) -> tuple[float, bool]:
        """Give how a series is watched."""
        return self._database.read(_tuning_of, series_id)

    def tune(self, series_id: int, sensitivity: float, *, muted: bool) -> None:
        """Watch a series more or less closely."""
        self._database.write(self._tune, series_id, {"sensitivity": sensitivity, "muted": muted})

    def _tune(self, connection: sa.Connection, series_id: int, values: dict[str, Any]) -> None:
        known = sa.select(series.c.id).where(series.c.id == series_id)
        if connection.execute(known).first() is None:
            raise _unknown_series(series_id)
        connection.execute(
            upsert(self._database, anomaly_tuning)
            .values(series_id=series_id, **values)
            .on_conflict_do_update(index_elements=["series_id"], set_=values)
        )


class SqlTuning:
    """Implements ``engine.anomaly_watch.Tuning``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database
        self._descriptions = SqlDescriptions(database)
        self._series = SqlSeries(database)

    def named(self, ids: Sequence[int]) -> list[tuple[int, SeriesKey]]:
        """Give the series of these ids, as far as they are there."""
        return [(one.id, one.key) for one in self._series.named(ids)]

    def tuned(self) -> dict[int, tuple[float, bool]]:
        """Give sensitivity and whether muted, of the series that were tuned."""
        return self._database.read(_tuned)

    def described(self) -> dict[str, Metadata]:
        """Give types and units by metric name."""
        return {one.name: one for one in self._descriptions.load()}


class FileMemory:
    """Implements ``engine.anomaly_watch.AnomalyMemory`` with one file that appears whole."""

    def __init__(self, path: Path) -> None:
        """Wire; the file is made when something is first kept."""
        self._path = path

    def keep(self, write: Callable[[BinaryIO], object]) -> None:
        """Keep what ``write`` writes; the former state stays until this one is whole."""
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            with fresh.open("wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise StorageError(f"{self._path.name} can't be written ({error.strerror}).") from error

    def kept(self) -> BinaryIO | None:
        """Open what was kept."""
        try:
            return self._path.open("rb")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"{self._path.name} can't be read ({error.strerror}).") from error


def put_anomalies(
    connection: sa.Connection, database: Database, changes: Sequence[AnomalyChange]
) -> list[dict[str, Any]]:
    """Keep events as they are now, each under its key; gives them as the API shows them."""
    if not changes:
        return []
    newest = {change.event.key: _row(change) for change in changes}
    insert = upsert(database, anomalies)
    names = [c.name for c in anomalies.c if c.name not in ("id", "key", *_PEOPLES)]
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["key"], set_={name: insert.excluded[name] for name in names}
        ),
        list(newest.values()),
    )
    kept = connection.execute(sa.select(anomalies).where(anomalies.c.key.in_(list(newest))))
    return [_kept(row).as_dict() for row in kept]


def _row(change: AnomalyChange) -> dict[str, Any]:
    event = change.event
    low, high = event.expected_range
    return {
        "key": event.key,
        "series_id": event.series,
        "metric": change.metric,
        "labels": orjson.dumps(dict(change.labels)).decode(),
        "started_at": event.started_at / 1000.0,
        "ended_at": None if event.ended_at is None else event.ended_at / 1000.0,
        "value": event.value,
        "peak": event.peak,
        "low": low,
        "high": high,
        "evidence": event.evidence,
        "severity": event.severity,
        "confidence": event.confidence,
        "detector": event.detector,
        "reason": event.reason,
        "group_key": event.group,
        "verdict": "",
        "judged_by": "",
    }


def _kept(row: sa.Row[Any]) -> KeptAnomaly:
    return KeptAnomaly(
        id=row.id,
        series=row.series_id,
        metric=row.metric,
        labels=orjson.loads(row.labels),
        started_at=row.started_at,
        ended_at=row.ended_at,
        value=row.value,
        peak=row.peak,
        expected_range=(row.low, row.high),
        evidence=row.evidence,
        severity=row.severity,
        confidence=row.confidence,
        detector=row.detector,
        reason=row.reason,
        group=row.group_key,
        verdict=row.verdict or None,
        judged_by=row.judged_by or None,
    )


def _anomalies(connection: sa.Connection, question: AnomalyQuestion) -> Page:
    statement = sa.select(anomalies).order_by(anomalies.c.id.desc()).limit(question.limit + 1)
    if question.after is not None:
        statement = statement.where(anomalies.c.id < question.after)
    if question.is_open is not None:
        is_open = anomalies.c.ended_at.is_(None)
        statement = statement.where(is_open if question.is_open else ~is_open)
    if question.severities:
        statement = statement.where(anomalies.c.severity.in_(question.severities))
    if question.metric is not None:
        statement = statement.where(anomalies.c.metric == question.metric)
    if question.series is not None:
        statement = statement.where(anomalies.c.series_id == question.series)
    if question.group is not None:
        statement = statement.where(anomalies.c.group_key == question.group)
    if question.start is not None:
        ended = anomalies.c.ended_at
        statement = statement.where(ended.is_(None) | (ended >= question.start))
    if question.end is not None:
        statement = statement.where(anomalies.c.started_at <= question.end)
    rows = connection.execute(statement).all()
    found = [_kept(row) for row in rows[: question.limit]]
    more = len(rows) > question.limit
    return Page(list(found), found[-1].id if more else None)


def _judge(
    connection: sa.Connection, anomaly_id: int, verdict: Verdict, by: str, now: float
) -> KeptAnomaly:
    connection.execute(
        anomalies.update()
        .where(anomalies.c.id == anomaly_id)
        .values(verdict=verdict, judged_by=by, judged_at=now)
    )
    row = connection.execute(sa.select(anomalies).where(anomalies.c.id == anomaly_id)).first()
    if row is None:
        msg = f"There is no anomaly {anomaly_id}."
        raise NotFoundError(msg, code="unknown_anomaly")
    return _kept(row)


def _verdicts(connection: sa.Connection) -> tuple[int, int]:
    counted = connection.execute(
        sa.select(anomalies.c.verdict, sa.func.count()).group_by(anomalies.c.verdict)
    )
    counts = {verdict: count for verdict, count in counted}  # noqa: C416 - rows are no pairs to dict
    return counts.get("right", 0), counts.get("wrong", 0)


def _tuned(connection: sa.Connection) -> dict[int, tuple[float, bool]]:
    rows = connection.execute(sa.select(anomaly_tuning))
    return {row.series_id: (row.sensitivity, row.muted) for row in rows}


def _tuning_of(connection: sa.Connection, series_id: int) -> tuple[float, bool]:
    known = sa.select(series.c.id).where(series.c.id == series_id)
    if connection.execute(known).first() is None:
        raise _unknown_series(series_id)
    statement = sa.select(anomaly_tuning).where(anomaly_tuning.c.series_id == series_id)
    row = connection.execute(statement).first()
    return (1.0, False) if row is None else (row.sensitivity, row.muted)


def _unknown_series(series_id: int) -> NotFoundError:
    return NotFoundError(f"There is no series {series_id}.", code="unknown_series")
