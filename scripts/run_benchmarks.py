"""Measures Quadra's operations one by one, and compares with an earlier run.

    python scripts/run_benchmarks.py --iterations 200 --output new.json --compare old.json

The exit code is 1 when something has become slower beyond the noise of both runs. ``make bench``
measures the whole under load instead.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the server and its worker run
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.benchmarks.operations import SUITES
from utils.benchmarks import BenchmarkSuite, compare, load, machine, print_comparison, save, shown

OUTPUT = Path("benchmark_results.json")


def main() -> int:
    """Run what was asked for."""
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("--iterations", type=int, default=100, help="calls of each operation")
    reader.add_argument("--output", type=Path, default=OUTPUT, help=f"JSON file ({OUTPUT})")
    reader.add_argument("--only", choices=sorted(SUITES), action="append", help="repeatable")
    reader.add_argument("--compare", type=Path, metavar="OLD.json", help="an earlier --output")
    reader.add_argument("--verbose", action="store_true", help="each operation as it is measured")
    chosen = reader.parse_args()
    if chosen.iterations < 1:
        reader.error("--iterations: use at least 1")
    try:
        former = load(chosen.compare) if chosen.compare else None
    except (OSError, ValueError) as error:
        reader.error(f"--compare: {error}")
    if chosen.verbose:
        print(", ".join(f"{name} {value}" for name, value in machine().items()))
    suites = [one for name in chosen.only or SUITES for one in measure(name, chosen)]
    save(suites, chosen.output)
    print(f"Results are in {chosen.output}")
    if former is None:
        return 0
    measured = {suite.name: suite.results() for suite in suites}
    if chosen.only:
        former = {name: one for name, one in former.items() if name in measured}
    comparison = compare(former, measured)
    print_comparison(comparison)
    return int(any(one.verdict == "slower" for one in comparison))


def measure(name: str, chosen: argparse.Namespace) -> list[BenchmarkSuite]:
    """Measure what goes by a name, and print it."""
    made = SUITES[name](chosen.iterations)
    for suite in made:
        for one, found in suite.results().items() if chosen.verbose else ():
            noise = f"noise {found['noise']:.1%}"
            print(f"  {suite.name}/{one}: median {shown(found['median'])}, {noise}")
        suite.print_summary()
    return made


if __name__ == "__main__":
    sys.exit(main())
