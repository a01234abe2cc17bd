import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.engine.catalog import Catalog, CostlyError
from quadra.telemetry.label_index import LabelIndex
from quadra.telemetry.selector import parse_selector
from quadra.telemetry.series import SeriesKey, series_key

_names = st.sampled_from(["up", "cpu", "Cpu_idle"])
_values = st.sampled_from(["", "a", "b", "ab", "A/b", "1"])
_keys = st.builds(series_key, _names, st.dictionaries(st.sampled_from("xyz"), _values))
_matchers = st.builds(
    lambda label, op, value: f'{label}{op}"{value}"',
    st.sampled_from(["x", "y", "z", "w", "__name__"]),
    st.sampled_from(["=", "!=", "=~", "!~"]),
    st.sampled_from(["", "a", "b", "a.*", ".*b", "up", ".+", "cpu|up"]),
)
_selectors = st.one_of(
    _names,
    st.builds(
        lambda name, matchers: f"{name}{{{','.join(matchers)}}}",
        _names,
        st.lists(_matchers, max_size=3),
    ),
    st.builds(
        lambda matchers: f'{{x=~".+",{",".join(matchers)}}}', st.lists(_matchers, max_size=3)
    ),
)


def indexed(keys: Sequence[SeriesKey], *, dull: int = 0) -> Catalog:
    """Make a catalog of keys, and of ``dull`` more so that walking over all is the longer way."""
    made = Catalog(max_series=10_000)
    for number, key in enumerate(keys, 1):
        made.add(number * 3, key)
    for number in range(dull):
        made.add(5_000 + number, series_key("cpu", {"x": "b", "y": "a"} | {"n": str(number)}))
    return made


@pytest.mark.parametrize("dull", [0, 100])
@given(keys=st.lists(_keys, unique=True, max_size=8), selector=_selectors)
def test_the_index_means_what_the_selector_means(
    dull: int, keys: list[SeriesKey], selector: str
) -> None:
    made, parsed = indexed(keys, dull=dull), parse_selector(selector)
    everything = [(i, made.key(i)) for i in range(made.capacity) if made._known[i]]
    assert [i for i, key in everything if parsed.matches(key)] == made.select([parsed])


@given(
    keys=st.lists(_keys, unique=True, max_size=8),
    words=st.lists(st.sampled_from(["a", "B", "cpu", "/", "idle", "q"]), max_size=2),
)
def test_words_are_found_as_by_looking_at_every_series(
    keys: list[SeriesKey], words: list[str]
) -> None:
    def holds(key: SeriesKey) -> bool:
        text = "\n".join((key[0], *(value for _label, value in key[1]))).lower()
        return all(re.search(re.escape(word.lower()), text) for word in words)

    made = indexed(keys)
    assert [n * 3 for n, key in enumerate(keys, 1) if holds(key)] == made.search(words)


def test_a_walk_that_takes_too_long_is_ended() -> None:
    now = iter(range(1_000))
    made = Catalog(max_series=10_000, worked=lambda: float(next(now)))
    for number in range(1, 2_000):
        made.add(number, series_key("cpu", {"n": str(number)}))
    with pytest.raises(CostlyError):
        made.select([parse_selector('{n=~".*5.*"}')])
    with pytest.raises(CostlyError):
        made.search(["5"])


def test_series_that_come_during_a_question_do_no_harm() -> None:
    index = LabelIndex()
    known = np.ones(10, np.bool_)
    for number in range(20):  # those beyond 9 came after the mask was made
        index.add(number, series_key("cpu", {"host": "a" if number % 2 else f"h{number}"}))
    for selector in ("cpu", '{host=~"a|h.*"}', 'cpu{host!="x"}'):
        found = index.select(parse_selector(selector), known, lambda _id: ("cpu", ()), lambda: None)
        assert len(known) == len(found)


@given(st.lists(_keys, max_size=30, unique=True), _selectors)
def test_names_labels_and_values_are_counted_among_the_series_selected(
    keys: list[SeriesKey], text: str
) -> None:
    made = indexed(keys)
    selector = parse_selector(text)
    for chosen, among in (([], keys), ([selector], [k for k in keys if selector.matches(k)])):
        names = [name for name, _labels in among]
        assert sorted((name, names.count(name)) for name in set(names)) == made.names(chosen)
        values = [dict(labels).get("x") for _name, labels in among]
        found = sorted((v, values.count(v)) for v in set(values) if v is not None)
        assert found == made.values("x", chosen)
        seen = {(label, v) for _name, labels in among for label, v in labels}
        counted = [(label, len({v for k, v in seen if k == label})) for label in "xyz"]
        assert [one for one in counted if one[1]] == made.labels(chosen)
