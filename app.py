"""Composition root: reads the settings, builds every part, wires them, serves.

Nothing imports this module. ``python app.py`` serves; ``flask --app app …`` offers commands.
"""

from __future__ import annotations

import os
import sys

from quadra.web.serving import bound_memory, patch

PAGE = "--page"  # delivers what it is handed on its standard input, and ends
CHILD = "--child"  # the worker that a serving process has started
IS_WORKER = __name__ == "__main__" and os.environ.get("ROLE", "").strip() == "worker"

if __name__ == "__main__":
    bound_memory()  # before there are threads
if __name__ == "__main__" and not IS_WORKER:
    # The worker and the commands run without a loop.
    patch(os.environ.get("ASYNC_MODE", "").strip() or "eventlet")

import contextlib
import gc
import logging
import random
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from quadra import __version__
from quadra.alerts.defaults import default_rules
from quadra.alerts.rules import SEVERITIES
from quadra.channels.by_apprise import AppriseSender
from quadra.channels.direct import deliver
from quadra.channels.email import EmailSender
from quadra.channels.slack import SlackSender
from quadra.channels.webhook import WebhookSender
from quadra.engine.access import ADMINISTRATOR, FIRST_STEPS, Access, new_secret
from quadra.engine.alert_service import Alerting
from quadra.engine.announcements import Announcements
from quadra.engine.anomaly_watch import AnomalyWatch
from quadra.engine.bell import Bell
from quadra.engine.catalog import Catalog
from quadra.engine.channels import FROM_SETTINGS, Channel, ChannelDesk, ChannelKind, Sender
from quadra.engine.deadman import DeadMan
from quadra.engine.descriptions import Descriptions
from quadra.engine.disk import Disk
from quadra.engine.dispatcher import Dispatcher
from quadra.engine.drill import Drill
from quadra.engine.duty import Duty
from quadra.engine.feed import Feed
from quadra.engine.health import Health
from quadra.engine.helper_process import HelperProcess
from quadra.engine.history import History
from quadra.engine.journal import Journal
from quadra.engine.judge import Judge
from quadra.engine.lease import Leases, keep
from quadra.engine.link import Link, LinkState, NoLink, RowTelling
from quadra.engine.pager import ProcessPager
from quadra.engine.ports import Clock, HistoryStore, Runtime, Signal
from quadra.engine.roller import Roller
from quadra.engine.sealer import RollingSealer, Sealer
from quadra.engine.shipper import Shipper
from quadra.engine.times import SeriesTimes
from quadra.engine.trainer import Trainer, TrainerParts
from quadra.engine.training import Training
from quadra.engine.upkeep import Keeper, Upkeep
from quadra.errors import QuadraError, SettingsError, StorageError
from quadra.outward.egress import Egress
from quadra.outward.posting import Poster
from quadra.settings import AsyncMode, Settings
from quadra.storage.access import SqlAccess
from quadra.storage.alert_rules import SqlRules
from quadra.storage.alerts import SqlAlerts
from quadra.storage.announcements import SqlAnnouncements
from quadra.storage.anomalies import FileMemory, SqlAnomalies, SqlTuning
from quadra.storage.beat import SqlBeat
from quadra.storage.channels import SqlChannels
from quadra.storage.chunks import SqlChunks
from quadra.storage.database import Database
from quadra.storage.descriptions import SqlDescriptions
from quadra.storage.external import SqlExternal
from quadra.storage.history import SqlHistory
from quadra.storage.installation import installation_key
from quadra.storage.journal import SqlJournal
from quadra.storage.judging import SqlJudge
from quadra.storage.keys import kept_secret
from quadra.storage.leases import SqlLeases, guard
from quadra.storage.memos import SqlMemos
from quadra.storage.models import FolderModels
from quadra.storage.outbox import SqlOutbox
from quadra.storage.prometheus.address import parse_address
from quadra.storage.prometheus.asking import Asker
from quadra.storage.prometheus.client import Client
from quadra.storage.prometheus.history import RemoteHistory
from quadra.storage.prometheus.writing import WRITE_PATH, Writer
from quadra.storage.quiet import SqlQuiet
from quadra.storage.rollups import SqlRollups
from quadra.storage.rule_files import RuleFiles, read_rules
from quadra.storage.series import SqlSeries
from quadra.storage.shipments import SqlShipments
from quadra.storage.targets import SqlTargets
from quadra.storage.training import SqlTraining
from quadra.telemetry.series import SeriesRules
from utils.structured_logging import RequestContext, setup_structured_logging

