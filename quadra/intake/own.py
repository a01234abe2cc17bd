"""Quadra's own vital signs: requests and their latency, consoles, loop lag, memory, journal."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

from quadra.engine.catalog import Catalog
from quadra.engine.journal import Journal
from quadra.engine.ports import Clock, Runtime
from quadra.intake.host import Reading

LAG_PROBE_S = 0.05
_RECENT_REQUESTS = 2_000
_RECENT_S = 300.0


@dataclass(slots=True)
class RequestLog:
    """Counts requests, and remembers how long those of the last minutes took, and which failed."""

    clock: Clock
    total: int = 0
    _recent: deque[tuple[float, float, bool]] = field(
        default_factory=lambda: deque(maxlen=_RECENT_REQUESTS)
    )

    def done(self, seconds: float, *, failed: bool = False) -> None:
        """Note a request that was answered; ``failed`` when that was an error of ours."""
        self.total += 1
        self._recent.append((self.clock(), seconds, failed))

    def p95(self) -> float | None:
        """Give the 95th percentile of the last five minutes in seconds, None without requests."""
        self._forget()
        if not self._recent:
            return None
        took = sorted(seconds for _, seconds, _failed in self._recent)
        return took[min(int(len(took) * 0.95), len(took) - 1)]

    def error_percent(self) -> float | None:
        """Give the share of the last five minutes' requests that failed, None without requests."""
        self._forget()
        if not self._recent:
            return None
        return 100.0 * sum(failed for _, _seconds, failed in self._recent) / len(self._recent)

    def _forget(self) -> None:
        after = self.clock() - _RECENT_S
        while self._recent and self._recent[0][0] < after:
            self._recent.popleft()


class LoopLag:
    """Measures how late the loop runs what is due: the worst since the last look."""

    def __init__(self, runtime: Runtime, monotonic: Clock) -> None:
        """Wire the probe."""
        self._runtime = runtime
        self._monotonic = monotonic
        self._worst = 0.0

    def start(self) -> None:
        """Begin probing."""
        self._runtime.spawn(self._run)

    def take(self) -> float:
        """Give the worst lag in seconds since the last call."""
        worst, self._worst = self._worst, 0.0
        return worst

    def _run(self) -> None:
        while True:
            due = self._monotonic() + LAG_PROBE_S
            self._runtime.sleep(LAG_PROBE_S)
            self._worst = max(self._worst, self._monotonic() - due)


class OwnSource:
    """Reads this process once a second; never blocks."""

    def __init__(
        self,
        instance: str,
        journal: Journal,
        catalog: Catalog,
        requests: RequestLog,
        lag: LoopLag,
        consoles: Callable[[], int],
        backup_at: Callable[[], float],
    ) -> None:
        """Wire the source; ``instance`` labels every series.

        ``backup_at`` gives when the database was last backed up, in unix seconds, 0 for never.
        """
        self._labels = {"instance": instance}
        self._journal = journal
        self._catalog = catalog
        self._requests = requests
        self._lag = lag
        self._consoles = consoles
        self._backup_at = backup_at
        self._process = psutil.Process()
        self._at = 0.0
        self._samples = 0
        self._answered = 0
        self.samples_per_second = 0.0

    def read(self, now: float) -> list[Reading]:
        """Measure; ``now`` in unix seconds."""
        elapsed = now - self._at
        samples = self._journal.samples_total - self._samples
        answered = self._requests.total - self._answered
        first = self._at == 0.0
        self._at, self._samples, self._answered = now, samples + self._samples, self._requests.total
        values = {
            "quadra_websocket_connections": float(self._consoles()),
            "quadra_event_loop_lag_seconds": self._lag.take(),
            "quadra_memory_bytes": float(self._process.memory_info().rss),
            "quadra_journal_commit_seconds": self._journal.last_commit_seconds,
            "quadra_series": float(len(self._catalog)),
        }
        if not first and elapsed > 0:
            self.samples_per_second = samples / elapsed
            values["quadra_samples_per_second"] = self.samples_per_second
            values["quadra_http_requests_per_second"] = answered / elapsed
        if backup_at := self._backup_at():
            values["quadra_backup_age_seconds"] = max(now - backup_at, 0.0)
        p95 = self._requests.p95()
        if p95 is not None:
            values["quadra_http_request_p95_seconds"] = p95
        errors = self._requests.error_percent()
        if errors is not None:
            values["quadra_http_error_percent"] = errors
        return [(name, self._labels, value) for name, value in values.items()]
