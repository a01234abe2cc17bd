from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.errors import Fault, InvalidError, MalformedError
from quadra.intake.json_samples import parse_samples
from quadra.telemetry.batch import Batch
from quadra.telemetry.series import SeriesRules, series_key
from tests.unit.fakes import NOW

OK = {"name": "ok", "value": 1}
OK_COLUMN = {"name": "ok", "values": [1], "timestamps": [NOW]}


def parse(document: object) -> Batch:
    return parse_samples(orjson.dumps(document), NOW, SeriesRules())


def refused(document: object) -> InvalidError:
    with pytest.raises(InvalidError) as caught:
        parse(document)
    return caught.value


def rows(batch: Batch) -> list[tuple[object, int, float]]:
    return [
        (batch.keys[int(i)], int(t), float(v))
        for i, t, v in zip(batch.index, batch.t, batch.v, strict=True)
    ]


# --- what is taken


def test_samples_one_by_one_become_columns_with_each_series_once() -> None:
    found = parse(
        {
            "samples": [
                {"name": "a", "labels": {"x": "1"}, "value": 1.5, "timestamp": NOW - 1},
                {"name": "b", "value": 2, "timestamp": NOW - 2.5},
                {"name": "a", "labels": {"x": "1", "y": ""}, "value": -3, "timestamp": NOW},
            ]
        }
    )
    a, b = series_key("a", {"x": "1"}), series_key("b", {})
    ms = int(NOW * 1000)
    assert (a, b) == found.keys
    assert [(a, ms - 1000, 1.5), (b, ms - 2500, 2.0), (a, ms, -3.0)] == rows(found)


def test_columns_of_a_series_keep_their_order() -> None:
    found = parse(
        {
            "series": [
                {"name": "a", "timestamps": [NOW, NOW - 1], "values": [1, 2.5]},
                {"name": "b", "labels": {"x": "1"}, "timestamps": [NOW], "values": [3]},
                {"name": "a", "timestamps": [NOW - 2], "values": [4]},
            ]
        }
    )
    a, b, ms = series_key("a", {}), series_key("b", {"x": "1"}), int(NOW * 1000)
    assert (a, b) == found.keys
    assert [(a, ms, 1.0), (a, ms - 1000, 2.5), (b, ms, 3.0), (a, ms - 2000, 4.0)] == rows(found)


def test_where_no_time_is_named_it_is_now() -> None:
    ms = int(NOW * 1000)
    assert [ms] == parse({"samples": [OK]}).t.tolist()
    assert [ms] == parse({"samples": [{**OK, "timestamp": None}]}).t.tolist()
    assert [ms] == parse({"series": [{"name": "ok", "values": [1]}]}).t.tolist()


@pytest.mark.parametrize("document", [{"samples": []}, {"series": []}])
def test_a_request_without_samples_is_an_empty_batch(document: object) -> None:
    assert 0 == len(parse(document))


def test_a_column_without_samples_makes_no_series() -> None:
    empty = {"name": "empty", "timestamps": [], "values": []}
    found = parse({"series": [empty, OK_COLUMN, empty]})
    assert ((series_key("ok", {}),), [0]) == (found.keys, found.index.tolist())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": 3}, "name"),
        ({"labels": {"a": {}}}, "labels.a"),
        ({"timestamps": {}}, "timestamps"),
    ],
)  # fmt: skip
def test_a_column_without_samples_is_looked_at_all_the_same(
    change: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidError) as caught:
        parse({"series": [{"name": "empty", "timestamps": [], "values": [], **change}]})
    assert [field] == [fault.field for fault in caught.value.faults]


def test_times_are_rounded_to_the_millisecond_in_both_forms_alike() -> None:
    times = [NOW - i - 0.0004 * i for i in range(100)]
    one = parse({"samples": [{"name": "a", "value": 1, "timestamp": t} for t in times]})
    other = parse({"series": [{"name": "a", "values": [1] * 100, "timestamps": times}]})
    assert [round(t * 1000) for t in times] == one.t.tolist()
    assert one.t.tolist() == other.t.tolist()


