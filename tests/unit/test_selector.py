from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quadra.errors import QuadraError
from quadra.telemetry.selector import (
    MAX_PROGRAM,
    Patterns,
    SelectorError,
    parse_selector,
    parse_selectors,
)
from quadra.telemetry.series import SeriesKey, series_key


def means(selector: str, name: str, **labels: str) -> bool:
    return parse_selector(selector).matches(series_key(name, labels))


@pytest.mark.parametrize(
    ("selector", "name", "labels", "expected"),
    [
        ("up", "up", {}, True),
        ("up", "upper", {}, False),
        ("up", "up", {"a": "1"}, True),
        ("up{}", "up", {}, True),
        (" up { } ", "up", {}, True),
        ("a:b", "a:b", {}, True),
        ('up{a="1"}', "up", {"a": "1"}, True),
        ('up{a="1"}', "up", {"a": "2"}, False),
        ('up{a="1"}', "up", {}, False),
        ('up{a=""}', "up", {}, True),
        ('up{a=""}', "up", {"a": "1"}, False),
        ('up{a!=""}', "up", {"a": "1"}, True),
        ('up{a!="1"}', "up", {}, True),
        ('up{a!="1"}', "up", {"a": "1"}, False),
        ('up{a="1",b="2"}', "up", {"a": "1", "b": "2"}, True),
        ('up{a="1",b="2"}', "up", {"a": "1"}, False),
        ('up{a="1",}', "up", {"a": "1"}, True),
        ('up{ a = "1" , b != "2" }', "up", {"a": "1"}, True),
        ('{a="1"}', "up", {"a": "1"}, True),
        ('{a="1"}', "up", {}, False),
        ('{__name__="up"}', "up", {}, True),
        ('{__name__="up"}', "down", {}, False),
        ('{__name__=~"u.*"}', "up", {}, True),
        ('{__name__=~"u.*"}', "down", {}, False),
        ('{__name__!="up",a="1"}', "up", {"a": "1"}, False),
        ('up{__name__="down"}', "up", {}, False),
        ('up{__name__="down"}', "down", {}, False),
        ('{"up"}', "up", {}, True),
        ('{"with space",a="1"}', "with space", {"a": "1"}, True),
        ('up{"a"="1"}', "up", {"a": "1"}, True),
        ("up{a='1'}", "up", {"a": "1"}, True),
        ("up{a=`1`}", "up", {"a": "1"}, True),
        (r'up{a="x\"y\\z\n"}', "up", {"a": 'x"y\\z\n'}, True),
        (r"up{a=`\n`}", "up", {"a": "\\n"}, True),
        ('up{a="}"}', "up", {"a": "}"}, True),
        ('up{a="ä🦊"}', "up", {"a": "ä🦊"}, True),
    ],
)
def test_a_selector_means_what_prometheus_says(
    selector: str, name: str, labels: dict[str, str], expected: bool
) -> None:
    assert expected == means(selector, name, **labels)


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("y.*", "yes", True),
        ("y.*", "oh yes", False),  # the whole value must match
        ("es", "yes", False),
        ("a|b", "a", True),
        ("a|b", "ab", False),
        ("", "", True),
        (".*", "", True),
        (".+", "", False),
        ("a.b", "a\nb", True),  # the dot takes line ends too
        ("(?i)ABC", "abc", True),
        ("[0-9]+", "12", True),
        (r"\\d+", "12", True),
        ("ä.", "äö", True),
        ("^a$", "a", True),
    ],
)
def test_regular_expressions_match_the_whole_value(
    pattern: str, value: str, expected: bool
) -> None:
    assert expected == means(f'up{{a=~"{pattern}"}}', "up", a=value)
    assert expected != means(f'up{{a!~"{pattern}"}}', "up", a=value)


@pytest.mark.parametrize(
    ("selector", "place", "wanted"),
    [
        ("", 1, "a metric name or {"),
        ("9up", 1, "a name that does not start with a digit"),
        ("-", 1, "a metric name or {"),
        ("up down", 4, "{"),
        ("up{", 4, "a label name"),
        ("up{a", 5, "one of = != =~ !~"),
        ("up{a=", 6, "a quoted value"),
        ("up{a=1}", 6, "a quoted value"),
        ('up{a="1', 8, 'a closing "'),
        ('up{a="1"', 9, "}"),
        ('up{a="1"}x', 10, "the end"),
        ('up{a="1" b="2"}', 10, "}"),
        ("up{,}", 4, "a label name"),
        ('up{a=="1"}', 6, "a quoted value"),
        ('up{"other"}', 11, "a label, the name is already given"),
        ('up{9a="1"}', 4, "a name that does not start with a digit"),
        ("up}", 3, "{"),
        ("{", 2, "a label name"),
    ],
)
def test_an_error_says_where_and_what_was_expected(selector: str, place: int, wanted: str) -> None:
    with pytest.raises(SelectorError) as caught:
        parse_selector(selector)
    assert f"At character {place}: expected {wanted}." == caught.value.detail
    assert "bad_selector" == caught.value.code


