"""Silences and maintenance windows as people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from quadra.alerts.silences import maintenance_from, matchers_from, silence_from
from quadra.errors import Fault, InvalidError
from tests.unit.fakes import NOW

SILENCE: dict[str, Any] = {"matchers": ['rule="r"'], "ends_at": NOW + 60, "reason": "deploy"}
WINDOW: dict[str, Any] = {
    "name": "Night", "matchers": ['host="a"'], "days": ["sat"], "begins": "23:00",
    "duration": "3h", "timezone": "Europe/Berlin",
}  # fmt: skip


def test_a_silence_begins_now_and_is_by_whoever_asks() -> None:
    made = silence_from(SILENCE, NOW, "me")
    assert (NOW, NOW + 60, "deploy", "me") == (
        made.starts_at, made.ends_at, made.reason, made.created_by,
    )  # fmt: skip
    assert made.is_active(NOW)
    assert not made.is_active(NOW + 60)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("matchers", []), ("matchers", None), ("matchers", ['a=""']), ("matchers", ['a!="b"']),
        ("matchers[0]", ["a"]), ("matchers[0]", ['a="b", c="d"']), ("matchers[0]", [3]),
        ("matchers[0]", ['a=~"("']), ("ends_at", NOW - 1), ("ends_at", "soon"), ("ends_at", None),
        ("ends_at", NOW + 400 * 86_400), ("reason", ""), ("reason", None), ("starts_at", True),
        ("created_by", ""), ("colour", "red"),
    ],
)  # fmt: skip
def test_a_silence_that_makes_no_sense_is_refused(field: str, value: Any) -> None:
    name = field.partition("[")[0]
    with pytest.raises(InvalidError) as caught:
        silence_from(SILENCE | {name: value}, NOW, "me")
    assert field in [fault.field for fault in caught.value.faults]


def test_all_matchers_must_hold_and_an_absent_label_is_empty() -> None:
    faults: list[Fault] = []
    both = matchers_from(['rule="r"', 'host!~"web.*"'], faults)
    assert [] == faults
    assert both.match({"rule": "r"})
    assert both.match({"rule": "r", "host": "db"})
    assert not both.match({"rule": "r", "host": "web1"})
    assert not both.match({"host": "db"})


def moment(*parts: int, zone: str = "Europe/Berlin") -> float:
    year, month, day, hour, minute = parts
    local = datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone))
    return local.astimezone(UTC).timestamp()


@pytest.mark.parametrize(
    ("when", "is_open"),
    [
        ((2026, 7, 4, 22, 59), False),
        ((2026, 7, 4, 23, 0), True),
        ((2026, 7, 5, 1, 59), True),
        ((2026, 7, 5, 2, 0), False),
        ((2026, 7, 5, 23, 30), False),
        ((2026, 1, 3, 23, 30), True),
        ((2026, 1, 3, 22, 30), False),
    ],
)
def test_a_window_opens_by_the_clock_of_its_place(when: tuple[int, ...], is_open: bool) -> None:
    assert is_open is maintenance_from(WINDOW).is_active(moment(*when))


def test_a_window_on_the_night_the_clocks_change_lasts_as_long_as_ever() -> None:
    window = maintenance_from(WINDOW | {"days": ["sun"], "begins": "01:00"})
    opened = moment(2026, 3, 29, 1, 0)
    assert window.is_active(opened + 3 * 3_600 - 1)
    assert not window.is_active(opened + 3 * 3_600)


def test_a_window_that_is_turned_off_is_shut() -> None:
    window = maintenance_from(WINDOW | {"days": ["sat", "sun"], "enabled": False})
    assert not window.is_active(moment(2026, 7, 4, 23, 30))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("matchers", []), ("days", []), ("days", ["someday"]), ("begins", "25:00"),
        ("begins", None), ("duration", "0s"), ("duration", "8d"), ("duration", 5),
        ("timezone", "Mars/Olympus"), ("timezone", "../etc/passwd"), ("enabled", 1), ("x", 1),
    ],
)  # fmt: skip
def test_a_window_that_makes_no_sense_is_refused(field: str, value: Any) -> None:
    with pytest.raises(InvalidError) as caught:
        maintenance_from(WINDOW | {field: value})
    assert field in [fault.field for fault in caught.value.faults]
