"""The trainer over real stores: what is asked, kept, restored, and refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from quadra.engine.models import ModelVersion
from quadra.engine.ports import Entry
from quadra.engine.trainer import Trainer, TrainerParts
from quadra.engine.training import Training
from quadra.errors import ConflictError, InvalidError, NotFoundError
from quadra.storage.database import Database
from quadra.storage.history import SqlHistory
from quadra.storage.journal import SqlJournal
from quadra.storage.models import FolderModels
from quadra.storage.series import SqlSeries
from quadra.storage.training import SqlTraining
from quadra.telemetry.batch import Batch
from quadra.telemetry.series import series_key
from tests.unit.fakes import SetClock, ThreadRuntime


class House:
    """A trainer, and what asks it, on one database and one folder."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.clock = SetClock()
        self.store = SqlTraining(database)
        self.models = FolderModels(folder)
        self.journal = SqlJournal(database, self.clock)
        self.parts = TrainerParts(
            self.store,
            self.models,
            self.journal,
            SqlHistory(database),
            SqlSeries(database),
            self.clock,
        )
        self.trainer = Trainer(self.parts)
        self.asking = Training(self.store, ThreadRuntime(self.clock), self.clock)

    def samples(self, seconds: int) -> None:
        """Append a sample a second of two series, up to now, and let that time pass."""
        start = int(self.clock.now)
        t = np.arange(start, start + seconds, dtype=np.int64)
        wave, line = np.sin(t / 9.0), 0.5 * np.cos(t / 31.0)
        keys = (series_key("wave", {}), series_key("line", {"of": "two"}))
        index = np.repeat(np.array([0, 1], np.uint32), seconds)
        batch = Batch(keys, index, np.tile(t * 1000, 2), np.concatenate((wave, line)))
        self.journal.append([Entry(batch, [0, 0])])
        self.clock.forward(seconds)

    def ask(self, kind: str, **arguments: object) -> dict[str, object] | None:
        number = self.store.ask(kind, arguments, self.clock(), 20)  # type: ignore[arg-type]
        self.trainer.round()
        return self.store.answer(number or 0)

    def state(self) -> dict[str, object]:
        return self.asking.state()

    def rounds(self, count: int = 3) -> None:
        for _ in range(count):
            self.trainer.round()
            self.clock.forward(1.5)


PLAN = {"field_size": 32, "seed": 3, "match": ["wave", "line"], "step": 1.0}


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path / "models")


def trained(house: House) -> int:
    house.samples(120)
    assert {"running": True} == house.ask("start", **PLAN)
    house.rounds()
    iteration = house.state()["iteration"]
    assert isinstance(iteration, int)
    return iteration


def test_before_anything_the_state_is_idle(house: House) -> None:
    assert "idle" == house.state()["phase"]
    assert 0 == house.state()["iteration"]


def test_it_learns_history_then_what_comes(house: House) -> None:
    first = trained(house)
    assert 110 <= first <= 120
    assert "live" == house.state()["phase"]
    house.samples(30)
    house.rounds()
    assert first + 25 <= int(str(house.state()["iteration"])) <= first + 40
    loss = house.state()["loss"]
    assert isinstance(loss, float)
    assert house.state()["reward"] == pytest.approx(1 / (1 + loss))
    assert ["wave", "line"] == [one["name"] for one in house.state()["series"]]  # type: ignore[attr-defined]


def test_loss_reward_and_variance_are_series_themselves(house: House) -> None:
    trained(house)
    house.rounds()
    names = {one.key[0] for one in house.parts.series.load(0)[0]}
    assert {
        "quadra_matrix_training_loss",
        "quadra_matrix_training_reward",
        "quadra_matrix_training_field_variance",
    } <= names


def test_stopped_it_learns_no_more(house: House) -> None:
    first = trained(house)
    assert {"running": False} == house.ask("stop")
    house.samples(30)
    house.rounds()
    assert first == house.state()["iteration"]
    assert house.state()["running"] is False


def test_a_restart_goes_on_where_it_ended(house: House, connect: Callable[[], Database]) -> None:
    first = trained(house)
    turns = iter([False, True])
    house.trainer.run(lambda _seconds: next(turns))
    house.samples(20)
    house.trainer = Trainer(house.parts)
    house.trainer.restore()
    house.rounds()
    assert first + 15 <= int(str(house.state()["iteration"])) <= first + 30
    assert house.state()["running"] is True