@pytest.mark.parametrize("value", [0, -0.0, 1e308, 5e-324, 1 << 62, 10**300])
def test_every_finite_number_is_a_value(value: float) -> None:
    body = f'{{"samples":[{{"name":"a","value":{value}}}]}}'.encode()
    assert [float(value)] == parse_samples(body, NOW, SeriesRules()).v.tolist()


# --- what can't be read


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"not json",
        b'{"samples":[{"name":"a","value":NaN}]}',
        b'{"samples":[{"name":"a","value":Infinity}]}',
        b'{"samples":[{"name":"a","value":1e400}]}',
        b'{"samples":[{"name":"a","value":-1e400}]}',
        b'{"samples":[{"name":"a","value":01}]}',
        b'{"samples":[{"name":"\xff","value":1}]}',
        b'{"samples":[{"name":"\\ud800","value":1}]}',
        b'{"samples":[]}x',
        b'\xef\xbb\xbf{"samples":[]}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
    ],
)
def test_what_is_not_json_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError, match="not JSON") as caught:
        parse_samples(body, NOW, SeriesRules())
    assert "bad_json" == caught.value.code


@pytest.mark.parametrize(
    "document",
    [
        None,
        1,
        "samples",
        [],
        [OK],
        {},
        {"samples": None},
        {"samples": {}},
        {"series": "x"},
        {"samples": [OK], "series": [OK_COLUMN]},
        {"Samples": [OK]},
    ],
)
def test_a_document_of_another_shape_is_told_both_forms(document: object) -> None:
    error = refused(document)
    assert "samples" in error.detail
    assert "series" in error.detail
    assert (Fault(None, "samples", "a list is needed"),) == error.faults


# --- what is not valid: index, field, reason

NAME_RULE = "use letters, digits, _ and :, not starting with a digit"
BAD_SERIES: list[tuple[dict[str, Any], str, str]] = [
    ({"name": None}, "name", "a text is needed"),
    ({"name": 1}, "name", "a text is needed"),
    ({"name": ["a"]}, "name", "a text is needed"),
    ({"name": ""}, "name", NAME_RULE),
    ({"name": "9a"}, "name", NAME_RULE),
    ({"name": "a" * 201}, "name", "longer than 200 characters"),
    ({"labels": []}, "labels", "an object of texts is needed"),
    ({"labels": "a=b"}, "labels", "an object of texts is needed"),
    ({"labels": {"a": 1}}, "labels.a", "a text is needed"),
    ({"labels": {"a": True}}, "labels.a", "a text is needed"),
    ({"labels": {"a": None}}, "labels.a", "a text is needed"),
    ({"labels": {"a": ["x"]}}, "labels.a", "a text is needed"),
    ({"labels": {"a": {"b": "c"}}}, "labels.a", "a text is needed"),
    ({"labels": {"a-b": "x"}}, "labels.a-b", "label names use letters, digits and _"),
    ({"labels": {"a": "x" * 1025}}, "labels.a", "value longer than 1024 characters"),
    ({"labels": {"a": "\0"}}, "labels.a", "value holds a NUL or half a surrogate pair"),
    ({"labels": {f"l{i}": "x" for i in range(33)}}, "labels", "33 labels, at most 32"),
]
BAD_ROWS: list[tuple[dict[str, Any], str, str]] = [
    *BAD_SERIES,
    ({"value": None}, "value", "a number is needed"),
    ({"value": "1"}, "value", "a number is needed"),
    ({"value": True}, "value", "a number is needed"),
    ({"value": [1]}, "value", "a number is needed"),
    ({"timestamp": "1"}, "timestamp", "a number of unix seconds is needed"),
    ({"timestamp": False}, "timestamp", "a number of unix seconds is needed"),
    ({"timestamp": {}}, "timestamp", "a number of unix seconds is needed"),
    ({"timestamp": NOW * 1000}, "timestamp", "looks like milliseconds; send unix seconds"),
    ({"timestamp": NOW + 601}, "timestamp", "more than 10 minutes in the future"),
    ({"timestamp": NOW - 90 * 86_400 - 1}, "timestamp", "more than 90 days ago"),
    ({"timestamp": -1e300}, "timestamp", "more than 90 days ago"),
    ({"timestamp": 1e300}, "timestamp", "looks like milliseconds; send unix seconds"),
]
BAD_COLUMNS: list[tuple[dict[str, Any], str, str]] = [
    *BAD_SERIES,
    ({"values": None}, "values", "a list of numbers is needed"),
    ({"values": 1}, "values", "a list of numbers is needed"),
    ({"values": ["1"]}, "values", "a list of numbers is needed"),
    ({"values": [True]}, "values", "a list of numbers is needed"),
    ({"values": [1, False]}, "values", "a list of numbers is needed"),
    ({"values": [1, None]}, "values", "a list of numbers is needed"),
    ({"values": ["1"]}, "values", "a list of numbers is needed"),
    ({"values": [[1]]}, "values", "a list of numbers is needed"),
    ({"values": [None]}, "values", "a list of numbers is needed"),
    ({"timestamps": 1}, "timestamps", "a list of unix seconds is needed"),
    ({"timestamps": ["1"]}, "timestamps", "a list of unix seconds is needed"),
    ({"timestamps": [True]}, "timestamps", "a list of unix seconds is needed"),
    ({"values": [1, 2], "timestamps": None}, "timestamps", "a list of unix seconds is needed"),
    ({"timestamps": [NOW, NOW]}, "timestamps", "2 times for 1 values"),
    ({"timestamps": [NOW * 1000]}, "timestamps.0", "looks like milliseconds; send unix seconds"),
    (
        {"values": [1, 2, 3], "timestamps": [NOW, NOW, NOW + 601]},
        "timestamps.2",
        "more than 10 minutes in the future",
    ),
    ({"timestamps": [NOW - 90 * 86_400 - 1]}, "timestamps.0", "more than 90 days ago"),
    ({"timestamps": [1e300]}, "timestamps.0", "looks like milliseconds; send unix seconds"),
    ({"timestamps": [-1e300]}, "timestamps.0", "more than 90 days ago"),
    ({"timestamps": [1.7e308]}, "timestamps.0", "looks like milliseconds; send unix seconds"),
]


