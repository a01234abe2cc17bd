"""A serving process: every part of it, built and tied together."""

from __future__ import annotations

import os
import socket
import sys
import time

from quadra import __version__
from quadra.backup.status import LastBackups
from quadra.engine.access import Access, new_secret
from quadra.engine.alert_service import Alerting
from quadra.engine.audit import Audit
from quadra.engine.catalog import Catalog
from quadra.engine.descriptions import Descriptions
from quadra.engine.disk import Disk
from quadra.engine.drill import Drill
from quadra.engine.feed import Feed
from quadra.engine.happenings import Happenings
from quadra.engine.health import Health
from quadra.engine.helper_process import HelperProcess
from quadra.engine.history import History
from quadra.engine.journal import Journal
from quadra.engine.link import WORK, RowTelling
from quadra.engine.passwords import Passwords
from quadra.engine.services import Services, open_troubles
from quadra.engine.times import SeriesTimes
from quadra.engine.training import Training
from quadra.engine.users import Users
from quadra.intake.host import HostSource
from quadra.intake.own import LoopLag, OwnSource, RequestLog
from quadra.intake.sampler import Sampler
from quadra.intake.scraper import make_scraper
from quadra.settings import AsyncMode, Settings
from quadra.storage.access import SqlAccess
from quadra.storage.alert_rules import SqlRules
from quadra.storage.alerts import SqlAlerts
from quadra.storage.anomalies import SqlAnomalies
from quadra.storage.audit import SqlAudit
from quadra.storage.beat import SqlBeat
from quadra.storage.boards import SqlBoards
from quadra.storage.channels import SqlChannels
from quadra.storage.database import Database
from quadra.storage.descriptions import SqlDescriptions
from quadra.storage.external import SqlExternal
from quadra.storage.figures import SqlFigures
from quadra.storage.happenings import SqlHappenings
from quadra.storage.history import SqlHistory
from quadra.storage.journal import SqlJournal
from quadra.storage.keys import kept_secret, secret_key_of
from quadra.storage.memos import SqlMemos
from quadra.storage.models import FolderModels
from quadra.storage.quiet import SqlQuiet
from quadra.storage.rule_files import read_rules
from quadra.storage.series import SqlSeries
from quadra.storage.shipments import SqlShipments
from quadra.storage.targets import SqlTargets
from quadra.storage.training import SqlTraining
from quadra.storage.users import SqlUsers
from quadra.storage.vault import Vault
from quadra.telemetry.series import SeriesRules
from quadra.web import commands
from quadra.web.account_limit import AccountLimit
from quadra.web.identity import Identity
from quadra.web.observing import log_context
from quadra.web.parts import WebParts
from quadra.web.serving import make_runtime
from quadra.wiring.arguments import CHILD, PROGRAM
from quadra.wiring.common import make_channels, make_history, prepare, series_end_after_s
from quadra.wiring.delivery import channel_desk, make_deadman, make_queues
from quadra.wiring.front import make_front
from quadra.wiring.others import meet_others, share_descriptions
from quadra.wiring.running import Quadra
from utils.metrics import metrics_manager


