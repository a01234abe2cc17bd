"""Times of functions: measured in blocks, described by their quantiles, compared with their noise.

suite = BenchmarkSuite("My operations")
suite.run_benchmark("operation", function, iterations=100)
with suite.create_benchmark("another").measure():
...
suite.print_summary()
suite.save_results(Path("results.json"))
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TextIO

BLOCKS = 10
"""A run is cut into so many parts; how far their medians lie apart is its noise."""
LEAST_CHANGE = 0.05
NOISE_WIDTHS = 3.0
UNCLEAR_BEYOND = 1.0
"""With more noise than this even a doubled time says nothing: measure on a quieter machine."""
MOST_SAMPLES = 100_000

Verdict = Literal["faster", "slower", "same", "unclear", "new", "gone"]


@dataclass(slots=True)
class Benchmark:
    """The times of one operation, in seconds, in the order in which they were measured."""

    name: str
    times: list[float] = field(default_factory=list)

    @contextmanager
    def measure(self) -> Iterator[None]:
        """Measure what is done within the ``with`` block, also where it raises."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add(time.perf_counter() - began)

    def add(self, seconds: float) -> None:
        """Take note of one time."""
        if len(self.times) < MOST_SAMPLES:
            self.times.append(seconds)

    def statistics(self) -> dict[str, float]:
        """Give mean, median, min, max, stdev, p50, p95, p99 (s), iterations and noise.

        Noise is the mean absolute deviation of the blocks' medians from the whole's, as a share of
        it. Empty when nothing was measured.
        """
        if not self.times:
            return {}
        median = statistics.median(self.times)
        return {
            "iterations": len(self.times),
            "mean": statistics.fmean(self.times),
            "median": median,
            "min": min(self.times),
            "max": max(self.times),
            "stdev": statistics.stdev(self.times) if len(self.times) > 1 else 0.0,
            "p50": median,
            "p95": quantile(self.times, 0.95),
            "p99": quantile(self.times, 0.99),
            "noise": _noise(self.times, median),
        }