if not IS_WORKER:  # it serves nothing, and takes 40 MB less without these
    from flask import Flask
    from flask_socketio import SocketIO
    from werkzeug.middleware.proxy_fix import ProxyFix

    from quadra.intake.host import HostSource
    from quadra.intake.own import LoopLag, OwnSource, RequestLog
    from quadra.intake.sampler import Sampler
    from quadra.intake.scraper import Scraper, make_scraper
    from quadra.web import commands
    from quadra.web.application import make_application
    from quadra.web.connection_bounds import MAX_MESSAGE_BYTES
    from quadra.web.gate import Gate, HostRules, WsgiApp
    from quadra.web.identity import Identity
    from quadra.web.live import EVENTS, Live
    from quadra.web.observing import GateLog, log_context
    from quadra.web.parts import WebParts
    from quadra.web.serving import listen, make_runtime, make_server, raise_file_limit
    from quadra.web.shared_counters import SharedCounters
    from quadra.web.subscriptions import FastJson
    from utils.metrics import metrics_manager

log = logging.getLogger("quadra")

ADMIN = ["admin"]
REQUESTS_END_WITHIN_S = 1.5
JOURNAL_ENDS_WITHIN_S = 1.0
CHILD_NICENESS = 5  # on a core that both want, a burst of intake has three quarters of it
TRAINING_ENDS_WITHIN_S = 0.8
LEASES_END_WITHIN_S = 0.5
WORKER, SCRAPING = "worker", "scraping"  # the leases
DESCRIPTIONS = "descriptions"  # what processes announce to each other
JUDGE_CATCHES_UP_WITHIN_S = 60.0
WORKER_ENDS_WITHIN_S = 0.8


@dataclass(slots=True)
class Quadra:
    """The wired house."""

    settings: Settings
    app: Flask
    wsgi: WsgiApp
    gate: Gate
    runtime: Runtime
    access: Access
    database: Database
    journal: Journal
    times: SeriesTimes
    descriptions: Descriptions
    feed: Feed
    link: Link
    announcements: Announcements
    leases: Leases
    ending: Signal
    left: Signal
    live: Live
    lag: LoopLag
    samplers: list[Sampler]
    scraper: Scraper
    alerting: Alerting
    deadman: DeadMan | None
    worker: HelperProcess | None

    def start(self) -> None:
        """Take up what was kept, then let the parts run."""
        self.times.restore()
        self.descriptions.restore()
        self.journal.start()
        self.feed.start()
        self.times.start()
        self.announcements.start()
        self.link.start()
        self.live.start()
        self.runtime.offload(self.leases.step)
        self.runtime.spawn(self._keep_leases)
        self.lag.start()
        for sampler in self.samplers:
            sampler.start()
        self.scraper.start()
        self.alerting.count_firing(_count_firing)
        if self.worker is not None:
            self.worker.start()
        if self.deadman is not None:
            self.deadman.start()

    def stop(self) -> None:
        """Answer what was asked, write what waits, tell the browsers."""
        self.gate.close()
        until = time.monotonic() + REQUESTS_END_WITHIN_S
        while self.gate.in_flight and time.monotonic() < until:
            self.runtime.sleep(0.01)
        if not self.journal.close(JOURNAL_ENDS_WITHIN_S):
            log.error("The journal could not be written to its end")
        self.live.close()
        with contextlib.suppress(QuadraError):
            self.times.keep()
        self.ending.set()
        self.left.wait(LEASES_END_WITHIN_S)
        if self.worker is not None:
            self.worker.stop()

    def _keep_leases(self) -> None:
        offload, leases = self.runtime.offload, self.leases
        keep(lambda: offload(leases.step), lambda: offload(leases.leave), self.ending.wait)
        self.left.set()


