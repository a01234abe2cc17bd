"""HTTP on native sockets, for work that runs on native threads.

What patches the standard library for the event loop would make its sockets wait for a loop that
such a thread does not have. So this takes the C sockets themselves, and TLS between two buffers.
"""

from __future__ import annotations

import io
import os
import ssl
import time
from _socket import AF_UNSPEC, IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY, getaddrinfo
from _socket import socket as native_socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPMessage
from typing import Any

from quadra import __version__
from quadra.errors import StorageError
from quadra.storage.prometheus.address import Address

_READ = 262_144
_CONNECT_S = 5.0


class StoreAwayError(StorageError):
    """The store did not answer, or not with an answer that settles anything."""

    code = "history_store_unavailable"
    title = "The history store is not available"


class AnswerTooLargeError(StorageError):
    """The answer is larger than is read at once."""

    code = "history_answer_too_large"


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    headers: HTTPMessage
    body: bytes


class Connection:
    """One kept connection, used by one thread at a time; blocking."""

    def __init__(self, address: Address, trust: ssl.SSLContext | None) -> None:
        """Prepare; connects when first used. ``trust`` verifies the certificate of https."""
        self._address = address
        self._trust = trust
        self._stream: _Stream | None = None

    @property
    def is_open(self) -> bool:
        """Say whether it is connected, as far as known."""
        return self._stream is not None

    def connect(self, timeout: float = _CONNECT_S) -> None:
        """Connect unless it is; raises StoreAwayError."""
        if self._stream is not None:
            return
        try:
            self._stream = _connect(self._address, self._trust, timeout)
        except ssl.SSLCertVerificationError as error:
            raise _away(f"its certificate is not trusted: {error.verify_message}") from None
        except ssl.SSLError as error:
            raise _away(f"no TLS connection: {error.reason or 'it was cut off'}") from None
        except OSError as error:
            raise _away(f"can't connect: {_words(error)}") from None

    def post(
        self, path: str, body: bytes, headers: Mapping[str, str], timeout: float, limit: int
    ) -> Answer:
        """Send a request and read the whole answer, ``limit`` bytes at most.

        Raises StoreAwayError when the connection breaks or ``timeout`` seconds pass, and
        AnswerTooLargeError. After either the connection is closed.
        """
        self.connect()
        assert self._stream is not None  # noqa: S101 - connect saw to it
        self._stream.until = time.monotonic() + timeout
        try:
            return self._exchange(self._stream, path, body, headers, limit)
        except AnswerTooLargeError:
            self.close()
            raise
        except TimeoutError:
            self.close()
            raise _away(f"no whole answer within {timeout:g} s") from None
        except (HTTPException, OSError, ValueError) as error:
            self.close()
            words = _words(error) if isinstance(error, OSError) else type(error).__name__
            raise _away(f"the connection broke: {words}") from None

    def _exchange(
        self, stream: _Stream, path: str, body: bytes, headers: Mapping[str, str], limit: int
    ) -> Answer:
        http = HTTPConnection(self._address.host, self._address.port)
        http.sock = stream
        http.putrequest(
            "POST", self._address.path + path, skip_host=True, skip_accept_encoding=True
        )
        fixed = {
            "Host": self._address.netloc,
            "User-Agent": f"Quadra/{__version__}",
            "Content-Length": str(len(body)),
        }
        for name, value in {**fixed, **self._address.headers, **headers}.items():
            http.putheader(name, value)
        http.endheaders(body)
        with http.getresponse() as response:
            if response.length is not None and response.length > limit:
                raise AnswerTooLargeError("the answer is too large")
            found = response.read(limit + 1)
            if len(found) > limit:
                raise AnswerTooLargeError("the answer is too large")
            answer = Answer(response.status, response.headers, found)
            if response.will_close:
                # Anew at once: as long as a connection stands, its server has not died.
                self.close()
                with suppress(StoreAwayError):
                    self.connect()
        return answer

    def close(self) -> None:
        """Close it; the next request connects anew."""
        if self._stream is not None:
            self._stream.end()
            self._stream = None


class _Stream:
    """What http.client uses of a socket, with one moment until which all must be done."""

    def __init__(self, connection: native_socket, until: float) -> None:
        self._socket = connection
        self.until = until

    def left(self) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def secure(self, trust: ssl.SSLContext, host: str) -> _Stream:
        return _SecureStream(self._socket, self.until, trust, host)

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(self.left())
        self._socket.sendall(data)

    def recv_into(self, buffer: Any) -> int:
        self._socket.settimeout(self.left())
        return self._socket.recv_into(buffer)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self), _READ)

    def close(self) -> None:
        """Not yet: the connection is kept. ``end`` closes it."""

    def end(self) -> None:
        self._socket.close()


class _SecureStream(_Stream):
    """TLS between two buffers in memory, carried by the native socket."""

    def __init__(
        self, connection: native_socket, until: float, trust: ssl.SSLContext, host: str
    ) -> None:
        super().__init__(connection, until)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = trust.wrap_bio(self._in, self._out, server_hostname=host)
        self._carried(self._tls.do_handshake)

    def _carried(self, work: Any, *args: Any) -> Any:
        """Do a step of TLS, carrying what it has to say and what it waits to hear."""
        while True:
            try:
                result = work(*args)
            except ssl.SSLWantReadError:
                self._flush()
                self._socket.settimeout(self.left())
                data = self._socket.recv(_READ)
                if data:
                    self._in.write(data)
                else:
                    self._in.write_eof()
            else:
                self._flush()
                return result

    def _flush(self) -> None:
        if self._out.pending:
            self._socket.settimeout(self.left())
            self._socket.sendall(self._out.read())

    def sendall(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._carried(self._tls.write, view[:_READ]) :]

    def recv_into(self, buffer: Any) -> int:
        try:
            return int(self._carried(self._tls.read, len(buffer), buffer))
        except ssl.SSLZeroReturnError:
            return 0


class _Reader(io.RawIOBase):
    def __init__(self, stream: _Stream) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._stream.recv_into(buffer)


def _connect(address: Address, trust: ssl.SSLContext | None, timeout: float) -> _Stream:
    until = time.monotonic() + timeout
    try:
        found = getaddrinfo(address.host, address.port, AF_UNSPEC, SOCK_STREAM)
    except UnicodeError:
        raise OSError("no such host") from None
    last: OSError = OSError("no such host")
    for family, kind, protocol, _name, place in found:
        connection = native_socket(family, kind, protocol)
        try:
            stream = _Stream(connection, until)
            connection.settimeout(stream.left())
            connection.connect(place)
            connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            if trust is not None:
                return stream.secure(trust, address.host)
        except OSError as error:
            connection.close()
            last = error
            if isinstance(error, ssl.SSLError):
                raise
        else:
            return stream
    raise last


def _words(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)


def _away(why: str) -> StoreAwayError:
    return StoreAwayError(f"The history store (HISTORY_URL): {why}.", retry_after=2)