class BenchmarkSuite:
    """Benchmarks that belong together."""

    def __init__(self, name: str) -> None:
        """Begin with none."""
        self.name = name
        self.benchmarks: dict[str, Benchmark] = {}

    def create_benchmark(self, name: str) -> Benchmark:
        """Give the benchmark of a name, for ``with benchmark.measure(): …``."""
        return self.benchmarks.setdefault(name, Benchmark(name))

    def run_benchmark(
        self,
        name: str,
        function: Callable[[], object],
        iterations: int = 100,
        *,
        warm_up: int | None = None,
    ) -> Benchmark:
        """Call a function ``iterations`` times and measure each; a tenth more comes before.

        Raises ValueError when there is nothing to measure, and whatever the function raises.
        """
        if iterations < 1:
            msg = f"{name}: iterations must be at least 1"
            raise ValueError(msg)
        for _ in range(max(iterations // 10, 1) if warm_up is None else warm_up):
            function()
        made = self.create_benchmark(name)
        clock = time.perf_counter
        for _ in range(iterations):
            began = clock()
            function()
            made.add(clock() - began)
        return made

    def results(self) -> dict[str, dict[str, float]]:
        """Give the statistics of each, by name; times in seconds."""
        return {name: one.statistics() for name, one in self.benchmarks.items() if one.times}

    def print_summary(self, out: TextIO | None = None) -> None:
        """Print everything, in units that people read."""
        write = (out or sys.stdout).write
        rule = "=" * 80
        write(f"{rule}\nBENCHMARK SUITE: {self.name}\n{rule}\n")
        for name, found in self.results().items():
            write(f"\n{name}\n   Iterations: {found['iterations']:.0f}\n")
            for label, key in (
                ("Mean", "mean"),
                ("Median", "median"),
                ("Min", "min"),
                ("Max", "max"),
                ("P50", "p50"),
                ("P95", "p95"),
                ("P99", "p99"),
                ("StdDev", "stdev"),
            ):
                write(f"   {label + ':':<11} {shown(found[key])}\n")
        write("\n")

    def save_results(self, path: Path | str) -> None:
        """Write the statistics, with the facts of the machine, as JSON."""
        save([self], path)


def save(suites: Sequence[BenchmarkSuite], path: Path | str) -> None:
    """Write the statistics of several suites into one JSON file; its folder is made."""
    document = {
        "at": time.time(),
        "machine": machine(),
        "unit": "seconds",
        "suites": {suite.name: suite.results() for suite in suites},
    }
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def load(path: Path | str) -> dict[str, dict[str, dict[str, float]]]:
    """Read what ``save`` has written: suites, benchmarks, statistics.

    Raises ValueError when it is something else, OSError when it can't be read.
    """
    document = json.loads(Path(path).read_text(encoding="utf-8"))
    suites = document.get("suites") if isinstance(document, dict) else None
    if not isinstance(suites, dict):
        msg = f"{path}: not a file of benchmark results"
        raise ValueError(msg)  # noqa: TRY004 - the file's content is wrong, not our caller's type
    return suites


@dataclass(frozen=True, slots=True)
class Comparison:
    """One operation then and now.

    ``ratio`` is the median now over the median then; a change counts as one only beyond ``limit``,
    which follows from the noise of both runs.
    """

    name: str
    verdict: Verdict
    ratio: float | None = None
    limit: float | None = None


def compare(
    then: Mapping[str, Mapping[str, Mapping[str, float]]],
    now: Mapping[str, Mapping[str, Mapping[str, float]]],
) -> list[Comparison]:
    """Compare two results by the suites' and benchmarks' names.

    A change is one when it is beyond 5 %, and beyond three times the noise of both runs together;
    where that is more than 100 %, nothing can be said.
    """
    former = {f"{suite}/{name}": one for suite, some in then.items() for name, one in some.items()}
    latter = {f"{suite}/{name}": one for suite, some in now.items() for name, one in some.items()}
    found = []
    for name in dict.fromkeys([*latter, *former]):
        if name not in former:
            found.append(Comparison(name, "new"))
        elif name not in latter:
            found.append(Comparison(name, "gone"))
        else:
            found.append(_compared(name, former[name], latter[name]))
    return found


def _compared(name: str, then: Mapping[str, float], now: Mapping[str, float]) -> Comparison:
    noise = (then.get("noise", 0.0) ** 2 + now.get("noise", 0.0) ** 2) ** 0.5
    limit = max(LEAST_CHANGE, NOISE_WIDTHS * noise)
    ratio = now["median"] / max(then["median"], 1e-12)
    verdict: Verdict = "same"
    if ratio > 1 + limit:
        verdict = "slower"
    elif ratio < 1 / (1 + limit):
        verdict = "faster"
    elif limit > UNCLEAR_BEYOND and abs(ratio - 1) > LEAST_CHANGE:
        verdict = "unclear"
    return Comparison(name, verdict, ratio, limit)


def print_comparison(found: Sequence[Comparison], out: TextIO | None = None) -> None:
    """Print one line for each operation, with what was asked of a change to count."""
    write = (out or sys.stdout).write
    for one in found:
        if one.ratio is None or one.limit is None:
            write(f"{one.verdict:<7} {one.name}\n")
        else:
            change = (one.ratio - 1) * 100
            write(
                f"{one.verdict:<7} {one.name}: {change:+.1f} % (noise ±{one.limit * 100:.0f} %)\n"
            )


def quantile(times: Sequence[float], share: float) -> float:
    """Give the value below which a share of the times lies, by the nearest rank."""
    ordered = sorted(times)
    rank = -int(-share * len(ordered) // 1)  # rounded up
    return ordered[min(max(rank - 1, 0), len(ordered) - 1)]


def machine() -> dict[str, Any]:
    """Say what the times were measured on."""
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count() or 1,
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def shown(seconds: float) -> str:
    """Write a time in the unit that fits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.2f} {unit}"
    return f"{seconds / 1e-9:.0f} ns"


def _noise(times: Sequence[float], median: float) -> float:
    """Say how far the medians of the run's parts lie apart, as a share of the whole's."""
    size = len(times) // BLOCKS
    if size < 1 or median <= 0:
        return 0.0
    medians = [statistics.median(times[i * size : (i + 1) * size]) for i in range(BLOCKS)]
    return statistics.fmean(abs(one - median) for one in medians) / median
