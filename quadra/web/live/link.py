"""One console's way out: what is sent goes to the socket at once, and waits only where it is full.

What waits is bounded. Frames of samples give way to newer ones, and the console is told so;
answers and announcements are kept, and who lets too many of them wait is cut.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from quadra.web.live.frames import Frame, resync
from quadra.web.live.websocket import BINARY, NORMAL, TEXT, encode, encode_close

MAX_FRAME_BYTES = 262_144
MAX_KEPT_BYTES = 4_194_304
MAX_SEND_BYTES = 262_144

_KEPT, _SAMPLES = 0, 1


class Wire(Protocol):
    """A socket that never blocks."""

    def send(self, data: bytes | memoryview, /) -> int:
        """Send what can be sent now; raises BlockingIOError, or OSError when it is broken."""

    def shutdown(self, how: int, /) -> None:
        """End the connection in both directions; raises OSError."""

    def detach(self) -> int:
        """Let go of the descriptor, which is another's to close."""


class Link:
    """Sends to one console. It stands where engine.io keeps a queue, so all goes through it.

    Not for several threads; see ``LockedLink``.
    """

    __slots__ = (
        "_blocked",
        "_kept_bytes",
        "_now",
        "_on_lost",
        "_samples_bytes",
        "_waiting",
        "_wire",
        "closed",
        "environ",
        "full_since",
        "held",
        "is_clear",
        "joined_at",
        "send",
    )

    def __init__(
        self,
        wire: Wire,
        environ: dict[str, Any],
        *,
        now: Callable[[], float],
        blocked: set[Link],
        on_lost: Callable[[], None],
    ) -> None:
        """Wire; ``blocked`` collects the links that wait, for whoever calls ``flush`` later."""
        self._wire = wire
        self.send = wire.send
        self.is_clear = True
        """Whether what is sent now goes straight to the socket: nothing waits, nothing is held."""
        self._now = now
        self._blocked = blocked
        self._on_lost = on_lost
        self._waiting: deque[tuple[int, bytes | memoryview]] = deque()
        self._kept_bytes = 0
        self._samples_bytes = 0
        self.environ = environ
        self.closed = False
        self.full_since = 0.0
        """Since when the socket has taken nothing; 0 when nothing waits."""
        self.joined_at = 0
        """The position up to which it had all when it entered its room."""
        self.held: list[Frame | bytes] | None = None
        """What is to follow the answer to the message that is being handled."""

    @property
    def waiting_bytes(self) -> int:
        """How much waits."""
        return self._kept_bytes + self._samples_bytes

    def offer(self, frame: Frame) -> None:
        """Send a frame of samples; where it must wait, older ones give way."""
        data = frame.data
        if self.held is not None:
            self.held.append(frame)
        elif not self._waiting:
            try:
                sent = self.send(data)
            except BlockingIOError:
                sent = 0
            except OSError:
                self.close()
                return
            if sent != len(data):
                self.keep_rest(data, sent)
        elif self._samples_bytes + len(data) <= MAX_FRAME_BYTES:
            self._wait(_SAMPLES, data)
        else:
            self._replace(frame)

    def keep_rest(self, data: bytes, sent: int) -> None:
        """Let a frame wait of which the socket took only so many bytes."""
        if sent:
            self._wait(_KEPT, memoryview(data)[sent:])  # begun, so it must be ended
        else:
            self._wait(_SAMPLES, data)

    def _replace(self, frame: Frame) -> None:
        """Let the newest frame take the place of all samples that wait."""
        self._waiting = deque(part for part in self._waiting if part[0] == _KEPT)
        self._samples_bytes = 0
        self._on_lost()
        self._wait(_SAMPLES, resync(frame.seq, "too_slow"))
        self._wait(_SAMPLES, frame.data)

    def _wait(self, kind: int, data: bytes | memoryview) -> None:
        if self.closed:
            return
        if not self._waiting:
            self.full_since = self._now()
            self.is_clear = False
            self._blocked.add(self)
        self._waiting.append((kind, data))
        if kind == _KEPT:
            self._kept_bytes += len(data)
        else:
            self._samples_bytes += len(data)

    def tell(self, data: bytes) -> None:
        """Send an event, in its order with the frames."""
        if self.held is not None:
            self.held.append(data)
        else:
            self.write(data)

    def write(self, data: bytes) -> None:
        """Send what may not be left out."""
        sent = 0
        if not self._waiting:
            try:
                sent = self.send(data)
            except BlockingIOError:
                pass
            except OSError:
                self.close()
                return
        if sent == len(data):
            return
        self._wait(_KEPT, memoryview(data)[sent:])
        if self._kept_bytes > MAX_KEPT_BYTES:
            self.close()

    def hold(self, *first: Frame | bytes) -> None:
        """Let ``first``, and the frames that are offered from now on, wait for ``let_go``."""
        self.is_clear = False
        self.held = [*(self.held or ()), *first]

    def let_go(self) -> None:
        """Send what was held: the answer that was to come first is out."""
        held, self.held = self.held, None
        self._look_whether_clear()
        for one in held or ():
            if isinstance(one, bytes):
                self.write(one)
            else:
                self.offer(one)

    def flush(self) -> bool:
        """Send what waits as far as the socket takes it; say whether nothing waits any more."""
        while self._waiting and not self.closed:
            taken: list[tuple[int, bytes | memoryview]] = []
            size = 0
            while self._waiting and size < MAX_SEND_BYTES:
                taken.append(self._waiting.popleft())
                size += len(taken[-1][1])
            try:
                sent = self.send(b"".join(data for _kind, data in taken))
            except BlockingIOError:
                sent = 0
            except OSError:
                self.close()
                break
            self._take_back(taken, sent)
            if sent:
                self.full_since = self._now()
            if sent < size:
                return False
        self._blocked.discard(self)
        self.full_since = 0.0
        self._look_whether_clear()
        return True

    def _look_whether_clear(self) -> None:
        self.is_clear = self.held is None and not self._waiting and not self.closed

    def _take_back(self, taken: list[tuple[int, bytes | memoryview]], sent: int) -> None:
        back: list[tuple[int, bytes | memoryview]] = []
        for kind, data in taken:
            gone = min(sent, len(data))
            sent -= gone
            if kind == _KEPT:
                self._kept_bytes -= gone
            elif gone:
                self._samples_bytes -= len(data)
            if gone == len(data):
                continue
            if gone and kind == _SAMPLES:
                kind = _KEPT  # noqa: PLW2901 - begun, so it must be ended
                self._kept_bytes += len(data) - gone
            back.append((kind, memoryview(data)[gone:] if gone else data))
        self._waiting.extendleft(reversed(back))

    def close(self) -> None:
        """End the connection; its reader notices, and lets go of it."""
        if self.closed:
            return
        self.closed = True
        self.is_clear = False
        self._waiting.clear()
        self._kept_bytes = self._samples_bytes = 0
        self._blocked.discard(self)
        with contextlib.suppress(OSError):  # it was broken already
            self._wire.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        """Touch the socket no more: its descriptor will soon be that of another."""
        self.close()
        self._wire.detach()

    # -- as engine.io sees it: a queue of packets, None for its end ---------------------------

    def put(self, packet: Any) -> None:
        """Send an engine.io packet; None ends the connection."""
        if packet is None:
            self.write(encode_close(NORMAL))
            self.close()
            return
        data = packet.encode()
        self.write(encode(TEXT, data.encode()) if isinstance(data, str) else encode(BINARY, data))

    def join(self) -> None:
        """Return at once: what was put has been sent, or waits for the socket alone."""