@pytest.mark.parametrize(("change", "field", "reason"), BAD_ROWS)
def test_a_wrong_sample_is_named_with_index_field_and_reason(
    change: dict[str, Any], field: str, reason: str
) -> None:
    error = refused({"samples": [OK, {**OK, **change}, OK]})
    assert Fault(1, field, reason) == error.faults[0]
    assert "Nothing was stored" in error.detail


@pytest.mark.parametrize(("change", "field", "reason"), BAD_COLUMNS)
def test_a_wrong_column_is_named_with_index_field_and_reason(
    change: dict[str, Any], field: str, reason: str
) -> None:
    error = refused({"series": [OK_COLUMN, {**OK_COLUMN, **change}, OK_COLUMN]})
    assert Fault(1, field, reason) == error.faults[0]


@pytest.mark.parametrize("form", ["samples", "series"])
@pytest.mark.parametrize("item", [None, 1, "x", []], ids=repr)
def test_an_item_that_is_no_object_is_named(form: str, item: object) -> None:
    good = OK if form == "samples" else OK_COLUMN
    (fault,) = refused({form: [good, item]}).faults
    assert 1 == fault.index


def test_a_bad_time_is_named_by_its_place_in_the_request_also_behind_another_fault() -> None:
    late = {"name": "b", "values": [1], "timestamps": [NOW + 9999]}
    error = refused({"series": [{"name": "a", "values": "x"}, OK_COLUMN, late]})
    assert [(0, "values"), (2, "timestamps.0")] == [(f.index, f.field) for f in error.faults]


def test_all_faults_are_listed_up_to_twenty() -> None:
    bad = {"name": "a", "value": "x"}
    assert [0, 2] == [f.index for f in refused({"samples": [bad, OK, bad]}).faults]
    assert 20 == len(refused({"samples": [bad] * 1000}).faults)