@dataclass(frozen=True, slots=True)
class Others:
    """How a serving process and the others of this installation go together."""

    link: Link
    announcements: Announcements
    counters: SharedCounters
    leases: Leases
    worker_age: Callable[[], float | None]
    scrapes: Callable[[], bool]
    reads_host: Callable[[], bool]


def meet_others(
    settings: Settings,
    database: Database,
    runtime: Runtime,
    hostname: str,
    announce: Callable[[dict[str, object]], None],
) -> Others:
    """Build what processes share; ``announce`` tells this one's consoles of the link."""

    def on_change(state: LinkState) -> None:
        metrics_manager.redis_up.set(state.name == "ok")
        announce(link_message(state))

    link: Link = NoLink()
    if settings.redis_enabled:
        # Those who use no Redis need not wait for its library at each start.
        from quadra.storage.redis_link import RedisLink  # noqa: PLC0415 - as said
        from utils.redis_config import RedisConfig  # noqa: PLC0415 - as said

        key = installation_key(database)
        config = RedisConfig(settings.redis())
        link = RedisLink(config, key, runtime, time.time, time.monotonic, on_change)
    leases = Leases(SqlLeases(database), process_name(hostname), time.monotonic)
    return Others(
        link=link,
        announcements=Announcements(SqlAnnouncements(database), link, runtime, time.time),
        counters=SharedCounters(link=link),
        leases=leases,
        worker_age=leases.watch(WORKER),
        scrapes=leases.want(SCRAPING),
        reads_host=leases.want(f"host:{hostname[:80]}"),
    )


def share_descriptions(
    descriptions: Descriptions, announcements: Announcements, runtime: Runtime, instance: str
) -> None:
    """Let what this process learns of metrics reach the others."""

    def tell() -> None:
        with contextlib.suppress(StorageError):
            announcements.say(DESCRIPTIONS, {"by": instance})

    def hear(_event: str, body: dict[str, str]) -> None:
        if body["by"] != instance:
            descriptions.restore()

    descriptions.on_news = lambda: runtime.spawn(tell)
    announcements.hear(hear, DESCRIPTIONS)


def process_name(hostname: str) -> str:
    """Name this process among all of the installation, and unlike any before it."""
    return f"{hostname[:60]}:{os.getpid()}:{secrets.token_hex(4)}"


def introduce_tokens(settings: Settings, access: Access) -> None:
    """Make Quadra's own tokens hold; one that was revoked is replaced by a new one."""
    if settings.admin_token and not access.introduce(ADMINISTRATOR, settings.admin_token, ADMIN):
        msg = "QUADRA_ADMIN_TOKEN: this token was revoked; choose another."
        raise SettingsError(msg)
    files = {FIRST_STEPS: (settings.first_steps_token_file, ["ingest"])}
    if not settings.admin_token:
        files[ADMINISTRATOR] = (settings.admin_token_file, ADMIN)
    for purpose, (file, scopes) in files.items():
        while not access.introduce(purpose, kept_secret(file, new_secret), scopes):
            file.unlink()


