"""Generated rules and series: `promtool test rules` says of each the same as Quadra."""

from __future__ import annotations

import random

import pytest

from scripts import rules_beside_promtool
from scripts.rules_beside_promtool import Case, compare, make_case
from tests.servers import programs

CASES = 40


def test_promtool_finds_the_same_alerts() -> None:
    promtool = programs.prometheus("promtool")
    chance = random.Random(11)
    cases = [make_case(chance) for _ in range(CASES)]
    assert [] == [(case, words[:500]) for case, words in compare(cases, promtool)]


def test_promtool_notices_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    promtool = programs.prometheus("promtool")
    case = make_case(random.Random(11))

    def wrong(asked: Case, *, closed: bool) -> dict[int, set[str]]:
        return {t: set() if t % 2 else set(asked.series) for t in asked.asked}

    monkeypatch.setattr(rules_beside_promtool, "fires", wrong)
    ((different, words),) = compare([case], promtool)
    assert case is different
    assert "exp" in words
