"""A disk that is full when a backup is made: said so, and earlier backups are as they were."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from quadra.storage.database import Database
from quadra.storage.migrations import upgrade
from tests.servers.process import plain_environment
from tests.servers.quadra import run


def test_a_full_disk_leaves_the_backups_that_there_are(small_disk: Path, tmp_path: Path) -> None:
    names = {"DATA_DIR": tmp_path / "data", "LOGS_DIR": tmp_path, "BACKUP_DIR": small_disk / "b"}
    env = plain_environment(**{name: str(path) for name, path in names.items()})
    (tmp_path / "data/models").mkdir(parents=True)
    database = Database(f"sqlite:///{tmp_path}/data/quadra_matrix.db")
    upgrade(database)
    database.close()
    command = [sys.executable, "-m", "quadra.backup"]
    assert 0 == run([*command, "models"], env=env).returncode
    good = {path: path.read_bytes() for path in (small_disk / "b").glob("models_*")}
    assert 2 == len(good)

    # Asked before, where the size is known ...
    refused = run([*command, "full"], env=env)
    assert 4 == refused.returncode
    assert "MiB left" in refused.stderr
    # ... and met on the way.
    (tmp_path / "data/models/v1.npz").write_bytes(os.urandom(40 << 20))
    refused = run([*command, "models"], env=env)
    assert 4 == refused.returncode, refused.stderr
    assert "no space left" in refused.stderr
    assert good == {path: path.read_bytes() for path in (small_disk / "b").glob("models_*")}
    assert [] == list((small_disk / "b").glob(".partial-*"))
    (tmp_path / "data/models/v1.npz").unlink()
    assert 0 == run([*command, "models"], env=env).returncode
