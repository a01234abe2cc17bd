"""A disk that is really full: said so, nothing acknowledged lost, and well again by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.e2e.clients import history, problem, push, stranger
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer


def test_on_a_full_disk_samples_are_refused_and_taken_again_when_there_is_room(
    small_disk: Path,
) -> None:
    filler = small_disk / "filler"
    with QuadraServer(DATA_DIR=str(small_disk / "data"), RATELIMIT_ENABLED="false") as server:
        push(server, "disk", 0)
        acknowledged = {0.0}
        fill(filler)

        statuses: list[int] = []
        sample: dict[str, Any] = {}
        for value in range(1, 200):
            sample = {"samples": [{"name": "disk", "value": value, "labels": {"n": str(value)}}]}
            answer = server.post("/api/v1/samples", json=sample)
            statuses.append(answer.status_code)
            if answer.status_code == 200:
                acknowledged.add(float(value))
            if len(statuses) > 10 and statuses[-5:] == [503] * 5:
                break
        assert [503] * 5 == statuses[-5:]
        answer = server.post("/api/v1/samples", json=sample)
        body = problem(answer, 503, "storage_unavailable")
        assert "full" in body["detail"]
        assert int(answer.headers["Retry-After"]) > 0
        ready = stranger(server, "GET", "/ready")
        assert (503, "down") == (ready.status_code, ready.json()["database"]["state"])
        assert acknowledged == {v for line in history(server, "disk") for v in line["values"]}

        filler.unlink()
        sample = {"samples": [{"name": "disk", "value": 1000}]}
        assert wait_until(
            lambda: server.post("/api/v1/samples", json=sample).status_code == 200, timeout=10
        )
        acknowledged.add(1000.0)
        assert wait_until(lambda: stranger(server, "GET", "/ready").status_code == 200, timeout=10)
        assert acknowledged == {v for line in history(server, "disk") for v in line["values"]}
        server.kill9()
        server.restart()
        assert acknowledged == {v for line in history(server, "disk") for v in line["values"]}


def fill(file: Path) -> None:
    with file.open("wb", buffering=0) as handle:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    handle.write(b"\0" * size)
            except OSError:
                continue
