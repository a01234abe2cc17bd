"""Channels, what delivers to them, and what pages when nobody evaluates."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

from quadra.channels.by_apprise import AppriseSender
from quadra.channels.direct import deliver
from quadra.channels.email import EmailSender
from quadra.channels.slack import SlackSender
from quadra.channels.webhook import WebhookSender
from quadra.engine.channels import ChannelDesk, ChannelKind, Sender
from quadra.engine.deadman import DeadMan
from quadra.engine.dispatcher import Dispatcher
from quadra.engine.pager import ProcessPager
from quadra.engine.ports import Clock, Runtime
from quadra.engine.queues import Queues
from quadra.outward.egress import Egress
from quadra.outward.posting import Poster
from quadra.settings import Settings
from quadra.storage.beat import SqlBeat
from quadra.storage.chunks import SqlChunks
from quadra.storage.database import Database
from quadra.storage.journal import SqlJournal
from quadra.storage.outbox import SqlOutbox
from quadra.storage.shipments import SqlShipments
from quadra.wiring.arguments import PAGE, PROGRAM
from quadra.wiring.common import address_of, make_channels


def channel_desk(settings: Settings, database: Database) -> ChannelDesk:
    """Make what the API needs of channels."""
    egress = Egress("WEBHOOK_ALLOW_PRIVATE", allow_private=settings.webhook_allow_private)
    return ChannelDesk(make_channels(settings, database), SqlOutbox(database), egress)


def make_queues(settings: Settings, database: Database, runtime: Runtime, clock: Clock) -> Queues:
    """Make what looks at all that waits."""
    journal, outbox, beats = SqlJournal(database, clock), SqlOutbox(database), SqlBeat(database)
    if settings.history_url:
        shipped = SqlShipments(database).look
        return Queues(journal, outbox, beats, lambda: shipped().seq, runtime, clock, kept_after=0.0)
    return Queues(journal, outbox, beats, SqlChunks(database).sealed, runtime, clock)


def make_senders(egress: Egress) -> dict[ChannelKind, Sender]:
    """Make what speaks to each kind of channel."""
    poster = Poster(egress)
    return {
        "webhook": WebhookSender(poster),
        "slack": SlackSender(poster),
        "email": EmailSender(egress),
        "apprise": AppriseSender(egress),
    }


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


def make_deadman(settings: Settings, database: Database, runtime: Runtime) -> DeadMan | None:
    """Make what tells people that nobody evaluates; None where that is not wanted."""
    if not settings.deadman_after:
        return None
    script = [sys.executable, str(PROGRAM), PAGE]
    return DeadMan(
        SqlBeat(database),
        make_channels(settings, database),
        ProcessPager(script, {**os.environ, "ROLE": "worker"}, runtime),
        runtime,
        time.time,
        time.monotonic,
        after=settings.deadman_after,
        url=address_of(settings),
    )


def page() -> int:
    """Deliver the pages on standard input and say on standard output how each ended."""
    settings = Settings.from_env()
    egress = Egress("WEBHOOK_ALLOW_PRIVATE", allow_private=settings.webhook_allow_private)

    def say(line: bytes) -> None:
        os.write(sys.stdout.fileno(), line)

    deliver(sys.stdin.buffer.read(), make_senders(egress), say)
    return 0
