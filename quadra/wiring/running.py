"""A serving process that runs: what starts and what ends, in which order."""

from __future__ import annotations

import contextlib
import logging
import time
from dataclasses import dataclass

from flask import Flask

from quadra import __version__
from quadra.alerts.rules import SEVERITIES
from quadra.engine.access import Access
from quadra.engine.alert_service import Alerting
from quadra.engine.announcements import Announcements
from quadra.engine.deadman import DeadMan
from quadra.engine.descriptions import Descriptions
from quadra.engine.feed import Feed
from quadra.engine.happenings import Happenings
from quadra.engine.helper_process import HelperProcess
from quadra.engine.journal import Journal
from quadra.engine.lease import Leases, keep
from quadra.engine.link import Link
from quadra.engine.ports import Runtime, Signal
from quadra.engine.services import Services
from quadra.engine.times import SeriesTimes
from quadra.errors import QuadraError
from quadra.intake.own import LoopLag
from quadra.intake.sampler import Sampler
from quadra.intake.scraper import Scraper
from quadra.settings import Settings
from quadra.storage.database import Database
from quadra.web.gate import Gate, WsgiApp
from quadra.web.live import Live
from quadra.wiring import memory
from utils.metrics import metrics_manager

log = logging.getLogger("quadra")

REQUESTS_END_WITHIN_S = 1.5
JOURNAL_ENDS_WITHIN_S = 1.0
LEASES_END_WITHIN_S = 0.5
COUNT_EVERY_S = 1.0


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
    services: Services
    happenings: Happenings
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
        self.runtime.spawn(self._count_statements)
        self.runtime.spawn(self._give_back_memory)
        self.services.start()
        self.happenings.note("restart", "Quadra started", text=f"version {__version__}")
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

    def _give_back_memory(self) -> None:
        while not self.ending.wait(memory.GIVE_BACK_EVERY_S):
            self.runtime.offload(memory.give_back)

    def _count_statements(self) -> None:
        while not self.ending.wait(COUNT_EVERY_S):
            metrics_manager.statements.count()


def _count_firing(by_severity: dict[str, int]) -> None:
    for severity in SEVERITIES:
        number = by_severity.get(severity, 0)
        metrics_manager.alerts_firing.labels(severity).set(number)