def prepare(
    settings: Settings, context: RequestContext = dict, *, is_child: bool = False
) -> Database:
    """Make ready what every role needs: folders, logging, an upgraded database."""
    for variable, folder in (("DATA_DIR", settings.data_dir), ("LOGS_DIR", settings.logs_dir)):
        _writable(variable, folder)
    setup_structured_logging(
        settings.log_level,
        settings.logs_dir,
        console_level="WARNING" if settings.use_structured_logging else settings.log_level,
        enable_file=settings.use_structured_logging,
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
    database = Database(settings.database_url)
    if not is_child:  # the parent has just done it
        from quadra.storage.migrations import upgrade  # noqa: PLC0415 - alembic takes 11 MB

        upgrade(database)
    return database


def make_history(settings: Settings, database: Database, clock: Clock) -> HistoryStore:
    """Say where history is read: in the database alone, or from HISTORY_URL as well."""
    here = SqlHistory(database)
    if not settings.history_url:
        return here
    address = parse_address(settings.history_url, settings.history_token, settings.history_tenant)
    newest_there = SqlShipments(database).newest_dropped
    keys_of = SqlSeries(database).keys_of
    return RemoteHistory(here, Asker(Client(address)), newest_there, keys_of, clock)


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


def build(settings: Settings, instance: str, mode: AsyncMode | None = None) -> Quadra:
    """Build every part of a serving process and wire them; raises SettingsError.

    ``mode`` is the loop to run on when it is not the one that the settings name.
    """
    mode = mode or settings.async_mode
    database = prepare(settings, log_context)
    metrics_manager.initialize(__version__, settings.environment)
    runtime = make_runtime(mode)
    clock = time.time
    hostname = socket.gethostname()
    started_at = clock()

    store = SqlJournal(database, clock)
    catalog = Catalog(max_series=settings.max_series, max_of_owner=settings.series_of_a_token)
    journal = Journal(store, catalog, runtime, clock)
    feed = Feed(store, SqlSeries(database), catalog, runtime)
    journal.follow(feed.committed)

    others = meet_others(
        settings, database, runtime, hostname, lambda body: live.announce("system", body)
    )
    link, announcements, counters = others.link, others.announcements, others.counters
    journal.follow(RowTelling(link, feed).tell)
    descriptions = Descriptions(SqlDescriptions(database), runtime)
    share_descriptions(descriptions, announcements, runtime, instance)
    times = SeriesTimes(catalog, SqlSeries(database), feed, runtime)

    secret_key = settings.secret_key or kept_secret(
        settings.data_dir / "secret-key", lambda: secrets.token_hex(32)
    )
    access = Access(SqlAccess(database), clock, secret_key.encode())
    limited = settings.ratelimit_enabled
    guesses = settings.ratelimit_login if limited else None
    identity = Identity(access, runtime, guesses, counters)

    requests = RequestLog(clock)
    lag = LoopLag(runtime, time.monotonic)
    own = OwnSource(instance, journal, catalog, requests, lag, lambda: live.consoles())  # noqa: PLW0108 - made below
    rules = SeriesRules(max_labels=settings.max_labels)
    scraper = make_scraper(
        settings,
        SqlTargets(database),
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
        lambda: worker.wake() if worker else None,
    )
    parts = WebParts(
        settings=settings,
        runtime=runtime,
        clock=clock,
        access=access,
        identity=identity,
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
        feed=feed,
        link=link,
        announcements=announcements,
        rules=rules,
        scraper=scraper,
        training=Training(SqlTraining(database), runtime, clock),
        models=FolderModels(settings.models_dir),
        alerting=alerting,
        channels=channel_desk(settings, database),
        anomalies=SqlAnomalies(database),
        external=SqlExternal(database),
        beats=SqlBeat(database),
        drill=Drill(alerting, journal, SqlChannels(database), runtime, clock),
        wake_worker=lambda: worker.wake() if worker else None,
        requests=requests,
        metrics=metrics_manager,
        hostname=hostname,
        instance=instance,
        started_at=started_at,
        first_steps_token=lambda: kept_secret(settings.first_steps_token_file, new_secret),
        consoles=lambda: live.consoles(),  # noqa: PLW0108 - made below
        samples_per_second=lambda: own.samples_per_second,
    )
    app, express = make_application(parts, secret_key.encode())
    hosts = HostRules(
        ("localhost", hostname, settings.host, *settings.allowed_hosts), settings.cors_origins
    )
    socketio = SocketIO(
        app,
        async_mode=mode,
        transports=["websocket"],
        cors_allowed_origins=lambda origin, environ: hosts.origin_allowed(
            origin, environ.get("HTTP_HOST", "")
        ),
        json=FastJson,
        manage_session=False,
        async_handlers=False,
        max_http_buffer_size=MAX_MESSAGE_BYTES,
        logger=logging.getLogger("quadra.web.socketio"),
        engineio_logger=logging.getLogger("quadra.web.engineio"),
    )
    live = Live(socketio, store, parts)
    for event in EVENTS:
        announcements.hear(live.announce, event)
    gate = Gate(
        express,
        hosts,
        connect_limit=settings.ratelimit_connect if limited else None,
        counters=counters,
        websocket_only=True,
        consoles=live.consoles,
        max_consoles=settings.max_consoles,
        refused=GateLog(metrics_manager).refused,
    )
    wsgi: WsgiApp = gate
    if settings.num_proxies:
        n = settings.num_proxies
        wsgi = ProxyFix(gate, x_for=n, x_proto=n, x_host=n)
    commands.register(app, settings, access, read_rules)
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
    worker = None
    if settings.role == "all":
        command = [sys.executable, str(Path(__file__).resolve()), CHILD]
        worker = HelperProcess(
            command, {**os.environ, "ROLE": "worker"}, runtime, clock, announcements.news
        )
        journal.follow(lambda _done: worker.wake())
    return Quadra(
        settings=settings,
        app=app,
        wsgi=wsgi,
        gate=gate,
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
        deadman=make_deadman(settings, database, runtime),
        worker=worker,
    )


def channel_desk(settings: Settings, database: Database) -> ChannelDesk:
    """Make what the API needs of channels."""
    egress = Egress("WEBHOOK_ALLOW_PRIVATE", allow_private=settings.webhook_allow_private)
    return ChannelDesk(SqlChannels(database), SqlOutbox(database), egress)


def make_deadman(settings: Settings, database: Database, runtime: Runtime) -> DeadMan | None:
    """Make what tells people that nobody evaluates; None where that is not wanted."""
    if not settings.deadman_after:
        return None
    script = [sys.executable, str(Path(__file__).resolve()), PAGE]
    return DeadMan(
        SqlBeat(database),
        SqlChannels(database),
        ProcessPager(script, {**os.environ, "ROLE": "worker"}, runtime),
        runtime,
        time.time,
        time.monotonic,
        after=settings.deadman_after,
        url=address_of(settings),
    )


def make_senders(egress: Egress) -> dict[ChannelKind, Sender]:
    """Make what speaks to each kind of channel."""
    poster = Poster(egress)
    return {
        "webhook": WebhookSender(poster),
        "slack": SlackSender(poster),
        "email": EmailSender(egress),
        "apprise": AppriseSender(egress),
    }


def address_of(settings: Settings) -> str:
    """Give where links in messages lead."""
    return settings.public_url or f"http://{settings.host}:{settings.port}"


def make_dispatcher(settings: Settings, database: Database, told: Callable[[], None]) -> Dispatcher:
    """Make what delivers pages."""
    desk = channel_desk(settings, database)
    base = address_of(settings)
    return Dispatcher(
        desk.outbox,
        desk.store,
        make_senders(desk.egress),
        time.time,
        link=lambda alert: f"{base}/alerts?alert={alert.get('id', '')}",
        told=told,
    )


def create_app() -> Flask:
    """Make the application for ``flask --app app``; serves nothing by itself."""
    try:
        settings = Settings.from_env()
        return build(settings, f"{socket.gethostname()}:{settings.port}", "threading").app
    except SettingsError as error:
        _complain(error)
        sys.exit(2)


def serve() -> int:
    """Serve until a signal ends it; gives the exit code."""
    raise_file_limit()
    try:
        settings = Settings.from_env()
        listener = listen(settings.host, settings.port)
        port = listener.getsockname()[1]
        quadra = build(settings, f"{socket.gethostname()}:{port}")
        introduce_tokens(settings, quadra.access)
        code = quadra.access.first_run_code()
        quadra.start()
    except QuadraError as error:
        _complain(error)
        return 2
    server = make_server(settings.async_mode, listener, quadra.wsgi)
    stopping, told_to_stop = quadra.runtime.signal(), quadra.runtime.signal()

    def stop(*_: object) -> None:
        told_to_stop.set()
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)

    def accept_connections() -> None:
        try:
            server.serve()
        finally:
            stopping.set()  # a server that no longer accepts is of no use: end, and be restarted

    quadra.runtime.spawn(accept_connections)
    gc.collect()
    gc.freeze()  # what lives from here on for good needs no more looking at
    gc.set_threshold(50_000, 20, 50)
    _print_address(settings, port, code)
    stopping.wait()
    server.stop()
    quadra.stop()
    if not told_to_stop.is_set():
        log.error("The server ended by itself")
        return 1
    log.info("Stopped")
    return 0


