"""Quadra's own metrics as a Prometheus finds them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.clients import live, push, stranger
from tests.servers import programs
from tests.servers.process import Process, free_port, plain_environment, wait_until
from tests.servers.quadra import QuadraServer
from utils.declared_metrics import DECLARED, PREFIX

CONTRACT = """
http_requests_total{method,endpoint,status} http_request_duration_seconds websocket_connections
websocket_messages_total{event,direction} training_batches_total training_loss training_reward
training_field_variance training_duration_seconds active_training_sessions
model_inference_duration_seconds{model_version} model_predictions_total{model_version} system_state
field_size iteration_count database_operations_total{operation,table}
database_operation_duration_seconds{operation} errors_total{error_type,component} app_info
samples_ingested_total{source} samples_rejected_total{reason} ingest_duration_seconds
live_frames_total live_event_to_emit_seconds live_resyncs_total detection_duration_seconds
anomalies_total{severity} alerts_firing{severity} notifications_total{channel,outcome}
rate_limited_total{endpoint} redis_up history_bytes backup_last_success_timestamp_seconds
"""


def exposition(server: QuadraServer) -> str:
    return stranger(server, "GET", "/metrics").text


ENDS = {"histogram": "_count", "summary": "_count"}


@pytest.fixture(scope="module")
def prometheus(server: QuadraServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Prometheus that scrapes the server with its token."""
    folder: Path = tmp_path_factory.mktemp("prometheus")
    port = free_port()
    (folder / "prometheus.yml").write_text(
        f"""
global: {{ scrape_interval: 1s }}
scrape_configs:
  - job_name: quadra
    authorization: {{ credentials: {server.token} }}
    static_configs: [{{ targets: ["127.0.0.1:{server.port}"] }}]
"""
    )
    command: list[str | Path] = [
        programs.prometheus(),
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    process = Process(command, log=folder / "log", env=plain_environment())
    yield f"http://127.0.0.1:{port}"
    process.close()


def asked(address: str, path: str, **query: str) -> Any:
    try:
        return requests.get(address + path, params=query, timeout=5).json()["data"]
    except requests.RequestException:  # it is still starting
        return {}


def test_a_prometheus_finds_every_name_that_the_code_declares(
    server: QuadraServer, prometheus: str
) -> None:
    push(server, "any", 1.0)
    channel = {"name": "hook", "kind": "webhook", "url": "https://example.org/hook"}
    assert 201 == server.post("/api/v1/channels", json=channel).status_code

    def known() -> set[str]:
        found = asked(prometheus, "/api/v1/query", query='{__name__=~"quadra_matrix_.+"}')
        return {one["metric"]["__name__"] for one in found.get("result", ())}

    wanted = {PREFIX + one.name + ENDS.get(one.kind, "") for one in DECLARED.values()}
    assert wait_until(lambda: not wanted - known(), timeout=20, every=0.3), wanted - known()
    told = asked(prometheus, "/api/v1/targets/metadata", match_target='{job="quadra"}')
    kinds = {one["metric"]: one["type"] for one in told}
    for one in DECLARED.values():  # OpenMetrics names a family without its unit of counting
        assert one.kind == kinds[PREFIX + re.sub("_(total|info)$", "", one.name)], one.name


def test_the_code_declares_every_name_and_label_of_the_contract() -> None:
    for word in CONTRACT.split():
        name, _, labels = word.rstrip("}").partition("{")
        assert set(filter(None, labels.split(","))) <= set(DECLARED[name].labels), name


def test_what_the_worker_does_is_on_the_metrics_of_the_serving_process(
    server: QuadraServer,
) -> None:
    push(server, "seen_by_the_detector", 1.0)

    def lines(start: str) -> list[str]:
        return [one for one in server.get("/metrics").text.splitlines() if one.startswith(start)]

    def judged() -> bool:
        counted = lines("quadra_matrix_detection_duration_seconds_count")
        return bool(counted) and float(counted[0].split()[-1]) > 0

    assert wait_until(judged, timeout=15, every=0.2)
    of_worker = [one for one in lines("quadra_matrix_database_op") if 'process="worker"' in one]
    assert of_worker


def test_promtool_finds_nothing_wrong_with_the_metrics(server: QuadraServer) -> None:
    promtool = programs.prometheus("promtool")
    server.get("/api/v1/series")
    server.get("/nothing")
    checked = subprocess.run(
        [promtool, "check", "metrics"],
        input=exposition(server),
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = (checked.stdout + checked.stderr).splitlines()
    # A public name that is older than the habit.
    assert [] == [line for line in complaints if "quadra_matrix_iteration_count" not in line]


def test_the_endpoint_of_a_metric_is_the_route_and_never_the_path(server: QuadraServer) -> None:
    for i in range(50):
        server.get(f"/made/up/{i}")
        server.session.delete(f"{server.url}/api/v1/tokens/{90_000 + i}")
        server.get(f"/static/x{i}.js")
    text = exposition(server)
    assert "made" not in text
    assert "/90001" not in text
    assert "x1.js" not in text
    assert 'endpoint="/api/v1/tokens/<int' in text
    assert len(text.splitlines()) < 1_500


def test_methods_that_nobody_uses_make_no_labels(server: QuadraServer) -> None:
    for i in range(20):
        stranger(server, f"METHOD{i}", "/health")
    assert "METHOD" not in exposition(server)


def test_open_live_connections_are_counted(server: QuadraServer) -> None:
    def connections() -> float:
        found = re.search(
            r"^quadra_matrix_websocket_connections (\S+)$", exposition(server), re.MULTILINE
        )
        assert found is not None
        return float(found[1])

    assert wait_until(lambda: connections() == 0, timeout=5)
    with live(server), live(server):
        assert 2 == connections()
    assert wait_until(lambda: connections() == 0, timeout=5)
