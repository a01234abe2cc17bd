from __future__ import annotations

import io
import json
import statistics
from pathlib import Path

import numpy as np
import pytest

from utils.benchmarks import (
    Benchmark,
    BenchmarkSuite,
    compare,
    load,
    print_comparison,
    quantile,
    save,
    shown,
)

Results = dict[str, dict[str, dict[str, float]]]


def test_a_function_is_called_so_often_and_a_tenth_more_before() -> None:
    calls: list[int] = []
    suite = BenchmarkSuite("some")
    one = suite.run_benchmark("append", lambda: calls.append(1), iterations=50)
    assert (55, 50) == (len(calls), len(one.times))
    assert suite.create_benchmark("append") is one


def test_a_block_is_measured_also_where_it_raises() -> None:
    one = BenchmarkSuite("some").create_benchmark("block")
    with one.measure():
        pass
    with pytest.raises(KeyError), one.measure():
        raise KeyError
    assert 2 == len(one.times)
    assert all(0 <= seconds < 5 for seconds in one.times)


def test_the_statistics_are_what_they_are_called() -> None:
    times = np.random.default_rng(3).exponential(0.01, 1_000).tolist()
    found = Benchmark("x", times).statistics()
    assert {
        "iterations": 1_000,
        "mean": statistics.fmean(times),
        "median": statistics.median(times),
        "min": min(times),
        "max": max(times),
        "stdev": statistics.stdev(times),
        "p50": statistics.median(times),
    } == {name: one for name, one in found.items() if name not in ("p95", "p99", "noise")}
    assert float(np.quantile(times, 0.95, method="inverted_cdf")) == found["p95"]
    assert float(np.quantile(times, 0.99, method="inverted_cdf")) == found["p99"]


@pytest.mark.parametrize("count", [1, 2, 7, 99, 100, 101])
def test_a_quantile_is_one_of_the_times(count: int) -> None:
    times = np.random.default_rng(count).normal(size=count).tolist()
    for share in (0.01, 0.5, 0.95, 0.99, 1.0):
        expected = float(np.quantile(times, share, method="inverted_cdf"))
        assert expected == quantile(times, share)


def test_one_time_and_none_are_described_too() -> None:
    assert 0.0 == Benchmark("x", [0.5]).statistics()["stdev"]
    assert {} == Benchmark("x").statistics()
    assert {} == BenchmarkSuite("none").results()


def test_noise_is_how_far_the_parts_of_a_run_lie_apart() -> None:
    steady = Benchmark("x", [0.010, 0.011] * 50).statistics()["noise"]
    restless = Benchmark("x", [0.010] * 50 + [0.020] * 50).statistics()["noise"]
    assert 0.05 > steady
    assert 0.3 < restless


def test_nothing_to_measure_is_refused() -> None:
    with pytest.raises(ValueError, match="iterations"):
        BenchmarkSuite("some").run_benchmark("x", int, iterations=0)


def test_the_summary_shows_every_figure_in_units_that_people_read() -> None:
    suite = BenchmarkSuite("Some Operations")
    suite.benchmarks["x"] = Benchmark("x", [0.00123] * 100)
    out = io.StringIO()
    suite.print_summary(out)
    text = out.getvalue()
    assert "BENCHMARK SUITE: Some Operations" in text
    assert "Iterations: 100" in text
    for label in ("Mean", "Median", "Min", "Max", "P50", "P95", "P99"):
        assert f"{label + ':':<11} 1.23 ms" in text
    assert ["2.50 s", "3.00 ms", "4.00 us", "5 ns"] == [
        shown(seconds) for seconds in (2.5, 0.003, 4e-6, 5e-9)
    ]


def test_what_is_saved_can_be_loaded(tmp_path: Path) -> None:
    suite = BenchmarkSuite("some")
    suite.run_benchmark("x", int, iterations=20)
    suite.save_results(tmp_path / "new/results.json")
    assert {"some": suite.results()} == load(tmp_path / "new/results.json")
    assert "python" in json.loads((tmp_path / "new/results.json").read_text())["machine"]
    save([suite, BenchmarkSuite("other")], str(tmp_path / "both.json"))
    assert ["some", "other"] == list(load(tmp_path / "both.json"))


@pytest.mark.parametrize("text", ["[]", "{}", '{"suites": 1}', "no json"])
def test_other_files_are_no_results(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(ValueError, match=r"not a file of|Expecting"):
        load(tmp_path / "x.json")


def results(**medians: tuple[float, float]) -> Results:
    return {"s": {name: {"median": m, "noise": noise} for name, (m, noise) in medians.items()}}


@pytest.mark.parametrize(
    ("then", "now", "verdict"),
    [
        ((1.0, 0.0), (1.04, 0.0), "same"),
        ((1.0, 0.0), (1.06, 0.0), "slower"),
        ((1.0, 0.0), (0.90, 0.0), "faster"),
        ((1.0, 0.0), (0.96, 0.0), "same"),
        ((1.0, 0.1), (1.30, 0.0), "same"),  # within three times the noise
        ((1.0, 0.1), (1.35, 0.0), "slower"),
        ((1.0, 0.1), (1.35, 0.1), "same"),
        ((1.0, 0.1), (0.70, 0.0), "faster"),
        ((1.0, 0.4), (1.90, 0.0), "unclear"),
        ((1.0, 0.4), (1.01, 0.0), "same"),
        ((1.0, 0.4), (2.50, 0.0), "slower"),
    ],
)
def test_a_change_counts_only_beyond_the_noise_of_both_runs(
    then: tuple[float, float], now: tuple[float, float], verdict: str
) -> None:
    (one,) = compare(results(x=then), results(x=now))
    assert verdict == one.verdict


def test_two_runs_of_the_same_on_a_restless_machine_are_called_the_same() -> None:
    rng = np.random.default_rng(7)
    judged = []
    for _ in range(200):
        runs = []
        for _run in range(2):
            mood = np.repeat(rng.lognormal(0, 0.15, 10), 20)  # of each part of the run
            times = (0.01 * mood * rng.lognormal(0, 0.05, 200)).tolist()
            runs.append({"s": {"x": Benchmark("x", times).statistics()}})
        judged.append(compare(*runs)[0].verdict)
    assert 0.97 < judged.count("same") / len(judged)


def test_a_change_of_half_is_found_all_the_same() -> None:
    rng = np.random.default_rng(8)
    found = []
    for _ in range(100):
        then, now = (
            {"s": {"x": Benchmark("x", (size * rng.lognormal(0, 0.1, 200)).tolist()).statistics()}}
            for size in (0.01, 0.015)
        )
        found.append(compare(then, now)[0].verdict)
    assert {"slower"} == set(found)


def test_what_came_and_went_is_said() -> None:
    out = io.StringIO()
    found = compare(results(old=(1.0, 0.0), both=(1.0, 0.0)), results(both=(2.0, 0.0), new=(1, 0)))
    assert {"s/both": "slower", "s/new": "new", "s/old": "gone"} == {
        one.name: one.verdict for one in found
    }
    print_comparison(found, out)
    assert "slower  s/both: +100.0 % (noise ±5 %)" in out.getvalue()
