"""Where people are told: channels, what is to be delivered to them, and how a delivery ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from quadra.alerts.routing import route_of
from quadra.alerts.silences import Matchers
from quadra.outward.egress import Egress

ChannelKind = Literal["webhook", "slack", "email", "apprise"]

MAX_CHANNELS = 200
LOCKED = "its address is sealed with another SECRET_KEY: use that key, or give the address again"
FROM_SETTINGS = "slack"
"""Name of the channel that SLACK_WEBHOOK_URL makes."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One place to tell. ``url`` and ``secret`` are never shown again."""

    name: str
    kind: ChannelKind
    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict)
    enabled: bool = True
    id: int | None = None
    origin: Literal["api", "settings"] = "api"
    is_locked: bool = False
    """Its address or secret was sealed with another key, so that nobody can be reached."""

    @property
    def route(self) -> Matchers:
        """Give which alerts it takes of pages that name no channel."""
        return route_of(tuple(self.settings.get("matchers", ())))


@dataclass(frozen=True, slots=True)
class ChannelState:
    """How a channel does; times in unix seconds. ``error`` is empty while all is well.

    ``sent``, ``failed`` and ``retried`` count deliveries since the channel was made.
    """

    sent_at: float | None = None
    failed_at: float | None = None
    error: str = ""
    sent: int = 0
    failed: int = 0
    retried: int = 0


class ChannelStore(Protocol):
    """Where channels are kept; blocking; raises StorageError."""

    def channels(self) -> list[tuple[Channel, ChannelState]]:
        """Give all, by id."""

    def put_given(self, given: Sequence[Channel]) -> None:
        """Make these the channels that come from the settings."""

    def add(self, channel: Channel) -> Channel:
        """Keep a new one; raises ConflictError when its name is taken or there are too many."""

    def replace(self, channel_id: int, channel: Channel) -> bool:
        """Change one of the API; says whether it was there. Raises ConflictError."""

    def remove(self, channel_id: int, now: float) -> bool:
        """Drop one of the API; says whether it was there. Raises ConflictError.

        Pages that wait for it end as failed.
        """


@dataclass(frozen=True, slots=True)
class Delivery:
    """One page for one channel.

    ``delivery_id`` is the same on every try. ``thread`` is what the channel called the first
    message about the same group, empty where there is none.
    """

    id: int
    delivery_id: str
    group: str
    channel: str
    status: str
    kind: str
    alerts: Sequence[Mapping[str, Any]]
    created_at: float
    attempts: int
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """It was taken. ``ref`` is what the channel calls the message, to answer to it later."""

    ref: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """It was not taken, but may be: ``retry_after`` is how long (s) the channel asks to wait."""

    error: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """It was not taken and never will be."""

    error: str


Ending = Sent | Later | Refused


class Sender(Protocol):
    """Speaks to one kind of channel. Blocking; raises nothing that a channel can cause."""

    def send(self, channel: Channel, deliveries: Sequence[Delivery]) -> Ending:
        """Deliver one page, or several as a digest."""


def send_through(
    senders: Mapping[ChannelKind, Sender], channel: Channel, deliveries: Sequence[Delivery]
) -> Ending:
    """Deliver by the sender of the channel's kind; one that is locked keeps its pages."""
    if channel.is_locked:
        return Later(LOCKED)
    return senders[channel.kind].send(channel, deliveries)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a delivery ended, as it is kept: ``state`` is waiting for one that is tried again."""

    state: Literal["sent", "failed", "waiting"]
    due_at: float
    error: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class ChannelDesk:
    """What the API needs of channels."""

    store: ChannelStore
    outbox: OutboxStore
    egress: Egress

    def ready(self) -> int:
        """Say how many channels can be told; blocking; raises StorageError."""
        known = self.store.channels()
        return sum(channel.enabled and not channel.is_locked for channel, _state in known)


class OutboxStore(Protocol):
    """The durable list of pages; blocking; raises StorageError."""

    def expand(self, routes: Mapping[str, Matchers], now: float) -> int:
        """Give each page that names no channel to every one of ``routes`` that takes its alerts.

        Pages for a channel that is not there end as failed, and so do those for whoever there is
        when there is nobody. Gives how many pages were looked at.
        """

    def move_in_time(self, step: float, now: float) -> None:
        """Move what waits with a clock that was set by ``step`` seconds to ``now``."""

    def due(self, now: float) -> dict[str, int]:
        """Give how many pages could go out now, by channel."""

    def asked_for(self, now: float) -> set[str]:
        """Name the channels that have a page for which somebody waits, and never tried yet.

        Those of tests and fire drills.
        """

    def next_due(self, now: float) -> float | None:
        """Give when a page that waits is due next (unix s), None when none waits."""

    def claim(
        self,
        channel: str,
        claimant: str,
        now: float,
        until: float,
        limit: int,
        *,
        asked: bool = False,
    ) -> list[Delivery]:
        """Take pages for a channel until a time: nobody else gets them before.

        With ``asked`` only those that ``asked_for`` speaks of. Pages of one group go in order, one
        at a time. What another claimed and never settled comes as it was claimed, together, so
        that it is sent again under the same delivery id.
        """

    def take_over(self, claimant: str, until: float) -> None:
        """Let the claims of all others run out by a time: they are gone."""

    def settle(
        self, deliveries: Sequence[Delivery], claimant: str, outcome: Outcome, now: float
    ) -> int:
        """Keep how deliveries ended, together with what the alerts' history says of it.

        Gives how many were still this claimant's.
        """

    def add_test(self, channel: str, alert: Mapping[str, Any], now: float) -> int:
        """Add a page that tests a channel; gives its number."""

    def outcome(self, number: int) -> tuple[str, str, float | None]:
        """Give state, error and time of sending (unix s) of a page; raises NotFoundError."""
