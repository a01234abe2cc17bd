"""Brings batches to the server, and decides what each answer means for them."""

from __future__ import annotations

import contextlib
import json
import logging
import random
from collections.abc import Callable

from quadra.client.buffer import Buffer, Sample
from quadra.client.series import SeriesKey
from quadra.client.transport import NOT_REACHED, Answer

log = logging.getLogger("quadra.client")

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
UNWELCOME_PAUSE_S = 60.0
LONGEST_RETRY_AFTER_S = 300.0
MAX_ROUNDS = 8

_OK, _REDIRECTS, _CLIENT_ERRORS, _SERVER_ERRORS = 200, 300, 400, 500
_TOO_LARGE = 413
_THE_SAMPLES_FAULT = {400, 413, 415, 422}
_TRY_LATER = {408, 425, 429}

Columns = dict[SeriesKey, tuple[list[float], list[float]]]


class Courier:
    """Sends what a buffer holds, the oldest first, and keeps away while the server can't take it.

    ``now`` is a monotonic time in seconds. A batch leaves the buffer once the server has it, or
    will never have it; the server keeps a sample once however often it is sent.
    """

    def __init__(
        self, buffer: Buffer, post: Callable[[bytes], Answer], *, batch: int, rng: random.Random
    ) -> None:
        """Wire; ``batch`` is the most samples of one request."""
        self._buffer = buffer
        self._post = post
        self._batch = batch
        self._rng = rng
        self._failures = 0
        self._not_before = 0.0
        self._server_said = False
        self._trouble = ""
        self._lost_before = 0
        self._lost_seen = 0
        self._told_of_drops = False
        self._told_of_refusal = False

    def reset_after_fork(self) -> None:
        """Begin as a new process does."""
        self._failures, self._not_before, self._server_said = 0, 0.0, False
        self._trouble, self._told_of_drops = "", False
        self._lost_before = self._lost_seen = 0

    def pause(self, now: float) -> float:
        """Give the seconds until the next try; 0 when nothing stands in the way."""
        return max(self._not_before - now, 0.0)

    def deliver(
        self,
        now: Callable[[], float],
        *,
        urgent: bool = False,
        go_on: Callable[[], bool] = lambda: True,
    ) -> None:
        """Send until nothing waits, something fails, or ``go_on`` says no.

        ``urgent`` does not wait out our own pause, only one that the server asked for.
        """
        self._watch_drops()
        if self.pause(now()) and (self._server_said or not urgent):
            return
        while go_on():
            end, samples = self._buffer.peek(self._batch)
            if not samples:
                return
            answer, refused = self._bring(samples)
            if answer is not None:
                self._keep_away(now(), answer)
                return
            self._buffer.done(end, refused)
            self._well()

    # --- one batch

    def _bring(self, samples: list[Sample]) -> tuple[Answer | None, int]:
        """Send a batch; gives the answer that stopped it, or None and how many were refused.

        Samples that the server names as faulty are left out, and a batch that is too large is
        halved; after some rounds of that the rest is given up.
        """
        refused = 0
        waiting = [samples]
        for _round in range(MAX_ROUNDS * 2):
            if not waiting:
                return None, refused
            part = waiting.pop()
            columns = _columns(part)
            answer = self._post(_encode(columns))
            if _OK <= answer.status < _REDIRECTS:
                continue
            if answer.status not in _THE_SAMPLES_FAULT:
                return answer, 0
            if answer.status == _TOO_LARGE and len(part) > 1:
                middle = len(part) // 2
                waiting += [part[middle:], part[:middle]]
                continue
            self._say_refused(answer)
            bad = _faulty(answer, list(columns))
            rest = [sample for sample in part if sample[0] not in bad] if bad else []
            refused += len(part) - len(rest)
            if rest:
                waiting.append(rest)
        return None, refused + sum(map(len, waiting))

    def _say_refused(self, answer: Answer) -> None:
        if not self._told_of_refusal:
            self._told_of_refusal = True
            log.warning("Quadra refused samples, they are left out: %s", _words(answer))

    # --- how it goes

    def _keep_away(self, now: float, answer: Answer) -> None:
        self._failures += 1
        backoff = min(FIRST_PAUSE_S * 2.0 ** min(self._failures - 1, 16), LONGEST_PAUSE_S)
        transient = (
            answer.status == NOT_REACHED
            or answer.status >= _SERVER_ERRORS
            or answer.status in _TRY_LATER
        )
        if not transient:  # a wrong address or token: somebody has to mend it
            backoff = UNWELCOME_PAUSE_S
        pause = backoff / 2 + backoff / 2 * self._rng.random()
        self._server_said = transient and answer.retry_after is not None
        if self._server_said and answer.retry_after is not None:
            asked = min(answer.retry_after, LONGEST_RETRY_AFTER_S)
            # Some after it, so that not all clients come back in the same moment.
            pause = asked + min(asked, 5.0) * 0.2 * self._rng.random()
        self._not_before = now + pause
        if not self._trouble:
            self._lost_before = self._buffer.overflowed
            self._trouble = _words(answer)
            log.warning(
                "Quadra does not take samples now, they are kept for later: %s", self._trouble
            )

    def _well(self) -> None:
        self._failures, self._not_before, self._server_said = 0, 0.0, False
        if self._trouble:
            self._trouble = ""
            self._told_of_drops = False
            lost = self._buffer.overflowed - self._lost_before
            log.warning("Quadra takes samples again; %d were lost in the meantime", lost)

    def _watch_drops(self) -> None:
        """Warn, once an outage, when the queue is full."""
        lost = self._buffer.overflowed
        if lost > self._lost_seen and not self._told_of_drops:
            self._told_of_drops = True
            log.warning("Quadra's client drops its oldest samples: its queue is full")
        self._lost_seen = lost


def _columns(samples: list[Sample]) -> Columns:
    columns: Columns = {}
    for key, ms, value in samples:
        times, values = columns.setdefault(key, ([], []))
        times.append(ms / 1000)
        values.append(value)
    return columns


def _encode(columns: Columns) -> bytes:
    series = [
        {"name": name, "labels": dict(labels), "timestamps": times, "values": values}
        for (name, labels), (times, values) in columns.items()
    ]
    return json.dumps({"series": series}, separators=(",", ":"), allow_nan=False).encode()


def _faulty(answer: Answer, keys: list[SeriesKey]) -> set[SeriesKey]:
    """Find the series that the server's problem report names."""
    try:
        errors = json.loads(answer.body)["errors"]
        places = {error["index"] for error in errors}
    except (ValueError, LookupError, TypeError):
        return set()
    return {keys[i] for i in places if type(i) is int and 0 <= i < len(keys)}


def _words(answer: Answer) -> str:
    """Say in one line what the server said."""
    if answer.status == NOT_REACHED:
        return answer.reason
    detail = answer.reason
    with contextlib.suppress(ValueError, LookupError, TypeError):
        detail = json.loads(answer.body)["detail"]
    return f"{answer.status} {str(detail)[:300]}"
