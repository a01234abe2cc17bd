import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.errors import InvalidError, MalformedError, QuadraError
from quadra.intake.exposition import Page, PageReader
from quadra.telemetry.metadata import Metadata
from quadra.telemetry.series import SeriesKey, SeriesRules, series_key
from tests.unit.fakes import NOW

T = int(NOW * 1000)


def reader(**options: Any) -> PageReader:
    return PageReader(SeriesRules(), **({"sample_limit": 1000} | options))


def found(made: PageReader, page: Page) -> list[tuple[SeriesKey, int, float]]:
    keys = [made.keys[slot] for slot in page.slots.tolist()]
    return list(zip(keys, page.t.tolist(), page.v.tolist(), strict=True))


def read(
    text: str, *, openmetrics: bool = False, **options: Any
) -> list[tuple[SeriesKey, int, float]]:
    made = reader(**options)
    return found(made, made.read(text, T, openmetrics=openmetrics))


def one(text: str, **options: Any) -> tuple[SeriesKey, int, float]:
    (sample,) = read(text, **options)
    return sample


PLAIN = series_key("a", {})


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("a 1", PLAIN, 1.0),
        ("a 1\n", PLAIN, 1.0),
        ("  a  1  ", PLAIN, 1.0),
        ("a\t1", PLAIN, 1.0),
        ("a -1.5e-3", PLAIN, -0.0015),
        ("a +Inf", PLAIN, math.inf),
        ("a -inf", PLAIN, -math.inf),
        ("a{} 1", PLAIN, 1.0),
        ('a{b="c"} 1', series_key("a", {"b": "c"}), 1.0),
        ('a{b="c"}1', series_key("a", {"b": "c"}), 1.0),
        ('a {b="c"} 1', series_key("a", {"b": "c"}), 1.0),
        ('a{b="c",} 1', series_key("a", {"b": "c"}), 1.0),
        ('a{ b = "c" , d="e" } 1', series_key("a", {"b": "c", "d": "e"}), 1.0),
        ('a{z="1",b="2"} 1', series_key("a", {"b": "2", "z": "1"}), 1.0),
        ('a{b="",d="e"} 1', series_key("a", {"d": "e"}), 1.0),
        ('a{b="}{ , #"} 1', series_key("a", {"b": "}{ , #"}), 1.0),
        (r'a{b="\"\\\n\x"} 1', series_key("a", {"b": '"\\\n\\x'}), 1.0),
        ('a{b="é \u2028"} 1', series_key("a", {"b": "é \u2028"}), 1.0),
        ('a{b=" # {x"} 1', series_key("a", {"b": " # {x"}), 1.0),
        ('{"a",b="c"} 1', series_key("a", {"b": "c"}), 1.0),
        ('{"a"} 1', PLAIN, 1.0),
        ("with:colons_and_1 1", series_key("with:colons_and_1", {}), 1.0),
    ],
)
def test_a_line_is_a_series_and_its_value(line: str, key: SeriesKey, value: float) -> None:
    assert (key, T, value) == one(line)


def test_nan_is_a_value() -> None:
    assert math.isnan(one("a NaN")[2])


@pytest.mark.parametrize(
    "line",
    [
        "a", "a ", "a 1 2 3", "1a 1", "a{ 1", 'a{b="c} 1', "a{b=c} 1", 'a{b="c"d="e"} 1', "a 1_0",
        'a{b="c",b="d"} 1', 'a{b="c",b="d\\\\"} 1', "a ٣", "a 0x10", "a 1,5", "{} 1", '{b="c"} 1',
        'a{"x"} 1', 'a{,b="c"} 1', "a 1\r", "a 1 x", "a 1 1.5", "a 1 nan", "a 1 1e3", "é 1",
        "a{b} 1",
        "<html>", '{"a":1}', "a\xa01", "a 1 99999999999999999999", 'a 1 # {x="y"', "a 1 # x",
        'a 1 # {x="y"} z', '{"a","b"} 1', "a {",
    ],
)  # fmt: skip
def test_what_is_no_sample_refuses_the_page_and_names_the_line(line: str) -> None:
    with pytest.raises(MalformedError, match="line 3: ") as caught:
        read(f"# TYPE a gauge\nb 1\n{line}\nc 1\n")
    assert "bad_exposition" == caught.value.code


