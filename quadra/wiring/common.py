"""What every role stands on: folders, logging, the database; where the past is read and kept."""

from __future__ import annotations

import logging
import os
import random
import secrets
from pathlib import Path

from quadra.engine.ports import Clock, HistoryStore
from quadra.engine.roller import Roller
from quadra.engine.sealer import RollingSealer, Sealer
from quadra.engine.shipper import Shipper
from quadra.engine.upkeep import Keeper
from quadra.errors import SettingsError
from quadra.settings import Settings
from quadra.storage.channels import SqlChannels
from quadra.storage.chunks import SqlChunks
from quadra.storage.database import Database, Meter
from quadra.storage.history import SqlHistory
from quadra.storage.journal import SqlJournal
from quadra.storage.keys import secret_key_of
from quadra.storage.prometheus.address import parse_address
from quadra.storage.prometheus.asking import Asker
from quadra.storage.prometheus.client import Client
from quadra.storage.prometheus.history import RemoteHistory
from quadra.storage.prometheus.writing import WRITE_PATH, Writer
from quadra.storage.revisions import is_up_to_date
from quadra.storage.rollups import SqlRollups
from quadra.storage.series import SqlSeries
from quadra.storage.shipments import SqlShipments
from quadra.storage.vault import Vault
from utils.structured_logging import RequestContext, setup_structured_logging

WORKER, SCRAPING = "worker", "scraping"  # the leases
_ENDS_LATE_S = 2 * 86_400.0  # samples end hours after their age is reached, some at a time


def prepare(
    settings: Settings,
    context: RequestContext = dict,
    *,
    is_child: bool = False,
    meter: Meter | None = None,
) -> Database:
    """Make ready what every role needs: folders, logging, an upgraded database.

    ``meter`` is told of the database's statements.
    """
    for variable, folder in (("DATA_DIR", settings.data_dir), ("LOGS_DIR", settings.logs_dir)):
        _writable(variable, folder)
    told_in_files = settings.use_structured_logging and settings.log_console == "text"
    setup_structured_logging(
        settings.log_level,
        settings.logs_dir,
        enable_file=settings.use_structured_logging,
        console_format=settings.log_console,
        console_level="WARNING" if told_in_files else settings.log_level,
        schema=settings.log_schema,
        environment=settings.environment,
        context=context,
    )
    levels = {
        "alembic": logging.WARNING,
        # Any visitor can make these two complain, a page of traceback for a byte of nonsense.
        "quadra.web.engineio": logging.CRITICAL,
        "quadra.web.socketio": logging.CRITICAL,
    }
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    database = Database(settings.database_url, meter=meter)
    # The parent of a child has just done it.
    if not is_child and not is_up_to_date(database):
        from quadra.storage.migrations import upgrade  # noqa: PLC0415 - takes time and memory

        upgrade(database)
    return database


def make_channels(settings: Settings, database: Database) -> SqlChannels:
    """Make the store of channels, with what opens their addresses."""
    return SqlChannels(database, Vault(secret_key_of(settings).encode()))


def make_history(settings: Settings, database: Database, clock: Clock) -> HistoryStore:
    """Say where history is read: in the database alone, or from HISTORY_URL as well."""
    if not settings.history_url:
        return SqlHistory(database)
    here = SqlHistory(database, sealed_is_here=False)  # the position is that of what is shipped
    address = parse_address(settings.history_url, settings.history_token, settings.history_tenant)
    newest_there = SqlShipments(database).newest_dropped
    keys_of = SqlSeries(database).keys_of
    return RemoteHistory(here, Asker(Client(address)), newest_there, keys_of, clock)


def series_end_after_s(settings: Settings) -> float | None:
    """Say after how long without a sample nothing is left of a series; None where one can't say.

    With HISTORY_URL that store knows, and not we.
    """
    kept = (settings.retention_raw, settings.retention_rollup)
    if settings.history_url or None in kept:
        return None
    return max(age for age in kept if age is not None) + _ENDS_LATE_S


def make_keeper(settings: Settings, database: Database, clock: Clock) -> Keeper:
    """Say where the journal's past goes: into chunks, or to HISTORY_URL."""
    store, chunks = SqlJournal(database, clock), SqlChunks(database)
    if not settings.history_url:
        roller = Roller(
            SqlRollups(database), clock, settings.retention_raw, settings.retention_rollup
        )
        return RollingSealer(Sealer(store, chunks, clock, None, roller), roller)
    url, path = settings.history_write_url, ""
    if not url:
        url, path = settings.history_url, WRITE_PATH
    address = parse_address(url, settings.history_token, settings.history_tenant)
    # One connection: when it breaks, what was acknowledged over it is in doubt.
    writer = Writer(Client(address, connections=1), path, SqlSeries(database).keys_of)
    return Shipper(
        store,
        chunks,
        SqlShipments(database),
        writer,
        clock,
        keep_seconds=settings.retention_raw,
        chance=random.random,
    )


def process_name(hostname: str) -> str:
    """Name this process among all of the installation, and unlike any before it."""
    return f"{name_begins(hostname, os.getpid())}{secrets.token_hex(4)}"


def name_begins(hostname: str, pid: int) -> str:
    """Give how the name of a process of this machine begins."""
    return f"{hostname[:60]}:{pid}:"


def address_of(settings: Settings) -> str:
    """Give where links in messages lead."""
    return settings.public_url or f"http://{settings.host}:{settings.port}"


def _writable(variable: str, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        msg = f"{variable}={folder}: can't write there ({error.strerror}); choose another folder."
        raise SettingsError(msg) from error
