"""The thread that sends in the background, and its ends: flush, close, fork, end of the program."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import weakref
from collections.abc import Callable

from quadra.client.buffer import Buffer
from quadra.client.courier import Courier
from quadra.client.transport import Transport

log = logging.getLogger("quadra.client")


class Sender:
    """Lets a courier make a round each interval; times in seconds.

    ``clock`` gives unix seconds; ``renew`` is called in a forked child before anything else.
    """

    def __init__(
        self,
        buffer: Buffer,
        courier: Courier,
        transport: Transport,
        *,
        interval: float,
        exit_timeout: float,
        clock: Callable[[], float],
        renew: Callable[[], None],
    ) -> None:
        self._buffer = buffer
        self._courier = courier
        self._transport = transport
        self._interval = interval
        self.exit_timeout = exit_timeout
        self._clock = clock
        self._renew = renew
        self.closed = False
        self._ending = False
        self._reset()
        _senders.add(self)

    def _reset(self) -> None:
        self._thread: threading.Thread | None = None
        self._starting = threading.RLock()
        self._wake = threading.Event()
        self._round_over = threading.Condition()
        self._urgent = False

    # --- the thread

    def start(self) -> None:
        """Start the thread unless it runs."""
        if self._thread is not None:
            return
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="quadra-client", daemon=True)
                thread.start()  # where there can be no more threads, the next call tries again
                self._thread = thread

    def _run(self) -> None:
        told = False
        while True:
            self._wake.wait(self._pause())
            self._wake.clear()
            if self._ending:
                break
            urgent = self._urgent
            try:
                self._buffer.roll(self._now_ms())
                self._courier.deliver(time.monotonic, urgent=urgent, go_on=lambda: not self._ending)
            except Exception:  # a thread that dies would send no more
                if not told:
                    log.warning("Quadra's client can't send", exc_info=True)
                told = True
            if urgent:
                self._urgent = False
            with self._round_over:
                self._round_over.notify_all()
        self._transport.close()

    def _pause(self) -> float:
        """Wait an interval, or less when the next try is due before."""
        until_due = self._courier.pause(time.monotonic())
        return min(until_due, self._interval) if until_due else self._interval

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    # --- its ends

    def hurry(self) -> None:
        """Ask for a round now."""
        self._urgent = True
        self._wake.set()

    def flush(self, timeout: float) -> bool:
        """Wait until the server has what was taken before; False when it does not get all of it.

        Ends before the time is over when nothing more can come of waiting.
        """
        until = time.monotonic() + max(timeout, 0.0)
        dropped = self._buffer.dropped
        end = self._buffer.roll(self._now_ms())
        if self._buffer.head >= end:
            return True
        self.start()
        self.hurry()
        with self._round_over:
            while self._buffer.head < end:
                now = time.monotonic()
                tried = not self._urgent
                if now >= until or (tried and now + self._courier.pause(now) >= until):
                    return False
                self._round_over.wait(until - now)
        return self._buffer.dropped == dropped

    def close(self, timeout: float | None) -> bool:
        """Flush and end the thread, within the time (``exit_timeout`` by default)."""
        if self.closed:
            return not self._buffer.pending
        self.closed = True
        until = time.monotonic() + (self.exit_timeout if timeout is None else max(timeout, 0.0))
        everything = self.flush(until - time.monotonic())
        self._ending = True
        self._wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(max(until - time.monotonic(), 0.05))
        if not everything:
            log.warning("Quadra's client ends; %d samples were not sent", self._buffer.pending)
        return everything

    def after_fork(self) -> None:
        """Begin anew in a child: what waited is the parent's to send, as is its connection."""
        self._reset()
        self._renew()
        self._buffer.reset_after_fork()
        self._courier.reset_after_fork()
        self._transport.leave_to_parent()


_senders: weakref.WeakSet[Sender] = weakref.WeakSet()


def _after_fork() -> None:
    for sender in list(_senders):
        sender.after_fork()


def _at_exit() -> None:
    began = time.monotonic()
    waiting = [sender for sender in _senders if not sender.closed]
    for sender in waiting:  # all at once, so that the longest time bounds them all
        sender.hurry()
    for sender in waiting:
        sender.close(sender.exit_timeout - (time.monotonic() - began))


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
