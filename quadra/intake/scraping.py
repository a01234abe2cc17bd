"""One scrape of one target: fetched, read, kept, and reported on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from quadra.engine.catalog import TooManySeriesError
from quadra.engine.descriptions import Descriptions
from quadra.engine.journal import Journal
from quadra.engine.ports import Clock, Owner, Runtime
from quadra.engine.targets import Target, TargetState
from quadra.errors import QuadraError, UnavailableError
from quadra.intake.exposition import Page, PageReader
from quadra.intake.fetching import Fetched, Fetcher, opened
from quadra.intake.received import Rejections
from quadra.intake.scraped import SOURCE, TargetSeries
from quadra.intake.turns import Turns
from quadra.telemetry.batch import Batch
from quadra.telemetry.series import SeriesRules
from utils.metrics import MetricsManager

log = logging.getLogger(__name__)

# Reasons for which a page that came is refused; the others say that none came.
_REFUSED = {
    "sample_limit", "label_limit", "body_size_limit", "scrape_gzip", "bad_exposition",
    "scrape_content_type", "too_many_series", "series_quota",
}  # fmt: skip

TARGETS = Owner(1 - 2**31, "of all scrape targets")
"""Whose series scraped ones are: together they have the quota of one token, far from any's id."""


@dataclass(frozen=True, slots=True)
class ScrapeTools:
    """What every scrape needs; ``reading`` bounds the pages that are read at once."""

    fetcher: Fetcher
    journal: Journal
    descriptions: Descriptions
    rules: SeriesRules
    runtime: Runtime
    clock: Clock
    monotonic: Clock
    metrics: MetricsManager
    reading: Turns
    is_ours: Callable[[], bool]
    """Whether this process is the one, among several, that scrapes."""


class TargetScrape:
    """Scrapes one target, one scrape at a time, and knows how the last one went."""

    def __init__(self, target: Target, tools: ScrapeTools) -> None:
        """Wire; nothing is known of the target yet."""
        self.target = target
        self.state = TargetState()
        self._tools = tools
        self._series = TargetSeries(target, tools.rules)

    def scrape(self, at: float) -> None:
        """Scrape once; ``at`` (unix seconds) is the time of samples that bring none."""
        began = self._tools.monotonic()
        t = round(at * 1000)
        try:
            page = self._page(t)
            duration = self._tools.monotonic() - began
            self._keep(self._series.scraped(page, t, duration), page.rejections)
        except UnavailableError as error:
            self._tools.metrics.samples_rejected.labels(error.code).inc()
            self.missed(f"not stored: {error.detail}")
        except QuadraError as error:
            self._failed(at, self._tools.monotonic() - began, error.detail, error.code)
        except Exception:
            # One page that nobody thought of must not end the scraping of its target.
            log.exception("Scraping %s failed unexpectedly", self.target.place)
            self._failed(at, self._tools.monotonic() - began, "an error inside Quadra", "")
        else:
            self._went_well(at, duration, page)

    def end(self, at: float) -> None:
        """Mark every series of the target as ended: it is scraped no more."""
        if self.state.scraped_at is None:
            return
        try:
            self._keep(self._series.ended(round(at * 1000)))
        except QuadraError:
            log.debug("The end of %s was not kept", self.target.place, exc_info=True)

    def missed(self, why: str) -> None:
        """Note that Quadra itself could not scrape, or keep, this time."""
        self.state = replace(self.state, error=why)

    def _page(self, t: int) -> Page:
        tools, target = self._tools, self.target
        with tools.fetcher.fetched(target) as fetched, tools.reading.turn(None):
            return tools.runtime.offload(
                _read, self._series.reader, fetched, target.body_size_limit, t
            )

    def _keep(self, batch: Batch, left_out: Rejections | None = None) -> None:
        """Store a batch; of new series beyond the limits none, while those known go on."""
        if not self._tools.is_ours():
            msg = "another process scrapes now"
            raise UnavailableError(msg)
        journal, part = self._tools.journal, None
        try:
            journal.append(batch, TARGETS)
        except TooManySeriesError as error:
            part = journal.known_part(batch)
            if not len(part):
                raise
            journal.append(part, TARGETS)
            if left_out is not None:
                left_out.add(error.code, error.detail, len(batch) - len(part))
            batch = part
        self._series.kept(part)
        self._tools.metrics.samples_ingested.labels(SOURCE).inc(len(batch))

    def _went_well(self, at: float, duration: float, page: Page) -> None:
        left_out = page.rejections
        for reason, count in left_out.reasons.items():
            self._tools.metrics.samples_rejected.labels(reason).inc(count)
        if self.state.up is False:
            log.info("Target %s is up again", self.target.place)
        self.state = TargetState(
            up=True,
            scraped_at=at,
            duration=duration,
            samples=page.found,
            left_out=dict(left_out.reasons),
            error=left_out.message,
        )
        self._tools.descriptions.learn(page.metadata)

    def _failed(self, at: float, duration: float, why: str, code: str) -> None:
        if code in _REFUSED:
            self._tools.metrics.samples_rejected.labels(code).inc()
        if self.state.up is not False:
            log.warning("Target %s is down: %s", self.target.place, why)
        try:
            self._keep(self._series.failed(round(at * 1000), duration))
        except QuadraError:
            log.debug("That %s is down was not kept", self.target.place, exc_info=True)
        # Told last, as when it is up: whoever hears of it finds it in the history too.
        self.state = TargetState(up=False, scraped_at=at, duration=duration, error=why)


def _read(reader: PageReader, fetched: Fetched, limit: int, t: int) -> Page:
    """Unpack and read a page; runs on a native thread."""
    return reader.read(opened(fetched, limit), t, openmetrics=fetched.openmetrics)