def build(settings: Settings, instance: str, mode: AsyncMode | None = None) -> Quadra:
    """Build every part of a serving process and wire them; raises SettingsError.

    ``mode`` is the loop to run on when it is not the one that the settings name.
    """
    mode = mode or settings.async_mode
    database = prepare(settings, log_context, meter=metrics_manager.statements.note)
    metrics_manager.initialize(__version__, settings.environment)
    runtime = make_runtime(mode)
    clock = time.time
    hostname = socket.gethostname()
    started_at = clock()

    store = SqlJournal(database, clock)
    catalog = Catalog(max_series=settings.max_series, max_of_owner=settings.series_of_a_token)
    journal = Journal(store, catalog, runtime, clock)
    feed = Feed(store, SqlSeries(database), catalog, runtime)

    others = meet_others(
        settings, database, runtime, hostname, lambda body: live.announce("system", body)
    )
    link, announcements, counters = others.link, others.announcements, others.counters
    # Those on other processes first: once told, they and the consoles here are served side by side.
    journal.follow(RowTelling(link, feed).tell)
    journal.follow(feed.committed)
    descriptions = Descriptions(SqlDescriptions(database), runtime, catalog.has_name)
    share_descriptions(descriptions, announcements, runtime, instance)
    times = SeriesTimes(
        catalog, SqlSeries(database), feed, runtime, clock, series_end_after_s(settings)
    )

    secret_key = secret_key_of(settings)
    access = Access(SqlAccess(database), clock, secret_key.encode())
    limited = settings.ratelimit_enabled
    guesses = settings.ratelimit_login if limited else None
    identity = Identity(access, runtime, guesses, counters)

    requests = RequestLog(clock)
    lag = LoopLag(runtime, time.monotonic)
    backups = LastBackups(settings.backup_dir)
    own = OwnSource(
        instance,
        journal,
        catalog,
        requests,
        lag,
        lambda: live.consoles(),  # noqa: PLW0108 - made below
        backups.newest,
    )
    rules = SeriesRules(max_labels=settings.max_labels)
    scraper = make_scraper(
        settings,
        _kept_targets(database, secret_key),
        journal=journal,
        descriptions=descriptions,
        rules=rules,
        runtime=runtime,
        clock=clock,
        metrics=metrics_manager,
        announcements=announcements,
        is_ours=others.scrapes,
    )
    alerts = SqlAlerts(database)
    alerting = Alerting(
        SqlRules(database),
        alerts,
        SqlQuiet(database),
        make_history(settings, database, clock),
        catalog,
        runtime,
        clock,
        lambda: wake_worker(),  # noqa: PLW0108 - made below
    )
    anomalies = SqlAnomalies(database)
    services = Services(
        catalog,
        make_history(settings, database, clock),
        open_troubles(alerting, anomalies, runtime),
        runtime,
        clock,
    )
    feed.follow(services.heard)
    happenings = Happenings(SqlHappenings(database), runtime, clock, announcements.news)
    parts = WebParts(
        settings=settings,
        runtime=runtime,
        clock=clock,
        access=access,
        users=Users(SqlUsers(database), Passwords(), clock, access.forget),
        audit=Audit(SqlAudit(database)),
        identity=identity,
        account_limit=AccountLimit(others.counters_of_names, access, enabled=limited),
        catalog=catalog,
        journal=journal,
        history=History(make_history(settings, database, clock), catalog, runtime),
        descriptions=descriptions,
        memos=SqlMemos(database, clock),
        health=Health(
            journal,
            store,
            runtime,
            Disk(settings.disk_budget, settings.data_dir, SqlHistory(database).size),
            others.worker_age,
            link,
            lambda: clock() - started_at,
            SqlShipments(database).look if settings.history_url else None,
        ),
        queues=make_queues(settings, database, runtime, clock),
        feed=feed,
        link=link,
        announcements=announcements,
        rules=rules,
        scraper=scraper,
        training=Training(SqlTraining(database), runtime, clock),
        models=FolderModels(settings.models_dir),
        alerting=alerting,
        channels=channel_desk(settings, database),
        anomalies=anomalies,
        boards=SqlBoards(database),
        external=SqlExternal(database),
        beats=SqlBeat(database),
        figures=SqlFigures(database),
        drill=Drill(alerting, journal, _kept_channels(settings, database), runtime, clock),
        services=services,
        happenings=happenings,
        backups=backups.times,
        wake_worker=lambda: wake_worker(),  # noqa: PLW0108 - made below
        requests=requests,
        metrics=metrics_manager,
        hostname=hostname,
        instance=instance,
        started_at=started_at,
        first_steps_token=lambda: kept_secret(settings.first_steps_token_file, new_secret),
        consoles=lambda: live.consoles(),  # noqa: PLW0108 - made below
        samples_per_second=lambda: own.samples_per_second,
    )
    front = make_front(parts, mode, store, counters)
    live = front.live
    commands.register(front.app, parts, read_rules)
    sources = [
        Sampler(
            "host",
            HostSource(hostname).read,
            journal,
            runtime,
            clock,
            blocking=True,
            is_ours=others.reads_host,
        ),
        Sampler("self", own.read, journal, runtime, clock, blocking=False),
    ]
    worker: HelperProcess | None = None

    def wake_worker() -> None:
        if worker is not None:
            worker.wake()
        link.publish(WORK, b"")  # it may be another's that works

    if settings.role == "all":
        command = [sys.executable, str(PROGRAM), CHILD]
        worker = HelperProcess(
            command,
            {**os.environ, "ROLE": "worker"},
            runtime,
            time.monotonic,
            announcements.news,
            others.worker_ended,
        )
        live.after_frames(worker.wake)
    return Quadra(
        settings=settings,
        app=front.app,
        wsgi=front.wsgi,
        gate=front.gate,
        runtime=runtime,
        access=access,
        database=database,
        journal=journal,
        times=times,
        descriptions=descriptions,
        feed=feed,
        link=link,
        announcements=announcements,
        leases=others.leases,
        ending=runtime.signal(),
        left=runtime.signal(),
        live=live,
        lag=lag,
        samplers=sources,
        scraper=scraper,
        alerting=alerting,
        services=services,
        happenings=happenings,
        deadman=make_deadman(settings, database, runtime),
        worker=worker,
    )


def _kept_channels(settings: Settings, database: Database) -> SqlChannels:
    kept = make_channels(settings, database)
    kept.seal_old()
    return kept


def _kept_targets(database: Database, secret_key: str) -> SqlTargets:
    kept = SqlTargets(database, Vault(secret_key.encode()))
    kept.seal_old()
    return kept
