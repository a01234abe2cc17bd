"""Email by SMTP: plain text and HTML, one thread a group, through an address that was judged."""

from __future__ import annotations

import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formataddr, formatdate
from html import escape
from urllib.parse import unquote, urlsplit

from quadra.channels.posting import not_reached
from quadra.channels.wording import SHOWN, alerts_of, facts, plain, summary, title
from quadra.engine.channels import Channel, Delivery, Ending, Later, Refused, Sent
from quadra.errors import InvalidError
from quadra.outward.egress import Egress
from quadra.outward.timed import Deadline, connect

TIMEOUT_S = 20.0
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_PERMANENT = 500


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)


def server_of(url: str, secret: str) -> MailServer:
    """Read ``smtp://``, ``smtp+starttls://`` or ``smtps://``; raises InvalidError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidError("this is not an address") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise InvalidError("use smtp://, smtp+starttls:// or smtps:// and a host")
    password = secret or unquote(parts.password or "")
    return MailServer(
        parts.scheme,
        parts.hostname,
        port or _PORTS[parts.scheme],
        unquote(parts.username or ""),
        password,
    )


class EmailSender:
    """Hands mail to a server."""

    def __init__(
        self,
        egress: Egress,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        trust: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        """Wire; ``trust`` makes what certificates are verified with."""
        self._egress = egress
        self._clock = clock
        self._monotonic = monotonic
        self._trust = trust

    def send(self, channel: Channel, deliveries: Sequence[Delivery]) -> Ending:
        """Deliver one page, or several as one message."""
        try:
            server = server_of(channel.url, channel.secret)
            message, reference = compose(channel, deliveries, server.host, self._clock())
            self._hand_in(server, message)
        except InvalidError as error:
            return not_reached(error)
        except smtplib.SMTPException as error:
            return _not_taken(error)
        except OSError as error:
            return Later(_broken(error))
        return Sent(reference)

    def _hand_in(self, server: MailServer, message: EmailMessage) -> None:
        deadline = Deadline(TIMEOUT_S, self._monotonic)
        wire = connect(self._egress.addresses(server.host, server.port), deadline)
        try:
            wire.settimeout(deadline.left())
            if server.scheme == "smtps":
                wire = self._trust().wrap_socket(wire, server_hostname=server.host)
            smtp = _Judged(wire, server.host)
            smtp.connect(server.host, server.port)
            smtp.ehlo_or_helo_if_needed()
            if server.scheme == "smtp+starttls":
                smtp.starttls(context=self._trust())
            if server.user:
                smtp.login(server.user, server.password)
            smtp.send_message(message)
            try:
                smtp.quit()
            except (smtplib.SMTPException, OSError):
                return  # it is handed in; how the server says good-bye is its own affair
        finally:
            wire.close()


class _Judged(smtplib.SMTP):
    """An SMTP client on a connection that is already made."""

    def __init__(self, wire: socket.socket, host: str) -> None:
        super().__init__(local_hostname="quadra.invalid", timeout=TIMEOUT_S)
        self._wire = wire
        self._host = host  # what starttls verifies

    def _get_socket(self, _host: str, _port: int, _timeout: float) -> socket.socket:
        return self._wire


def compose(
    channel: Channel, deliveries: Sequence[Delivery], host: str, now: float
) -> tuple[EmailMessage, str]:
    """Write the message; gives it and the name by which later ones refer to it."""
    first = deliveries[0]
    sender = str(channel.settings.get("from") or f"quadra@{host}")
    message = EmailMessage()
    message["From"] = formataddr(("Quadra", sender))
    message["To"] = ", ".join(str(one) for one in channel.settings["to"])
    message["Subject"] = _line(title(deliveries))
    message["Date"] = formatdate(now)
    reference = f"<{first.delivery_id}@quadra>"
    message["Message-ID"] = reference
    if first.thread:
        message["In-Reply-To"] = message["References"] = first.thread
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(plain(deliveries) or "Test from Quadra.")
    message.add_alternative(_html(deliveries), subtype="html")
    return message, first.thread or reference


def _line(text: str) -> str:
    return " ".join(text.split())[:200]


def _html(deliveries: Sequence[Delivery]) -> str:
    parts = [f"<h2>{escape(title(deliveries))}</h2>"]
    for alert in alerts_of(deliveries)[:SHOWN]:
        parts.append(f"<h3>{escape(str(alert.get('rule') or ''))}</h3>")
        parts.append(f"<p>{escape(summary(alert))}</p>" if summary(alert) else "")
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>"
            for name, value in facts(alert)
        )
        parts.append(f"<table>{rows}</table>")
        if alert.get("url"):
            parts.append(f'<p><a href="{escape(str(alert["url"]))}">Open in Quadra</a></p>')
    return "<html><body>" + "".join(parts) + "</body></html>"


def _not_taken(error: smtplib.SMTPException) -> Ending:
    code, words = 0, f"the mail server broke off ({type(error).__name__})"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [found for found, _words in error.recipients.values()]
        code, words = min(codes, default=_PERMANENT), "no recipient was accepted"
    elif isinstance(error, smtplib.SMTPResponseException):
        code, words = error.smtp_code, f"the mail server answered {error.smtp_code}"
    return Refused(words) if code >= _PERMANENT else Later(words)


def _broken(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return f"not done within {TIMEOUT_S:g} s"
    if isinstance(error, ssl.SSLError):
        return f"no TLS connection: {error.reason or 'it was cut off'}"
    return f"can't connect: {error.strerror or type(error).__name__}"
