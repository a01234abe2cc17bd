"""The scraper with a fetcher that gives what the test says, and a clock that the test moves."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from prometheus_client import CollectorRegistry

from quadra.engine.announcements import Announcement, Announcements
from quadra.engine.catalog import Catalog
from quadra.engine.descriptions import Descriptions
from quadra.engine.journal import Journal
from quadra.engine.link import NoLink
from quadra.engine.ports import Owner
from quadra.engine.targets import Target
from quadra.errors import ConflictError, InvalidError, NotFoundError, QuadraError, StorageError
from quadra.intake.fetching import Fetched, Fetcher, ScrapeError
from quadra.intake.received import STALE_BITS
from quadra.intake.scraper import Scraper, next_due, phase_of, time_of
from quadra.intake.scraping import ScrapeTools, TargetScrape
from quadra.intake.turns import Turns
from quadra.outward.egress import Address, Egress, NoSuchHostError
from quadra.telemetry.metadata import Metadata
from quadra.telemetry.selector import parse_selector
from quadra.telemetry.series import SeriesRules
from tests.servers.process import wait_until
from tests.unit.fakes import NOW, MemoryJournal, SetClock, TaskOverError, ThreadRuntime, batch
from utils.metrics import MetricsManager

TARGET = Target("http", "h", 9100, "/metrics", {"job": "j", "instance": "h:9100"})


@dataclass
class MemoryTargets:
    kept: dict[int, Target] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)

    def targets(self) -> list[Target]:
        return list(self.kept.values())

    def add(self, target: Target, limit: int) -> Target:
        made = replace(target, id=len(self.kept) + 1)
        self.kept[len(self.kept) + 1] = made
        return made

    def replace(self, target_id: int, target: Target) -> bool:
        self.kept[target_id] = target
        return True

    def remove(self, target_id: int) -> bool:
        return self.kept.pop(target_id, None) is not None

    def keep_states(self, states: dict[str, Any]) -> None:
        self.told = states

    def states(self) -> dict[str, Any]:
        return self.told


@dataclass
class MemoryMetadata:
    kept: list[Metadata] = field(default_factory=list)

    def load(self) -> list[Metadata]:
        return self.kept

    def put(self, described: Any) -> None:
        self.kept.extend(described)


class TimelessRuntime(ThreadRuntime):
    """Ends the tasks that wait for time: here it does not pass, and they would never rest."""

    def sleep(self, seconds: float) -> None:
        raise TaskOverError


class SaysFetcher(Fetcher):
    """Gives `page`, or raises it; counts who asks."""

    def __init__(self, runtime: ThreadRuntime) -> None:
        super().__init__(Egress("SETTING"), runtime)
        self.page: str | QuadraError = "a 1\nb 2\n"
        self.asked: list[str] = []

    def judge(self, host: str, port: int, timeout: float) -> list[Address]:
        found = self.judge_numeric(host, port)
        if host == "unknown":
            message = "no such host"
            raise NoSuchHostError(message)
        return found or []

    @contextmanager
    def fetched(self, target: Target) -> Iterator[Fetched]:
        self.asked.append(target.host)
        if isinstance(self.page, QuadraError):
            raise self.page
        yield Fetched(self.page.encode(), packed=False, openmetrics=False)


class MemoryAnnouncements:
    """Keeps what is announced."""

    def __init__(self) -> None:
        self.said: list[Announcement] = []

    def head(self) -> int:
        return len(self.said)

    def say(self, event: str, body: Any, now: float) -> None:
        self.said.append(Announcement(len(self.said) + 1, event, body))

    def since(self, after: int, limit: int) -> list[Announcement]:
        return self.said[after : after + limit]


class House:
    """What a scraper stands in."""

    def __init__(self, file: Path | None = None) -> None:
        self.clock = SetClock()
        self.runtime = TimelessRuntime()
        self.rows = MemoryJournal()
        self.catalog = Catalog(max_series=50)
        self.journal = Journal(self.rows, self.catalog, self.runtime, self.clock)
        self.journal.start()
        self.metadata = MemoryMetadata()
        self.fetcher = SaysFetcher(self.runtime)
        self.metrics = MetricsManager(CollectorRegistry())
        self.tools = ScrapeTools(
            fetcher=self.fetcher,
            journal=self.journal,
            descriptions=Descriptions(self.metadata, self.runtime, self.catalog.has_name),
            rules=SeriesRules(),
            runtime=self.runtime,
            clock=self.clock,
            monotonic=self.clock,
            metrics=self.metrics,
            reading=Turns(self.runtime, 2),
            is_ours=lambda: self.scrapes,
        )
        self.scrapes = True
        self.store = MemoryTargets()
        news = Announcements(MemoryAnnouncements(), NoLink(), self.runtime, self.clock)
        self.scraper = Scraper(self.store, self.tools, file, news)

    def values(self, row: int = -1) -> dict[str, float | str]:
        """Give a row of the journal as name -> value, with the marker in words."""
        names = {number: key[0] for key, number in self.rows.ids.items()}
        columns = self.rows.rows[row].columns
        stale = (columns.v.view(np.uint64) == STALE_BITS).tolist()
        return {
            names[i]: "stale" if ended else value
            for i, value, ended in zip(columns.ids.tolist(), columns.v.tolist(), stale, strict=True)
        }

    def rejected(self, reason: str) -> float:
        name = "quadra_matrix_samples_rejected_total"
        return self.metrics.registry.get_sample_value(name, {"reason": reason}) or 0


@pytest.fixture
def house() -> House:
    return House()


# --- one target


def test_a_scrape_is_kept_and_known_by_its_state(house: House) -> None:
    scrape = TargetScrape(TARGET, house.tools)
    house.fetcher.page = "# TYPE a gauge\na 1\nb 2\n"
    scrape.scrape(NOW)
    expected = {"a": 1.0, "b": 2.0, "up": 1.0}
    assert expected == {k: v for k, v in house.values().items() if not k.startswith("scrape")}
    assert (True, NOW, 2, "") == (
        scrape.state.up, scrape.state.scraped_at, scrape.state.samples, scrape.state.error,
    )  # fmt: skip
    assert [Metadata("a", "gauge")] == house.metadata.kept
    assert {int(NOW * 1000)} == set(house.rows.rows[0].columns.t.tolist())


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (ScrapeError("no whole answer", code="scrape_timeout"), "no whole answer"),
        ("<html>", "line 1"),
        ("a 1\n" * 60_000, "sample_limit"),
    ],
)
def test_a_target_that_fails_is_down_and_its_series_end(
    house: House, page: str | QuadraError, why: str
) -> None:
    scrape = TargetScrape(TARGET, house.tools)
    scrape.scrape(NOW)
    house.fetcher.page = page
    scrape.scrape(NOW + 15)
    found = house.values()
    assert (0.0, "stale", "stale") == (found["up"], found["a"], found["b"])
    assert scrape.state.up is False
    assert why in scrape.state.error
    house.fetcher.page = "a 3\n"
    scrape.scrape(NOW + 30)
    assert (1.0, 3.0) == (house.values()["up"], house.values()["a"])
    assert (True, "") == (scrape.state.up, scrape.state.error)


def test_refused_pages_and_left_out_samples_are_counted_by_reason(house: House) -> None:
    scrape = TargetScrape(TARGET, house.tools)
    house.fetcher.page = "a 1\na 2\nup 3\n"
    scrape.scrape(NOW)
    assert ({"twice": 1, "bad_series": 1}, 3) == (scrape.state.left_out, scrape.state.samples)
    house.fetcher.page = "?"
    scrape.scrape(NOW + 15)
    assert [1.0, 1.0, 1.0] == [house.rejected(r) for r in ("twice", "bad_series", "bad_exposition")]
    house.fetcher.page = ScrapeError("x", code="scrape_timeout")
    scrape.scrape(NOW + 30)
    assert 0.0 == house.rejected("scrape_timeout")


def test_of_a_page_with_more_series_than_quadra_keeps_the_known_go_on(house: House) -> None:
    scrape = TargetScrape(TARGET, house.tools)
    scrape.scrape(NOW)
    house.fetcher.page = "a 7\nb 8\n" + "".join(f"x{n} 1\n" for n in range(60))
    for at in (15, 30):  # a series that was not let in is no end of one either
        scrape.scrape(NOW + at)
        found = {k: v for k, v in house.values().items() if not k.startswith("scrape_")}
        assert {"a": 7.0, "b": 8.0, "up": 1.0} == found
        assert (True, {"too_many_series": 60}) == (scrape.state.up, scrape.state.left_out)
        assert "MAX_SERIES" in scrape.state.error
    assert 120.0 == house.rejected("too_many_series")
    house.fetcher.page = "b 9\n"
    scrape.scrape(NOW + 45)
    assert ("stale", 9.0) == (house.values()["a"], house.values()["b"])
    assert ({}, "") == (scrape.state.left_out, scrape.state.error)


def test_a_new_target_for_which_there_is_no_room_is_down_and_says_why(house: House) -> None:
    for number in range(50):
        house.catalog.add(1_000 + number, (f"others{number}", ()))
    scrape = TargetScrape(TARGET, house.tools)
    scrape.scrape(NOW)
    assert scrape.state.up is False
    assert "MAX_SERIES" in scrape.state.error
    assert 1.0 == house.rejected("too_many_series")


def test_targets_that_flood_leave_room_for_what_tokens_bring(house: House) -> None:
    house.catalog.max_of_owner = 30
    scrape = TargetScrape(TARGET, house.tools)
    for at in range(9):
        house.fetcher.page = "".join(f"x{at}_{n} 1\n" for n in range(10))
        scrape.scrape(NOW + at)
    assert 30 >= len(house.catalog)
    assert {"series_quota": 10} == scrape.state.left_out
    house.journal.append(batch("mine", 1.0), Owner(7, "a token"))
    assert house.catalog.select([parse_selector("mine")])


def test_what_can_not_be_stored_is_said_and_made_good_with_the_next_scrape(house: House) -> None:
    scrape = TargetScrape(TARGET, house.tools)
    scrape.scrape(NOW)
    house.rows.error = StorageError("the disk is full")
    house.fetcher.page = "b 2\n"
    scrape.scrape(NOW + 15)
    assert ("not stored: the disk is full", True) == (scrape.state.error, scrape.state.up)
    house.rows.error = None
    scrape.scrape(NOW + 30)
    assert ("stale", 2.0) == (house.values()["a"], house.values()["b"])


def test_an_error_that_nobody_thought_of_takes_only_its_target_down(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    scrape = TargetScrape(replace(TARGET, path="/m?token=s3cret"), house.tools)
    house.fetcher.fetched = None  # type: ignore[assignment, method-assign]
    scrape.scrape(NOW)
    assert (False, "an error inside Quadra") == (scrape.state.up, scrape.state.error)
    assert 0.0 == house.values()["up"]
    assert "http://h:9100/m" in caplog.text
    assert "s3cret" not in caplog.text


# --- the rhythm


def test_the_next_moment_is_on_a_targets_own_grid() -> None:
    assert NOW + 4.5 == next_due(NOW, 15, 4.5 + NOW % 15)
    assert NOW + 19.5 == next_due(NOW + 4.5, 15, 4.5 + NOW % 15)
    assert NOW - 1000 + 15 == next_due(NOW - 1000, 15, (NOW - 1000) % 15)


def test_targets_are_spread_over_the_interval_and_keep_their_place() -> None:
    targets = [replace(TARGET, labels={"instance": f"h{n}"}) for n in range(300)]
    phases = [phase_of(one) for one in targets]
    assert phases == [phase_of(one) for one in targets]
    assert all(0 <= phase < 15 for phase in phases)
    assert all(any(n <= phase < n + 1 for phase in phases) for n in range(15))


def test_samples_get_the_time_that_was_due_unless_it_was_missed() -> None:
    assert [NOW, NOW, NOW + 0.06, NOW - 3600] == [
        time_of(NOW, NOW, 15),
        time_of(NOW, NOW + 0.05, 15),
        time_of(NOW, NOW + 0.06, 15),
        time_of(NOW, NOW - 3600, 15),
    ]
    assert NOW + 0.02 == time_of(NOW, NOW + 0.02, 1)


def test_a_new_target_is_scraped_at_once_and_ends_with_a_marker(house: House) -> None:
    made = house.scraper.add(replace(TARGET, host="8.8.8.8"))
    assert made.id == 1
    assert wait_until(lambda: len(house.rows.rows) == 1, timeout=5, every=0.001)
    assert wait_until(lambda: house.scraper.get(1)[1].up is True, timeout=5, every=0.001)
    house.scraper.remove(1)
    assert wait_until(lambda: len(house.rows.rows) == 2, timeout=5, every=0.001)
    assert {"stale"} == set(house.values().values())
    assert ([], {}) == (house.scraper.targets(), house.store.kept)
    with pytest.raises(NotFoundError):
        house.scraper.remove(1)


def test_a_changed_target_begins_when_the_former_has_ended(house: House) -> None:
    house.scraper.add(replace(TARGET, host="8.8.8.8"))
    assert wait_until(lambda: len(house.rows.rows) == 1, timeout=5, every=0.001)
    house.scraper.replace(1, replace(TARGET, host="1.1.1.1"))
    assert wait_until(lambda: len(house.rows.rows) == 3, timeout=5, every=0.001)
    assert ("stale", 1.0) == (house.values(1)["up"], house.values(2)["up"])
    assert ["8.8.8.8", "1.1.1.1"] == house.fetcher.asked
    assert "1.1.1.1" == house.scraper.get(1)[0].host


def test_a_slow_target_delays_no_other(house: House) -> None:
    slow, go_on = threading.Event(), threading.Event()
    plain = house.fetcher.fetched

    @contextmanager
    def fetched(target: Target) -> Iterator[Fetched]:
        if target.host == "8.8.8.8":
            slow.set()
            assert go_on.wait(20)
        with plain(target) as page:
            yield page

    house.fetcher.fetched = fetched  # type: ignore[method-assign]
    house.scraper.add(replace(TARGET, host="8.8.8.8"))
    assert slow.wait(5)
    house.scraper.add(replace(TARGET, host="1.1.1.1", labels={"instance": "other"}))
    assert wait_until(lambda: len(house.rows.rows) == 1, timeout=5, every=0.001)
    go_on.set()
    assert wait_until(lambda: len(house.rows.rows) == 2, timeout=5, every=0.001)


def test_kept_targets_are_scraped_from_the_start(house: House) -> None:
    house.store.add(TARGET, 10)
    house.scraper.start()
    assert [TARGET.url] == [target.url for target, _state in house.scraper.targets()]


def test_private_addresses_are_refused_with_the_field(house: House) -> None:
    with pytest.raises(InvalidError) as caught:
        house.scraper.add(replace(TARGET, host="127.1"))
    assert ["url"] == [fault.field for fault in caught.value.faults]
    assert ("address_refused", {}) == (caught.value.code, house.store.kept)
    house.scraper.add(replace(TARGET, host="unknown"))  # it may have an address tomorrow
    with pytest.raises(InvalidError):
        house.scraper.replace(1, replace(TARGET, host="169.254.169.254"))
    assert "unknown" == house.store.kept[1].host


def test_two_targets_with_the_same_labels_are_refused(house: House) -> None:
    house.scraper.add(replace(TARGET, host="8.8.8.8"))
    with pytest.raises(ConflictError):
        house.scraper.add(replace(TARGET, host="1.1.1.1"))
    house.scraper.add(replace(TARGET, host="1.1.1.1", labels={"instance": "x"}))
    with pytest.raises(ConflictError):
        house.scraper.replace(2, TARGET)


# --- the file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "targets.json"


Write = Callable[..., None]


@pytest.fixture
def write(file: Path) -> Write:
    changes = iter(range(1, 1000))

    def write(*groups: object, raw: bytes | None = None) -> None:
        file.write_bytes(orjson.dumps(groups) if raw is None else raw)
        os.utime(file, ns=(0, next(changes)))

    return write


def urls(house: House) -> list[str]:
    return [target.url for target, _state in house.scraper.targets()]


def test_the_files_targets_follow_the_file(file: Path, write: Write) -> None:
    house = House(file)
    write({"targets": ["8.8.8.8:1", "8.8.8.8:2"]})
    house.scraper.look_at_file()
    first = house.scraper._jobs[house.scraper.targets()[0][0].identity]
    assert ["http://8.8.8.8:1/metrics", "http://8.8.8.8:2/metrics"] == urls(house)
    write({"targets": ["8.8.8.8:1", "8.8.8.8:3"]})
    house.scraper.look_at_file()
    assert ["http://8.8.8.8:1/metrics", "http://8.8.8.8:3/metrics"] == urls(house)
    assert first is house.scraper._jobs[first.target.identity], "what did not change goes on"
    write({"targets": ["8.8.8.8:1"], "interval": "30s"})
    house.scraper.look_at_file()
    assert [30.0] == [target.interval for target, _state in house.scraper.targets()]
    assert first.ending.is_set()
    with pytest.raises(NotFoundError):
        house.scraper.get(0)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"[", "not JSON"),
        (b'[{"targets": ["8.8.8.8:9"], "labels": {"__x": "y"}}]', "[0].labels.__x"),
        (
            b'[{"targets": ["10.0.0.1:9100"]}]',
            "http://10.0.0.1:9100/metrics: refused: a private address",
        ),
        (b'[{"targets": ["2.2.2.2"], "labels": {"job": "j", "instance": "h:9100"}}]', "of the API"),
    ],
)
def test_a_file_at_fault_changes_nothing_and_says_where(
    file: Path, write: Write, content: bytes, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(file)
    house.scraper.add(replace(TARGET, host="1.1.1.1"))
    write({"targets": ["8.8.8.8:1"]})
    house.scraper.look_at_file()
    before = urls(house)
    write(raw=content)
    house.scraper.look_at_file()
    house.scraper.look_at_file()
    assert why in house.scraper.file_error
    assert 1 == caplog.text.count("SCRAPE_FILE=")
    assert before == urls(house)
    write({"targets": ["8.8.8.8:2"]})
    house.scraper.look_at_file()
    assert ("", "http://8.8.8.8:2/metrics") == (house.scraper.file_error, urls(house)[-1])


def test_a_file_that_is_gone_keeps_the_targets(file: Path, write: Write) -> None:
    house = House(file)
    house.scraper.look_at_file()
    assert "can't be read (No such file or directory)." == house.scraper.file_error
    write({"targets": ["8.8.8.8:1"]})
    house.scraper.look_at_file()
    file.unlink()
    house.scraper.look_at_file()
    assert ["http://8.8.8.8:1/metrics"] == urls(house)


def test_turns_are_given_in_order_and_waited_for_no_longer_than_wished() -> None:
    turns = Turns(ThreadRuntime(), 1)
    with turns.turn(None) as first:
        assert first
        with turns.turn(0.001) as second:
            assert not second
    with turns.turn(0.001) as third:
        assert third


# --- several processes


def test_a_process_whose_turn_it_is_not_scrapes_nothing_and_writes_nothing() -> None:
    house = House()
    made = house.store.add(TARGET, 10)
    scrape = TargetScrape(made, house.tools)
    scrape.scrape(NOW)
    rows = len(house.rows.rows)
    house.scrapes = False
    scrape.scrape(NOW + 15)
    assert rows == len(house.rows.rows)
    assert "another process" in scrape.state.error


def test_what_another_process_has_changed_is_taken_over() -> None:
    house = House()
    house.scrapes = False
    first = house.store.add(TARGET, 10)
    house.scraper.look_at_store()
    assert [first] == [one for one, _state in house.scraper.targets()]
    changed = replace(first, interval=77.0)
    house.store.replace(1, changed)
    house.scraper.look_at_store()
    assert [changed] == [one for one, _state in house.scraper.targets()]
    house.store.remove(1)
    house.scraper.look_at_store()
    assert [] == house.scraper.targets()


def test_a_process_that_does_not_scrape_tells_what_the_other_has_found() -> None:
    house, other = House(), House()
    other.store = house.store
    other.scraper._store = other.scraper._states._store = house.store
    made = house.store.add(TARGET, 10)
    for one in (house, other):
        one.scrapes = False
        one.scraper.look_at_store()
    house.scrapes = True
    house.scraper._jobs[made.identity].scrape.scrape(NOW)
    house.scraper._states.keep(house.scraper._own_states())
    assert other.scraper.get(1)[1] == house.scraper.get(1)[1]
    assert other.scraper.get(1)[1].up is True


def test_a_target_that_is_made_while_the_store_is_read_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was read had no such target, so it ended with the change that was looked for."""
    house = House()
    house.scrapes = False
    read = house.store.targets
    made: list[Target] = []

    def old_news() -> list[Target]:
        found = read()
        if not made:
            made.append(house.scraper.add(TARGET))
        return found

    monkeypatch.setattr(house.store, "targets", old_news)
    monkeypatch.setattr(house.tools.runtime, "sleep", lambda _seconds: None)
    house.scraper.look_at_store()
    assert made == [one for one, _state in house.scraper.targets()]