def offer_to_all(links: Iterable[Link], frame: Frame) -> None:
    """Offer a frame to many consoles, as ``Link.offer`` does to one.

    Most sockets have room, and for those a call each would be a good part of what is not the
    system's own work.
    """
    data, size = frame.data, len(frame.data)
    for link in links:
        if not link.is_clear:
            link.offer(frame)
            continue
        try:
            sent = link.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            link.close()
            continue
        if sent != size:
            link.keep_rest(data, sent)


class LockedLink(Link):
    """A link for ASYNC_MODE=threading."""

    __slots__ = ("_lock",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Wire as ``Link``."""
        super().__init__(*args, **kwargs)
        self._lock = threading.RLock()
        self.is_clear = False  # and stays so: all that is sent takes the lock

    def _look_whether_clear(self) -> None:
        """Know that it never is."""

    def offer(self, frame: Frame) -> None:
        """See ``Link.offer``."""
        with self._lock:
            super().offer(frame)

    def tell(self, data: bytes) -> None:
        """See ``Link.tell``."""
        with self._lock:
            super().tell(data)

    def write(self, data: bytes) -> None:
        """See ``Link.write``."""
        with self._lock:
            super().write(data)

    def hold(self, *first: Frame | bytes) -> None:
        """See ``Link.hold``."""
        with self._lock:
            super().hold(*first)

    def let_go(self) -> None:
        """See ``Link.let_go``."""
        with self._lock:
            super().let_go()

    def flush(self) -> bool:
        """See ``Link.flush``."""
        with self._lock:
            return super().flush()

    def close(self) -> None:
        """See ``Link.close``."""
        with self._lock:
            super().close()

    def release(self) -> None:
        """See ``Link.release``."""
        with self._lock:
            super().release()