def make_judge(settings: Settings, database: Database, told: Callable[[], None]) -> Judge:
    """Make the judge of alert rules; a new installation gets its first rules."""
    SqlRules(database).begin_with(default_rules(), time.time())
    journal = SqlJournal(database, time.time)
    memory = FileMemory(settings.data_dir / "anomalies.state")
    watch = AnomalyWatch(journal, memory, SqlTuning(database), time.time)
    return Judge(
        journal,
        make_history(settings, database, time.time),
        SqlJudge(database),
        time.time,
        observers=[watch],
        told=told,
        keep_s=settings.retention_raw,
    )


def work(*, is_child: bool) -> int:
    """Be the worker until a signal comes or, as a child, until the parent is gone."""
    try:
        settings = Settings.from_env()
        database = prepare(settings, is_child=is_child)
    except QuadraError as error:
        _complain(error)
        return 2
    bell = Bell()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: bell.end())
    if is_child:
        os.nice(CHILD_NICENESS)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which tells us
        os.set_blocking(sys.stdout.fileno(), False)  # a parent that hangs must not hold us
        threading.Thread(target=_hear_parent, args=(bell,), daemon=True).start()

    leases = Leases(SqlLeases(database), process_name(socket.gethostname()), time.monotonic)
    is_ours = leases.want(WORKER)
    keeper = threading.Thread(target=keep, args=(leases.step, leases.leave, bell.sleeper()))
    keeper.start()
    # Whatever the work writes is refused once another process has taken it over.
    fenced = Database(settings.database_url, guard(lambda: leases.fence(WORKER)))
    told = _tell_parent if is_child else lambda: None

    def work_on(wait: Callable[[float], bool]) -> None:
        with judging(settings, fenced, bell, told) as judge:
            do_work(settings, fenced, judge, wait)

    Duty(is_ours, bell.sleeper()).run(work_on)
    keeper.join()
    fenced.close()
    database.close()
    return 0


