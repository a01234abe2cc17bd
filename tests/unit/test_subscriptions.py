"""What a console may ask of the live stream."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.errors import InvalidError
from quadra.web.subscriptions import EVENTS, MAX_SELECTORS, FastJson, read_wish


def test_an_empty_wish_watches_nothing() -> None:
    wish = read_wish({})
    assert ((), frozenset(), "json", None) == (wish.selectors, wish.events, wish.form, wish.since)


def test_a_whole_wish_is_read() -> None:
    wish = read_wish(
        {"series": ["b", "a", "b"], "events": ["alerts"], "format": "binary", "since": 7}
    )
    assert ["a", "b"] == [selector.text for selector in wish.selectors]
    assert (frozenset({"alerts"}), "binary", 7) == (wish.events, wish.form, wish.since)


@pytest.mark.parametrize("event", ["alerts", "anomalies", "training", "system"])
def test_every_event_of_the_public_contract_can_be_asked_for(event: str) -> None:
    assert frozenset({event}) == read_wish({"events": [event]}).events


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (None, "bad_subscription"),
        ("up", "bad_subscription"),
        ([], "bad_subscription"),
        ({"series": "up"}, "bad_subscription"),
        ({"series": [1]}, "bad_subscription"),
        ({"series": {"up": 1}}, "bad_subscription"),
        ({"series": None}, "bad_subscription"),
        ({"series": ["up"] * (MAX_SELECTORS + 1)}, "too_many_selectors"),
        ({"series": ["{oops"]}, "bad_selector"),
        ({"series": ["{}"]}, "bad_selector"),
        ({"series": ["u" * 5000]}, "bad_selector"),
        ({"series": ['up{a=~"("}']}, "bad_selector"),
        ({"events": "alerts"}, "bad_subscription"),
        ({"events": ["everything"]}, "bad_subscription"),
        ({"events": [1]}, "bad_subscription"),
        ({"events": [["alerts"]]}, "bad_subscription"),
        ({"events": [{}]}, "bad_subscription"),
        ({"format": "xml"}, "bad_subscription"),
        ({"format": None}, "bad_subscription"),
        ({"format": ["json"]}, "bad_subscription"),
        ({"since": -1}, "bad_subscription"),
        ({"since": "1"}, "bad_subscription"),
        ({"since": 1.5}, "bad_subscription"),
        ({"since": True}, "bad_subscription"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_with_a_code(data: object, code: str) -> None:
    with pytest.raises(InvalidError) as caught:
        read_wish(data)
    assert code == caught.value.code


KEYS = st.sampled_from(["series", "events", "format", "since"]) | st.text(max_size=3)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.binary(max_size=4)
    | st.sampled_from(["json", "binary", "up", 'up{a=~"x.*"}', *EVENTS])
)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)
)


@given(st.dictionaries(KEYS, ANYTHING, max_size=4) | ANYTHING)
def test_anything_that_is_sent_gives_a_wish_or_a_refusal(data: Any) -> None:
    try:
        wish = read_wish(data)
    except InvalidError:
        return
    assert wish.form in ("json", "binary")
    assert wish.since is None or wish.since >= 0
    assert len(wish.selectors) <= MAX_SELECTORS


@pytest.mark.parametrize("text", ["NaN", "[1e400]", "[" * 5000, "{", '"\ud800"'])
def test_the_sockets_codec_reads_json_only(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - what python-socketio expects
        FastJson.loads(text)


def test_the_sockets_codec_writes_no_nan() -> None:
    assert '{"v":[1.5,null]}' == FastJson.dumps({"v": [1.5, float("nan")]}, separators=(",", ":"))
