"""What is sent can be found and read back: both forms, steps, pages, the same sample twice."""

from __future__ import annotations

import gzip
import json
import time
from typing import Any

import pytest

from tests.e2e.clients import history, problem, push
from tests.servers.quadra import QuadraServer

NOW = float(int(time.time()) // 60 * 60)  # a full minute, so that steps are easy to foresee


def send(server: QuadraServer, **document: Any) -> dict[str, Any]:
    answer = server.post("/api/v1/samples", json=document)
    assert 200 == answer.status_code, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_samples_come_back_as_they_were_sent(server: QuadraServer) -> None:
    moments = [NOW - 2.5, NOW - 1.25, NOW]
    values = [1, -2.5, 1e300]
    items = [
        {"name": "rows_in", "labels": {"x": "ä", "empty": ""}, "value": v, "timestamp": t}
        for t, v in zip(moments, values, strict=True)
    ]
    assert {"accepted": 3, "series": 1} == send(server, samples=items)
    (line,) = history(server, "rows_in")
    assert ("rows_in", {"x": "ä"}, moments, values) == (
        line["name"],
        line["labels"],
        line["timestamps"],
        line["values"],
    )
    assert isinstance(line["id"], int)


def test_columns_come_back_as_they_were_sent(server: QuadraServer) -> None:
    series = [
        {
            "name": "columns_in",
            "labels": {"n": n},
            "timestamps": [NOW - 1, NOW],
            "values": [1, int(n)],
        }
        for n in ("1", "2")
    ]
    assert {"accepted": 4, "series": 2} == send(server, series=series)
    assert [[1.0, 1.0], [1.0, 2.0]] == [line["values"] for line in history(server, "columns_in")]


def test_a_gzip_body_is_taken(server: QuadraServer) -> None:
    body = gzip.compress(json.dumps({"samples": [{"name": "packed", "value": 4}]}).encode())
    headers = {"Content-Type": "application/json; charset=utf-8", "Content-Encoding": "gzip"}
    assert 200 == server.post("/api/v1/samples", data=body, headers=headers).status_code
    assert [[4.0]] == [line["values"] for line in history(server, "packed")]


def test_a_sample_without_a_time_is_of_now(server: QuadraServer) -> None:
    before = time.time()
    push(server, "timeless", 1)
    (line,) = history(server, "timeless")
    assert before - 0.001 <= line["timestamps"][0] <= time.time() + 0.001


def test_the_same_sample_again_changes_nothing_and_a_new_value_replaces_the_old(
    server: QuadraServer,
) -> None:
    item = {"name": "again", "value": 1, "timestamp": NOW}
    for _ in range(3):
        assert {"accepted": 1, "series": 1} == send(server, samples=[item])
    assert {"accepted": 2, "series": 1} == send(server, samples=[item, item])
    assert [([NOW], [1.0])] == [(s["timestamps"], s["values"]) for s in history(server, "again")]
    send(server, samples=[{**item, "value": 2}])
    assert [([NOW], [2.0])] == [(s["timestamps"], s["values"]) for s in history(server, "again")]


def test_samples_out_of_order_are_read_in_the_order_of_their_times(server: QuadraServer) -> None:
    for ago in (10, 30, 20, 0):
        push(server, "shuffled", ago, t=NOW - ago)
    (line,) = history(server, "shuffled")
    assert [NOW - 30, NOW - 20, NOW - 10, NOW] == line["timestamps"]
    (found,) = server.get("/api/v1/series", params={"match": "shuffled"}).json()["series"]
    assert (NOW - 30, NOW) == (found["first"], found["last"])


def test_an_empty_request_is_accepted_and_changes_nothing(server: QuadraServer) -> None:
    assert {"accepted": 0, "series": 0} == send(server, samples=[])
    assert {"accepted": 0, "series": 0} == send(server, series=[])


# --- history


@pytest.fixture(scope="module")
def ramp(server: QuadraServer) -> str:
    """Ten minutes of a counter that rises by 2 a second, and begins again in the middle."""
    times = [NOW - 600 + 10 * i for i in range(60)]
    values = [(20.0 * i) if i < 30 else (20.0 * (i - 30)) for i in range(60)]
    send(server, series=[{"name": "ramp", "timestamps": times, "values": values}])
    return "ramp"


@pytest.mark.parametrize(
    ("agg", "first"),
    [
        ("avg", 50.0), ("min", 0.0), ("max", 100.0), ("sum", 300.0), ("count", 6.0),
        ("last", 100.0), ("rate", 2.0), ("p50", 50.0), ("p90", 90.0), ("p95", 95.0), ("p99", 99.0),
    ],
)  # fmt: skip
def test_steps_show_the_aggregate_asked_for(
    server: QuadraServer, ramp: str, agg: str, first: float
) -> None:
    (line,) = history(server, ramp, step="1m", agg=agg)
    assert [NOW - 600 + 60 * i for i in range(10)] == line["timestamps"]
    assert first == pytest.approx(line["values"][0])


def test_a_counter_that_began_again_makes_no_negative_rate(server: QuadraServer, ramp: str) -> None:
    (line,) = history(server, ramp, step=60, agg="rate")
    assert min(line["values"]) > 1.6


@pytest.mark.parametrize("step", ["60", "60.0", "60s", "1m"])
def test_a_step_may_be_written_in_seconds_or_as_a_duration(
    server: QuadraServer, ramp: str, step: str
) -> None:
    (line,) = history(server, ramp, step=step)
    assert 10 == len(line["values"])


def test_a_span_includes_both_its_ends(server: QuadraServer, ramp: str) -> None:
    (line,) = history(server, ramp, start=NOW - 600, end=NOW - 580)
    assert [0.0, 20.0, 40.0] == line["values"]
    assert [] == history(server, ramp, start=NOW - 599, end=NOW - 591)


def test_by_default_the_last_hour_is_read(server: QuadraServer, ramp: str) -> None:
    push(server, "hours_ago", 1, t=NOW - 7200)
    assert [] == server.get("/api/v1/history", params={"match": "hours_ago"}).json()["series"]
    assert 1 == len(server.get("/api/v1/history", params={"match": ramp}).json()["series"])
    assert 1 == len(history(server, "hours_ago"))


def test_several_selectors_may_be_given_and_series_come_once(
    server: QuadraServer, ramp: str
) -> None:
    push(server, "beside", 1, t=NOW)
    answer = server.get(
        "/api/v1/history", params={"match": ["ramp", "beside", '{__name__="ramp"}']}
    )
    assert ["ramp", "beside"] == [line["name"] for line in answer.json()["series"]] or [
        "beside",
        "ramp",
    ] == [line["name"] for line in answer.json()["series"]]


def test_series_are_read_by_their_ids_too_exactly_and_unknown_ones_are_passed_over(
    server: QuadraServer,
) -> None:
    push(server, "by_id", 1)
    push(server, "by_id", 2, place="a")
    listed = server.get("/api/v1/series", params={"match": "by_id"}).json()["series"]
    (plain,) = [one["id"] for one in listed if not one["labels"]]
    read = server.get("/api/v1/history", params={"series": [plain, 4_000_000_000]}).json()["series"]
    assert [(plain, [1.0])] == [(line["id"], line["values"]) for line in read]
    both = {"series": plain, "match": 'by_id{place="a"}'}
    found = server.get("/api/v1/history", params=both).json()["series"]
    assert {1.0, 2.0} == {value for line in found for value in line["values"]}
    nobody = server.get("/api/v1/history", params={"series": 4_000_000_000})
    assert {"series": []} == nobody.json()
    for wrong in ({"series": "x"}, {"series": "-1"}, {}):
        problem(server.get("/api/v1/history", params=wrong), 422, "invalid")


def test_what_matches_nothing_is_an_empty_list(server: QuadraServer) -> None:
    assert [] == history(server, "there_is_no_such_metric")


# --- the list of series


def names(answer: dict[str, Any]) -> list[str]:
    return [series["labels"]["n"] for series in answer["series"]]


@pytest.fixture(scope="module")
def paged(server: QuadraServer) -> list[str]:
    numbers = [f"{i:03}" for i in range(25)]
    items = [{"name": "paged", "labels": {"n": n, "kind": "Disk"}, "value": 1} for n in numbers]
    send(server, samples=items)
    return numbers


def test_the_list_of_series_comes_in_pages(server: QuadraServer, paged: list[str]) -> None:
    found: list[str] = []
    after = None
    for size in (10, 10, 5):
        query = {"match": "paged", "limit": 10} | ({"after": after} if after else {})
        page = server.get("/api/v1/series", params=query).json()
        assert size == len(page["series"])
        found += names(page)
        after = page.get("next")
    assert after is None
    assert paged == found


def test_series_are_found_by_words_and_by_both(server: QuadraServer, paged: list[str]) -> None:
    def found(**query: str) -> list[str]:
        return names(server.get("/api/v1/series", params=query).json())

    assert ["007"] == found(q="PAGED 007")
    assert ["007"] == found(q="007 disk", match="paged")
    assert [] == found(q="007", match='paged{n="008"}')
    assert paged == found(match='paged{n=~"0.."}')


def test_a_series_is_listed_with_all_that_is_known_of_it(server: QuadraServer) -> None:
    push(server, "listed", 1, t=NOW - 5, zone="a")
    push(server, "listed", 1, t=NOW, zone="a")
    (found,) = server.get("/api/v1/series", params={"match": "listed"}).json()["series"]
    assert {"id", "name", "labels", "first", "last"} <= set(found)
    assert ("listed", {"zone": "a"}, NOW - 5, NOW) == (
        found["name"],
        found["labels"],
        found["first"],
        found["last"],
    )


# --- after a restart


@pytest.mark.parametrize("orderly", [True, False], ids=["SIGTERM", "SIGKILL"])
def test_series_and_samples_are_the_same_after_a_restart(start_quadra: Any, orderly: bool) -> None:
    server: QuadraServer = start_quadra()
    send(
        server,
        samples=[
            {"name": "new", "value": 1, "timestamp": NOW},
            {"name": "old", "value": 2, "timestamp": NOW - 3600},
            {"name": "old", "value": 3, "timestamp": NOW - 1800},
        ],
    )
    match = '{__name__=~"new|old"}'

    def everything() -> Any:
        listed = server.get("/api/v1/series", params={"match": match}).json()
        return listed, history(server, match)

    before = everything()
    if orderly:
        assert 0 == server.terminate()
    else:
        server.kill9()
    server.restart()
    assert before == everything()
    push(server, "new", 9, t=NOW + 1)
    assert [1.0, 9.0] == history(server, "new")[0]["values"]


# --- Quadra and its host themselves


def test_this_host_and_quadra_itself_are_measured_from_the_first_seconds(
    start_quadra: Any,
) -> None:
    from tests.servers.process import wait_until  # noqa: PLC0415 - nearer to its only use

    server: QuadraServer = start_quadra()
    wanted = {
        "host_cpu_busy_percent", "host_cpu_percent", "host_cpu_core_percent", "host_load",
        "host_memory_used_percent", "host_memory_bytes", "quadra_memory_bytes",
        "quadra_event_loop_lag_seconds", "quadra_websocket_connections", "quadra_series",
        "quadra_http_requests_per_second", "quadra_http_request_p95_seconds",
    }  # fmt: skip

    def missing() -> set[str]:
        found = server.get("/api/v1/series", params={"limit": 1000}).json()["series"]
        return wanted - {series["name"] for series in found}

    assert wait_until(lambda: not missing(), timeout=6, every=0.2), missing()
    assert wait_until(
        lambda: len(history(server, "quadra_memory_bytes")[0]["values"]) >= 5, timeout=9, every=0.2
    )
    (line,) = history(server, "quadra_memory_bytes")
    times = line["timestamps"]
    # One of them may be late on a busy machine, and the next is on time again.
    assert 0.7 < (times[-1] - times[0]) / (len(times) - 1) < 1.6, times


def test_the_status_says_how_quadra_does(server: QuadraServer) -> None:
    push(server, "status_before", 1)
    status = server.get("/api/v1/status").json()
    assert {"version", "uptime", "series", "samples_per_second", "consoles", "seq", "parts"} <= set(
        status
    )
    assert "ok" == status["parts"]["database"]["state"]
    assert status["series"] >= 1
    push(server, "status_before", 2)
    assert server.get("/api/v1/status").json()["seq"] > status["seq"]


def test_ready_names_the_state_of_each_part(server: QuadraServer) -> None:
    found = server.get("/ready").json()
    assert found["ready"] is True
    assert {"database", "redis", "worker", "disk"} <= set(found)
    assert {"ok", "off", "degraded"} >= {
        found[part]["state"] for part in ("database", "redis", "worker", "disk")
    }


def test_a_query_for_too_much_is_refused_with_advice(server: QuadraServer) -> None:
    series = [{"name": "many_series", "labels": {"n": str(i)}, "value": 1} for i in range(2001)]
    send(server, samples=series)
    body = problem(
        server.get("/api/v1/history", params={"match": "many_series"}),
        422,
        "too_many_series_selected",
    )
    assert "narrow" in body["detail"]
