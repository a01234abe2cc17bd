"""All scrape targets: one task each, spread over their interval; changed by API and by file."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from quadra.engine.announcements import Announcements
from quadra.engine.descriptions import Descriptions
from quadra.engine.journal import Journal
from quadra.engine.ports import Clock, Runtime, Signal
from quadra.engine.targets import MAX_TARGETS, Target, TargetState, TargetStore
from quadra.errors import (
    ConflictError,
    Fault,
    InvalidError,
    NotFoundError,
    QuadraError,
    StorageError,
)
from quadra.intake.fetching import Fetcher
from quadra.intake.scraping import ScrapeTools, TargetScrape
from quadra.intake.target_form import targets_from_file
from quadra.intake.target_states import TargetStates, key_of
from quadra.intake.turns import Turns
from quadra.outward.egress import Egress, EgressError, NoSuchHostError
from quadra.settings import Settings
from quadra.telemetry.series import SeriesRules, digest
from utils.metrics import MetricsManager

log = logging.getLogger(__name__)

CHANGED = "targets"  # what processes announce to each other
SCRAPES_AT_ONCE = 200
READ_AT_ONCE = 2
LOOK_EVERY_S = 2.0
LOOKUP_TIMEOUT_S = 5.0
MAX_FILE_BYTES = 8 * 1024**2
_ENDS_WITHIN_S = 60.0
_LOOK_AGAIN_S = 0.02

Identity = tuple[tuple[str, str], ...]


def next_due(now: float, interval: float, phase: float) -> float:
    """Give the first moment after ``now`` of a target's rhythm; all in (unix) seconds.

    Moments are whole milliseconds and equally far apart, which compresses best.
    """
    every, first = round(interval * 1000), round(phase * 1000)
    return (((round(now * 1000) - first) // every + 1) * every + first) / 1000


def phase_of(target: Target) -> float:
    """Give a target's own place within its interval: the same after every restart."""
    number = int.from_bytes(digest(("up", target.identity))[:8], "big")
    return number % round(target.interval * 1000) / 1000


def time_of(due: float, now: float, interval: float) -> float:
    """Give the time that a scrape's samples get: the one due, unless it is missed by much."""
    return due if abs(now - due) <= min(interval * 0.01, 0.05) else now


@dataclass(slots=True)
class _Job:
    scrape: TargetScrape
    ending: Signal
    ended: Signal

    @property
    def target(self) -> Target:
        return self.scrape.target


