"""How `make bench` holds what was found against the demo's faults."""

from __future__ import annotations

import pytest

from quadra.anomalies.events import AnomalyEvent
from scripts.benchmarks import faults as bench

pytestmark = pytest.mark.unit


def event(group: str) -> AnomalyEvent:
    return AnomalyEvent(1, 0, None, 1.0, 1.0, (0.0, 0.5), 1.0, "low", 0.5, "shift", "", group)


def run(*said: tuple[float, str]) -> bench.Run:
    found = [(at, event(group)) for at, group in said]
    return bench.Run(wrong=[(100.0, 160.0)], said=found)


def test_what_opens_between_faults_is_false() -> None:
    assert 2 == bench._between(run((50.0, "a"), (55.0, "a")))


def test_what_opens_while_something_is_wrong_is_not_whatever_group_it_joins() -> None:
    assert 1 == bench._between(run((90.0, "a"), (110.0, "a")))


def test_the_wake_of_a_fault_is_not_false() -> None:
    assert 0 == bench._between(run((110.0, "a"), (190.0, "a")))
    assert 1 == bench._between(run((110.0, "a"), (190.0, "b")))


def test_a_fault_is_timed_from_its_first_bad_sample() -> None:
    played = bench.play(101, 2, seconds=130)
    ((fault, bad),) = played.faults
    assert played.wrong[0][0] <= bad <= played.wrong[0][0] + 10
    assert bad < bench._span(played, bad)[1]
    assert 120.0 == played.wrong[0][0]
    assert fault.number == 1