def test_text_gives_times_in_milliseconds_and_openmetrics_in_seconds() -> None:
    assert (PLAIN, T - 5000, 1.0) == one(f"a 1 {T - 5000}")
    stamped = f"a 1 {NOW - 5:.3f}\n# EOF\n"
    assert (PLAIN, T - 5000, 1.0) == one(stamped, openmetrics=True)


def test_a_page_says_which_samples_brought_their_own_time() -> None:
    made = reader()
    page = made.read(f"a 1\nb 2 {T - 1}\n\n# x\nc 3\n", T, openmetrics=False)
    assert page.stamped is not None
    assert [False, True, False] == page.stamped.tolist()
    assert [T, T - 1, T] == page.t.tolist()
    assert made.read("a 1\nc 3", T, openmetrics=False).stamped is None


def test_times_that_nobody_believes_are_left_out_and_counted() -> None:
    made = reader()
    page = made.read(f"a 1 1000\nb 2 {T + 3_600_000}\nc 3 {T}\n", T, openmetrics=False)
    assert [(series_key("c", {}), T, 3.0)] == found(made, page)
    assert {"too_old": 1, "too_far_ahead": 1} == page.rejections.reasons
    assert 3 == page.found


EXEMPLARS = (
    'h_bucket{le="1"} 5 # {trace_id="x # {y"} 0.67\n'
    'h_bucket{le="2"} 6 # {} 0.67 1520879607.789\n'
    "h_count 6 # {} 1\n"
    "# EOF\n"
)


def test_exemplars_are_passed_over_cold_and_warm() -> None:
    made = reader()
    cold = found(made, made.read(EXEMPLARS, T, openmetrics=True))
    assert [5.0, 6.0, 6.0] == [value for _key, _t, value in cold]
    assert cold == found(made, made.read(EXEMPLARS, T, openmetrics=True))


@pytest.mark.parametrize("end", ["", "# EO", "# EOF\na 1\n", "# EOF\n# EOF\n", "#EOF\n", "a # EOF"])
def test_openmetrics_that_was_cut_short_is_refused(end: str) -> None:
    with pytest.raises(MalformedError):
        read(f"a 1\n{end}", openmetrics=True)


def test_an_empty_page_is_one() -> None:
    assert [] == read("")
    assert [] == read("\n\n# only a comment")
    assert [] == read("# EOF\n", openmetrics=True)


def test_metadata_is_collected() -> None:
    made = reader()
    text = (
        "# HELP a_total What\\nit \\\\ counts\n# TYPE a_total counter\n# TYPE b untyped\n"
        "# UNIT c_seconds seconds\n# TYPE c_seconds nonsense\n# TYPE\n# HELP\n#TYPE d gauge\n"
        "# TYPE é gauge\n# HELP e\n"
    )
    expected = [
        Metadata("a_total", "counter", "", "What\nit \\ counts"),
        Metadata("b", "unknown"),
        Metadata("c_seconds", "unknown", "seconds"),
        Metadata("e"),
    ]
    assert expected == made.read(text, T, openmetrics=False).metadata
    assert expected == made.read(text, T, openmetrics=False).metadata


def test_openmetrics_escapes_quotes_in_help_too() -> None:
    page = reader().read('# HELP a say \\"hi\\"\n# EOF\n', T, openmetrics=True)
    assert [Metadata("a", help='say "hi"')] == page.metadata


OWN = {"job": "node", "instance": "h:1"}


@pytest.mark.parametrize(
    ("line", "labels"),
    [
        ("a 1", OWN),
        ('a{job="mine"} 1', {**OWN, "exported_job": "mine"}),
        ('a{job=""} 1', OWN),
        (
            'a{job="x",exported_job="y"} 1',
            {**OWN, "exported_job": "y", "exported_exported_job": "x"},
        ),
        ('a{b="c",instance="h:1"} 1', {**OWN, "b": "c", "exported_instance": "h:1"}),
    ],
)
def test_the_targets_labels_win_over_the_pages(line: str, labels: dict[str, str]) -> None:
    assert (series_key("a", labels), T, 1.0) == one(line, labels=OWN)


