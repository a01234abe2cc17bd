"""Delivers pages: at least once, in order, each channel by itself, and no faster than it may.

A page is claimed by compare-and-set before it is sent, so that of several workers one sends it. A
worker that dies while it sends leaves a claim that runs out; the page is then sent again, under
the same delivery id. Blocking; runs on threads of the worker.
"""

from __future__ import annotations

import logging
import math
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from quadra.engine.channels import (
    Channel,
    ChannelKind,
    ChannelStore,
    Delivery,
    Ending,
    Later,
    OutboxStore,
    Outcome,
    Refused,
    Sender,
    Sent,
    send_through,
)
from quadra.engine.lease import FencedError
from quadra.engine.ports import Clock
from quadra.errors import QuadraError, StorageError

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
LANES = 16
CLAIM_S = 45.0  # longer than any send may take
TAKEN_OVER_AFTER_S = 10.0
"""What a worker that is gone was sending is sent again after so long: it may only be slow."""
SETTLE_AGAIN_AFTER_S = (0.2, 1.0, 3.0, 8.0)
GIVE_UP_S = 24 * 3_600.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 300.0
LONGEST_ASKED_PAUSE_S = 3_600.0
STEP_S = 20.0
"""A clock that has moved so much against time itself was set."""
DIGEST_FROM = 5
DIGEST_AT_MOST = 100
RATES: Mapping[ChannelKind, tuple[float, float]] = {
    "webhook": (50.0, 200.0),
    "slack": (1.0, 5.0),  # Slack's own limit
    "email": (0.5, 10.0),
    "apprise": (1.0, 5.0),
}
"""Messages a second, and how many at once after a quiet time."""


@dataclass(slots=True)
class Bucket:
    """How many messages a channel may be sent now; refills with time (s)."""

    rate: float
    most: float
    left: float
    at: float

    def take(self, now: float) -> float:
        """Take one; gives 0.0, or the seconds to wait before one may be taken."""
        passed = max(now - self.at, 0.0)
        self.left = min(self.most, self.left + passed * self.rate)
        self.at = now
        if self.left < 1.0:
            return (1.0 - self.left) / self.rate
        self.left -= 1.0
        return 0.0


@dataclass(slots=True)
class _Lane:
    bucket: Bucket
    busy: bool = False
    limited: bool = False
    not_before: float = 0.0
    asked_to_wait_until: float = 0.0
    busy_with_asked: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """How pauses pass (s): the clock may be set while they last."""

    monotonic: Clock = time.monotonic
    sleep: Callable[[float], object] = time.sleep


