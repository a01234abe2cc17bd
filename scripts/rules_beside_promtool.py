"""Judges generated rules and series beside Prometheus: `promtool test rules` must say the same.

``python -m scripts.rules_beside_promtool --cases 1000`` prints how many cases are equal, and the
first that are not.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from quadra.alerts.rule_form import duration, rule_from
from quadra.alerts.rules import Condition, Rule
from quadra.alerts.states import START, Phase, step
from quadra.alerts.windows import Windows, aggregate

PROMTOOL = ".cache/tools/prometheus/usr/bin/promtool"
_IN_PROMQL = {
    "avg": "avg_over_time(m[{w}])",
    "min": "min_over_time(m[{w}])",
    "max": "max_over_time(m[{w}])",
    "sum": "sum_over_time(m[{w}])",
    "count": "count_over_time(m[{w}])",
    "last": "last_over_time(m[{w}])",
    "rate": "rate(m[{w}])",
    "p50": "quantile_over_time(0.5, m[{w}])",
    "p90": "quantile_over_time(0.9, m[{w}])",
    "p95": "quantile_over_time(0.95, m[{w}])",
    "p99": "quantile_over_time(0.99, m[{w}])",
    "absent": "absent_over_time(m[{w}])",
}
_GAP, _STALE = "_", "stale"


@dataclass(frozen=True)
class Case:
    """A rule, the series it judges (a value, a gap or a marker each step), and when (seconds)."""

    rule: Rule
    series: dict[str, list[str]]
    step: int
    every: int
    end: int

    @property
    def asked(self) -> list[int]:
        """Give the times at which both are asked what fires."""
        return list(range(0, self.end + 1, self.every))


def make_case(chance: random.Random) -> Case:
    """Make up a case."""
    agg = chance.choice(list(_IN_PROMQL))
    step_s = chance.choice([5, 7, 15, 30, 60])
    count = chance.randint(5, 60)
    every = chance.choice([step_s, 2 * step_s, 3 * step_s, 60])
    series = {
        str(n): _values(chance, count, counter=agg == "rate") for n in range(chance.randint(1, 3))
    }
    threshold = round(chance.uniform(0, 12), chance.choice([0, 1, 4]))
    if agg in ("sum", "count"):
        threshold = float(chance.randint(0, 40))
    if agg == "rate":
        threshold = round(chance.uniform(0, 0.5), 5)
    if agg == "absent":
        threshold = 0.0
    document = {
        "name": "Case",
        "selector": "m",
        "aggregate": agg,
        "window": chance.choice([step_s, 2 * step_s, 4 * step_s, 60, 90, 300]),
        "op": ">" if agg == "absent" else chance.choice([">", ">=", "<", "<=", "==", "!="]),
        "threshold": threshold,
        "for": chance.choice([0, 0, every, 3 * every, 45]),
        "keep_firing_for": chance.choice([0, 0, every, 2 * every, 100]),
    }
    return Case(rule_from(document), series, step_s, every, (count + 8) * step_s)


def _values(chance: random.Random, count: int, *, counter: bool) -> list[str]:
    level = chance.uniform(0, 10)
    values: list[str] = []
    places = chance.choice([0, 0, 1, 3])
    gaps = chance.choice([0.0, 0.1, 0.5])
    while len(values) < count:
        if chance.random() < gaps / 3:
            values += [_GAP] * chance.randint(1, 12)
        elif chance.random() < gaps / 10:
            values.append(_STALE)
        else:
            if counter:
                level = 0.0 if chance.random() < 0.05 else level + chance.uniform(0, 8)  # noqa: PLR2004
            else:
                level += chance.gauss(0, 2)
            values.append(f"{round(level, places):g}")
    return values[:count]


def fires(case: Case, *, closed: bool) -> dict[int, set[str]]:
    """Give the series that fire at each time asked, as Quadra judges them on Prometheus's grid.

    ``closed``: a window holds also the sample at its very beginning, as before Prometheus 3.
    """
    firing: dict[int, set[str]] = {t: set() for t in case.asked}
    lines = {name: _samples(values, case.step) for name, values in case.series.items()}
    if case.rule.aggregate == "absent":
        both = np.unique(np.concatenate([t for t, _v in lines.values()]))
        lines = {"": (both, np.ones(len(both)))}
    for name, (t, v) in lines.items():
        state = START
        for end in case.asked:
            value, condition = _evaluate(case.rule, t, v, end * 1000, closed=closed)
            state, _changes = step(case.rule, state, end * 1000, condition, value)
            if state.phase in (Phase.FIRING, Phase.RECOVERING):
                firing[end].add(name)
    return firing


def _samples(values: Sequence[str], step_s: int) -> tuple[np.ndarray, np.ndarray]:
    known = [(n * step_s * 1000, float(v)) for n, v in enumerate(values) if v not in (_GAP, _STALE)]
    return np.array([t for t, _v in known], np.int64), np.array([v for _t, v in known], float)


def _evaluate(
    rule: Rule, t: np.ndarray, v: np.ndarray, end: int, *, closed: bool
) -> tuple[float, Condition]:
    start = end - rule.window
    low = int(np.searchsorted(t, start, side="left" if closed else "right"))
    high = int(np.searchsorted(t, end, side="right"))
    if rule.aggregate == "absent":
        value = np.array([1.0 if low == high else np.nan])
    else:
        ends = [np.array([x], np.int64) for x in (low, high, start, end)]
        value = aggregate(Windows(t, v, *ends), rule.aggregate)
    return float(value[0]), Condition(int(rule.classify(value)[0]))


def write(case: Case, firing: dict[int, set[str]], folder: Path) -> Path:
    """Write a case as `promtool test rules` reads it; gives the file."""
    folder.mkdir()
    rule = case.rule
    expression = _IN_PROMQL[rule.aggregate].format(w=duration(rule.window))
    alert = {
        "alert": "Case",
        "expr": f"{expression} {rule.op} {rule.threshold!r}",
        "for": duration(rule.hold),
        "keep_firing_for": duration(rule.keep_firing_for),
    }
    rules = {"groups": [{"name": "g", "rules": [alert]}]}
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules))
    test = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": f"{case.every}s",
        "tests": [
            {
                "interval": f"{case.step}s",
                "input_series": [
                    {"series": f'm{{n="{name}"}}', "values": " ".join(values)}
                    for name, values in case.series.items()
                ],
                "alert_rule_test": [
                    {
                        "eval_time": f"{t}s",
                        "alertname": "Case",
                        "exp_alerts": [
                            {"exp_labels": {"n": name} if name else {}} for name in sorted(names)
                        ],
                    }
                    for t, names in firing.items()
                ],
            }
        ],
    }
    path = folder / "test.yaml"
    path.write_text(yaml.safe_dump(test))
    return path


def is_closed(promtool: Path) -> bool:
    """Say whether this promtool's windows hold the sample at their beginning (Prometheus 2)."""
    said = subprocess.run([promtool, "--version"], capture_output=True, text=True, check=True)
    return "version 2." in said.stdout + said.stderr


def compare(cases: Iterable[Case], promtool: Path) -> list[tuple[Case, str]]:
    """Let promtool check what Quadra says; gives the cases in which it differs, and its words."""
    closed = is_closed(promtool)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {}
        for n, case in enumerate(cases):
            path = write(case, fires(case, closed=closed), folder / f"case{n}")
            files[str(path)] = case
        ran = subprocess.run(
            [promtool, "test", "rules", *files], capture_output=True, text=True, check=False
        )
        said = re.split(r"Unit Testing:\s+", ran.stdout + ran.stderr)
        parts = {part.split("\n", 1)[0].strip(): part for part in said}
        return [
            (case, parts.get(path, ran.stderr[-2_000:]))
            for path, case in files.items()
            if "SUCCESS" not in parts.get(path, "")
        ]


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--promtool", type=Path, default=Path(PROMTOOL))
    args = parser.parse_args()
    chance = random.Random(args.seed)  # noqa: S311 - repeatable, not secret
    different = compare([make_case(chance) for _ in range(args.cases)], args.promtool)
    for case, words in different[:5]:
        print(case, words[:1_500], sep="\n")
    print(f"{args.cases - len(different)} of {args.cases} cases are equal")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
