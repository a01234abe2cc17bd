"""What senders say of their metrics: learned, corrected, and bounded so that none is pushed out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from quadra.engine import descriptions
from quadra.engine.catalog import Catalog
from quadra.engine.descriptions import Descriptions
from quadra.errors import StorageError
from quadra.telemetry.metadata import Metadata
from tests.unit.fakes import ThreadRuntime


class MemoryStore:
    def __init__(self) -> None:
        self.kept: dict[str, Metadata] = {}
        self.error: StorageError | None = None

    def load(self) -> list[Metadata]:
        return list(self.kept.values())

    def put(self, described: Sequence[Metadata]) -> None:
        if self.error:
            raise self.error
        self.kept |= {one.name: one for one in described}


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def catalog() -> Catalog:
    return Catalog(max_series=100)


@pytest.fixture
def known(store: MemoryStore, catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> Descriptions:
    monkeypatch.setattr(descriptions, "MAX_DESCRIBED", 10)
    monkeypatch.setattr(descriptions, "MAX_UNPROVEN", 5)
    return Descriptions(store, ThreadRuntime(), catalog.has_name)


def say(*names: str, kind: str = "gauge") -> list[Metadata]:
    return [Metadata(name, kind) for name in names]


def test_a_flood_of_words_leaves_room_for_metrics_that_are_there(
    known: Descriptions, store: MemoryStore, catalog: Catalog
) -> None:
    known.learn(say(*(f"flood{number}" for number in range(50))))
    for number in range(100):
        known.learn(say(f"flood{number}"))
    assert 5 == len(store.kept)
    catalog.add(1, ("mine", ()))
    catalog.add(2, ("took_bucket", (("le", "1"),)))
    known.learn(say("mine", "took", "not_there"))
    assert ["gauge", "gauge"] == [store.kept[name].type for name in ("mine", "took")]
    assert known.of("took_count") == store.kept["took"]
    assert known.of("not_there") is None


def test_there_are_never_more_than_the_bound_and_what_is_known_can_change(
    known: Descriptions, store: MemoryStore, catalog: Catalog
) -> None:
    names = [f"m{number}" for number in range(30)]
    for number, name in enumerate(names):
        catalog.add(number, (name, ()))
    for name in names:
        known.learn(say(name))
    assert names[:10] == list(store.kept)
    known.learn(say("m3", "m29", kind="counter"))
    assert ("counter", None) == (store.kept["m3"].type, known.of("m29"))


def test_what_could_not_be_kept_is_as_before(known: Descriptions, store: MemoryStore) -> None:
    known.learn(say("a"))
    store.error = StorageError("the disk is full")
    known.learn(say("a", "b", kind="counter"))
    found = known.of("a")
    assert found is not None
    assert ("gauge", None) == (found.type, known.of("b"))
    store.error = None
    known.learn(say("a", "b", kind="counter"))
    assert ["counter", "counter"] == [store.kept[name].type for name in ("a", "b")]