def test_a_reset_begins_anew(house: House) -> None:
    assert trained(house) > 0
    house.ask("stop")
    assert {"running": False} == house.ask("reset")
    assert 0 == house.state()["iteration"]


def test_with_nothing_to_watch_it_waits_and_says_so(house: House) -> None:
    house.ask("start", **{**PLAN, "match": ["nothing_here"]})
    house.rounds()
    assert "waiting" == house.state()["phase"]
    assert "no series" in str(house.state()["detail"])


def test_a_selector_that_cannot_be_read_is_refused(house: House) -> None:
    answer = house.ask("start", **{**PLAN, "match": ["{{{"]})
    assert "invalid" == (answer or {})["error"]
    assert house.state()["running"] is False


def test_versions_are_saved_loaded_promoted_and_rolled_back(house: House) -> None:
    iteration = trained(house)
    first = str((house.ask("save", description="one") or {})["version"])
    house.samples(30)
    house.rounds()
    house.clock.forward(1)
    second = str((house.ask("save", description="two") or {})["version"])
    assert [second, first] == [model.version for model in house.models.all()]
    house.models.promote(first, 1.0)
    house.models.promote(second, 2.0)
    assert second == house.models.promoted()[-1][0]
    assert first == house.models.roll_back()
    with pytest.raises(ConflictError, match="promote one"):
        house.models.roll_back()
    answer = house.ask("load", version=first) or {}
    assert iteration == answer["iteration"]
    assert first == house.state()["model_version"]


def test_a_damaged_version_is_refused_and_training_goes_on(house: House, tmp_path: Path) -> None:
    trained(house)
    version = str((house.ask("save") or {})["version"])
    path = tmp_path / "models" / f"{version}.npz"
    content = bytearray(path.read_bytes())
    content[1000] ^= 0xFF
    path.write_bytes(content)
    answer = house.ask("load", version=version) or {}
    assert "bad_model_file" == answer["code"]
    assert house.state()["running"] is True


def test_nothing_trained_can_not_be_saved(house: House) -> None:
    assert "nothing_trained" == (house.ask("save") or {})["code"]


@pytest.mark.parametrize("version", ["../../etc/passwd", "production", "", "a/b", ".hidden"])
def test_a_version_is_a_name_not_a_path(house: House, version: str) -> None:
    with pytest.raises(NotFoundError):
        house.models.read(version)


def test_no_version_leads_out_of_the_folder_to_one_that_is_there(tmp_path: Path) -> None:
    inside, outside = FolderModels(tmp_path / "models"), FolderModels(tmp_path / "others")
    kept = ModelVersion("v1", 1.0, "", "digest", 1, 8, 1, 5, None, (), 1.0)
    outside.save(kept, b"x")
    assert (kept, b"x") == outside.read("v1")
    for version in ("../others/v1", f"{tmp_path}/others/v1", "./../others/v1"):
        for use in (inside.read, inside.remove, lambda name: inside.promote(name, 1.0)):
            with pytest.raises(NotFoundError):
                use(version)
    assert [kept] == outside.all()


def test_errands_wait_for_the_worker_but_not_without_bound(house: House) -> None:
    assert house.asking.ask("stop") is None
    for _ in range(19):
        house.store.ask("stop", {}, 1.0, 20)
    assert house.store.ask("stop", {}, 1.0, 20) is None
    house.trainer.round()
    assert [] == house.store.waiting()


def test_what_the_trainer_refuses_is_raised_where_it_was_asked(house: House) -> None:
    class WorkerBeside(ThreadRuntime):
        def sleep(self, seconds: float) -> None:
            house.trainer.round()

    asking = Training(house.store, WorkerBeside(), house.clock)
    with pytest.raises(InvalidError) as caught:
        asking.ask("save")
    assert "nothing_trained" == caught.value.code


def test_a_silent_worker_is_told_from_a_training_one(house: House) -> None:
    trained(house)
    assert house.state()["stale"] is False
    house.clock.forward(60)
    assert house.state()["stale"] is True


def test_a_field_that_diverged_is_begun_anew_and_said_so(house: House) -> None:
    trained(house)
    session = house.trainer._session
    assert session is not None
    session.field.readout.weights[0, 0, 0] = math.inf
    house.samples(5)
    house.rounds()
    assert 1 == house.state()["divergences"]
    loss = house.state()["loss"]
    assert loss is None or np.isfinite(float(str(loss)))
    assert 4 == house.state()["seed"]