@contextlib.contextmanager
def judging(
    settings: Settings, database: Database, bell: Bell, tell_consoles: Callable[[], None]
) -> Iterator[Judge]:
    """Judge alert rules, follow their files and deliver pages, for as long as the block."""
    inner = Bell()

    def told() -> None:
        inner.ring()
        tell_consoles()

    judge = make_judge(settings, database, told)
    files = RuleFiles(settings.rules_dir, SqlRules(database), time.time, inner.ring)
    given = Channel(FROM_SETTINGS, "slack", settings.slack_webhook_url, origin="settings")
    SqlChannels(database).put_given([given] if settings.slack_webhook_url else [])
    dispatcher = make_dispatcher(settings, database, tell_consoles)
    threads = [
        threading.Thread(target=judge.run, args=(inner.ear(),), name="judge"),
        threading.Thread(target=dispatcher.run, args=(inner.ear(),), name="dispatcher"),
        threading.Thread(target=files.run, args=(inner.sleeper(),), name="rule-files"),
    ]
    bell.pass_on(inner)
    for thread in threads:
        thread.start()
    try:
        yield judge
    finally:
        bell.stop_passing(inner)
        inner.end()
        for thread in threads:
            thread.join(WORKER_ENDS_WITHIN_S)


def do_work(
    settings: Settings, database: Database, judge: Judge, wait: Callable[[float], bool]
) -> None:
    """Do what one process does among all, until ``wait(seconds)`` says that it ends."""
    trainer = Trainer(
        TrainerParts(
            training=SqlTraining(database),
            models=FolderModels(settings.models_dir),
            journal=SqlJournal(database, time.time),
            history=make_history(settings, database, time.time),
            series=SqlSeries(database),
            clock=time.time,
        )
    )
    over = threading.Event()
    training = threading.Thread(target=trainer.run, args=(over.wait,), name="trainer")
    training.start()
    disk = Disk(settings.disk_budget, settings.data_dir, SqlHistory(database).size)
    # What is sealed is dropped from the journal soon: what came while nobody judged comes first.
    until = time.monotonic() + JUDGE_CATCHES_UP_WITHIN_S
    while not judge.has_caught_up and time.monotonic() < until and not wait(0.05):
        pass
    Upkeep(make_keeper(settings, database, time.time), disk).run(wait)
    over.set()
    training.join(TRAINING_ENDS_WITHIN_S)