class Dispatcher:
    """Hands pages to their channels' senders."""

    def __init__(
        self,
        outbox: OutboxStore,
        channels: ChannelStore,
        senders: Mapping[ChannelKind, Sender],
        clock: Clock,
        *,
        link: Callable[[Mapping[str, Any]], str] = lambda _alert: "",
        told: Callable[[], None] = lambda: None,
        jitter: Callable[[], float] = random.random,
        pace: Pace | None = None,
    ) -> None:
        """Wire; ``told`` hears of each ending.

        ``link`` gives the address at which people find an alert.
        """
        self._outbox = outbox
        self._channels = channels
        self._senders = senders
        self._clock = clock
        self._link = link
        self._told = told
        self._jitter = jitter
        self._pace = pace or Pace()
        self._monotonic = self._pace.monotonic
        self._offset = clock() - self._monotonic()
        self._claimant = secrets.token_hex(8)
        self._lanes: dict[str, _Lane] = {}
        self._lock = threading.Lock()
        self._ending = False
        self._failing = False

    def run(self, wait: Callable[[float], bool]) -> None:
        """Deliver until ``wait(seconds)`` says that the end has come."""
        with ThreadPoolExecutor(LANES, thread_name_prefix="channel") as pool:
            self._take_over()
            while not wait(self.pause()):
                self.round(pool.submit)
            self._ending = True

    def _take_over(self) -> None:
        """Send soon what a former worker was sending; else when its claims run out."""
        try:
            self._outbox.take_over(self._claimant, self._clock() + TAKEN_OVER_AFTER_S)
        except QuadraError as error:
            log.warning("Pages of the former worker wait for %g s: %s", CLAIM_S, error.detail)

    def pause(self) -> float:
        """Give the seconds until there may be something to do."""
        now = self._monotonic()
        waits = [lane.not_before - now for lane in self._lanes.values() if lane.not_before > now]
        return max(0.01, min([LOOK_EVERY_S, *waits]))

    def round(self, submit: Callable[[Callable[[], None]], object]) -> None:
        """Give every channel that has due pages, and is not being served, a server."""
        try:
            known = self.known()
            self._notice_steps()
            now, moment = self._clock(), self._monotonic()
            routes = {name: one.route for name, one in known.items() if one.enabled}
            self._outbox.expand(routes, now)
            held: dict[str, tuple[Channel, _Lane]] = {}
            for name in self._outbox.due(now):
                channel = known.get(name)
                if channel is None or not channel.enabled:
                    continue
                lane = self._lane(channel, moment)
                if lane.busy or lane.not_before > moment:
                    held[name] = channel, lane
                    continue
                lane.busy = True
                submit(lambda channel=channel, lane=lane: self._serve(channel, lane))  # type: ignore[misc]
            if held:
                self._let_pass(held, now, moment, submit)
            self._failing = False
        except QuadraError as error:
            if not self._failing:
                log.warning("Pages can't be delivered now: %s", error.detail)
            self._failing = True

    def _let_pass(
        self,
        held: Mapping[str, tuple[Channel, _Lane]],
        now: float,
        moment: float,
        submit: Callable[[Callable[[], None]], object],
    ) -> None:
        """Send a test or a drill's page at once: somebody looks whether the channel works now.

        What else the channel has waits for its next try, or for one that hangs. Only what the
        channel itself has asked for holds up all of it.
        """
        for name in self._outbox.asked_for(now) & held.keys():
            channel, lane = held[name]
            if not lane.busy_with_asked and lane.asked_to_wait_until <= moment:
                lane.busy_with_asked = True
                submit(lambda channel=channel, lane=lane: self._serve_asked(channel, lane))  # type: ignore[misc]

    def _notice_steps(self) -> None:
        """Keep what waits waiting for as long as it should when the clock has been set."""
        offset = self._clock() - self._monotonic()
        step = offset - self._offset
        if abs(step) >= STEP_S:
            log.warning("The clock was set by %.0f s; pages that wait are moved with it", step)
            self._outbox.move_in_time(step, self._clock())
            self._offset = offset

    def known(self) -> dict[str, Channel]:
        """Give the channels by name."""
        return {channel.name: channel for channel, _state in self._channels.channels()}

    def _lane(self, channel: Channel, now: float) -> _Lane:
        rate, most = RATES[channel.kind]
        with self._lock:
            lane = self._lanes.get(channel.name)
            if lane is None or lane.bucket.rate != rate:
                lane = self._lanes[channel.name] = _Lane(Bucket(rate, most, most, now))
            return lane

    def _serve(self, channel: Channel, lane: _Lane) -> None:
        try:
            with _told_in_the_log(channel):
                while not self._ending and self._deliver(channel, lane):
                    pass
        finally:
            lane.busy = False

    def _serve_asked(self, channel: Channel, lane: _Lane) -> None:
        try:
            with _told_in_the_log(channel):
                now = self._clock()
                claimed = self._outbox.claim(
                    channel.name, self._claimant, now, now + CLAIM_S, 1, asked=True
                )
                lane.bucket.left -= len(claimed)  # the others wait for that as well
                if claimed and self._send(channel, lane, claimed):
                    lane.not_before = self._monotonic()  # it works: what waits need wait no more
        finally:
            lane.busy_with_asked = False

    def _deliver(self, channel: Channel, lane: _Lane) -> bool:
        """Deliver the next page, or a digest of many; says whether to go on."""
        now, moment = self._clock(), self._monotonic()
        wait = lane.bucket.take(moment)
        if wait:
            lane.not_before, lane.limited = moment + wait, True
            return False
        waiting = self._outbox.due(now).get(channel.name, 0)
        # Who was held back by the rate is sent what has piled up at once, rather than late.
        many = lane.limited and waiting > DIGEST_FROM
        claimed = self._outbox.claim(
            channel.name, self._claimant, now, now + CLAIM_S, DIGEST_AT_MOST if many else 1
        )
        if not claimed:
            lane.bucket.left += 1.0
            lane.limited = False
            return False
        return self._send(channel, lane, claimed)

    def _send(self, channel: Channel, lane: _Lane, claimed: Sequence[Delivery]) -> bool:
        """Send what was claimed and keep how it ended; says whether more may be sent."""
        ending = send_through(self._senders, channel, [self._linked(d) for d in claimed])
        outcome = self._outcome(ending, claimed[0])
        self._settle(claimed, outcome)
        self._told()
        if isinstance(ending, Later) and outcome.state == "waiting":
            # What ails the channel ails the next page too; the others wait with it.
            pause = min(outcome.due_at - self._clock(), LONGEST_PAUSE_S)
            lane.not_before = max(lane.not_before, self._monotonic() + pause)
            if ending.retry_after is not None:
                lane.asked_to_wait_until = lane.not_before
            return False
        return True

    def _settle(self, claimed: Sequence[Delivery], outcome: Outcome) -> None:
        """Keep how it ended; tried again, for what is not kept would be sent again."""
        for pause in SETTLE_AGAIN_AFTER_S:
            try:
                self._outbox.settle(claimed, self._claimant, outcome, self._clock())
            except FencedError:
                raise
            except StorageError:
                self._pace.sleep(pause)
            else:
                return
        self._outbox.settle(claimed, self._claimant, outcome, self._clock())

    def _linked(self, delivery: Delivery) -> Delivery:
        return replace(delivery, alerts=[{**a, "url": self._link(a)} for a in delivery.alerts])

    def _outcome(self, ending: Ending, first: Delivery) -> Outcome:
        now = self._clock()
        if isinstance(ending, Sent):
            return Outcome("sent", now, ref=ending.ref)
        if isinstance(ending, Refused):
            return Outcome("failed", now, ending.error)
        if now - first.created_at > GIVE_UP_S:
            return Outcome("failed", now, f"given up after a day; at last: {ending.error}")
        return Outcome("waiting", now + self._pause(ending, first.attempts), ending.error)

    def _pause(self, ending: Later, attempts: int) -> float:
        longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(attempts, 30))
        pause = longest * (0.5 + 0.5 * self._jitter())
        asked = ending.retry_after
        if asked is not None and math.isfinite(asked):
            pause = max(pause, min(asked, LONGEST_ASKED_PAUSE_S))
        return pause


@contextmanager
def _told_in_the_log(channel: Channel) -> Iterator[None]:
    try:
        yield
    except QuadraError as error:
        log.warning("A page for %s can't be delivered now: %s", channel.name, error.detail)
    except Exception:
        log.exception("A page for %s could not be delivered", channel.name)