class Scraper:
    """Scrapes every target at its own rhythm. Used from the loop only."""

    def __init__(
        self,
        store: TargetStore,
        tools: ScrapeTools,
        file: Path | None,
        announcements: Announcements,
    ) -> None:
        """Wire; ``file`` lists further targets (SCRAPE_FILE)."""
        self._store = store
        self._announcements = announcements
        self._tools = tools
        self._file = file
        self._file_seen: tuple[int, int, int] | None = None
        self._jobs: dict[Identity, _Job] = {}
        self._changing = self._changes = 0  # by the API of this process: under way, and over
        self._turns = Turns(tools.runtime, SCRAPES_AT_ONCE)
        self._states = TargetStates(store, tools.runtime, tools.monotonic, tools.is_ours)
        self.file_error = ""

    def start(self) -> None:
        """Begin with the targets that are kept, and with those of the file; raises StorageError."""
        for target in self._tools.runtime.offload(self._store.targets):
            self._begin(target)
        self._announcements.hear(lambda _event, _body: self.look_at_store(), CHANGED)
        self._tools.runtime.spawn(self._states.keep_forever, self._own_states)
        if self._file is not None:
            self.look_at_file()
            self._tools.runtime.spawn(self._watch_file)

    # --- what the API does

    def targets(self) -> list[tuple[Target, TargetState]]:
        """Give all targets and how they do: those of the API by id, then those of the file."""
        found = [(job.target, self._state(job)) for job in list(self._jobs.values())]
        return sorted(found, key=lambda one: (one[0].id is None, one[0].id or 0, one[0].identity))

    def get(self, target_id: int) -> tuple[Target, TargetState]:
        """Give one target of the API; raises NotFoundError."""
        job = self._job(target_id)
        return job.target, self._state(job)

    def _state(self, job: _Job) -> TargetState:
        return self._states.seen_from_here(job.target, job.scrape.state)

    def _own_states(self) -> dict[str, TargetState]:
        return {key_of(job.target): job.scrape.state for job in list(self._jobs.values())}

    def add(self, target: Target) -> Target:
        """Judge, keep and scrape a new target; raises InvalidError, ConflictError, StorageError."""
        self._judge(target)
        self._refuse_double(target, None)
        with self._change():
            made = self._tools.runtime.offload(self._store.add, target, MAX_TARGETS)
            self._begin(made, soon=True)
        self._tools.runtime.spawn(self._tell_others)
        return made

    def replace(self, target_id: int, target: Target) -> Target:
        """Change a target; raises what ``add`` does, and NotFoundError."""
        former = self._job(target_id)
        self._judge(target)
        self._refuse_double(target, former)
        target = replace(target, id=target_id)
        with self._change():
            if not self._tools.runtime.offload(self._store.replace, target_id, target):
                raise _unknown()
            self._end(former)
            self._begin(target, soon=True, after=former)
        self._tools.runtime.spawn(self._tell_others)
        return target

    def remove(self, target_id: int) -> None:
        """End a target; raises NotFoundError."""
        job = self._job(target_id)
        with self._change():
            if not self._tools.runtime.offload(self._store.remove, target_id):
                raise _unknown()
            self._end(job)
        self._tools.runtime.spawn(self._tell_others)

    def _tell_others(self) -> None:
        try:
            self._announcements.say(CHANGED, {})
        except StorageError:
            log.warning("Other processes were not told that the targets have changed")

    def look_at_store(self) -> None:
        """Take over what another process has changed; raises StorageError."""
        while True:
            before = self._changes
            found = self._tools.runtime.offload(self._store.targets)
            if before == self._changes and not self._changing:
                break
            # What was read may be from before a change that was made here meanwhile.
            self._tools.runtime.sleep(_LOOK_AGAIN_S)
        wanted = {one.identity: one for one in found}
        ended: dict[Identity, _Job] = {}
        for identity, job in list(self._jobs.items()):
            if job.target.origin == "api" and wanted.get(identity) != job.target:
                self._end(job)
                ended[identity] = job
        for identity, target in wanted.items():
            if identity not in self._jobs:
                self._begin(target, soon=True, after=ended.get(identity))

    @contextmanager
    def _change(self) -> Iterator[None]:
        """Change what is kept and what is scraped within; nobody compares the two meanwhile."""
        self._changing += 1
        try:
            yield
        finally:
            self._changing -= 1
            self._changes += 1

    def _job(self, target_id: int) -> _Job:
        for job in self._jobs.values():
            if job.target.id == target_id:
                return job
        raise _unknown()

    def _judge(self, target: Target) -> None:
        """Refuse an address at once; a name without one may come to have it, and is tried."""
        try:
            self._tools.fetcher.judge(target.host, target.port, LOOKUP_TIMEOUT_S)
        except NoSuchHostError:
            return
        except EgressError as error:
            msg = f"url: {error.detail}."
            faults = (Fault(None, "url", error.detail),)
            raise InvalidError(msg, code=error.code, faults=faults) from None

    def _refuse_double(self, target: Target, former: _Job | None) -> None:
        other = self._jobs.get(target.identity)
        if other is not None and other is not former:
            msg = "Another target has the same labels; give it another job or instance."
            raise ConflictError(msg, code="target_exists")

    # --- the file

    def look_at_file(self) -> None:
        """Read the file when it has changed; what is wrong with it is said, and changes nothing."""
        why = self._wrong_with_file()
        if why is None:
            return
        if why and why != self.file_error:
            log.error("SCRAPE_FILE=%s: %s The targets before stay.", self._file, why)
        self.file_error = why

    def _wrong_with_file(self) -> str | None:
        """Take the file over and say what is wrong with it; None when it has not changed."""
        try:
            content = self._tools.runtime.offload(self._changed_file)
            if content is None:
                return None
            self._take_over(targets_from_file(content, self._tools.rules))
        except QuadraError as error:
            return error.detail
        except OSError as error:
            return f"can't be read ({error.strerror})."
        return ""

    def _changed_file(self) -> bytes | None:
        """Read the file unless it is as it was; runs on a native thread."""
        path = Path(self._file or "")
        try:
            with path.open("rb") as file:
                found = os.fstat(file.fileno())
                seen = (found.st_mtime_ns, found.st_size, found.st_ino)
                if seen == self._file_seen:
                    return None
                content = file.read(MAX_FILE_BYTES + 1)
        except OSError:
            self._file_seen = None
            raise
        self._file_seen = seen
        if len(content) > MAX_FILE_BYTES:
            msg = f"larger than {MAX_FILE_BYTES} bytes."
            raise InvalidError(msg)
        return content

    def _take_over(self, wanted: Sequence[Target]) -> None:
        """Make the file's targets those that are wanted; raises InvalidError, ConflictError."""
        for target in wanted:
            other = self._jobs.get(target.identity)
            if other is not None and other.target.origin != "file":
                msg = f"{target.place}: a target of the API has the same labels."
                raise ConflictError(msg)
            try:
                self._tools.fetcher.judge_numeric(target.host, target.port)
            except EgressError as error:
                msg = f"{target.place}: {error.detail}."
                raise InvalidError(msg) from None
        kept = {target.identity: target for target in wanted}
        ended: dict[Identity, _Job] = {}
        for identity, job in list(self._jobs.items()):
            if job.target.origin == "file" and kept.get(identity) != job.target:
                self._end(job)
                ended[identity] = job
        for identity, target in kept.items():
            if identity not in self._jobs:
                self._begin(target, after=ended.get(identity))
        log.info("SCRAPE_FILE: %d targets", len(kept))

    def _watch_file(self) -> None:
        while True:
            self._tools.runtime.sleep(LOOK_EVERY_S)
            try:
                self.look_at_file()
            except Exception:
                log.exception("SCRAPE_FILE could not be looked at")

    # --- the tasks

    def _begin(self, target: Target, *, soon: bool = False, after: _Job | None = None) -> None:
        runtime = self._tools.runtime
        job = _Job(TargetScrape(target, self._tools), runtime.signal(), runtime.signal())
        self._jobs[target.identity] = job
        runtime.spawn(self._run, job, soon=soon, after=after)

    def _end(self, job: _Job) -> None:
        if self._jobs.get(job.target.identity) is job:
            del self._jobs[job.target.identity]
        job.ending.set()

    def _run(self, job: _Job, *, soon: bool, after: _Job | None) -> None:
        """Scrape a target until it is ended; ``after`` is the one whose place it takes."""
        clock, target = self._tools.clock, job.target
        phase = phase_of(target)
        if after is not None:
            after.ended.wait(_ENDS_WITHIN_S)  # its end is written before our beginning
        try:
            while True:
                now = clock()
                due = now if soon else next_due(now, target.interval, phase)
                soon = False
                if job.ending.wait(max(due - now, 0)):
                    break
                if not self._tools.is_ours():
                    continue  # another process scrapes it
                with self._turns.turn(target.timeout) as has_turn:
                    if has_turn:
                        job.scrape.scrape(time_of(due, clock(), target.interval))
                    else:
                        job.scrape.missed("too many scrapes at once")
            if self._tools.is_ours():
                job.scrape.end(clock())
        finally:
            job.ended.set()


def make_scraper(  # noqa: PLR0913 - all that a scrape touches
    settings: Settings,
    store: TargetStore,
    *,
    journal: Journal,
    descriptions: Descriptions,
    rules: SeriesRules,
    runtime: Runtime,
    clock: Clock,
    metrics: MetricsManager,
    announcements: Announcements,
    is_ours: Callable[[], bool],
) -> Scraper:
    """Build the scraper with all that it needs."""
    egress = Egress("SCRAPE_ALLOW_PRIVATE", allow_private=settings.scrape_allow_private)
    tools = ScrapeTools(
        fetcher=Fetcher(egress, runtime),
        journal=journal,
        descriptions=descriptions,
        rules=rules,
        runtime=runtime,
        clock=clock,
        monotonic=time.monotonic,
        metrics=metrics,
        reading=Turns(runtime, READ_AT_ONCE),
        is_ours=is_ours,
    )
    file = Path(settings.scrape_file) if settings.scrape_file else None
    return Scraper(store, tools, file, announcements)


def _unknown() -> NotFoundError:
    msg = "There is no such target, or it stands in SCRAPE_FILE."
    return NotFoundError(msg)
