"""OTLP: how metrics and attributes are spelled as Prometheus's names and labels."""

from typing import Any

import pytest

from quadra.intake.otlp import OtlpState
from quadra.intake.otlp.names import COUNTER, GAUGE, HISTOGRAM, UP_DOWN, family, label_name
from quadra.intake.otlp.names import number_text as spelled
from quadra.telemetry.series import MAX_LABEL_VALUE_LENGTH
from tests.unit.otlp_messages import NOW_MS, last, metric, point, read, request, rows


@pytest.mark.parametrize(
    ("name", "unit", "kind", "expected"),
    [
        ("http.server.request.duration", "s", HISTOGRAM, "http_server_request_duration_seconds"),
        ("gen_ai.client.token.usage", "{token}", HISTOGRAM, "gen_ai_client_token_usage"),
        ("system.disk.io", "By", COUNTER, "system_disk_io_bytes_total"),
        ("net", "By/s", GAUGE, "net_bytes_per_second"),
        ("rate", "{request}/s", GAUGE, "rate_per_second"),
        ("cpu.utilization", "1", GAUGE, "cpu_utilization_ratio"),
        ("cpu.ratio.used", "1", GAUGE, "cpu_used_ratio"),
        ("cpu.count", "1", UP_DOWN, "cpu_count"),
        ("hits", "1", COUNTER, "hits_total"),
        ("total.hits", "", COUNTER, "hits_total"),
        ("hits_total", "", COUNTER, "hits_total"),
        ("memory_bytes", "By", GAUGE, "memory_bytes"),
        ("bytes.sent", "By", COUNTER, "bytes_sent_total"),
        ("load", "%", GAUGE, "load_percent"),
        ("odd", "widgets", GAUGE, "odd_widgets"),
        ("odd", "a-b c", GAUGE, "odd_a_b_c"),
        ("..a--b..", "", GAUGE, "a_b"),
        ("recorded:rule", "", GAUGE, "recorded:rule"),
        ("1st", "", GAUGE, "_1st"),
        ("größe", "", GAUGE, "gr_e"),
        ("", "s", GAUGE, ""),
        ("…", "s", GAUGE, ""),
    ],
)
def test_metric_names(name: str, unit: str, kind: str, expected: str) -> None:
    assert expected == family(name, unit, kind).name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("http.route", "http_route"), ("a--b", "a_b"), ("1x", "key_1x"), ("_x", "key_x"),
        ("__name__", "key_name_"), ("", ""), ("__", ""), ("é", ""), ("A9_", "A9_"),
    ],
)  # fmt: skip
def test_label_names(name: str, expected: str) -> None:
    assert expected == label_name(name)


def test_bounds_are_spelled_as_prometheus_does() -> None:
    values = [0.005, 1.0, 2.5, 1e7, 1e21, 1e-9, -0.5, float("inf"), float("-inf"), 0.0]
    assert [
        "0.005", "1", "2.5", "10000000", "1000000000000000000000", "0.000000001", "-0.5", "+Inf",
        "-Inf", "0",
    ] == [spelled(value) for value in values]  # fmt: skip


def test_resource_and_scope_become_labels() -> None:
    made = request(
        service__name="shop", service__namespace="eu", service__instance__id="i-1",
        host__name="box", telemetry__sdk__name="opentelemetry", process__command_line="secret",
        deployment__environment__name="prod",
    )  # fmt: skip
    scope = made.resource_metrics[0].scope_metrics[0].scope
    scope.name, scope.version = "my.lib", "1.2"
    scope.attributes.add(key="team").value.string_value = "core"
    point(metric(made, "g").gauge.data_points, {"host.name": "mine", "z": "1"}, as_int=1)
    labels = {
        "deployment_environment_name": "prod", "host_name": "mine", "instance": "i-1",
        "job": "eu/shop", "otel_scope_name": "my.lib", "otel_scope_team": "core",
        "otel_scope_version": "1.2", "service_name": "shop", "z": "1",
    }  # fmt: skip
    assert (("g", tuple(labels.items())),) == read(made).batch.keys


