"""One POST to an address that was judged: bounded in time and size, and no redirect followed."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from quadra import __version__
from quadra.errors import InvalidError
from quadra.outward.egress import Egress
from quadra.outward.timed import Deadline, Wire, connect

TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 65_536
_PORTS = {"http": 80, "https": 443}


class PostError(Exception):
    """The POST did not get an answer; ``str`` says why, without the address."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address leads."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def netloc(self) -> str:
        """Give host and port as a Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; ``retry_after`` in seconds where the server asked for it."""

    status: int
    body: bytes
    retry_after: float | None


def place_of(url: str) -> Place:
    """Read an address; raises InvalidError that does not repeat it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidError("this is not an address") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise InvalidError("use http:// or https:// and a host")
    if parts.username or parts.password:
        raise InvalidError("no name or password in the address; use the secret")
    if any(ord(char) <= ord(" ") or ord(char) > 126 for char in url):  # noqa: PLR2004 - ASCII
        raise InvalidError("only plain characters, no spaces")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], path)


class Poster:
    """Posts to judged addresses. Blocking."""

    def __init__(
        self,
        egress: Egress,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        trust: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        """Wire; ``trust`` makes what certificates are verified with, once."""
        self._egress = egress
        self._clock = clock
        self._monotonic = monotonic
        self._trust = trust
        self._context: ssl.SSLContext | None = None

    def post(self, place: Place, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post; raises PostError, and EgressError when the address is not one to connect to."""
        deadline = Deadline(TIMEOUT_S, self._monotonic)
        connection = None
        try:
            connection = connect(self._egress.addresses(place.host, place.port), deadline)
            if place.scheme == "https":
                connection.settimeout(deadline.left())
                self._context = self._context or self._trust()
                connection = self._context.wrap_socket(connection, server_hostname=place.host)
            http = HTTPConnection(place.host, place.port)
            http.sock = Wire(connection, deadline)
            http.putrequest("POST", place.path, skip_host=True, skip_accept_encoding=True)
            fixed = {
                "Host": place.netloc,
                "User-Agent": f"Quadra/{__version__}",
                "Content-Length": str(len(body)),
                "Connection": "close",
            }
            for name, value in {**fixed, **headers}.items():
                http.putheader(name, value)
            http.endheaders(body)
            response = http.getresponse()
            asked = self._retry_after(response.headers.get("Retry-After", ""))
            return Answer(response.status, response.read(MAX_ANSWER_BYTES), asked)
        except TimeoutError:
            raise PostError(f"no whole answer within {TIMEOUT_S:g} s") from None
        except ssl.SSLCertVerificationError as error:
            raise PostError(f"the certificate is not trusted: {error.verify_message}") from None
        except ssl.SSLError as error:
            raise PostError(f"no TLS connection: {error.reason or 'it was cut off'}") from None
        except (HTTPException, ValueError) as error:
            raise PostError(f"not a whole HTTP answer ({type(error).__name__})") from None
        except OSError as error:
            raise PostError(f"can't connect: {error.strerror or type(error).__name__}") from None
        finally:
            if connection is not None:
                connection.close()

    def _retry_after(self, text: str) -> float | None:
        """Read seconds or a date; None for neither."""
        text = text.strip()
        if text.isdecimal() and len(text) < 10:  # noqa: PLR2004 - some centuries are enough
            return float(text)
        try:
            return max(parsedate_to_datetime(text).timestamp() - self._clock(), 0.0)
        except (TypeError, ValueError, OverflowError):
            return None