def link_message(state: LinkState) -> dict[str, object]:
    """Say in a ``system`` event how the link to other processes does."""
    words = {
        "ok": "Redis is back.",
        "down": "Redis does not answer: each process goes on by itself, and nothing is lost.",
    }
    kind = "redis_up" if state.name == "ok" else "redis_down"
    return {"kind": kind, "message": words.get(state.name, ""), "since": state.since}


def page() -> int:
    """Deliver the pages on standard input and say on standard output how each ended."""
    settings = Settings.from_env()
    egress = Egress("WEBHOOK_ALLOW_PRIVATE", allow_private=settings.webhook_allow_private)

    def say(line: bytes) -> None:
        os.write(sys.stdout.fileno(), line)

    deliver(sys.stdin.buffer.read(), make_senders(egress), say)
    return 0


def _hear_parent(bell: Bell) -> None:
    """Be woken by each line of the parent, and stop when it is gone."""
    while os.read(sys.stdin.fileno(), 4096):
        bell.ring()
    bell.end()


def _tell_parent() -> None:
    """Say that there is news; a parent that does not read has enough to read already."""
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), b"\n")


def _count_firing(by_severity: dict[str, int]) -> None:
    for severity in SEVERITIES:
        number = by_severity.get(severity, 0)
        metrics_manager.alerts_firing.labels(severity).set(number)


def _print_address(settings: Settings, port: int, code: str | None) -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    address = f"http://{host}:{port}"
    if code is not None:
        sys.stdout.write(f"Quadra {__version__} is ready. Open {address}/?token={code}\n")
    else:
        where = "QUADRA_ADMIN_TOKEN" if settings.admin_token else settings.admin_token_file
        sys.stdout.write(f"Quadra {__version__} is ready. Open {address}\n")
        sys.stdout.write(f"Not signed in there yet? The token is in {where}.\n")
    sys.stdout.flush()


def _writable(variable: str, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        msg = f"{variable}={folder}: can't write there ({error.strerror}); choose another folder."
        raise SettingsError(msg) from error


def _complain(error: QuadraError) -> None:
    sys.stderr.write(f"quadra: {error.detail}\n")


if __name__ == "__main__":
    os.umask(0o027)  # what is kept here is nobody else's to read
    if PAGE in sys.argv[1:]:
        code = page()
    else:
        code = work(is_child=CHILD in sys.argv[1:]) if IS_WORKER else serve()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)  # native threads of the loop's pool would keep a plain exit waiting
