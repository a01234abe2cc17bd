"""What a request leaves behind: its ids, and its counts by route."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from quadra.intake.own import RequestLog
from quadra.web.observing import Watch
from tests.unit.fakes import SetClock
from utils.metrics import MetricsManager

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_the_trace_of_the_caller_is_taken_over() -> None:
    assert TRACE == Watch.begin("", f"00-{TRACE}-{SPAN}-01").trace_id


@pytest.mark.parametrize(
    "sent",
    [
        "",
        TRACE,
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"ff-{TRACE}-{SPAN}-01",  # the version that the standard forbids
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{SPAN}-01\n",
        f"00-{TRACE}-{SPAN}-01-more",
    ],
)
def test_what_is_no_traceparent_is_no_trace(sent: str) -> None:
    assert Watch.begin("", sent).trace_id is None


@pytest.mark.parametrize("sent", ["abcdefgh", "req-1.2_3", "x" * 64])
def test_an_id_that_is_sent_along_is_taken_over(sent: str) -> None:
    assert sent == Watch.begin(sent, "").request_id


@pytest.mark.parametrize("sent", ["", "short", "x" * 65, "with space", "line\nbreak", "a<b>cdefg"])
def test_other_ids_are_made_anew_and_differ(sent: str) -> None:
    made = [Watch.begin(sent, "").request_id for _ in range(2)]
    assert made[0] != made[1]
    assert sent not in made


def test_answers_are_counted_by_method_route_and_status() -> None:
    metrics = MetricsManager(CollectorRegistry())
    watch = Watch(metrics, RequestLog(SetClock()))
    for status in (200, 200, 503):
        assert 0 <= watch.end(watch.begin("", ""), "GET", "/r", status) < 60
    for code, count in {"200": 2, "503": 1}.items():
        labels = {"method": "GET", "endpoint": "/r", "status": code}
        found = metrics.registry.get_sample_value("quadra_matrix_http_requests_total", labels)
        assert count == found
        name = "quadra_matrix_http_request_duration_seconds_count"
        assert count == metrics.registry.get_sample_value(name, labels)
