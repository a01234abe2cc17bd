"""How the processes of an installation meet."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from quadra.engine.announcements import Announcements
from quadra.engine.descriptions import Descriptions
from quadra.engine.lease import Leases
from quadra.engine.link import Link, LinkState, NoLink
from quadra.engine.ports import Runtime
from quadra.errors import StorageError
from quadra.settings import Settings
from quadra.storage.announcements import SqlAnnouncements
from quadra.storage.database import Database
from quadra.storage.installation import installation_key
from quadra.storage.leases import SqlLeases
from quadra.web.account_limit import MOST_NAMES
from quadra.web.shared_counters import SharedCounters
from quadra.wiring.common import SCRAPING, WORKER, name_begins, process_name
from utils.metrics import metrics_manager

DESCRIPTIONS = "descriptions"  # what processes announce to each other


@dataclass(frozen=True, slots=True)
class Others:
    """How a serving process and the others of this installation go together."""

    link: Link
    announcements: Announcements
    counters: SharedCounters
    counters_of_names: SharedCounters
    leases: Leases
    worker_age: Callable[[], float | None]
    worker_ended: Callable[[int], None]
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

    def worker_ended(pid: int) -> None:
        with contextlib.suppress(StorageError):  # then its lease lapses by itself
            runtime.offload(leases.free, WORKER, name_begins(hostname, pid))

    return Others(
        link=link,
        announcements=Announcements(SqlAnnouncements(database), link, runtime, time.time),
        counters=SharedCounters(link=link),
        counters_of_names=SharedCounters(link=link, most=MOST_NAMES),
        leases=leases,
        worker_age=leases.watch(WORKER),
        worker_ended=worker_ended,
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


def link_message(state: LinkState) -> dict[str, object]:
    """Say in a ``system`` event how the link to other processes does."""
    words = {
        "ok": "Redis is back.",
        "down": "Redis does not answer: each process goes on by itself, and nothing is lost.",
    }
    kind = "redis_up" if state.name == "ok" else "redis_down"
    return {"kind": kind, "message": words.get(state.name, ""), "since": state.since}