@pytest.mark.parametrize("seconds", [NOW + 600, NOW - 90 * 86_400])
def test_times_at_the_very_bounds_are_taken(seconds: float) -> None:
    assert 1 == len(parse({"samples": [{**OK, "timestamp": seconds}]}))
    assert 1 == len(parse({"series": [{**OK_COLUMN, "timestamps": [seconds]}]}))


def test_a_hundred_thousand_labels_are_one_short_fault() -> None:
    error = refused({"samples": [{**OK, "labels": {f"l{i}": "x" for i in range(100_000)}}]})
    assert (Fault(0, "labels", "100000 labels, at most 32"),) == error.faults


def test_more_samples_than_a_request_may_have_are_refused_in_both_forms() -> None:
    one_by_one = b'{"samples":[' + b"0," * 200_000 + b"0]}"
    column = b'{"series":[{"name":"a","values":[' + b"0," * 200_000 + b'0],"timestamps":['
    column += f"{NOW:.0f},".encode() * 200_000 + f"{NOW:.0f}]}}]}}".encode()
    for body in (one_by_one, column):
        with pytest.raises(InvalidError) as caught:
            parse_samples(body, NOW, SeriesRules())
        assert "too_many_samples" == caught.value.code


# --- whatever comes

NAMES = st.sampled_from(["a", "b", "c:d", "e_f"])
LABEL_VALUES = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=4
)
LABELS = st.dictionaries(st.sampled_from(["x", "y", "z"]), LABEL_VALUES, max_size=3)
TIMES = st.integers(-3_600_000, 600_000).map(lambda ms: NOW + ms / 1000)
VALUES = st.floats(allow_nan=False, allow_infinity=False)
SAMPLES = st.lists(
    st.fixed_dictionaries({"name": NAMES, "labels": LABELS, "value": VALUES, "timestamp": TIMES}),
    max_size=20,
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | VALUES
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "samples",
                    "series",
                    "name",
                    "labels",
                    "value",
                    "values",
                    "timestamp",
                    "timestamps",
                ]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(SAMPLES)
def test_both_forms_give_the_samples_that_were_sent(samples: list[dict[str, Any]]) -> None:
    sent = [
        (series_key(s["name"], s["labels"]), round(s["timestamp"] * 1000), s["value"])
        for s in samples
    ]
    one_by_one = parse({"samples": samples})
    assert sent == rows(one_by_one)
    assert len(set(one_by_one.keys)) == len(one_by_one.keys)
    columns = [
        {
            "name": s["name"],
            "labels": s["labels"],
            "values": [s["value"]],
            "timestamps": [s["timestamp"]],
        }
        for s in samples
    ]
    assert sent == rows(parse({"series": columns}))


@given(JSON)
def test_any_json_gives_a_batch_or_named_faults(document: object) -> None:
    try:
        found = parse(document)
    except InvalidError as error:
        assert error.faults  # noqa: PT017 - nothing may be raised but this
    else:
        assert len(found.index) == len(found.t) == len(found.v)
        assert np.isfinite(found.v).all()


@given(st.binary(max_size=60))
def test_any_bytes_give_a_batch_or_an_error_of_ours(body: bytes) -> None:
    with pytest.raises((MalformedError, InvalidError)):
        parse_samples(body, NOW, SeriesRules())


def test_each_series_is_found_again_in_the_request_that_brought_it() -> None:
    rows = [
        {"name": "a", "value": 1}, {"name": "b", "value": 1}, {"name": "a", "value": 2},
        {"name": "c", "value": 1},
    ]  # fmt: skip
    batch = parse_samples(orjson.dumps({"samples": rows}), NOW, SeriesRules())
    assert ([("a", ()), ("b", ()), ("c", ())], (0, 1, 3)) == (list(batch.keys), batch.places)
    columns = [
        {"name": "none", "values": []}, {"name": "a", "values": [1]},
        {"name": "a", "values": [2]}, {"name": "b", "values": [3]},
    ]  # fmt: skip
    batch = parse_samples(orjson.dumps({"series": columns}), NOW, SeriesRules())
    assert ([("a", ()), ("b", ())], (1, 3)) == (list(batch.keys), batch.places)
