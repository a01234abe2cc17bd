"""The dead man's switch: says through the channels that Quadra itself has stopped evaluating.

The judge leaves its beat in the database. A serving process watches it, and when it stands still
for too long, pages by itself: not through the outbox, whose deliverer lives where the judge does.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from quadra.engine.alerting import Beat, BeatStore
from quadra.engine.channels import Channel, ChannelStore, Delivery
from quadra.engine.ports import Clock, Runtime, T
from quadra.errors import QuadraError, StorageError

log = logging.getLogger(__name__)

RULE = "Quadra has stopped evaluating"
LONGEST_LOOK_S = 5.0
TRY_AGAIN_S = 15.0
MAX_TRIES = 40
ANSWER_WITHIN_S = 2.0
MAX_UNANSWERED = 3


@dataclass(frozen=True, slots=True)
class Told:
    """How a page ended at a channel: ``again`` says whether it may be tried again."""

    error: str = ""
    again: bool = False


class Pager(Protocol):
    """Delivers pages directly, without the outbox. Runs on the loop and does not hold it."""

    def page(self, pages: Sequence[tuple[Channel, Delivery]]) -> dict[str, Told]:
        """Deliver; gives how each ended, by the channel's name."""


@dataclass(slots=True)
class _News:
    """What is still to be told: that it stands still, or that it goes again."""

    status: str
    mark: int
    since: float
    until: float | None = None
    waiting: list[str] = field(default_factory=list)
    tries: int = 0
    not_before: float = 0.0


class DeadMan:
    """Watches the judge's beat."""

    def __init__(
        self,
        store: BeatStore,
        channels: ChannelStore,
        pager: Pager,
        runtime: Runtime,
        clock: Clock,
        monotonic: Clock,
        *,
        after: float,
        url: str = "",
    ) -> None:
        """Wire; ``after`` (s) is how long the beat may stand still, ``url`` where people look."""
        self._store = store
        self._channels = channels
        self._pager = pager
        self._runtime = runtime
        self._clock = clock
        self._monotonic = monotonic
        self._after = after
        self._url = url
        self._beat: Beat | None = None
        # Ages are of our own clock: one that is set, and beats of a life before, mean nothing.
        self._moved_at = monotonic()
        self._known: list[Channel] = []
        self._unanswered = 0
        self._gone: _News | None = None
        self._news: list[_News] = []

    @property
    def is_gone(self) -> bool:
        """Say whether nobody evaluates."""
        return self._gone is not None

    def start(self) -> None:
        """Begin to watch."""
        self._moved_at = self._monotonic()
        self._runtime.spawn(self._watch)

    def _watch(self) -> None:
        while True:
            self._runtime.sleep(min(LONGEST_LOOK_S, self._after / 4))
            try:
                self.look()
            except Exception:
                log.exception("The dead man's switch failed; it looks again")

    def look(self) -> None:
        """Look once, and tell what there is to tell."""
        beat = self._read()
        now = self._monotonic()
        if beat is not None and (self._beat is None or beat.at != self._beat.at):
            self._beat, self._moved_at = beat, now
        silent = now - self._moved_at
        if self._gone is None and silent >= self._after:
            log.error("Rules have not been evaluated for %.0f s", silent)
            mark = round((self._beat.at if self._beat else 0.0) * 1000)
            self._gone = _News("firing", mark, self._clock() - silent)
            self._tell(self._gone, "deadman-gone")
        elif self._gone is not None and silent < self._after:
            log.warning("Rules are evaluated again")
            back = _News("resolved", self._gone.mark, self._gone.since, self._clock())
            self._gone, self._news = None, []
            self._tell(back, "deadman-back")
        self._send()

    def _read(self) -> Beat | None:
        """Read the beat, and the channels while they can be read."""
        try:
            beat = self._asked(self._store.beat)
            found = self._asked(self._channels.channels)
        except QuadraError:
            return None
        self._known = [channel for channel, _state in found if channel.enabled]
        return beat

    def _asked(self, work: Callable[[], T]) -> T:
        """Ask the database, but not for long: what hangs may hold its lock, and that is the news.

        Raises StorageError.
        """
        if self._unanswered >= MAX_UNANSWERED:
            raise StorageError("The database does not answer.")
        done, answers = self._runtime.signal(), list[T]()

        def ask() -> None:
            try:
                answers.append(self._runtime.offload(work))
            except QuadraError:
                return
            finally:
                self._unanswered -= 1
                done.set()

        self._unanswered += 1
        self._runtime.spawn(ask)
        done.wait(ANSWER_WITHIN_S)
        if not answers:
            raise StorageError("The database does not answer.")
        return answers[0]

    def _tell(self, news: _News, what: str) -> None:
        try:
            # Of several serving processes one tells; without the database each does.
            if not self._asked(lambda: self._store.claim(what, news.mark)):
                return
        except QuadraError:
            log.warning("It can't be known whether another process pages; this one does")
        news.waiting = [channel.name for channel in self._known]
        self._news.append(news)
        if not news.waiting:
            log.error("No channel is set up that could be told")

    def _send(self) -> None:
        for news in list(self._news):
            if self._monotonic() < news.not_before:
                continue
            wanted = [channel for channel in self._known if channel.name in news.waiting]
            told = self._pager.page([(one, self._delivery(news, one)) for one in wanted])
            for name, how in told.items():
                if how.error:
                    log.warning("%s was not told of the standstill: %s", name, how.error)
            again = [name for name in news.waiting if name in told and told[name].again]
            news.waiting, news.tries = again, news.tries + 1
            news.not_before = self._monotonic() + TRY_AGAIN_S
            if not again or news.tries >= MAX_TRIES:
                self._news.remove(news)

    def _delivery(self, news: _News, channel: Channel) -> Delivery:
        name = f"deadman/{news.mark}/{news.status}/{channel.name}"
        return Delivery(
            id=0,
            delivery_id=hashlib.blake2b(name.encode(), digest_size=16).hexdigest(),
            group="deadman",
            channel=channel.name,
            status=news.status,
            kind="first" if news.status == "firing" else "resolved",
            alerts=[_alert(news, self._url)],
            created_at=self._clock(),
            attempts=news.tries + 1,
        )


def _alert(news: _News, url: str) -> dict[str, Any]:
    summary = (
        "No rule is evaluated and no page is sent. Look at the worker's log."
        if news.until is None
        else "Rules are evaluated again, from where they stood still."
    )
    return {
        "id": 0,
        "fingerprint": hashlib.blake2b(RULE.encode(), digest_size=8).hexdigest(),
        "transition_id": f"deadman.{news.mark}.{news.status}",
        "rule": RULE,
        "severity": "critical",
        "metric": "",
        "labels": {"deadman": "true"},
        "value": None,
        "threshold": None,
        "started_at": news.since,
        "resolved_at": news.until,
        "annotations": {"summary": summary},
        "url": url,
    }