def test_a_label_renamed_to_one_of_the_targets_is_renamed_again() -> None:
    own = {"a": "1", "exported_a": "2"}
    key, _, _ = one('m{a="x",exported_a="y"} 1', labels=own)
    assert ("m", {**own, "exported_exported_a": "x"}) != (key[0], dict(key[1]))
    assert {**own, "exported_exported_a": "x", "exported_exported_exported_a": "y"} == dict(key[1])


def test_more_samples_than_the_limit_refuse_the_page() -> None:
    with pytest.raises(InvalidError) as caught:
        read("a 1\nb 2\nc 3\n", sample_limit=2)
    assert "sample_limit" == caught.value.code
    assert 2 == len(read("a 1\n# b\n\nb 2\n", sample_limit=2))


def test_more_labels_than_the_limit_refuse_the_page_and_the_name_counts() -> None:
    assert 1 == len(read('a{b="c"} 1', label_limit=2))
    with pytest.raises(InvalidError) as caught:
        read('a{b="c",d="e"} 1', label_limit=2)
    assert "label_limit" == caught.value.code


def test_series_that_quadra_can_not_keep_are_left_out_and_counted() -> None:
    made = reader(taken=frozenset({series_key("up", {})}))
    text = f'a 1\nb{{x="{"y" * 2000}"}} 2\nup 1\n{{"not.legacy"}} 3\nc{{__x="1"}} 4\n'
    for _ in range(2):
        page = made.read(text, T, openmetrics=False)
        assert [(PLAIN, T, 1.0)] == found(made, page)
        assert ({"bad_series": 4}, 5) == (page.rejections.reasons, page.found)
        assert page.rejections.message.startswith("b: labels.x: ")


def test_of_a_series_that_stands_there_twice_the_first_counts() -> None:
    made = reader()
    page = made.read('a{x="1",y="2"} 1\na{y="2",x="1"} 2\n', T, openmetrics=False)
    assert [1.0] == page.v.tolist()
    assert {"twice": 1} == page.rejections.reasons
    page = made.read(f"b 1 {T}\nb 2 {T - 1}\n", T, openmetrics=False)
    assert ([1.0, 2.0], {}) == (page.v.tolist(), page.rejections.reasons)


def test_a_known_page_reads_the_same_whatever_changed() -> None:
    made = reader(labels=OWN)
    made.read('a{x="1"} 1\nb 2\nc 3\n', T, openmetrics=False)
    text = f'# HELP n new\nc 4 {T - 9}\na{{x="1"}}  5\nn 6\nb 7\n'
    assert read(text, labels=OWN) == found(made, made.read(text, T, openmetrics=False))


def test_forgetting_keeps_what_is_asked_for_and_renumbers_it() -> None:
    made = reader()
    made.read("a 1\nb 2\nc 3\n", T, openmetrics=False)
    assert [0, 1] == made.forget(np.array([0, 2])).tolist()
    assert ([PLAIN, series_key("c", {})], 2) == (made.keys, made.remembered)
    page = made.read("c 3\nb 2\na 1\n", T, openmetrics=False)
    assert ["c", "b", "a"] == [key[0] for key, _t, _v in found(made, page)]


def test_labels_that_go_on_for_ever_take_no_time() -> None:
    for text in ('a{b="' + '\\"' * 200_000, "a" + "{" * 200_000, 'a{b="c"' + ',b="c"' * 50_000):
        with pytest.raises(MalformedError):
            read(text)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    said: list[QuadraError] = []
    for openmetrics in (False, True):
        try:
            read(text, openmetrics=openmetrics)
        except (MalformedError, InvalidError) as error:
            said.append(error)
    assert all(len(error.detail) < 600 for error in said)


@given(st.text(alphabet='ab{}="\\, \t\n#1.-+eE_', max_size=80))
def test_text_that_looks_like_metrics_is_read_or_refused(text: str) -> None:
    said: list[QuadraError] = []
    for openmetrics in (False, True):
        try:
            read(text, openmetrics=openmetrics)
        except (MalformedError, InvalidError) as error:
            said.append(error)
    assert {error.code for error in said} <= {"bad_exposition", "sample_limit"}
