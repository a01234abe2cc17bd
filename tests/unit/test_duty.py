"""Whose turn it is: work begins with the lease and ends with it."""

from __future__ import annotations

from collections.abc import Callable

from quadra.engine.duty import Duty
from quadra.errors import StorageError


def played(script: list[bool], ends_after: int) -> list[str]:
    """Run a duty whose lease is ours as the script says, a look at a time; tell what happened."""
    happened: list[str] = []
    looks = iter([*script, *[script[-1]] * 50])
    rounds = iter(range(100))

    def ends(_seconds: float) -> bool:
        return next(rounds) >= ends_after

    def work(wait: Callable[[float], bool]) -> None:
        happened.append("begins")
        while not wait(0.1):
            happened.append("works")
        happened.append("ends")

    Duty(lambda: next(looks), ends).run(work)
    return happened


def test_nothing_is_done_while_another_does_it() -> None:
    assert [] == played([False], 10)


def test_work_that_the_database_interrupts_is_begun_again() -> None:
    happened: list[str] = []
    rounds = iter(range(100))

    def work(_wait: Callable[[float], bool]) -> None:
        happened.append("begins")
        if len(happened) < 3:
            raise StorageError("The database is away.")

    Duty(lambda: True, lambda _seconds: next(rounds) >= 8).run(work)
    assert 3 <= len(happened)


def test_work_goes_on_while_it_is_ours_and_ends_with_the_process() -> None:
    assert ["begins", "works", "works", "ends"] == played([True], 3)


def test_work_ends_when_the_lease_is_lost_and_begins_again_with_it() -> None:
    assert ["begins", "works", "ends", "begins", "works"] == played(
        [True, True, True, False, False, False, False, True, True, True], 8
    )[:5]
