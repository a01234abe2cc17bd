"""The senders that people already run, unmodified: an OpenTelemetry SDK, and a Prometheus."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.clients import history
from tests.servers import programs
from tests.servers.process import Process, free_port, plain_environment, wait_until
from tests.servers.programs import FRONTEND, node
from tests.servers.quadra import QuadraServer

OTEL_PROGRAM = """
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

provider = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter(), 60_000)])
meter = provider.get_meter("shop")
meter.create_counter("orders", unit="1", description="orders taken").add(3, {"city": "Graz"})
meter.create_gauge("queue.depth").set(7)
spans = meter.create_histogram("checkout.duration", unit="ms")
for value in (3, 30, 300):
    spans.record(value)
assert provider.force_flush()
provider.shutdown()
"""


def series(server: QuadraServer, words: str) -> dict[str, Any]:
    found = server.get("/api/v1/series", params={"q": words, "limit": 1000}).json()["series"]
    return {one["name"]: one for one in found}


def test_an_opentelemetry_sdk_needs_two_variables(server: QuadraServer) -> None:
    env = plain_environment(
        OTEL_EXPORTER_OTLP_ENDPOINT=f"{server.url}/otlp",
        OTEL_EXPORTER_OTLP_HEADERS=f"Authorization=Bearer%20{server.token}",
        OTEL_SERVICE_NAME="shop",
    )
    program = [sys.executable, "-W", "ignore", "-c", OTEL_PROGRAM]
    subprocess.run(program, env=env, check=True, timeout=60)
    assert 3 == history(server, 'orders_total{city="Graz",service_name="shop"}')[0]["values"][-1]
    assert 7 == history(server, 'queue_depth{service_name="shop"}')[0]["values"][-1]
    found = series(server, "shop")
    assert ("counter", "orders taken") == (
        found["orders_total"]["type"],
        found["orders_total"]["help"],
    )
    assert "checkout_duration_milliseconds_bucket" in found
    assert 333 == history(server, "checkout_duration_milliseconds_sum")[0]["values"][-1]


@pytest.mark.parametrize("temporality", ["cumulative", "delta"])
def test_the_opentelemetry_sdk_for_node_needs_two_variables(
    server: QuadraServer, temporality: str
) -> None:
    service = f"kiosk-{temporality}"
    env = plain_environment(
        OTEL_EXPORTER_OTLP_ENDPOINT=f"{server.url}/otlp",
        OTEL_EXPORTER_OTLP_HEADERS=f"Authorization=Bearer%20{server.token}",
        OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=temporality,
        OTEL_SERVICE_NAME=service,
    )
    command = [
        node("@opentelemetry/sdk-metrics"),
        str(Path(__file__).with_name("otel_program.mjs")),
    ]
    ended = subprocess.run(
        command, cwd=FRONTEND, env=env, check=True, timeout=60, capture_output=True, text=True
    )
    assert ("", "") == (ended.stdout, ended.stderr)

    def newest(name: str, more: str = "") -> float:
        found = history(server, f'{name}{{service_name="{service}"{more}}}')
        return float(found[0]["values"][-1])

    assert 6 == newest("tickets_total", ',city="Graz"')
    assert 7 == newest("queue_depth")
    assert [6, 999] == [
        newest(f"checkout_duration_milliseconds_{part}") for part in ("count", "sum")
    ]
    assert 1 == newest("checkout_duration_milliseconds_bucket", ',le="5"')
    assert [8, 2008.5] == [newest(f"wait_seconds_{part}") for part in ("count", "sum")]
    found = history(server, f'wait_seconds_bucket{{service_name="{service}"}}')
    buckets = {float(line["labels"]["le"]): line["values"][-1] for line in found}
    for bound, total in buckets.items():
        assert total == 2 * sum(value <= bound for value in (0, 0.25, 4, 1000))
    assert {2, 4, 6, 8} == set(buckets.values())


@pytest.fixture
def prometheus(
    tmp_path: Path, start_quadra: Callable[..., QuadraServer]
) -> Iterator[tuple[int, QuadraServer]]:
    """A Prometheus that scrapes itself each second and writes on to a Quadra."""
    quadra = start_quadra()
    port = free_port()
    (tmp_path / "prometheus.yml").write_text(
        f"""
global: {{ scrape_interval: 1s }}
scrape_configs:
  - job_name: itself
    static_configs: [{{ targets: ["127.0.0.1:{port}"] }}]
remote_write:
  - url: {quadra.url}/prometheus/api/v1/write
    authorization: {{ credentials: {quadra.token} }}
    metadata_config: {{ send_interval: 2s }}
"""
    )
    command: list[str | Path] = [
        programs.prometheus(),
        f"--config.file={tmp_path}/prometheus.yml",
        f"--storage.tsdb.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    process = Process(command, log=tmp_path / "log", env=plain_environment())
    yield port, quadra
    process.close()


def test_a_prometheus_writes_on_survives_a_restart_and_catches_up(
    prometheus: tuple[int, QuadraServer],
) -> None:
    port, quadra = prometheus
    metric = 'prometheus_tsdb_head_series{job="itself"}'

    def points() -> dict[int, float]:
        lines = history(quadra, metric)
        if not lines:
            return {}
        pairs = zip(lines[0]["timestamps"], lines[0]["values"], strict=True)
        return {round(t * 1000): v for t, v in pairs}

    assert wait_until(lambda: len(points()) >= 3, timeout=30, every=0.3)
    quadra.kill9()
    away = time.time()
    quadra.start()
    assert wait_until(lambda: max(points(), default=0) > (away + 3) * 1000, timeout=40, every=0.3)

    asked = requests.get(
        f"http://127.0.0.1:{port}/api/v1/query", params={"query": f"{metric}[5m]"}, timeout=5
    )
    theirs = {round(t * 1000): float(v) for t, v in asked.json()["data"]["result"][0]["values"]}
    ours = points()
    newest = max(ours)
    assert {t: v for t, v in theirs.items() if t <= newest} == ours
    assert (
        "gauge"
        == series(quadra, "prometheus_tsdb_head_series")["prometheus_tsdb_head_series"]["type"]
    )
