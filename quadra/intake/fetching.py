"""Fetches one page of metrics: from the address that was judged, within a time and a size.

This is plain blocking code. It runs in a task of its own, and what patches the standard library
for the event loop makes its sockets wait there, so a thousand slow targets take no native thread.
Names are looked up and certificates read through ``offload``, for these two would hold the loop.
"""

from __future__ import annotations

import base64
import os
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse

from quadra import __version__
from quadra.engine.ports import Clock, Runtime
from quadra.engine.targets import Credential, Target
from quadra.errors import QuadraError
from quadra.intake.turns import Turns
from quadra.outward.egress import Address, Egress
from quadra.outward.timed import Deadline, Wire, connect

LOOKUPS_AT_ONCE = 4
ADDRESSES_TRIED = 4
MAX_BYTES_HELD = 256 * 1024**2
_CHUNK = 65_536
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_OPENMETRICS = "application/openmetrics-text"
_ACCEPT = (
    f"{_OPENMETRICS};version=1.0.0,{_OPENMETRICS};version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)


class ScrapeError(QuadraError):
    """A target did not give a page of metrics."""

    code = "scrape_failed"
    title = "The target can't be scraped"


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer as it came: its body is still packed when ``packed`` says so."""

    body: bytes
    packed: bool
    openmetrics: bool


class Fetcher:
    """Fetches pages, and judges a target's address before it is saved."""

    def __init__(
        self,
        egress: Egress,
        runtime: Runtime,
        monotonic: Clock = time.monotonic,
        trust: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        """Wire; ``trust`` makes what certificates are verified with, once."""
        self._egress = egress
        self._runtime = runtime
        self._monotonic = monotonic
        self._trust = trust
        self._context: ssl.SSLContext | None = None
        self._lookups = Turns(runtime, LOOKUPS_AT_ONCE)
        self._held = 0

    def judge(self, host: str, port: int, timeout: float) -> list[Address]:
        """Give the addresses of a host; raises EgressError, NoSuchHostError, ScrapeError."""
        found = self.judge_numeric(host, port)
        if found is not None:
            return found
        with self._lookups.turn(timeout) as is_ours:
            if not is_ours:
                msg = "too many names are being looked up at once"
                raise ScrapeError(msg, code="scrape_overload")
            return self._runtime.offload(self._egress.addresses, host, port)

    def judge_numeric(self, host: str, port: int) -> list[Address] | None:
        """Give the addresses of a host that is one; None for a name. Raises EgressError."""
        return self._egress.numeric(host, port)

    @contextmanager
    def fetched(self, target: Target) -> Iterator[Fetched]:
        """Get the page of a target, for as long as it is needed; raises what ``fetch`` does."""
        page = self.fetch(target)
        self._held += len(page.body)
        try:
            yield page
        finally:
            self._held -= len(page.body)

    def fetch(self, target: Target) -> Fetched:
        """Get the page of a target; raises ScrapeError, EgressError, NoSuchHostError."""
        deadline = Deadline(target.timeout, self._monotonic)
        connection = None
        try:
            addresses = self.judge(target.host, target.port, deadline.left())
            connection = connect(addresses[:ADDRESSES_TRIED], deadline)
            if target.scheme == "https":
                connection = self._secured(connection, target.host, deadline)
            return self._ask(connection, target, deadline)
        except TimeoutError:
            msg = f"no whole answer within {target.timeout:g} s"
            raise ScrapeError(msg, code="scrape_timeout") from None
        except ssl.SSLCertVerificationError as error:
            msg = f"the certificate is not trusted: {error.verify_message}"
            raise ScrapeError(msg, code="scrape_tls") from None
        except ssl.SSLError as error:
            msg = f"no TLS connection: {error.reason or 'it was cut off'}"
            raise ScrapeError(msg, code="scrape_tls") from None
        except HTTPException as error:
            msg = f"not a whole HTTP answer ({type(error).__name__})"
            raise ScrapeError(msg, code="scrape_http") from None
        except OSError as error:
            words = os.strerror(error.errno) if error.errno else type(error).__name__
            msg = f"can't connect: {words}"
            raise ScrapeError(msg, code="scrape_connection") from None
        finally:
            if connection is not None:
                connection.close()

    def _secured(self, connection: socket.socket, host: str, deadline: Deadline) -> socket.socket:
        if self._context is None:
            self._context = self._runtime.offload(self._trust)
        connection.settimeout(deadline.left())
        try:
            return self._context.wrap_socket(connection, server_hostname=host)
        except BaseException:
            connection.close()
            raise

    def _ask(self, connection: socket.socket, target: Target, deadline: Deadline) -> Fetched:
        http = HTTPConnection(target.host, target.port)
        http.sock = Wire(connection, deadline)
        http.putrequest("GET", target.path, skip_host=True, skip_accept_encoding=True)
        for name, value in _headers(target).items():
            http.putheader(name, value)
        http.endheaders()
        response = http.getresponse()
        if response.status != HTTPStatus.OK:
            is_redirect = response.status // 100 == 3  # noqa: PLR2004 - the class of redirects
            more = "; redirects are not followed" if is_redirect else ""
            raise ScrapeError(f"answered {response.status}{more}", code="scrape_status")
        openmetrics = _is_openmetrics(response.headers.get("Content-Type", ""))
        packed = _is_packed(response.headers.get("Content-Encoding", ""))
        return Fetched(self._body(response, target.body_size_limit), packed, openmetrics)

    def _body(self, response: HTTPResponse, limit: int) -> bytes:
        parts: list[bytes] = []
        size = 0
        try:
            if response.length is not None and response.length > limit:
                raise too_large(limit)
            while part := response.read1(_CHUNK):
                parts.append(part)
                size += len(part)
                self._held += len(part)
                if size > limit:
                    raise too_large(limit)
                if self._held > MAX_BYTES_HELD:
                    msg = "too many large pages come at once"
                    raise ScrapeError(msg, code="scrape_overload")
        finally:
            self._held -= size
        if response.length:
            msg = f"the answer was cut short: {response.length} bytes are missing"
            raise ScrapeError(msg, code="scrape_http")
        return b"".join(parts)


def opened(fetched: Fetched, limit: int) -> str:
    """Unpack a page within ``limit`` bytes and read it as UTF-8; raises ScrapeError."""
    body = fetched.body
    if fetched.packed:
        opener = zlib.decompressobj(_GZIP_WINDOW)
        try:
            body = opener.decompress(body, limit + 1)
        except zlib.error:
            msg = "the page says it is gzip and is not"
            raise ScrapeError(msg, code="scrape_gzip") from None
        if len(body) > limit:
            raise too_large(limit)
        if not opener.eof or opener.unused_data:
            msg = "the gzip page is cut short or has something behind it"
            raise ScrapeError(msg, code="scrape_gzip")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = f"the page is not UTF-8 (byte {error.start})"
        raise ScrapeError(msg, code="bad_exposition") from None


def too_large(limit: int) -> ScrapeError:
    """Make the error of a page that is larger than its target may send."""
    msg = f"the page is larger than {limit} bytes (body_size_limit)"
    return ScrapeError(msg, code="body_size_limit")


def _headers(target: Target) -> dict[str, str]:
    headers = {
        "Host": target.netloc,
        "User-Agent": f"Quadra/{__version__}",
        "Accept": _ACCEPT,
        "Accept-Encoding": "gzip",
        "X-Prometheus-Scrape-Timeout-Seconds": f"{target.timeout:g}",
        "Connection": "close",
    }
    if target.credential is not None:
        headers["Authorization"] = _authorization(target.credential)
    return headers


def _authorization(credential: Credential) -> str:
    if credential.kind == "bearer":
        return f"Bearer {credential.secret}"
    pair = f"{credential.username}:{credential.secret}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"


def _is_openmetrics(content_type: str) -> bool:
    """Say which of the two formats it is; an exporter that does not say sends the older one."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in ("", "text/plain", _OPENMETRICS):
        msg = f"answered {kind[:60]!a}, not metrics"
        raise ScrapeError(msg, code="scrape_content_type")
    return kind == _OPENMETRICS


def _is_packed(encoding: str) -> bool:
    name = encoding.strip().lower()
    if name not in ("", "identity", "gzip"):
        msg = f"answered in {name[:40]!a}; asked for gzip or nothing"
        raise ScrapeError(msg, code="scrape_gzip")
    return name == "gzip"
