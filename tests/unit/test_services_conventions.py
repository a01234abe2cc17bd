"""Which series tell of which golden signal, by the names that people's tools give them."""

from __future__ import annotations

import pytest

from quadra.services.conventions import Role, condition_of, failure, roles_of, signal_of, subject_of
from quadra.telemetry.series import series_key


def roles(name: str, **labels: str) -> tuple[Role, ...]:
    return roles_of(series_key(name, labels or {"service_name": "chat"}))


def told(name: str, **labels: str) -> list[tuple[str, str, str, float]]:
    return [
        (role.signal, role.how, role.unit, role.scale)
        for role in roles(name, service_name="chat", **labels)
    ]


@pytest.mark.parametrize(
    ("name", "labels", "expected"),
    [
        # OpenTelemetry
        (
            "http_server_request_duration_seconds_count",
            {"http_response_status_code": "503"},
            [("traffic", "counter", "/s", 1.0), ("errors", "counter", "%", 1.0)],
        ),
        (
            "http_server_request_duration_seconds_count",
            {"http_response_status_code": "404", "error_type": "404"},
            [("traffic", "counter", "/s", 1.0), ("errors", "counter", "%", 0.0)],
        ),
        (
            "gen_ai_client_operation_duration_seconds_count",
            {},
            [("traffic", "counter", "/s", 1.0), ("errors", "counter", "%", 0.0)],
        ),
        (
            "gen_ai_client_operation_duration_seconds_count",
            {"error_type": "timeout"},
            [("traffic", "counter", "/s", 1.0), ("errors", "counter", "%", 1.0)],
        ),
        (
            "http_server_duration_milliseconds_bucket",
            {"le": "250"},
            [("latency", "bucket", "s", 0.001)],
        ),
        ("hw_gpu_utilization_ratio", {"gpu": "0"}, [("saturation", "level", "%", 100.0)]),
        # Prometheus
        (
            "http_requests_total",
            {"code": "200"},
            [("traffic", "counter", "/s", 1.0), ("errors", "counter", "%", 0.0)],
        ),
        (
            "nginx_http_requests_total",
            {"status": "5xx"},
            [("traffic", "counter", "/s", 1.0), ("errors", "counter", "%", 1.0)],
        ),
        ("demo_requests_total", {}, [("traffic", "counter", "/s", 1.0)]),
        (
            "grpc_server_handled_total",
            {"grpc_code": "Unavailable"},
            [("traffic", "counter", "/s", 1.0), ("errors", "counter", "%", 1.0)],
        ),
        (
            "worker_jobs_total",
            {"result": "failed"},
            [("traffic", "counter", "/s", 1.0), ("errors", "counter", "%", 1.0)],
        ),
        ("chat_errors_total", {}, [("errors", "counter", "/s", 1.0)]),
        ("process_cpu_seconds_total", {}, [("saturation", "counter", "cores", 1.0)]),
        ("vllm:num_requests_waiting", {}, [("saturation", "level", "", 1.0)]),
        ("vllm:kv_cache_usage_perc", {}, [("saturation", "level", "%", 100.0)]),
        ("llm_requests_waiting", {}, [("saturation", "level", "", 1.0)]),
        ("celery_queue_length", {}, [("saturation", "level", "", 1.0)]),
        ("DCGM_FI_DEV_GPU_UTIL", {"pod": "p"}, [("saturation", "level", "%", 1.0)]),
        # told as it is
        ("request_latency_ms", {}, [("latency", "level", "s", 0.001)]),
        ("rpc_latency_seconds", {"quantile": "0.95"}, [("latency", "level", "s", 1.0)]),
        ("rpc_latency_seconds", {"quantile": "0.5"}, []),
        ("api_latency_p95_ms", {}, [("latency", "level", "s", 0.001)]),
        ("requests_per_second", {}, [("traffic", "flow", "/s", 1.0)]),
        ("error_ratio", {}, [("errors", "level", "%", 100.0)]),
        ("http_requests_failed_percent", {}, [("errors", "level", "%", 1.0)]),
        ("queue_depth", {}, [("saturation", "level", "", 1.0)]),
        ("cpu_percent", {}, [("saturation", "level", "%", 1.0)]),
        ("system_memory_usage_ratio", {"state": "free"}, []),
        # no signal at all
        ("gen_ai_client_token_usage_count", {}, []),
        ("http_server_request_duration_seconds_sum", {}, []),
        ("temperature", {}, []),
        ("promhttp_metric_handler_requests_total", {"code": "200"}, []),
        ("quadra_http_requests_per_second", {}, []),
    ],
)
def test_a_name_and_its_labels_tell_the_signal(
    name: str, labels: dict[str, str], expected: list[tuple[str, str, str, float]]
) -> None:
    assert expected == told(name, **labels)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"service_name": "a", "job": "b"}, "a"),
        ({"job": "shop/cart"}, "cart"),
        ({"service": "s", "app": "x"}, "s"),
        ({"instance": "10.0.0.1:80"}, ""),
    ],
)
def test_who_sends_is_told_by_the_usual_labels(labels: dict[str, str], expected: str) -> None:
    assert expected == subject_of(labels)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"code": "500"}, True),
        ({"code": "499"}, False),
        ({"status": "error"}, True),
        ({"status": "OK"}, False),
        ({"outcome": "timeout"}, True),
        ({"success": "false"}, True),
        ({"error_type": "500"}, True),
        ({"status": "shipped"}, None),
        ({}, None),
    ],
)
def test_what_has_failed_is_told_by_status_or_outcome(
    labels: dict[str, str], expected: bool | None
) -> None:
    assert expected is failure(labels)


def test_of_several_families_a_servers_own_comes_first() -> None:
    names = [
        "http_server_request_duration_seconds_count",
        "gen_ai_server_request_duration_seconds_count",
        "http_requests_total",
        "jobs_total",
        "http_client_request_duration_seconds_count",
    ]
    ranks = [roles(name)[0].rank for name in names]
    assert sorted(ranks) == ranks
    assert len(set(ranks)) == len(ranks)


def test_a_host_is_no_service_and_a_services_gpus_are_its_own() -> None:
    (cpu,) = roles("host_cpu_busy_percent", host="node-1")
    assert (True, "node-1", "cpu") == (cpu.is_host, cpu.subject, cpu.signal)
    (gpu,) = roles("DCGM_FI_DEV_GPU_UTIL", Hostname="node-1", gpu="0")
    assert (True, "gpu") == (gpu.is_host, gpu.signal)
    (own,) = roles("hw_gpu_utilization_ratio", service_name="serve", host_name="node-1")
    assert (False, "saturation") == (own.is_host, own.signal)
    assert () == roles("node_network_receive_bytes_total", instance="a", device="lo")


def test_an_alerts_metric_is_about_a_signal() -> None:
    assert "errors" == signal_of("http_requests_total", {"code": "500"})
    assert "traffic" == signal_of("http_requests_total", {})
    assert "latency" == signal_of("http_server_request_duration_seconds_bucket", {})
    assert "errors" == signal_of("chat_errors", {})
    assert "saturation" == signal_of("queue_depth", {})
    assert None is signal_of("temperature", {})


def test_a_services_series_are_selected_by_the_label_that_names_it() -> None:
    assert 'service="a\\"b"' == condition_of({"service": 'a"b', "job": "x"})
    assert 'job="shop/cart"' == condition_of({"job": "shop/cart"})
