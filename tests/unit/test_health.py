"""What /ready says of the parts that samples can do without, and of those they can't."""

from __future__ import annotations

from pathlib import Path

import pytest

from quadra.engine.catalog import Catalog
from quadra.engine.disk import Disk
from quadra.engine.health import SILENT_S, STARTING_S, Health, is_ready
from quadra.engine.journal import Journal
from quadra.engine.link import LinkState, NoLink
from tests.unit.fakes import MemoryJournal, SetClock, ThreadRuntime


class House:
    """The parts, each as the test sets it."""

    def __init__(self, folder: Path) -> None:
        store = MemoryJournal()
        runtime = ThreadRuntime()
        self.journal = Journal(store, Catalog(max_series=1), runtime, SetClock())
        self.link = NoLink()
        self.age: float | None = 0.0
        self.uptime = STARTING_S
        self.health = Health(
            self.journal,
            store,
            runtime,
            Disk("100%", folder, lambda: 0),
            lambda: self.age,
            self.link,
            lambda: self.uptime,
        )


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.mark.parametrize(
    ("name", "state"),
    [("off", "off"), ("connecting", "degraded"), ("ok", "ok"), ("down", "down")],
)
def test_redis_is_shown_as_its_link_is_and_nothing_waits_for_it(
    house: House, name: str, state: str
) -> None:
    house.link.state = LinkState(name, 1234.5)  # type: ignore[arg-type]
    parts = house.health.parts()
    assert state == parts["redis"].state
    assert is_ready(parts)
    if name == "down":
        assert {"state": "down", "since": 1234.5} == parts["redis"].as_dict(detailed=False)
        assert "detail" in parts["redis"].as_dict()


@pytest.mark.parametrize(
    ("age", "uptime", "state"),
    [
        (0.5, 1.0, "ok"),
        (SILENT_S + 1, STARTING_S, "down"),
        (None, STARTING_S, "down"),
        (None, 1.0, "degraded"),
    ],
)
def test_a_worker_that_is_not_heard_of_is_down_and_samples_are_taken_all_the_same(
    house: House, age: float | None, uptime: float, state: str
) -> None:
    house.age, house.uptime = age, uptime
    parts = house.health.parts()
    assert (state, age) == (parts["worker"].state, parts["worker"].age)
    assert is_ready(parts)


def test_without_the_database_nothing_is_ready(house: House) -> None:
    house.journal.failing_since = 1.0
    assert not is_ready(house.health.parts())
