"""What alerting needs of the world: where rules, alerts, silences and pages are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from quadra.alerts.external import External
from quadra.alerts.ledger import Alert, Changes
from quadra.alerts.notices import Group, Notice, Quiet
from quadra.alerts.rules import Rule
from quadra.alerts.silences import Maintenance, Silence
from quadra.anomalies.events import AnomalyEvent
from quadra.errors import StorageError
from quadra.telemetry.series import SeriesKey

MAX_RULES = 2_000
MAX_SILENCES = 5_000
MAX_MAINTENANCE = 500
MAX_EXTERNAL = 10_000


class OvertakenError(StorageError):
    """Another judge has begun; what this one still wants to write is void."""

    code = "judge_overtaken"
    title = "Another process judges this journal"


@dataclass(frozen=True, slots=True)
class KeptRule:
    """A rule with what its keeping adds; times in unix seconds."""

    rule: Rule
    created_at: float
    updated_at: float


@dataclass(frozen=True, slots=True)
class RuleFile:
    """How a rule file was read: ``error`` is empty where all is well."""

    path: str
    rules: int
    error: str
    read_at: float


class RuleStore(Protocol):
    """Where rules are kept; blocking; raises StorageError."""

    def rules(self) -> list[KeptRule]:
        """Give all rules, by id."""

    def add(self, rule: Rule, now: float) -> KeptRule:
        """Keep a new rule; raises ConflictError when its name is taken or there are too many."""

    def replace(self, rule_id: int, rule: Rule, now: float) -> KeptRule:
        """Change a rule of the API; raises NotFoundError, ConflictError."""

    def remove(self, rule_id: int) -> None:
        """Drop a rule of the API; raises NotFoundError, ConflictError."""

    def begin_with(self, rules: Sequence[Rule], now: float) -> bool:
        """Keep the first rules of a new installation; says no, and does nothing, in an old one."""

    def files(self) -> list[RuleFile]:
        """Give how the rule files were read."""

    def put_file(self, file: RuleFile, rules: Sequence[Rule] | None, now: float) -> None:
        """Make these the rules of a file; None leaves those that it had. Raises ConflictError."""

    def drop_files(self, but: Iterable[str]) -> None:
        """Drop the rules of all files but these."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list; ``next`` goes on after it, None at the end."""

    items: list[Any]
    next: int | None = None


@dataclass(frozen=True, slots=True)
class AlertQuestion:
    """Which alerts or events are asked for; times in unix seconds, ``after`` as ``Page.next``."""

    states: tuple[str, ...] = ()
    rule: str | None = None
    alert_id: int | None = None
    ref: str | None = None
    start: float | None = None
    end: float | None = None
    after: int | None = None
    limit: int = 200


class AlertStore(Protocol):
    """What people read of alerts, and what they do with them; blocking; raises StorageError."""

    def alerts(self, question: AlertQuestion) -> Page:
        """Give alerts, the newest first."""

    def alert(self, alert_id: int) -> Alert:
        """Give one alert; raises NotFoundError."""

    def history(self, question: AlertQuestion) -> Page:
        """Give (event, alert) pairs, the newest first."""

    def firing(self) -> dict[str, int]:
        """Give how many alerts fire, by severity."""

    def acknowledge(self, alert_id: int, by: str, now: float) -> Alert:
        """Say that somebody has it; raises NotFoundError, ConflictError when it is over."""


class QuietStore(Protocol):
    """Silences and maintenance windows; blocking; raises StorageError."""

    def silences(self) -> list[Silence]:
        """Give all silences, the newest first."""

    def silence(self, silence_id: int) -> Silence:
        """Give one; raises NotFoundError."""

    def add_silence(self, silence: Silence, now: float) -> Silence:
        """Keep a new one; raises ConflictError when there are too many."""

    def end_silence(self, silence_id: int, now: float) -> None:
        """End one now; what it hid stays known. Raises NotFoundError."""

    def windows(self) -> list[Maintenance]:
        """Give all maintenance windows, by id."""

    def put_window(self, window: Maintenance) -> Maintenance:
        """Keep a new one (id 0), or change one; raises NotFoundError, ConflictError."""

    def remove_window(self, window_id: int) -> None:
        """Drop one; raises NotFoundError."""


