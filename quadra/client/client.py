"""What a program calls."""

from __future__ import annotations

import logging
import math
import os
import random
import ssl
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from quadra.client.buffer import Buffer
from quadra.client.courier import Courier
from quadra.client.sender import Sender
from quadra.client.series import BadSeriesError, Keys, SeriesKey
from quadra.client.timing import Timer
from quadra.client.transport import Transport

log = logging.getLogger("quadra.client")

MAX_COMPLAINTS = 100

Take = Callable[[SeriesKey, int, float], None]


class Client:
    """Collects samples and sends them in the background.

    Only the constructor raises (ValueError, for an address, token or label that can't be used).
    Everything else returns at once and reports what is wrong to the logger ``quadra.client``,
    once. One client serves all threads of a process, and goes on in a forked child, where it
    begins with an empty queue and its counters at zero.

    ``url`` None takes everything and sends nothing. ``labels`` come to every series.
    ``process_label`` names a label that carries the process's id: needed where several processes
    count under the same labels. ``interval`` is in seconds; ``max_queue`` samples are kept while
    the server is away, then the oldest are dropped. ``timeout`` bounds one request,
    ``exit_timeout`` the wait when the program ends, both in seconds. ``clock`` gives unix seconds.
    """

    def __init__(  # noqa: PLR0913 - one argument a setting
        self,
        url: str | None,
        token: str = "",
        labels: Mapping[str, object] | None = None,
        *,
        process_label: str | None = None,
        interval: float = 1.0,
        max_queue: int = 100_000,
        max_batch: int = 5_000,
        max_series: int = 10_000,
        timeout: float = 5.0,
        exit_timeout: float = 2.0,
        ssl_context: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if min(interval, max_queue, max_batch, max_series, timeout) <= 0:
            msg = "interval, max_queue, max_batch, max_series and timeout must be above 0"
            raise ValueError(msg)
        self._labels = dict(labels or {})
        self._process_label = process_label
        self._clock = clock
        self._complaints: set[str] = set()
        self._renew_keys()
        rng = random.Random()  # noqa: S311 - spreads retries and picks samples, guards nothing
        self._buffer = Buffer(max_samples=max_queue, max_series=max_series, rng=rng)
        self._sender: Sender | None = None
        if url is not None:
            transport = Transport(url, token, timeout=timeout, context=ssl_context)
            self._sender = Sender(
                self._buffer,
                Courier(self._buffer, transport.post, batch=max_batch, rng=rng),
                transport,
                interval=interval,
                exit_timeout=exit_timeout,
                clock=clock,
                renew=self._renew_keys,
            )

    def _renew_keys(self) -> None:
        process = {self._process_label: os.getpid()} if self._process_label else {}
        self._keys = Keys({**self._labels, **process})

    # --- noting

    def gauge(self, name: str, value: float, /, **labels: object) -> None:
        """Note what a value is now: queue depth, memory, loss."""
        self._take(self._buffer.gauge, name, value, labels)

    def count(self, name: str, amount: float = 1, /, **labels: object) -> None:
        """Raise a counter: requests, tokens, errors. The running total is kept here and sent."""
        self._take(self._count, name, amount, labels)

    def observe(self, name: str, value: float, /, **labels: object) -> None:
        """Note one of many: a latency, a size, a score.

        Sent as samples of ``name`` under their own time, so that percentiles can be read, and as
        the counters ``name_count`` and ``name_sum``. These are exact; of more than 100
        observations of a series in one interval, a fair choice of 100 is sent one by one.
        """
        self._take(self._buffer.observe, name, value, labels)

    def timer(self, name: str, /, **labels: object) -> Timer:
        """Observe how many seconds a ``with`` block or a decorated function takes."""
        return Timer(lambda seconds: self.observe(name, seconds, **labels))

    def _take(self, take: Take, name: str, value: float, labels: Mapping[str, object]) -> None:
        sender = self._sender
        if sender is None:
            return
        try:
            if sender.closed:
                self._complain("samples came after it was closed; they are dropped")
                return
            number = float(value)
            if not math.isfinite(number):
                self._complain(f"{name}: {number} can't be sent")
                return
            take(self._keys.find(name, labels), int(self._clock() * 1000), number)
            sender.start()
        except BadSeriesError as error:
            self._complain(f"not sent: {error}")
        except Exception as error:  # noqa: BLE001 - the host program comes first
            self._complain(f"{str(name)[:80]}: not sent: {error!r}")

    def _count(self, key: SeriesKey, ms: int, amount: float) -> None:
        if amount < 0:
            msg = f"{key[0]}: a counter only rises; use gauge for what also falls"
            raise BadSeriesError(msg)
        self._buffer.count(key, ms, amount)

    def _complain(self, text: str) -> None:
        """Say each thing once; of very many different ones, only the first."""
        if text not in self._complaints and len(self._complaints) < MAX_COMPLAINTS:
            self._complaints.add(text)
            log.warning("Quadra's client: %s", text)

    # --- sending

    def flush(self, timeout: float = 5.0) -> bool:
        """Send now what was noted before; True once the server has all of it."""
        return self._ending(lambda sender: sender.flush(timeout))

    def close(self, timeout: float | None = None) -> bool:
        """Flush, for at most ``timeout`` seconds (``exit_timeout`` by default), and end.

        True once the server has all. What is noted afterwards is dropped.
        """
        return self._ending(lambda sender: sender.close(timeout))

    def _ending(self, end: Callable[[Sender], bool]) -> bool:
        try:
            return self._sender is None or end(self._sender)
        except Exception as error:  # noqa: BLE001 - the host program comes first
            self._complain(f"can't flush: {error!r}")
            return False

    @property
    def pending(self) -> int:
        """Samples that wait to be sent; counters and observations join once an interval."""
        return self._buffer.pending

    @property
    def dropped(self) -> int:
        """Samples that were given up: the queue was full, or the server refused them."""
        return self._buffer.dropped

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
