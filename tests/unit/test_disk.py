"""Room on the disk: what budgets may be written, and what is said before there is none left."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from quadra.engine.disk import MIN_FREE_BYTES, Disk
from quadra.sizes import parse_budget, shown


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A file system of 1 TB; its free bytes can be set."""
    left = [10**12]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12 - left[0], left[0]))
    return left


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20GB", 20 * 10**9),
        ("500 MiB", 500 << 20),
        ("1.5tb", 1_500 * 10**9),
        ("7B", 7),
        ("95%", 0.95),
        ("0.5 %", 0.005),
        ("100%", 1.0),
    ],
)
def test_budgets_are_bytes_or_a_share(text: str, expected: float) -> None:
    found = parse_budget(text)
    assert (expected, type(expected)) == (found, type(found))


@pytest.mark.parametrize("text", ["", "20", "0GB", "0%", "101%", "-1GB", "1PB", "GB", "1e9B"])
def test_other_budgets_are_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="20GB"):
        parse_budget(text)


def test_sizes_are_written_for_people() -> None:
    written = [shown(size) for size in (0, 999, 1_500, 20e9, 3e15)]
    assert ["0 B", "999 B", "1.5 KB", "20 GB", "3e+03 TB"] == written


def test_a_share_of_the_file_system_counts_all_that_is_on_it(free: list[int]) -> None:
    disk = Disk("95%", Path("/data"), lambda: 1)
    assert "" == disk.complaint()
    free[0] = 4 * 10**10
    assert "96.0% full" in disk.complaint()


def test_a_budget_in_bytes_warns_before_it_is_reached_and_says_when_it_is(free: list[int]) -> None:
    size = [0]
    disk = Disk("10GB", Path("/data"), lambda: size[0])
    for taken, said in ((8.9e9, ""), (9.1e9, "nearly all of"), (10.1e9, "more than")):
        size[0] = int(taken)
        assert said in disk.complaint()
        assert bool(said) == bool(disk.complaint())
    free[0] = MIN_FREE_BYTES - 1
    assert "199 MiB left" in disk.complaint()


def test_the_log_says_it_once_and_says_when_it_is_over(
    free: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    disk = Disk("95%", Path("/data"), lambda: 1)
    with caplog.at_level(logging.INFO, "quadra.engine.disk"):
        for left in (10**12, 10**10, 10**10, 10**12, 10**12):
            free[0] = left
            disk.watch()
    assert ["WARNING", "INFO"] == [record.levelname for record in caplog.records]
    assert "99.0% full" in caplog.records[0].getMessage()
