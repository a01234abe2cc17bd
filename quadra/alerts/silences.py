"""What keeps pages quiet on purpose: silences, and maintenance windows that come again."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from quadra.alerts.ledger import Alert
from quadra.durations import parse_duration
from quadra.errors import Fault, InvalidError
from quadra.telemetry.selector import Matcher, Patterns, SelectorError, parse_selector

MAX_MATCHERS = 16
MAX_REASON_LENGTH = 1_000
MAX_SILENCE_S = 366 * 86_400.0
MAX_MAINTENANCE_S = 7 * 86_400.0
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Matchers:
    """Conditions on an alert's labels, all of which must hold; ``texts`` is how they were written.

    ``rule`` and ``severity`` can be matched like labels, ``alertname`` means the rule too.
    """

    texts: tuple[str, ...]
    parsed: tuple[Matcher, ...]

    def match(self, labels: Mapping[str, str]) -> bool:
        """Say whether all hold; an absent label counts as the empty value."""
        return all(m.accepts(labels.get(m.label, "")) for m in self.parsed)

    def ids_among(self, alerts: Iterable[Alert]) -> list[int]:
        """Give the ids of those alerts for which all hold."""
        return [alert.id for alert in alerts if self.match(alert.matched)]


@dataclass(frozen=True, slots=True)
class Silence:
    """Keeps what matches quiet for a while; times in unix seconds."""

    id: int
    matchers: Matchers
    starts_at: float
    ends_at: float
    reason: str
    created_by: str = ""
    created_at: float = 0.0

    def is_active(self, now: float) -> bool:
        """Say whether it holds now."""
        return self.starts_at <= now < self.ends_at


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A window that opens on certain days at a time of the clock somewhere, for some seconds."""

    id: int
    name: str
    matchers: Matchers
    days: tuple[str, ...]
    begins: str
    seconds: float
    timezone: str = "UTC"
    enabled: bool = True

    def is_active(self, now: float) -> bool:
        """Say whether the window is open at a time (unix seconds)."""
        return self.enabled and self.opened_at(now) is not None

    def opened_at(self, now: float) -> float | None:
        """Give when the window that is open now was opened (unix seconds); None if it is shut.

        The wall clock of the place decides, so it opens at the same hour all year.
        """
        zone = ZoneInfo(self.timezone)
        today = datetime.fromtimestamp(now, zone)
        hour, minute = int(self.begins[:2]), int(self.begins[3:])
        for back in range(int(self.seconds // 86_400) + 2):
            day = today.date() - timedelta(days=back)
            if DAYS[day.weekday()] not in self.days:
                continue
            opened = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
            moment = opened.astimezone(UTC).timestamp()
            if moment <= now < moment + self.seconds:
                return moment
        return None


def matchers_from(value: object, faults: list[Fault]) -> Matchers:
    """Read matchers such as ``rule="x"`` or ``host=~"web.*"``; adds what is wrong to ``faults``."""
    nothing = Matchers((), ())
    if not isinstance(value, list) or not 0 < len(value) <= MAX_MATCHERS:
        faults.append(Fault(None, "matchers", f'1 to {MAX_MATCHERS} texts such as rule="x"'))
        return nothing
    parsed: list[Matcher] = []
    patterns = Patterns()
    for place, text in enumerate(value):
        try:
            whole = "x{" + text + "}" if isinstance(text, str) else "x"
            found = parse_selector(whole, patterns).matchers
        except SelectorError as error:
            faults.append(Fault(place, f"matchers[{place}]", error.detail))
            continue
        if len(found) != 1:
            faults.append(Fault(place, f"matchers[{place}]", 'one condition such as rule="x"'))
        parsed += found
    if parsed and all(m.accepts("") for m in parsed):
        faults.append(Fault(None, "matchers", "at least one must not hold for an absent label"))
    return Matchers(tuple(str(text) for text in value), tuple(parsed))


def silence_from(document: Mapping[str, Any], now: float, by: str) -> Silence:
    """Read a silence; raises InvalidError with every fault. Without ``starts_at`` it begins now."""
    faults = _unknown(document, ("matchers", "starts_at", "ends_at", "reason", "created_by"))
    matchers = matchers_from(document.get("matchers"), faults)
    starts = _time(document.get("starts_at", now), "starts_at", faults)
    ends = _time(document.get("ends_at"), "ends_at", faults)
    reason = _text(document.get("reason"), "reason", faults)
    author = document.get("created_by", by)
    if not isinstance(author, str) or not 0 < len(author) <= 100:  # noqa: PLR2004
        faults.append(Fault(None, "created_by", "a text of 1 to 100 characters is needed"))
    if not faults and not max(starts, now) < ends:
        faults.append(Fault(None, "ends_at", "must be later than now and than starts_at"))
    if not faults and ends - starts > MAX_SILENCE_S:
        faults.append(Fault(None, "ends_at", "at most a year after starts_at"))
    _refuse(faults, "The silence was not made.")
    return Silence(0, matchers, starts, ends, reason, str(author), now)


def maintenance_from(document: Mapping[str, Any]) -> Maintenance:
    """Read a maintenance window; raises InvalidError with every fault."""
    known = ("id", "name", "matchers", "days", "begins", "duration", "timezone", "enabled",
             "open")  # fmt: skip
    faults = _unknown(document, known)
    matchers = matchers_from(document.get("matchers"), faults)
    name = _text(document.get("name"), "name", faults)
    days = document.get("days", list(DAYS))
    if not isinstance(days, list) or not days or not all(day in DAYS for day in days):
        faults.append(Fault(None, "days", f"a list of {' '.join(DAYS)}"))
    begins = document.get("begins")
    if not isinstance(begins, str) or not _CLOCK.fullmatch(begins):
        faults.append(Fault(None, "begins", "a time of the clock such as 22:30"))
    seconds = _duration(document.get("duration"), faults)
    timezone = document.get("timezone", "UTC")
    if not isinstance(timezone, str) or not _is_zone(timezone):
        faults.append(Fault(None, "timezone", "a name such as Europe/Berlin, or UTC"))
    enabled = document.get("enabled", True)
    if not isinstance(enabled, bool):
        faults.append(Fault(None, "enabled", "use true or false"))
    _refuse(faults, "The maintenance window was not kept.")
    return Maintenance(
        0, name, matchers, tuple(day for day in DAYS if day in days), str(begins), seconds,
        str(timezone), bool(enabled),
    )  # fmt: skip


def _unknown(document: Mapping[str, Any], known: Sequence[str]) -> list[Fault]:
    return [Fault(None, name[:60], "no such field") for name in document if name not in known]


def _refuse(faults: Sequence[Fault], what: str) -> None:
    if faults:
        first = faults[0]
        raise InvalidError(f"{what} {first.field}: {first.reason}.", faults=tuple(faults))


def _time(value: object, name: str, faults: list[Fault]) -> float:
    is_time = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_time or not math.isfinite(value) or not 0 <= value < 1e11:  # type: ignore[arg-type, operator]  # noqa: PLR2004
        faults.append(Fault(None, name, "a number of unix seconds is needed"))
        return 0.0
    return float(value)  # type: ignore[arg-type]


def _text(value: object, name: str, faults: list[Fault]) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= MAX_REASON_LENGTH:
        faults.append(Fault(None, name, f"a text of 1 to {MAX_REASON_LENGTH} characters"))
        return ""
    return value.strip()


def _duration(value: object, faults: list[Fault]) -> float:
    try:
        seconds = parse_duration(value) if isinstance(value, str) else 0.0
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= MAX_MAINTENANCE_S:
        faults.append(Fault(None, "duration", "a duration such as 2h, at most 7d"))
    return seconds


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True
