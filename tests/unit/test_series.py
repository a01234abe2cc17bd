import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.errors import Fault
from quadra.telemetry.series import (
    MAX_NAME_LENGTH,
    MAX_SERIES_BYTES,
    SeriesRules,
    digest,
    series_key,
)

LABELS = st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=5)


@given(LABELS)
def test_the_order_in_which_labels_were_sent_does_not_matter(labels: dict[str, str]) -> None:
    other_order = dict(reversed(labels.items()))
    assert series_key("m", labels) == series_key("m", other_order)
    assert digest(series_key("m", labels)) == digest(series_key("m", other_order))


def test_an_empty_label_value_means_no_label() -> None:
    assert series_key("m", {"a": "1"}) == series_key("m", {"a": "1", "b": ""})
    assert series_key("m", {}) == series_key("m", {"b": ""})


@given(LABELS, LABELS)
def test_different_series_have_different_digests(a: dict[str, str], b: dict[str, str]) -> None:
    keys = series_key("m", a), series_key("m", b)
    assert (keys[0] == keys[1]) == (digest(keys[0]) == digest(keys[1]))


def test_quotes_and_separators_in_values_cannot_make_two_series_look_the_same() -> None:
    assert digest(series_key("m", {"a": 'x","b":"y'})) != digest(
        series_key("m", {"a": "x", "b": "y"})
    )


def test_the_digest_never_changes_for_it_is_kept_in_databases() -> None:
    key = series_key("cpu", {"host": "gräf", "core": "0"})
    assert "8a2e90dca783f4c32692da7db912c98c" == digest(key).hex()


@pytest.mark.parametrize("name", ["a", "_a", ":a:b", "A9_", "a" * MAX_NAME_LENGTH])
def test_names_as_in_prometheus_are_taken(name: str) -> None:
    assert [] == SeriesRules().faults(series_key(name, {}), 0)


@pytest.mark.parametrize(
    "name", ["", "9a", "a-b", "a b", "a.b", "ä", "a\n", "a\0", "a" * (MAX_NAME_LENGTH + 1)]
)
def test_other_names_are_refused_with_their_place(name: str) -> None:
    (fault,) = SeriesRules().faults(series_key(name, {}), 7)
    assert (7, "name") == (fault.index, fault.field)


@pytest.mark.parametrize("label", ["a", "_a", "A9", "le", "a" * MAX_NAME_LENGTH])
def test_label_names_as_in_prometheus_are_taken(label: str) -> None:
    assert [] == SeriesRules().faults(series_key("m", {label: "x"}), 0)


def test_name_and_labels_together_are_bounded_in_bytes() -> None:
    labels = {f"l{n}": "x" * 1_000 for n in range(4)}
    assert [] == SeriesRules().faults(series_key("m", {**labels, "l4": "x" * 85}), 0)
    for more in ("x" * 86, "ä" * 43):
        (fault,) = SeriesRules().faults(series_key("m", {**labels, "l4": more}), 3)
        assert (3, "labels") == (fault.index, fault.field)
        assert str(MAX_SERIES_BYTES) in fault.reason


@pytest.mark.parametrize("label", ["", "9a", "a:b", "a-b", "ä", "a\n", "a" * 201])
def test_other_label_names_are_refused_and_named_in_short(label: str) -> None:
    (fault,) = SeriesRules().faults(series_key("m", {label: "x"}), 0)
    assert f"labels.{label[:60]}" == fault.field


def test_label_names_that_begin_with_two_underscores_are_reserved() -> None:
    faults = SeriesRules().faults(series_key("m", {"__name__": "x"}), 1)
    assert [Fault(1, "labels.__name__", "label names starting with __ are reserved")] == faults


@pytest.mark.parametrize("value", ["x" * 1024, "ä" * 1024, "<img onerror=x>", "a\nb", "🦊", " "])
def test_label_values_may_be_any_text_within_the_length(value: str) -> None:
    assert [] == SeriesRules().faults(series_key("m", {"a": value}), 0)


@pytest.mark.parametrize("value", ["x" * 1025, "a\0b", "ä\0", "\ud800", "a\udfffb"])
def test_label_values_that_no_database_could_keep_are_refused(value: str) -> None:
    assert ["labels.a"] == [f.field for f in SeriesRules().faults(series_key("m", {"a": value}), 0)]


def test_the_limit_on_labels_is_a_setting() -> None:
    key = series_key("m", {"a": "1", "b": "2", "c": "3"})
    assert [] == SeriesRules(max_labels=3).faults(key, 0)
    assert ["labels"] == [f.field for f in SeriesRules(max_labels=2).faults(key, 0)]


def test_every_wrong_label_is_listed() -> None:
    key = series_key("m", {"9": "x", "ok": "x", "a-b": "x"})
    assert ["labels.9", "labels.a-b"] == [f.field for f in SeriesRules().faults(key, 0)]


def test_a_refused_series_is_refused_again_and_a_good_one_stays_good() -> None:
    rules = SeriesRules()
    for _ in range(3):
        assert 1 == len(rules.faults(series_key("9", {}), 0))
        assert [] == rules.faults(series_key("ok", {}), 0)


def test_the_memory_of_what_passed_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quadra.telemetry.series._CACHE_LIMIT", 10)
    rules = SeriesRules()
    for i in range(100):
        assert [] == rules.faults(series_key(f"m{i}", {}), 0)
    assert len(rules._passed) <= 10