def test_a_service_without_namespace_is_the_job_alone() -> None:
    made = request(service__name="shop")
    point(metric(made, "g").gauge.data_points, as_int=1)
    assert ['g{job="shop",service_name="shop"}'] == list(rows(read(made)))


def test_every_kind_of_attribute_value_becomes_text() -> None:
    made = request()
    one = point(metric(made, "g").gauge.data_points, as_int=1)

    def attribute(name: str) -> Any:
        return one.attributes.add(key=name).value

    attribute("a_true").bool_value = True
    attribute("b_false").bool_value = False
    attribute("c_int").int_value = -(2**63)
    attribute("d_double").double_value = 2.0
    attribute("e_double").double_value = 0.1
    attribute("f_nan").double_value = float("nan")
    attribute("g_bytes").bytes_value = b"\x00\xff"
    attribute("h_empty")
    items = attribute("i_list").array_value.values
    items.add().string_value = "x"
    items.add().int_value = 1
    items.add()
    pairs = attribute("j_map").kvlist_value.values
    pairs.add(key="b").value.bool_value = True
    pairs.add(key="a").value.double_value = 1.5
    attribute("k_text").string_value = "nul\0"
    expected = {
        "a_true": "true", "b_false": "false", "c_int": "-9223372036854775808", "d_double": "2",
        "e_double": "0.1", "f_nan": "NaN", "g_bytes": "AP8=", "i_list": '["x",1,null]',
        "j_map": '{"a":1.5,"b":true}', "k_text": "nul\N{REPLACEMENT CHARACTER}",
    }  # fmt: skip
    assert (("g", tuple(expected.items())),) == read(made).batch.keys


def test_attributes_that_become_the_same_label_are_joined_in_a_fixed_order() -> None:
    for order in (("a.b", "a_b"), ("a_b", "a.b")):
        made = request()
        point(metric(made, "g").gauge.data_points, {name: name for name in order}, as_int=1)
        assert ['g{a_b="a.b;a_b"}'] == list(rows(read(made)))


def test_metrics_that_become_the_same_name_share_their_series() -> None:
    made = request()
    point(metric(made, "a.b").gauge.data_points, as_int=1)
    point(metric(made, "a_b").gauge.data_points, as_int=2)
    assert {"a_b": [(NOW_MS, 1.0), (NOW_MS, 2.0)]} == rows(read(made))


def test_beyond_the_bound_labels_of_the_resource_go_first_and_are_counted() -> None:
    made = request(service__name="shop", zone="z", alpha="a")
    point(metric(made, "g").gauge.data_points, {"p": "1"}, as_int=1)
    point(metric(made, "h").histogram.data_points, {"p": "1"}, count=1)
    received = read(made, labels=4)
    assert {
        'g{alpha="a",job="shop",p="1",service_name="shop"}': 1.0,
        'h_bucket{job="shop",le="+Inf",p="1",service_name="shop"}': 1.0,
        'h_count{job="shop",p="1",service_name="shop"}': 1.0,
    } == last(received)
    assert ({"labels_dropped": 3}, 0) == (received.trimmed, received.rejected)


def test_long_values_are_shortened_and_counted() -> None:
    made = request()
    point(metric(made, "g").gauge.data_points, {"a": "x" * 3000}, as_int=1)
    received = read(made)
    assert ((("a", "x" * MAX_LABEL_VALUE_LENGTH),),) == tuple(k[1] for k in received.batch.keys)
    assert {"values_shortened": 1} == received.trimmed


def test_series_are_not_mixed_up_between_resources_scopes_and_metrics() -> None:
    state = OtlpState()
    seen = set()
    for host in ("a", "b"):
        for name in ("m", "n"):
            for version in ("", "2"):
                made = request(host=host)
                made.resource_metrics[0].scope_metrics[0].scope.version = version
                point(metric(made, name).gauge.data_points, {"p": "x"}, as_int=1)
                seen |= set(rows(read(made, state)))
    assert 8 == len(seen)
