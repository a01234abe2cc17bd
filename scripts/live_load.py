"""Many consoles in one process: connects to a live stream, checks all that comes, measures.

It speaks just enough Socket.IO over raw websockets to be cheap: a frame that another console has
been sent is compared as bytes, and taken apart only by the first that receives it. So it checks
that all consoles are sent the same, in the same order, with positions that grow.

    python scripts/live_load.py --port 5000 --token TOKEN --consoles 500 --series '{__name__="x"}'

Prints READY when all are connected, and at the end one line of JSON. Loopback only, and bounded.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import resource
import select
import socket
import struct
import sys
import time
from array import array
from dataclasses import dataclass, field
from typing import Any

ADDRESS = "127.0.0.1"
MAX_CONSOLES = 10_000
MAX_SECONDS = 120.0
_READ = 262_144
_BUFFER = bytearray(_READ)  # for all consoles: as cheap as it gets, so that the server is measured
_TEXT, _BINARY, _CLOSE = 1, 2, 8
_TWO_BYTES, _EIGHT_BYTES = 126, 127
_SMALLEST_BUFFER = 4_096
_KEPT_FRAMES = 4_096


class RefusedError(RuntimeError):
    """The server did not do what was asked."""


@dataclass(slots=True)
class Wish:
    """What every console does."""

    port: int
    token: str
    series: str
    form: str


@dataclass(slots=True)
class Ledger:
    """Every frame that came, in order, and what came of it."""

    frames: list[bytes] = field(default_factory=list)
    sent_at: list[float] = field(default_factory=list)
    first: int = 0
    seq: int = -1
    deliveries: int = 0
    samples: int = 0
    volume: int = 0
    resyncs: int = 0
    skipped: int = 0
    wrong: int = 0
    closed: int = 0
    latencies: array[float] = field(default_factory=lambda: array("d"))

    def add(self, whole: bytes, body: dict[str, Any]) -> None:
        """Take a frame that nobody has been sent before."""
        seq, values = body["seq"], body["v"]
        if seq <= self.seq or not len(body["t"]) == len(body["id"]) == len(values):
            self.wrong += 1
        self.seq = max(seq, self.seq)
        self.samples += len(values)
        self.frames.append(whole)
        self.sent_at.append(values[0])
        if len(self.frames) > 2 * _KEPT_FRAMES:
            del self.frames[:_KEPT_FRAMES], self.sent_at[:_KEPT_FRAMES]
            self.first += _KEPT_FRAMES


class Console:
    """One connection."""

    def __init__(self, wish: Wish, ledger: Ledger, *, small_buffer: bool = False) -> None:
        """Connect, sign in and subscribe; raises RefusedError."""
        self._ledger = ledger
        self._rest = b""
        self._at: int | None = None
        self.socket = socket.socket()
        if small_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALLEST_BUFFER)
        self.socket.settimeout(30)
        self.socket.connect((ADDRESS, wish.port))
        self.socket.sendall(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {ADDRESS}:{wish.port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n".encode()
        )
        head = self._until(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise RefusedError(head.decode(errors="replace"))
        self._expect(b"0{")
        self._say("40" + json.dumps({"token": wish.token}))
        self._expect(b"40{")
        self._say("420" + json.dumps(["subscribe", {"series": [wish.series], "format": wish.form}]))
        self._expect(b'430[{"ok":true')
        self.socket.setblocking(False)  # noqa: FBT003 - that is its name

    def take(self, now: float, *, timed: bool) -> None:
        """Read what came, and check it; raises EOFError when nothing will come any more."""
        try:
            size = self.socket.recv_into(_BUFFER)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if not size:
            self._ledger.closed += 1
            raise EOFError
        if not self._rest and (place := self._expected()) is not None:
            whole = self._ledger.frames[place]
            if size == len(whole) and _BUFFER.startswith(whole):
                self._delivered(place, size, now, timed=timed)
                return
        data = self._rest + _BUFFER[:size]
        self._rest = data[self._checked(data, now, timed=timed) :]

    def begin(self, now: float) -> None:
        """Check what came together with the answer to the subscription."""
        self._rest = self._rest[self._checked(self._rest, now, timed=False) :]

    def _expected(self) -> int | None:
        """Say where among the frames the next one stands, when another has been sent it."""
        ledger = self._ledger
        if self._at is None or not ledger.first <= self._at < ledger.first + len(ledger.frames):
            return None
        return self._at - ledger.first

    def _checked(self, data: bytes, now: float, *, timed: bool) -> int:
        """Check all whole packets; give where the rest begins."""
        ledger, at = self._ledger, 0
        frames = ledger.frames
        while at < len(data):
            if (place := self._expected()) is not None:
                whole = frames[place]
                if data.startswith(whole, at):
                    self._delivered(place, len(whole), now, timed=timed)
                    at += len(whole)
                    continue
            packet = _packet(data, at)
            if packet is None:
                break
            text, attachments, end = packet
            self._heard(text, attachments, data[at:end], now, timed=timed)
            at = end
        return at

    def _delivered(self, place: int, size: int, now: float, *, timed: bool) -> None:
        ledger = self._ledger
        self._at = ledger.first + place + 1
        ledger.deliveries += 1
        ledger.volume += size
        if timed:
            ledger.latencies.append(now - ledger.sent_at[place])

    def _heard(
        self, text: bytes, attachments: list[bytes], whole: bytes, now: float, *, timed: bool
    ) -> None:
        ledger = self._ledger
        if text.startswith((b'42["samples"', b'453-["samples"')):
            place = self._place_of(whole, text, attachments)
            if self._at is not None and ledger.first + place != self._at:
                ledger.skipped += 1
            self._delivered(place, len(whole), now, timed=timed)
        elif text == b"2":
            self._say("3")
        elif text.startswith(b'42["resync"'):
            ledger.resyncs += 1
        elif not text.startswith(b"4"):
            ledger.wrong += 1

    def _place_of(self, whole: bytes, text: bytes, attachments: list[bytes]) -> int:
        ledger = self._ledger
        begin = 0 if self._at is None else max(self._at - ledger.first, 0)
        if whole in ledger.frames[begin:]:
            return ledger.frames.index(whole, begin)
        ledger.add(whole, _body(text, attachments))
        return len(ledger.frames) - 1

    def _say(self, text: str) -> None:
        data = text.encode()
        size = len(data)
        head = (
            struct.pack("!BB", 0x81, 0x80 | size)
            if size < _TWO_BYTES
            else struct.pack("!BBH", 0x81, 0x80 | _TWO_BYTES, size)
        )
        self.socket.sendall(head + bytes(4) + data)

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            self._read_on()
        head, _, self._rest = self._rest.partition(mark)
        return head

    def _expect(self, begin: bytes) -> None:
        while (packet := _packet(self._rest, 0)) is None:
            self._read_on()
        text, _attachments, end = packet
        self._rest = self._rest[end:]
        if not text.startswith(begin):
            raise RefusedError(text.decode(errors="replace")[:300])

    def _read_on(self) -> None:
        data = self.socket.recv(_READ)
        if not data:
            raise RefusedError("The server closed the connection.")
        self._rest += data


def _ws_frame(data: bytes, at: int) -> tuple[bytes, int] | None:
    """Take one unmasked websocket frame apart: its payload, and where it ends."""
    if len(data) < at + 2:
        return None
    size, begin = data[at + 1], at + 2
    if size == _TWO_BYTES:
        begin = at + 4
        if len(data) < begin:
            return None
        (size,) = struct.unpack_from("!H", data, at + 2)
    elif size == _EIGHT_BYTES:
        begin = at + 10
        if len(data) < begin:
            return None
        (size,) = struct.unpack_from("!Q", data, at + 2)
    end = begin + size
    return (data[begin:end], end) if len(data) >= end else None


def _packet(data: bytes, at: int) -> tuple[bytes, list[bytes], int] | None:
    """Take a packet apart: its text, its attachments, and where it ends; None when not whole."""
    found = _ws_frame(data, at)
    if found is None:
        return None
    text, end = found
    attachments: list[bytes] = []
    count = int(text[2:].split(b"-", 1)[0]) if text.startswith(b"45") else 0
    for _ in range(count):
        found = _ws_frame(data, end)
        if found is None:
            return None
        attachments.append(found[0])
        end = found[1]
    return text, attachments, end


def _body(text: bytes, attachments: list[bytes]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(text[text.index(b"[") :])[1]
    for name, kind in (("t", "d"), ("id", "I"), ("v", "d")):
        column = body[name]
        if isinstance(column, dict):
            body[name] = array(kind, attachments[column["num"]])
    return body


def run(wish: Wish, consoles: int, seconds: float, *, stuck: int, timed: bool) -> dict[str, Any]:
    """Connect all, say READY, read for some seconds, and say what came."""
    ledger = Ledger()
    chooser = select.epoll()
    reading: dict[int, Console] = {}
    began = time.perf_counter()
    silent = [Console(wish, Ledger(), small_buffer=True) for _ in range(stuck)]
    for _ in range(consoles - stuck):
        console = Console(wish, ledger)
        # Those before it first: what it begins with may be behind what they have not read yet.
        _read(chooser, reading, 0, timed=False)
        console.begin(time.time())
        reading[console.socket.fileno()] = console
        chooser.register(console.socket, select.EPOLLIN)
    connected = time.perf_counter() - began
    print("READY", flush=True)
    began = time.perf_counter()
    ledger.deliveries = ledger.volume = 0
    while (left := began + seconds - time.perf_counter()) > 0:
        _read(chooser, reading, left, timed=timed)
    took = time.perf_counter() - began
    chooser.close()
    for console in (*silent, *reading.values()):
        console.socket.close()
    return _report(ledger, consoles, took, connected)


def _read(
    chooser: select.epoll, reading: dict[int, Console], timeout: float, *, timed: bool
) -> None:
    for number, _events in chooser.poll(timeout, max(len(reading), 1)):
        try:
            reading[number].take(time.time(), timed=timed)
        except EOFError:
            chooser.unregister(number)
            reading.pop(number).socket.close()


def _report(ledger: Ledger, consoles: int, took: float, connected: float) -> dict[str, Any]:
    ordered = sorted(ledger.latencies)

    def quantile(q: float) -> float | None:
        return ordered[min(int(len(ordered) * q), len(ordered) - 1)] * 1000 if ordered else None

    return {
        "consoles": consoles,
        "connect_s": connected,
        "seconds": took,
        "frames": ledger.first + len(ledger.frames),
        "samples_a_frame": ledger.samples / max(ledger.first + len(ledger.frames), 1),
        "deliveries": ledger.deliveries,
        "deliveries_a_second": ledger.deliveries / took,
        "bytes_a_delivery": ledger.volume / max(ledger.deliveries, 1),
        "p50_ms": quantile(0.5),
        "p99_ms": quantile(0.99),
        "max_ms": quantile(1.0),
        "resyncs": ledger.resyncs,
        "skipped": ledger.skipped,
        "wrong": ledger.wrong,
        "closed": ledger.closed,
    }


def main() -> int:
    """Read the command line and run."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--port", type=int, required=True)
    reader.add_argument("--token", default="")
    reader.add_argument("--series", required=True, help="the selector that every console watches")
    reader.add_argument("--format", choices=("json", "binary"), default="json")
    reader.add_argument("--consoles", type=int, default=100)
    reader.add_argument("--stuck", type=int, default=0, help="how many of them never read")
    reader.add_argument("--seconds", type=float, default=10)
    reader.add_argument(
        "--timed", action="store_true", help="the first value of a frame is the unix time it left"
    )
    chosen = reader.parse_args()
    if not 0 < chosen.consoles <= MAX_CONSOLES or not 0 < chosen.seconds <= MAX_SECONDS:
        reader.error(f"at most {MAX_CONSOLES} consoles and {MAX_SECONDS:g} seconds")
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * MAX_CONSOLES), hard))
    wish = Wish(chosen.port, chosen.token, chosen.series, chosen.format)
    found = run(wish, chosen.consoles, chosen.seconds, stuck=chosen.stuck, timed=chosen.timed)
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
