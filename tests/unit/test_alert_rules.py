"""Rules and templates as people write them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quadra.alerts.defaults import default_rules
from quadra.alerts.rule_form import FIELDS, duration, rule_as_dict, rule_from
from quadra.alerts.rules import fingerprint, fixed_labels
from quadra.alerts.templates import Facts, fault, render
from quadra.durations import parse_duration
from quadra.errors import InvalidError
from quadra.storage.rule_files import rules_of
from quadra.telemetry.selector import parse_selector
from tests.unit.alert_makers import rule

LEAST = {"name": "r", "selector": "x", "op": ">", "threshold": 1}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


def test_all_but_four_fields_have_the_defaults_of_the_contract() -> None:
    shown = rule_as_dict(rule_from(LEAST))
    assert {
        "aggregate": "last", "window": "1m", "clear_threshold": None, "for": "0s",
        "keep_firing_for": "0s", "cooldown": "30m", "severity": "warning", "no_data": "ok",
        "labels": {}, "annotations": {}, "channels": [], "enabled": True,
    } == {name: shown[name] for name in (
        "aggregate", "window", "clear_threshold", "for", "keep_firing_for", "cooldown",
        "severity", "no_data", "labels", "annotations", "channels", "enabled",
    )}  # fmt: skip
    assert set(FIELDS) == set(shown)


def test_what_is_shown_can_be_sent_again() -> None:
    made = rule(
        aggregate="p95", window="1h30m", hold="90s", clear_threshold=5, channels=["a", "b"],
        labels={"team": "x"}, annotations={"summary": "{{ value }}"}, escalate_after="15m",
        escalate_to=["boss"], group_by=[], no_data="keep", enabled=False,
    )  # fmt: skip
    shown = rule_as_dict(made)
    assert shown == rule_as_dict(rule_from(json.loads(json.dumps(shown))))
    assert 5_400_000 == made.window
    assert shown == rule_as_dict(rule_from(shown | {"id": 3, "source": "", "created_at": 1.0}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", 3), ("name", "x" * 101), ("name", "a\nb"),
        ("selector", "{"), ("selector", ""), ("selector", None), ("selector", 'x{a=~"("}'),
        ("op", "~"), ("op", None), ("op", "=>"),
        ("threshold", None), ("threshold", "10"), ("threshold", float("nan")), ("threshold", True),
        ("clear_threshold", 2), ("clear_threshold", "x"),
        ("aggregate", "median"), ("aggregate", ["avg"]),
        ("window", "0s"), ("window", "400d"), ("window", "5 minutes"), ("window", -3),
        ("group_wait", 1e308), ("for", "1x"), ("for", "-1m"),
        ("keep_firing_for", {}), ("cooldown", "2years"),
        ("severity", "fatal"), ("no_data", "panic"), ("on", "logs"),
        ("labels", []), ("labels.__x", {"__x": "1"}), ("labels.a", {"a": 1}),
        ("labels.1a", {"1a": "x"}),
        ("annotations.s", {"s": "{{ secret }}"}), ("annotations.s", {"s": "{{ value"}),
        ("annotations.s", {"s": "x" * 2_001}),
        ("channels", "ops"), ("channels", [1]), ("enabled", "yes"), ("group_by", {}),
        ("escalate_to", ["boss"]), ("colour", "red"),
    ],
)  # fmt: skip
def test_every_fault_is_named_by_its_field(field: str, value: Any) -> None:
    name = field.partition(".")[0]
    with pytest.raises(InvalidError) as caught:
        rule_from(LEAST | {name: value})
    assert [field] == [one.field for one in caught.value.faults]
    assert "bad_rule" == caught.value.code
    assert all(one.reason for one in caught.value.faults)


def test_all_faults_are_named_at_once_with_their_place() -> None:
    with pytest.raises(InvalidError) as caught:
        rule_from({"name": "", "op": "~", "threshold": []}, index=3, where="rules[3].")
    fields = ("name", "selector", "op", "threshold")
    assert {(f"rules[3].{field}", 3) for field in fields} == {
        (fault.field, fault.index) for fault in caught.value.faults
    }


@settings(max_examples=25)
@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=6), JSON, max_size=8) | JSON)
def test_whatever_is_sent_it_is_a_rule_or_it_is_refused(document: Any) -> None:
    try:
        made = rule_from(document if not isinstance(document, dict) else LEAST | document)
    except InvalidError as error:
        assert error.faults  # noqa: PT017 - what it says is the point
    else:
        assert rule_as_dict(made) == rule_as_dict(rule_from(rule_as_dict(made)))


@given(st.integers(0, 400 * 86_400_000))
def test_durations_are_written_as_they_are_read(ms: int) -> None:
    assert ms == round(parse_duration(duration(ms)) * 1000)


def test_the_five_rules_of_a_new_installation() -> None:
    assert [
        ("High error rate", ">", 10, "critical", 30),
        ("Slow response", ">", 45, "warning", 60),
        ("High cost", ">", 10, "critical", 60),
        ("Disk full", ">", 90, "critical", 120),
        ("Server down", "==", 0, "critical", 5),
    ] == [(r.name, r.op, r.threshold, r.severity, r.cooldown / 60_000) for r in default_rules()]


# -- templates -------------------------------------------------------------------------------


FACTS = Facts("Slow", "critical", "latency", 2.0, 3.14159, {"host": "a", "evil": "{{ value }}"})


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ value }} > {{threshold}}", "3.142 > 2"),
        ("{{ labels.host }}/{{ $labels.host }} {{ $value }}", "a/a 3.142"),
        ("{{ rule }} {{ severity }} {{ metric }}", "Slow critical latency"),
        ("{{ labels.absent }}!", "!"),
        ("{{ labels.evil }}", "{{ value }}"),
        ("no places } {", "no places } {"),
    ],
)
def test_templates_are_filled_in_once(template: str, expected: str) -> None:
    assert fault(template) is None
    assert expected == render(template, FACTS)


@pytest.mark.parametrize(
    "template",
    ["{{ value.__class__ }}", "{{ labels }}", "{{ labels['a'] }}", "{{ 1 + 1 }}", "{{}}", "{{ x"],
)
def test_templates_hold_no_code(template: str) -> None:
    assert fault(template) is not None


@given(st.text())
def test_no_template_breaks_anything(template: str) -> None:
    fault(template)
    assert len(render(template, FACTS)) <= 4_000


FINGERPRINT = "6713ba659acbfcca"


# -- names -----------------------------------------------------------------------------------


def test_the_fingerprint_is_the_same_for_ever() -> None:
    assert FINGERPRINT == fingerprint("r", "x", {"b": "2", "a": "1"})
    assert FINGERPRINT == fingerprint("r", "x", {"a": "1", "b": "2"})
    assert fingerprint("r", "x", {}) != fingerprint("r", "y", {})


def test_what_is_absent_has_the_labels_that_were_asked_for() -> None:
    selector = parse_selector('up{job="a", host=~"b.*", zone="c", zone!="d"}')
    assert {"job": "a"} == fixed_labels(selector)


# -- files -----------------------------------------------------------------------------------

FILE = b"""
rules:
  - name: One
    selector: up{job="a"}
    op: "=="
    threshold: 0
    for: 1m
  - {name: Two, selector: x, op: ">", threshold: 3}
"""


def test_rules_of_a_file() -> None:
    rules = rules_of(FILE, "f.yaml")
    assert [("One", 60_000, "f.yaml"), ("Two", 0, "f.yaml")] == [
        (r.name, r.hold, r.source) for r in rules
    ]
    assert 2 == len(rules_of(FILE.replace(b"rules:", b"# a plain list"), "f.yaml"))


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"rules: [{name: a}]", "rules[0].threshold"),
        (b"rules: [3]", "rules[0]"),
        (b"rules: {}", "rules"),
        (b"7", "rules"),
        (FILE.replace(b"Two", b"One"), "rules[1].name"),
    ],
)
def test_faults_of_a_file_are_named_by_place(content: bytes, place: str) -> None:
    with pytest.raises(InvalidError) as caught:
        rules_of(content, "f.yaml")
    assert place in [fault.field for fault in caught.value.faults]


@pytest.mark.parametrize(
    "content",
    [b"!!python/object/apply:os.system [ls]", b"a: [", b"\xff\xfe\x00", b"[" * 600, b"a: &a *a"],
)
def test_hostile_files_are_refused(content: bytes) -> None:
    with pytest.raises(InvalidError):
        rules_of(content, "f.yaml")
