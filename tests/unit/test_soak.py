"""What `make soak` says: what fills up is told from what grows on, and nothing tried from well."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.soak import MAY_GROW, _comes_to_an_end, _failed, _growth, _minutes

MINUTES = np.arange(19.0)
COURSES = {
    "flat": 200 + 0 * MINUTES,
    "a cache that is full after some minutes": 200 + 90 * (1 - np.exp(-MINUTES / 4)),
    "a leak of 2 MB a minute": 200 + 2 * MINUTES,
    "a leak behind a cache that fills": 200 + 60 * (1 - np.exp(-MINUTES / 2)) + 3 * MINUTES,
    "ever faster": 200 + 0.2 * MINUTES**2,
    "late": 200 + 40 * (MINUTES > 15),
    "a cache that is far from full": 200 + 200 * (1 - np.exp(-MINUTES / 40)),
}
HOLDS = {"flat", "a cache that is full after some minutes"}


@pytest.mark.parametrize("name", COURSES)
@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_what_fills_up_holds_and_what_grows_on_does_not(name: str, noise: float) -> None:
    values = (COURSES[name] + np.random.default_rng(7).normal(0, noise, len(MINUTES))).tolist()
    growth = _growth(values[len(values) // 2 :])
    assert (name in HOLDS) is (growth <= MAY_GROW["memory"] or _comes_to_an_end(values))


def test_a_short_look_at_what_grows_says_that_it_grows() -> None:
    values = [100.0, 110.0, 120.0]
    assert _growth(values[1:]) > MAY_GROW["memory"]
    assert not _comes_to_an_end(values)


def test_each_minute_counts_by_its_least_memory_and_the_first_does_not() -> None:
    seen = ((0.0, 1.0), (61.0, 9.0), (70.0, 7.0), (130.0, 8.0))
    looks = [{"at": at, "memory": memory} for at, memory in seen]
    assert [7, 8] == _minutes(looks, "memory")


def test_the_moment_between_two_rounds_of_consoles_says_nothing_of_descriptors() -> None:
    seen = ((0.0, 259.0), (61.0, 259.0), (65.0, 57.0), (70.0, 259.0), (130.0, 260.0))
    looks = [{"at": at, "descriptors": files} for at, files in seen]
    assert [259, 260] == _minutes(looks, "descriptors")


WELL = {
    "acknowledged": 10, "stored": 10, "refused": 0, "wrong_frames": 0, "backups_failed": 0,
    "deliveries": 5,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, []),
        ({"stored": 9}, ["lost"]),
        ({"refused": 500}, ["refused"]),
        ({"wrong_frames": 1}, ["wrong_frames"]),
        ({"backups_failed": 1}, ["backups_failed"]),
        ({"deliveries": 0}, ["no_console"]),
        ({"acknowledged": 0, "stored": 0}, ["nothing_sent"]),
        ({"acknowledged": 0, "stored": 0, "refused": 10}, ["refused", "nothing_sent"]),
    ],
)
def test_whatever_did_not_work_is_named(change: dict[str, int], said: list[str]) -> None:
    assert said == _failed(WELL | change)
