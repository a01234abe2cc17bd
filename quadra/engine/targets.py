"""Scrape targets: what is known of one, how it does, and where they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from quadra.telemetry.series import series_key

MAX_TARGETS = 1_000
MIN_INTERVAL_S, DEFAULT_INTERVAL_S, MAX_INTERVAL_S = 1.0, 15.0, 3_600.0
DEFAULT_TIMEOUT_S = 10.0
DEFAULT_SAMPLES, MAX_SAMPLES = 50_000, 200_000
DEFAULT_BODY_BYTES, MAX_BODY_BYTES = 16 * 1024**2, 64 * 1024**2
DEFAULT_JOB = "scrape"
METRICS_PATH = "/metrics"

Origin = Literal["api", "file"]
Scheme = Literal["http", "https"]


@dataclass(frozen=True, slots=True)
class Credential:
    """What a target wants to see; never shown again."""

    kind: Literal["bearer", "basic"]
    secret: str = field(repr=False)
    username: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """One endpoint that is scraped; times in seconds, sizes in bytes.

    ``path`` includes the query. ``labels`` hold ``job`` and ``instance`` and join every series.
    ``id`` is None where the target stands in a file.
    """

    scheme: Scheme
    host: str
    port: int
    path: str
    labels: Mapping[str, str]
    interval: float = DEFAULT_INTERVAL_S
    timeout: float = DEFAULT_TIMEOUT_S
    sample_limit: int = DEFAULT_SAMPLES
    body_size_limit: int = DEFAULT_BODY_BYTES
    label_limit: int | None = None
    credential: Credential | None = None
    id: int | None = None
    origin: Origin = "api"

    @property
    def netloc(self) -> str:
        """Give host and port as an address has them; a scheme's own port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        is_usual = self.port == {"http": 80, "https": 443}[self.scheme]
        return host if is_usual else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """Give the address."""
        return f"{self.scheme}://{self.netloc}{self.path}"

    @property
    def place(self) -> str:
        """Give the address for logs, where what a query holds is nobody's business."""
        return self.url.partition("?")[0]

    @property
    def identity(self) -> tuple[tuple[str, str], ...]:
        """Give what tells it from all others: no two targets may write the same series."""
        return series_key("up", self.labels)[1]


@dataclass(frozen=True, slots=True)
class TargetState:
    """How the last scrape went; ``up`` is None before the first one. Times in seconds.

    ``samples`` counts what stood on the page, ``left_out`` what of it Quadra could not keep, by
    reason; ``error`` says in words what went wrong, also with some samples of a page.
    """

    up: bool | None = None
    scraped_at: float | None = None
    duration: float | None = None
    samples: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    error: str = ""


class TargetStore(Protocol):
    """Where the targets made through the API are kept; blocking; raises StorageError."""

    def targets(self) -> list[Target]:
        """Give all, by id."""

    def add(self, target: Target, limit: int) -> Target:
        """Keep a new one and give it its id.

        Raises ConflictError when another has the same labels or there are ``limit`` already.
        """

    def replace(self, target_id: int, target: Target) -> bool:
        """Put another in the place of one, under its id; says whether that one was there.

        Raises ConflictError when another has the same labels.
        """

    def remove(self, target_id: int) -> bool:
        """Drop one; says whether it was there."""

    def keep_states(self, states: dict[str, Any]) -> None:
        """Keep how the targets do, as JSON values by a name that the caller chooses."""

    def states(self) -> dict[str, Any]:
        """Give what was kept of how they do."""
