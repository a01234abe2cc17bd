"""Reads what somebody wants a channel to be, and says what is wrong with each field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from email.utils import parseaddr
from typing import Any, cast, get_args

from quadra.alerts.routing import route_from
from quadra.channels.by_apprise import plugin_of
from quadra.channels.email import server_of
from quadra.engine.channels import Channel, ChannelKind
from quadra.errors import Fault, InvalidError
from quadra.outward.egress import Egress, NoSuchHostError
from quadra.outward.posting import place_of

KINDS: tuple[str, ...] = get_args(ChannelKind)
_KNOWN = ("name", "kind", "url", "secret", "settings", "enabled")
_SETTINGS: Mapping[str, tuple[str, ...]] = {
    "webhook": ("matchers",),
    "slack": ("channel", "matchers"),
    "email": ("to", "from", "matchers"),
    "apprise": ("matchers",),
}
_NAME = re.compile(r"[^\x00-\x1f\x7f,]{1,100}")
_MAX_URL, _MAX_SECRET, _MAX_TO = 2_000, 2_000, 20


def channel_from(wish: Mapping[str, Any], egress: Egress, former: Channel | None = None) -> Channel:
    """Read a channel; raises InvalidError with every fault.

    What is not mentioned stays as it is in ``former``: address and secret above all, which nobody
    can read to send them back.
    """
    form = _Form(wish, former)
    channel = Channel(
        name=form.name(),
        kind=form.kind(),
        url=form.text("url", former.url if former else "", _MAX_URL),
        secret=form.text("secret", former.secret if former else "", _MAX_SECRET),
        settings=form.settings(),
        enabled=form.flag("enabled", before=former.enabled if former else True),
    )
    if not form.faults:
        _judge(channel, egress, form.faults)
    if form.faults:
        msg = "The channel was not kept."
        raise InvalidError(msg, faults=tuple(form.faults))
    return channel


class _Form:
    def __init__(self, wish: Mapping[str, Any], former: Channel | None) -> None:
        self._wish = wish
        self._former = former
        self.faults = [
            Fault(None, name, f"no such field; known are {', '.join(_KNOWN)}")
            for name in wish
            if name not in _KNOWN
        ]

    def name(self) -> str:
        value = self._wish.get("name", self._former.name if self._former else None)
        if isinstance(value, str) and _NAME.fullmatch(value.strip()):
            return value.strip()
        self._wrong("name", "a text of 1 to 100 characters without commas is needed")
        return ""

    def kind(self) -> ChannelKind:
        value = self._wish.get("kind", self._former.kind if self._former else None)
        if value not in KINDS:
            self._wrong("kind", f"use one of {', '.join(KINDS)}")
            return "webhook"
        return cast("ChannelKind", value)

    def text(self, name: str, before: str, most: int) -> str:
        value = self._wish.get(name, before)
        if value is None:
            return ""
        if isinstance(value, str) and len(value) <= most and "\n" not in value:
            return value.strip()
        self._wrong(name, f"a text of at most {most} characters is needed")
        return ""

    def flag(self, name: str, *, before: bool) -> bool:
        value = self._wish.get(name, before)
        if not isinstance(value, bool):
            self._wrong(name, "use true or false")
        return bool(value)

    def settings(self) -> dict[str, Any]:
        value = self._wish.get("settings", self._former.settings if self._former else {})
        if not isinstance(value, Mapping):
            self._wrong("settings", "an object is needed")
            return {}
        kind = self._wish.get("kind", self._former.kind if self._former else None)
        known = _SETTINGS.get(str(kind), ())
        for name in value:
            if name not in known:
                words = f"known for {kind} are {', '.join(known)}"
                self._wrong(f"settings.{name}", f"no such setting; {words}")
        wrong: list[Fault] = []
        route_from(value.get("matchers"), wrong)
        self.faults += [replace(fault, field=f"settings.{fault.field}") for fault in wrong]
        return {name: held for name, held in value.items() if name != "matchers" or held}

    def _wrong(self, name: str, reason: str) -> None:
        self.faults.append(Fault(None, name, reason))


def _judge(channel: Channel, egress: Egress, faults: list[Fault]) -> None:
    """Look whether the channel could ever be reached; a name without address may get one."""
    try:
        host, port = _place(channel, faults)
        if host:
            egress.addresses(host, port)
    except NoSuchHostError:
        return
    except InvalidError as error:
        faults.append(Fault(None, "url", error.detail))


def _place(channel: Channel, faults: list[Fault]) -> tuple[str, int]:
    if channel.kind == "email":
        faults += _mail_faults(channel.settings)
        server = server_of(channel.url, channel.secret)
        return server.host, server.port
    if channel.kind == "apprise":
        plugin = plugin_of(channel.url)
        return str(plugin.host or ""), int(plugin.port or 443)
    if channel.kind == "slack" and channel.secret and not channel.settings.get("channel"):
        faults.append(Fault(None, "settings.channel", "a bot's token needs the channel to post in"))
    if channel.kind == "slack" and channel.secret and not channel.url:
        return "", 0
    place = place_of(channel.url)
    return place.host, place.port


def _mail_faults(settings: Mapping[str, Any]) -> list[Fault]:
    to, sender = settings.get("to"), settings.get("from")
    faults = []
    if not isinstance(to, list) or not 1 <= len(to) <= _MAX_TO or not all(map(_is_mail, to)):
        reason = f"a list of 1 to {_MAX_TO} mail addresses is needed"
        faults.append(Fault(None, "settings.to", reason))
    if sender is not None and not (_is_mail(sender) and str(sender).isascii()):
        faults.append(Fault(None, "settings.from", "a mail address in ASCII is needed"))
    return faults


def _is_mail(text: object) -> bool:
    if not isinstance(text, str) or len(text) > 254 or not text.isprintable():  # noqa: PLR2004 - RFC 5321
        return False
    if any(c in text for c in "<>, "):
        return False
    return parseaddr(text)[1] == text and "@" in text[1:-1]