class ExternalStore(Protocol):
    """What other programs have judged; blocking; raises StorageError."""

    def put(self, told: Sequence[External], now: float) -> None:
        """Keep what was said; raises ConflictError when there would be too many."""


@dataclass(frozen=True, slots=True)
class Beat:
    """That somebody judges: when last (unix s, 0 for never), up to where, and how far there is."""

    at: float
    seq: int
    head: int


class BeatStore(Protocol):
    """Where the judge's beat is seen; blocking; raises StorageError."""

    def beat(self) -> Beat:
        """Give the latest beat."""

    def claim(self, what: str, mark: int) -> bool:
        """Say whether this process is the first to do a thing for a mark, or a later one."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where a judge takes up: its epoch, the position reached, and what was open or lately so.

    ``seq`` is None where nothing was ever judged, ``beat_at`` when a judge last wrote (unix s).
    """

    epoch: int
    seq: int | None
    last_alert: int
    alerts: list[Alert]
    groups: dict[str, Group]
    beat_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Orders:
    """What people have ordered; ``revision`` changes with it."""

    revision: int
    rules: list[Rule]
    quiet: Quiet
    acknowledged: dict[int, tuple[str, float]]
    """Of the alerts that are open: who has them, since when (unix seconds)."""
    changed_at: Mapping[int, float] = field(default_factory=dict)
    """When each rule was last changed (unix seconds)."""


@dataclass(frozen=True, slots=True)
class AnomalyChange:
    """An anomaly that has begun, grown or ended: ``score`` is its confidence, 0 once it is over.

    ``t`` is in unix ms.
    """

    series_id: int
    t: int
    score: float
    event: AnomalyEvent
    metric: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that a round of judging has come to; written whole or not at all."""

    seq: int
    last_alert: int
    changes: Changes
    notices: Sequence[Notice] = ()
    groups: dict[str, Group] = field(default_factory=dict)
    groups_ended: Sequence[str] = ()
    anomalies: Sequence[AnomalyChange] = ()
    refreshed: Sequence[Alert] = ()
    """Alerts of which only the value is newer: kept, and no news."""

    @property
    def says_something(self) -> bool:
        """Say whether anybody has to hear of it."""
        return bool(self.changes.alerts or self.notices or self.anomalies)


class JudgeStore(Protocol):
    """What the judge reads and writes; blocking; raises StorageError."""

    def begin(self, now: float, remember_s: float, *, epoch: int | None = None) -> Beginning:
        """Begin a judge's time: from now on writes of earlier epochs are refused.

        Without ``epoch`` the next one is taken. Raises OvertakenError when a later one is known.
        Alerts that ended less than ``remember_s`` seconds ago are given too.
        """

    def last_beat(self) -> float:
        """Give when a judge last wrote (unix seconds); 0 if none ever did."""

    def revision(self) -> int:
        """Give the number that changes whenever people change their orders."""

    def orders(self) -> Orders:
        """Give rules, silences, windows and acknowledgements as they are now."""

    def external_after(self, revision: int, limit: int) -> list[External]:
        """Give what other programs said after a revision, in order."""

    def series_after(self, series_id: int, limit: int) -> list[tuple[int, SeriesKey]]:
        """Give series with larger ids, by id."""

    def write(self, epoch: int, outcome: Outcome, now: float) -> None:
        """Write all of an outcome in one transaction; raises OvertakenError."""

    def prune(self, epoch: int, before: float, limit: int) -> int:
        """Drop what ended before a time, a portion of it; gives how many rows."""
