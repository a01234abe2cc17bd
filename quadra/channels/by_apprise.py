"""The many other channels, by way of Apprise, which knows more than a hundred of them.

Apprise connects through requests. While this process lives, requests goes only to addresses that
were judged, follows no redirect and takes no proxy from the environment; kinds of channel that
connect in another way, or touch this machine, are not taken.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Sequence
from typing import Any

from quadra.channels.wording import plain, title
from quadra.engine.channels import Channel, Delivery, Ending, Later, Refused, Sent
from quadra.errors import InvalidError
from quadra.outward.egress import Egress, EgressError, NoSuchHostError

TIMEOUT_S = 10.0
_NOT_TAKEN = {
    "mailto": "use the kind email for mail",
    "mailtos": "use the kind email for mail",
    "vapid": "this kind keeps files on this machine and is not taken",
}
_guarding = threading.Lock()


class AppriseSender:
    """Sends through Apprise."""

    def __init__(self, egress: Egress) -> None:
        """Wire; the library is loaded when a first page goes this way."""
        self._egress = egress

    def send(self, channel: Channel, deliveries: Sequence[Delivery]) -> Ending:
        """Deliver one page, or several as one message."""
        try:
            plugin = plugin_of(channel.url)
        except InvalidError as error:
            return Refused(error.detail)
        guard = _guard(self._egress)
        refusals: list[str] = []
        guard.refusals = refusals
        firing = any(one.status == "firing" for one in deliveries)
        try:
            done = plugin.notify(
                body=plain(deliveries) or "Test from Quadra.",
                title=title(deliveries),
                notify_type="warning" if firing else "success",
            )
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything
            return Later(f"the channel failed ({type(error).__name__})")
        finally:
            guard.refusals = None
        if done:
            return Sent()
        if refusals:
            return Refused(f"the address is not connected to: {refusals[0]}")
        return Later("the channel did not take it")


def plugin_of(url: str) -> Any:
    """Make the plugin for an Apprise address; raises InvalidError that does not repeat it."""
    import apprise  # noqa: PLC0415 - heavy, and most never need it

    reason = _NOT_TAKEN.get(url.partition(":")[0].strip().lower())
    if reason is not None:
        raise InvalidError(reason)
    plugin = apprise.Apprise.instantiate(url, suppress_exceptions=True)
    if plugin is None:
        raise InvalidError("Apprise does not know this kind of address")
    module = sys.modules[type(plugin).__module__]
    if not hasattr(module, "requests"):
        raise InvalidError("this kind does not go over HTTP and is not taken")
    if any(
        isinstance(one, apprise.AppriseAttachment) and len(one) for one in vars(plugin).values()
    ):
        # A template, or a file of keys: whoever may make a channel would have our files sent to
        # them, the administrator's token first.
        raise InvalidError("nothing is read from files here: leave out template and keyfile")
    plugin.socket_connect_timeout = plugin.socket_read_timeout = TIMEOUT_S
    return plugin


class _Guard(threading.local):
    """Notes, for the thread that sends, why an address was refused."""

    refusals: list[str] | None = None


_guards: dict[int, _Guard] = {}


def _guard(egress: Egress) -> _Guard:
    """Put the guard into requests and urllib3, once a process."""
    with _guarding:
        if _guards:
            return next(iter(_guards.values()))
        import requests  # noqa: PLC0415 - comes with Apprise
        from urllib3.util import connection as urllib3_connection  # noqa: PLC0415 - the same

        guard = _Guard()

        def create_connection(
            address: tuple[str, int], *_more: Any, **_options: Any
        ) -> socket.socket:
            host, port = address
            try:
                found = egress.addresses(host, port)
            except (EgressError, NoSuchHostError) as error:
                if guard.refusals is not None and isinstance(error, EgressError):
                    guard.refusals.append(error.detail)
                raise OSError(error.detail) from None
            last: OSError = OSError("no address")
            for one in found:
                wire = socket.socket(one.family, socket.SOCK_STREAM)
                wire.settimeout(TIMEOUT_S)
                try:
                    wire.connect((one.ip, one.port))
                except OSError as error:
                    wire.close()
                    last = error
                else:
                    return wire
            raise last

        urllib3_connection.create_connection = create_connection
        requests.Session.get_redirect_target = lambda _self, _response: None  # type: ignore[method-assign, assignment]
        first = requests.Session.__init__

        def without_environment(self: Any) -> None:
            first(self)
            self.trust_env = False

        requests.Session.__init__ = without_environment  # type: ignore[method-assign]
        _guards[0] = guard
        return guard
