"""The field's training through the API of a whole Quadra."""

from __future__ import annotations

from typing import Any

from tests.e2e.clients import problem
from tests.servers.process import wait_until
from tests.servers.quadra import QuadraServer

NAMES = (
    "training_batches_total",
    "training_loss",
    "training_reward",
    "training_field_variance",
    "training_duration_seconds",
    "active_training_sessions",
    "model_inference_duration_seconds",
    "model_predictions_total",
    "system_state",
    "field_size",
    "iteration_count",
)


def state(server: QuadraServer) -> dict[str, Any]:
    found: dict[str, Any] = server.get("/api/v1/training").json()
    return found


def test_it_trains_saves_and_goes_on_after_a_restart(server: QuadraServer) -> None:
    started = server.post("/api/v1/training/start", json={"field_size": 64, "seed": 1})
    assert 200 == started.status_code, started.text
    assert wait_until(lambda: state(server)["iteration"] > 0, timeout=15)
    found = state(server)
    assert found["running"]
    assert 64 == found["field_size"] == len(found["state"])
    saved = server.post("/api/v1/models", json={"description": "first"}).json()
    assert saved["version"] in [m["version"] for m in server.get("/api/v1/models").json()["models"]]
    promoted = server.post(f"/api/v1/models/{saved['version']}/promote")
    assert saved["version"] == promoted.json()["production"]
    metrics = server.get("/metrics").text
    assert [] == [name for name in NAMES if f"quadra_matrix_{name}" not in metrics]
    before = state(server)["iteration"]
    server.restart()
    assert wait_until(lambda: state(server)["iteration"] > before, timeout=15)
    assert state(server)["running"]
    assert 200 == server.post("/api/v1/training/stop").status_code
    assert not state(server)["running"]


def test_a_wish_that_comes_in_chunks_is_heard(server: QuadraServer) -> None:
    headers = {"Content-Type": "application/json"}
    chunks = iter([b'{"field_', b'size": 5}'])
    answer = server.post("/api/v1/training/start", data=chunks, headers=headers)
    assert ["field_size"] == [one["field"] for one in problem(answer, 422, "invalid")["errors"]]


def test_wrong_wishes_are_named(server: QuadraServer) -> None:
    wish = {"field_size": 5, "seed": -1, "step": "0s", "match": ["{"], "colour": "red"}
    body = problem(server.post("/api/v1/training/start", json=wish), 422, "invalid")
    assert {"field_size", "seed", "step", "match", "colour"} == {
        one["field"] for one in body["errors"]
    }


def test_a_foreign_file_among_the_models_is_refused(server: QuadraServer) -> None:
    folder = server.folder / "data" / "models"
    folder.mkdir(exist_ok=True)
    (folder / "foreign-model.npz").write_bytes(b"not a model")
    assert 200 == server.get("/api/v1/models").status_code
    problem(server.post("/api/v1/models/foreign-model/load"), 404, "unknown_model")
