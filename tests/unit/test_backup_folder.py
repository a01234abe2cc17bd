"""The folder of backups: one at a time, whole files only, whatever the clock says."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from quadra.backup.commands import asked_of
from quadra.backup.folder import BackupFolder, check_sum, remove_bit_by_bit
from quadra.backup.outcomes import BackupError, BusyError, DamagedBackupError, NoRoomError
from quadra.backup.status import LastBackups

NOW = 1_766_286_000.0


@pytest.fixture
def folder(tmp_path: Path) -> BackupFolder:
    return BackupFolder(tmp_path / "backups")


def publish(folder: BackupFolder, at: float, content: bytes = b"x") -> Path:
    with folder.locked(0), folder.scratch() as scratch:
        made = scratch / "archive"
        made.write_bytes(content)
        target = folder.publish(made, "full", at, "")
        folder.note_success("full", target, at)
    return target


def test_a_published_file_has_a_checksum_that_sha256sum_takes(folder: BackupFolder) -> None:
    target = publish(folder, NOW)
    done = subprocess.run(
        ["/usr/bin/env", "sha256sum", "-c", f"{target.name}.sha256"],
        cwd=folder.path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"{target.name}: OK\n" == done.stdout
    assert [0o600, 0o600] == [
        path.stat().st_mode & 0o777 for path in sorted(folder.path.glob("full*"))
    ]


def test_the_same_second_twice_overwrites_nothing(folder: BackupFolder) -> None:
    first, second = publish(folder, NOW, b"1"), publish(folder, NOW, b"2")
    assert ("full_backup_20251221_030000.tar.gz", "full_backup_20251221_030001.tar.gz") == (
        first.name,
        second.name,
    )
    assert (b"1", b"2") == (first.read_bytes(), second.read_bytes())


def test_the_order_is_the_one_of_making_when_the_clock_is_set_back(folder: BackupFolder) -> None:
    made = [publish(folder, at).name for at in (NOW, NOW + 9e6, NOW - 3_600)]
    assert made == [one.name.name for one in folder.kept()]


def test_backups_that_nobody_remembers_go_by_their_names(folder: BackupFolder) -> None:
    made = [publish(folder, at).name for at in (NOW, NOW + 60)]
    (folder.path / "status.json").write_text("not JSON")
    assert made == [one.name.name for one in folder.kept()]


def test_a_second_one_waits_and_then_says_that_it_is_busy(folder: BackupFolder) -> None:
    with folder.locked(0), pytest.raises(BusyError), BackupFolder(folder.path).locked(0.3):
        pass


def test_programs_that_are_started_meanwhile_do_not_keep_the_lock(folder: BackupFolder) -> None:
    with folder.locked(0):
        child = subprocess.Popen(["/usr/bin/env", "sleep", "30"])
    try:
        with folder.locked(0):
            pass
    finally:
        child.kill()
        child.wait()


def test_what_a_killed_one_left_is_cleared_away_by_the_next(folder: BackupFolder) -> None:
    left = folder.path / ".partial-abc"
    left.mkdir(parents=True)
    (left / "archive").write_bytes(b"half")
    with folder.locked(0):
        assert not left.exists()


def test_no_room_is_said_before_anything_is_written(folder: BackupFolder) -> None:
    with folder.locked(0), pytest.raises(NoRoomError, match="MiB left"):
        folder.need(1 << 60)


def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BackupError, match="BACKUP_DIR"), BackupFolder(tmp_path / "file").locked(0):
        pass


@pytest.mark.parametrize(
    ("sums", "said"),
    [
        (None, "is missing"),
        ("0" * 64 + "  full_backup_20251221_030000.tar.gz\n", "damaged"),
        ("0" * 64 + "  other.tar.gz\n", "not the checksum of"),
        ("\xff", "can't be read"),
        ("", "not the checksum of"),
    ],
)
def test_a_checksum_that_does_not_fit_is_refused(
    folder: BackupFolder, sums: str | None, said: str
) -> None:
    target = publish(folder, NOW)
    file = target.with_name(f"{target.name}.sha256")
    file.unlink()
    if sums is not None:
        file.write_text(sums, encoding="latin-1")
    with pytest.raises(DamagedBackupError, match=said):
        check_sum(target)


def test_the_newest_times_are_read_again_when_they_change(folder: BackupFolder) -> None:
    last = LastBackups(folder.path)
    assert (0.0, {"models": 0.0, "database": 0.0, "full": 0.0}) == (last.newest(), last.times())
    publish(folder, NOW)
    assert NOW == last.newest() == last.times()["full"]


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        (["flask", "--app", "app", "backup", "full"], "backup"),
        (["flask", "--app=app", "restore", "x"], "restore"),
        (["flask", "--app", "app", "tokens", "create", "backup"], "tokens"),
        (["flask", "-A", "app", "--debug", "backup"], "backup"),
        (["flask", "--help"], ""),
    ],
)
def test_the_command_is_known_before_the_application_is_made(
    arguments: list[str], asked: str
) -> None:
    assert asked == asked_of(arguments)


def test_a_large_file_goes_bit_by_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quadra.backup.folder._FREED_AT_ONCE", 100)
    monkeypatch.setattr("quadra.backup.folder._FREEING_PAUSE_S", 0)
    file = tmp_path / "copy"
    file.write_bytes(b"x" * 250)
    sizes: list[int] = []
    truncate = os.truncate

    def noted(path: Path, size: int) -> None:
        sizes.append(size)
        truncate(path, size)

    monkeypatch.setattr("quadra.backup.folder.os.truncate", noted)
    remove_bit_by_bit(file)
    assert [150, 50, 0] == sizes
    assert not file.exists()
