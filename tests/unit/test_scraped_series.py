import numpy as np

from quadra.engine.targets import Target
from quadra.intake.received import STALE_BITS
from quadra.intake.scraped import TargetSeries
from quadra.telemetry.batch import Batch
from quadra.telemetry.series import SeriesRules
from tests.unit.fakes import NOW

T = int(NOW * 1000)
TARGET = Target("http", "h", 9100, "/metrics", {"job": "j", "instance": "h:9100"})


def rows(batch: Batch) -> dict[str, float | str]:
    """Give the batch as name -> value, with the marker in words; holds it to be well formed."""
    assert len(batch.index) == len(batch.t) == len(batch.v)
    assert len(set(batch.keys)) == len(batch.keys)
    assert set(range(len(batch.keys))) == set(batch.index.tolist())
    assert all(dict(key[1]).items() >= TARGET.labels.items() for key in batch.keys)
    stale = batch.v.view(np.uint64) == STALE_BITS
    names = [batch.keys[i][0] for i in batch.index.tolist()]
    return {
        name: "stale" if ended else value
        for name, ended, value in zip(names, stale.tolist(), batch.v.tolist(), strict=True)
    }


def made() -> TargetSeries:
    return TargetSeries(TARGET, SeriesRules())


def scrape(series: TargetSeries, text: str, t: int = T) -> dict[str, float | str]:
    page = series.reader.read(text, t, openmetrics=False)
    batch = series.scraped(page, t, 0.25)
    assert {t} | set(page.t.tolist()) == set(batch.t.tolist())
    found = rows(batch)
    series.kept()
    return found


REPORT = {"up": 1.0, "scrape_duration_seconds": 0.25}


def test_a_scrape_brings_its_series_and_a_report() -> None:
    expected = {"a": 1.0, "b": 2.0, **REPORT, "scrape_samples_scraped": 2.0}
    assert expected == scrape(made(), "a 1\nb 2\n")


def test_a_series_that_vanished_ends_once_and_may_come_back() -> None:
    series = made()
    scrape(series, "a 1\nb 2\n")
    without = {"a": 3.0, **REPORT, "scrape_samples_scraped": 1.0}
    assert {**without, "b": "stale"} == scrape(series, "a 3\n", T + 1000)
    assert without == scrape(series, "a 3\n", T + 2000)
    assert {"a": 4.0, "b": 5.0} == {
        name: value for name, value in scrape(series, "b 5\na 4\n").items() if name in "ab"
    }


def test_every_series_ends_when_a_scrape_fails_but_the_report_goes_on() -> None:
    series = made()
    scrape(series, "a 1\nb 2\n")
    expected = {
        "a": "stale", "b": "stale", "up": 0.0, "scrape_duration_seconds": 0.5,
        "scrape_samples_scraped": 0.0,
    }  # fmt: skip
    assert expected == rows(series.failed(T, 0.5))
    series.kept()
    assert {"up", "scrape_duration_seconds", "scrape_samples_scraped"} == set(
        rows(series.failed(T, 0.5))
    )


def test_what_could_not_be_kept_has_not_ended() -> None:
    series = made()
    scrape(series, "a 1\n")
    series.failed(T, 0.5)  # and not kept
    assert "stale" == rows(series.failed(T, 0.5))["a"]


def test_the_report_ends_with_the_target() -> None:
    series = made()
    scrape(series, "a 1\n")
    assert {"stale"} == set(rows(series.ended(T)).values())
    assert 4 == len(series.ended(T))


def test_series_with_their_own_times_get_no_marker() -> None:
    series = made()
    scrape(series, f"a 1\nb 2 {T - 1}\n")
    found = scrape(series, "\n")
    assert ("stale", False) == (found["a"], "b" in found)


def test_several_times_of_one_series_stay_together() -> None:
    series = made()
    page = series.reader.read(f"a 1 {T - 2}\nb 7\na 2 {T - 1}\n", T, openmetrics=False)
    batch = series.scraped(page, T, 0.25)
    assert [T - 2, T, T - 1] == batch.t.tolist()[:3]
    assert ["a", "b", "a"] == [batch.keys[i][0] for i in batch.index.tolist()[:3]]
    assert len(set(batch.keys)) == len(batch.keys)


def test_memory_is_bounded_when_all_series_are_new_each_time() -> None:
    series = made()
    for n in range(20):
        page = "\n".join(f'a{{n="{n}_{i}"}} 1' for i in range(500))
        series.scraped(series.reader.read(page, T, openmetrics=False), T, 0.1)
        series.kept()
    assert series.reader.remembered <= 2 * 500 + 1000 + 500
    assert len(series.reader.keys) <= 2 * 500 + 1000 + 500


def test_forgetting_loses_no_end() -> None:
    series = made()
    scrape(series, "a 1\n" + "".join(f"x{i} 1\n" for i in range(1500)))
    found = scrape(series, "b 1\n")
    assert ("stale", "stale", 1.0) == (found["a"], found["x1499"], found["b"])
    assert 1 == series.reader.remembered
    found = scrape(series, "c 2\nb 3\n")
    assert (2.0, 3.0) == (found["c"], found["b"])
    assert "stale" == scrape(series, "c 2\n")["b"]