@pytest.mark.parametrize("selector", ["{}", '{a=""}', '{a=~".*"}', '{a!="1"}', '{a!~"x"}'])
def test_a_selector_that_would_mean_everything_is_refused(selector: str) -> None:
    with pytest.raises(SelectorError, match="would match every series"):
        parse_selector(selector)


@pytest.mark.parametrize("pattern", ["(", "[", "a{2,1}", "(?P<x", "*", r"\\1", "(?=a)", "a**"])
def test_a_pattern_that_re2_does_not_know_is_refused(pattern: str) -> None:
    with pytest.raises(SelectorError, match="regular expression"):
        parse_selector(f'up{{a=~"{pattern}"}}')


def test_a_pattern_that_would_need_much_memory_is_refused() -> None:
    with pytest.raises(SelectorError, match="regular expression"):
        parse_selector('up{a=~"((((a{100}){100}){100}){100})"}')


def test_the_patterns_of_a_question_are_bounded_together() -> None:
    """A class of Unicode is hundreds of steps: 2 KB of them held the loop for a second."""
    greedy = [f'up{{a=~"\\\\pL{{8}}{n}"}}' for n in range(20)]
    parse_selectors(greedy[:2])
    with pytest.raises(SelectorError, match="too large together") as refused:
        parse_selectors(greedy)
    assert "patterns_too_large" == refused.value.code
    patterns = Patterns()
    for _ in range(5):  # nor is a question over after it was refused once
        with pytest.raises(SelectorError):
            parse_selectors(greedy, patterns)
    assert patterns.program < 2 * MAX_PROGRAM


def test_what_a_board_asks_for_is_within_the_bounds() -> None:
    """One long pattern on each of many charts is compiled once."""
    hosts = "|".join(f"node-{n:03}.example.org" for n in range(180))
    patterns = Patterns()
    chosen = parse_selectors((f'm{n}{{host=~"{hosts}"}}' for n in range(120)), patterns)
    assert patterns.program < MAX_PROGRAM / 4
    assert chosen[7].matches(series_key("m7", {"host": "node-100.example.org"}))
    assert not chosen[7].matches(series_key("m7", {"host": "node-100.example.orgs"}))


def test_a_pattern_made_to_be_slow_is_not() -> None:
    evil = parse_selector('up{a=~"(a+)+$"}')
    # With Python's re these 1,000 characters would take longer than the universe has been there.
    assert not evil.matches(series_key("up", {"a": "a" * 1000 + "!"}))


def test_the_length_and_the_number_of_conditions_are_bounded() -> None:
    many = ",".join(f'a{i}="x"' for i in range(16))
    assert 16 == len(parse_selector(f"up{{{many}}}").matchers)
    with pytest.raises(SelectorError, match="more than 16 conditions"):
        parse_selector(f'up{{{many},b="x"}}')
    with pytest.raises(SelectorError, match="longer than 4096"):
        parse_selector("u" * 4097)


@pytest.mark.parametrize(
    ("selector", "name"),
    [("up", "up"), ('up{a="1"}', "up"), ('{__name__="up"}', "up"), ('{a="1"}', None)],
)
def test_an_exact_name_is_known_so_that_only_its_series_are_looked_at(
    selector: str, name: str | None
) -> None:
    assert name == parse_selector(selector).name


@given(st.text(alphabet="u9{}=\"!~,`'\\ \n:a.*(|ä\0", max_size=30))
@example('{a=~"\\')
@example("{`")
def test_any_text_gives_a_selector_or_a_selector_error(text: str) -> None:
    try:
        parse_selector(text)
    except QuadraError as error:
        assert isinstance(error, SelectorError)  # noqa: PT017 - nothing may be raised but this


TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=8)
NAME = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,5}", fullmatch=True)
KEYS = st.builds(series_key, NAME, st.dictionaries(NAME, TEXT, max_size=3))


def quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


@given(KEYS, st.lists(st.tuples(NAME, st.sampled_from(["=", "!="]), TEXT), max_size=3))
def test_matching_agrees_with_a_naive_model(
    key: SeriesKey, conditions: list[tuple[str, str, str]]
) -> None:
    name, labels = key
    text = name + "{" + ",".join(f"{c[0]}{c[1]}{quoted(c[2])}" for c in conditions) + "}"
    values: dict[str, Any] = dict(labels)
    expected = all((values.get(c[0], "") == c[2]) == (c[1] == "=") for c in conditions)
    assert expected == parse_selector(text).matches(key)


@given(KEYS)
def test_a_series_is_selected_by_all_that_it_is_made_of(key: SeriesKey) -> None:
    name, labels = key
    text = name + "{" + ",".join(f"{label}={quoted(value)}" for label, value in labels) + "}"
    assert parse_selector(text).matches(key)
