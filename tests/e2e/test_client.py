"""The client library against a real Quadra, from a program of its own and through its outages."""

import sys
import time
from collections.abc import Callable

from quadra.client import Client
from tests.e2e.clients import history, make_token
from tests.servers.process import REPOSITORY, plain_environment, wait_until
from tests.servers.quadra import QuadraServer, run


def values(server: QuadraServer, match: str) -> list[float]:
    return [value for line in history(server, match) for value in line["values"]]


def test_all_kinds_of_samples_arrive_under_their_names_and_labels(server: QuadraServer) -> None:
    _number, token = make_token(server, "ingest")
    began = time.time()
    with Client(server.url, token=token, labels={"service": "client-test"}) as client:
        client.gauge("client_depth", 3, model="a")
        for route in ("/a", "/a", "/b"):
            client.count("client_requests_total", route=route)
        for seconds in (0.1, 0.2, 0.3):
            client.observe("client_latency_seconds", seconds)
        with client.timer("client_step_seconds"):
            pass
        assert client.flush()
        assert (0, 0) == (client.pending, client.dropped)
    depth = history(server, 'client_depth{service="client-test"}')
    assert [{"model": "a", "service": "client-test"}] == [line["labels"] for line in depth]
    assert [3.0] == depth[0]["values"]
    assert began - 1 <= depth[0]["timestamps"][0] <= time.time()
    assert [0.0, 2.0] == values(server, 'client_requests_total{route="/a"}')
    assert [0.1, 0.2, 0.3] == sorted(values(server, "client_latency_seconds"))
    assert 3.0 == values(server, "client_latency_seconds_count")[-1]
    assert 1 == len(values(server, "client_step_seconds"))


def test_percentiles_of_what_was_observed_can_be_read(server: QuadraServer) -> None:
    now = time.time()
    with Client(server.url, token=server.token) as client:
        for i in range(100):
            client.observe("client_size", i + 1)
    line = history(server, "client_size", step=7200, agg="p90", start=now - 60)[0]
    assert 85 <= line["values"][-1] <= 95


def test_samples_come_without_a_flush(server: QuadraServer) -> None:
    client = Client(server.url, token=server.token, interval=0.1)
    client.gauge("client_by_itself", 1)
    assert wait_until(lambda: [1.0] == values(server, "client_by_itself"), timeout=10, every=0.1)
    client.close()


def test_what_is_noted_while_the_server_is_away_arrives_later(
    start_quadra: Callable[..., QuadraServer],
) -> None:
    server = start_quadra()
    client = Client(server.url, token=server.token, interval=0.05)
    client.gauge("client_outage", 0)
    assert client.flush()
    server.kill9()
    for i in range(1, 51):
        client.gauge("client_outage", i, n=i)
        client.count("client_outage_total")
    assert not client.flush(0.2)
    assert client.pending >= 50
    server.start()
    assert client.flush(20)
    assert (0, 0) == (client.pending, client.dropped)
    client.close()
    assert [float(i) for i in range(51)] == sorted(values(server, "client_outage"))
    assert 50.0 == values(server, "client_outage_total")[-1]


def test_an_outage_longer_than_the_queue_costs_the_oldest_samples(
    start_quadra: Callable[..., QuadraServer],
) -> None:
    server = start_quadra()
    client = Client(server.url, token=server.token, interval=0.05, max_queue=20)
    server.kill9()
    for i in range(30):
        client.gauge("client_long_outage", i, n=i)
    server.start()
    client.flush(20)
    client.close()
    assert [float(i) for i in range(10, 30)] == sorted(values(server, "client_long_outage"))
    assert 10 == client.dropped


def test_a_token_that_may_not_send_stops_nobody(server: QuadraServer) -> None:
    _number, reader = make_token(server, "read")
    for token in (reader, "not-a-token-at-all"):
        with Client(server.url, token=token, exit_timeout=0.5) as client:
            client.gauge("client_unwelcome", 1)
            assert not client.flush(1)
            assert 1 == client.pending
    assert [] == history(server, "client_unwelcome")


def test_the_end_of_a_program_loses_nothing(server: QuadraServer) -> None:
    text = f"""
import sys, threading
from quadra.client import Client
client = Client({server.url!r}, token=sys.argv[1])
def work():
    for _ in range(500):
        client.count("client_exit_total")
for thread in [threading.Thread(target=work) for _ in range(4)]:
    thread.start()
client.gauge("client_exit", 7)
"""
    env = plain_environment(PYTHONPATH=str(REPOSITORY))
    ended = run([sys.executable, "-c", text, server.token], env=env)
    assert (0, "", "") == (ended.returncode, ended.stdout, ended.stderr)
    assert [7.0] == values(server, "client_exit")
    assert 2_000.0 == values(server, "client_exit_total")[-1]


def test_a_program_whose_own_exception_ends_it_still_sends(server: QuadraServer) -> None:
    text = f"""
import sys
from quadra.client import Client
client = Client({server.url!r}, token=sys.argv[1])
with client.timer("client_failed_seconds"):
    sys.exit(3)
"""
    env = plain_environment(PYTHONPATH=str(REPOSITORY))
    assert 3 == run([sys.executable, "-c", text, server.token], env=env).returncode
    assert 1.0 == values(server, "client_failed_seconds_count")[-1]


def test_series_beyond_the_limit_cost_none_of_those_that_are_known(
    start_quadra: Callable[..., QuadraServer],
) -> None:
    server = start_quadra(MAX_SERIES="400", MAX_SERIES_PER_TOKEN="50")
    _id, token = make_token(server, "ingest")
    with Client(server.url, token) as client:
        client.gauge("known", 1)
        assert client.flush()
    with Client(server.url, token) as client:  # a new start of the program: it knows of nothing
        for number in range(80):
            client.gauge("flood", number, n=number)
        client.gauge("known", 2)
        assert not client.flush()
        assert 80 == client.dropped
    assert [1.0, 2.0] == history(server, "known")[0]["values"]
    assert [] == history(server, '{__name__="flood"}')
