"""What a board may be, and how each wrong field is named."""

from __future__ import annotations

from typing import Any

import pytest

from quadra.engine.board_form import board_from
from quadra.errors import InvalidError

FULL: dict[str, Any] = {
    "range": "137s",
    "names": ["host_*", "a + b"],
    "filters": [{"label": "service", "op": "!=", "values": ["x", ""]}],
    "split": "model",
    "per": "service",
    "order": "name",
    "compare": "week",
    "charts": {"a": {"log": True, "stack": True, "raw": True}},
}


def test_a_full_view_is_kept_as_it_is() -> None:
    assert ("Chat", FULL) == board_from({"name": " Chat ", "view": FULL})


def test_what_is_left_out_has_its_default_and_what_is_off_is_not_kept() -> None:
    _name, view = board_from({"name": "x", "view": {"charts": {"a": {"log": False}}}})
    assert "1h" == view["range"]
    assert [] == view["names"]
    assert "unusual" == view["order"]
    assert {"a": {}} == view["charts"]


def test_an_exported_file_can_be_read_and_another_format_not() -> None:
    assert "x" == board_from({"quadra_board": 1, "name": "x", "view": FULL, "revision": 3})[0]
    assert ["quadra_board"] == faults({"quadra_board": 2, "name": "x"})


def faults(wish: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidError) as caught:
        board_from(wish)
    return [fault.field for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("view", "field"),
    [
        ([], "view"),
        ({"rnage": "1h"}, "view.rnage"),
        ({"range": "1 hour"}, "view.range"),
        ({"range": "9" * 12 + "h"}, "view.range"),
        ({"names": "a"}, "view.names"),
        ({"names": ["a"] * 121}, "view.names"),
        ({"names": ["a", ""]}, "view.names[1]"),
        ({"names": ["a" * 401]}, "view.names[0]"),
        ({"names": ["a\u001b[2J"]}, "view.names[0]"),
        ({"filters": [{}]}, "view.filters[0].label"),
        ({"filters": [{"label": "x", "op": "~", "values": []}]}, "view.filters[0].op"),
        ({"filters": [{"label": "x", "values": [1]}]}, "view.filters[0].values[0]"),
        ({"filters": [{"label": "x", "values": ["v"] * 51}]}, "view.filters[0].values"),
        ({"split": "no label"}, "view.split"),
        ({"order": "size"}, "view.order"),
        ({"compare": "year"}, "view.compare"),
        ({"charts": {"a": {"log": 1}}}, "view.charts['a'].log"),
        ({"charts": {"a": {"lgo": True}}}, "view.charts['a'].lgo"),
        ({"charts": {str(n): {} for n in range(121)}}, "view.charts"),
    ],
)
def test_every_fault_is_named_by_its_field(view: Any, field: str) -> None:
    assert field in faults({"name": "x", "view": view})


def test_all_faults_come_at_once_and_a_name_is_needed() -> None:
    assert ["name", "view.split", "view.order"] == faults({"view": {"split": "-", "order": ""}})
