"""``python -m quadra.backup``: what ``scripts/*.sh`` and ``flask --app app backup`` call."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from quadra.backup import cron
from quadra.backup.checking import check, unpacked
from quadra.backup.cleaning import clean
from quadra.backup.env_file import write_env_file
from quadra.backup.folder import BackupFolder
from quadra.backup.making import make_backup
from quadra.backup.names import KINDS
from quadra.backup.outcomes import DONE, FAILED, WRONG_USE, BackupError
from quadra.backup.restoring import restore_backup
from quadra.env_file import load_env_file, read_env_file
from quadra.errors import QuadraError, SettingsError
from quadra.settings import Settings
from quadra.sizes import shown

WAIT_S = 1_800.0  # two that cron starts in the same minute come one after another
_NICENESS = 10
_CALM_NICENESS = 19
_ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked for; gives the exit code."""
    asked = _reader().parse_args(arguments)
    signal.signal(signal.SIGTERM, _on_term)  # so that what is half made is cleared away
    try:
        env = dict(os.environ)
        if asked.env_file:
            env = {**read_env_file(asked.env_file, "--env-file"), **env}
        load_env_file(env)
        code: int = asked.run(asked, Settings.from_env(env), env)
    except SettingsError as error:
        return _complain(error, WRONG_USE)
    except BackupError as error:
        return _complain(error, error.exit_code)
    except QuadraError as error:
        return _complain(error, FAILED)
    return code


def _reader() -> argparse.ArgumentParser:
    reader = argparse.ArgumentParser(prog="python -m quadra.backup", description=__doc__)
    reader.add_argument("--env-file", type=Path, help="settings, as NAME=value lines")
    commands = reader.add_subparsers(required=True, metavar="COMMAND")
    for kind in KINDS:
        one = commands.add_parser(kind, help=f"make a backup: {kind}")
        one.add_argument("--wait", type=float, default=WAIT_S, help="seconds, for another's end")
        one.set_defaults(run=_make, kind=kind)
    cleanup = commands.add_parser("cleanup", help="remove what is older than BACKUP_RETENTION")
    cleanup.add_argument("--dry-run", action="store_true", help="only say what would go")
    cleanup.add_argument("--wait", type=float, default=WAIT_S, help="seconds, for another's end")
    cleanup.set_defaults(run=_clean)
    listing = commands.add_parser("list", help="list the backups")
    listing.set_defaults(run=_list)
    verify = commands.add_parser("verify", help="restore into a scratch folder and check it all")
    restore = commands.add_parser("restore", help="bring a backup back")
    for one in (verify, restore):
        one.add_argument("file", type=Path, help="the archive, or its name in BACKUP_DIR")
        one.add_argument("--from-folder", type=Path, help="what FILE is relative to")
    restore.add_argument("--force", action="store_true", help="set aside what is there")
    verify.set_defaults(run=_verify)
    restore.set_defaults(run=_restore)
    schedule = commands.add_parser("schedule", help="have cron make backups")
    schedule.add_argument("what", choices=("install", "show", "remove"))
    schedule.set_defaults(run=_schedule)
    return reader


def _make(asked: argparse.Namespace, settings: Settings, _env: dict[str, str]) -> int:
    _be_modest()
    made = make_backup(asked.kind, settings, time.time, asked.wait, calm=_be_calm)
    size = made.path.stat().st_size
    _say(f"{_now()} {made.path}: {shown(size)} in {made.seconds:.1f} s")
    for name in made.skipped:
        _say(f"{_now()} left out: {name!r}")
    return DONE


def _clean(asked: argparse.Namespace, settings: Settings, _env: dict[str, str]) -> int:
    _be_modest()
    done = clean(settings, time.time(), asked.wait, dry_run=asked.dry_run)
    for name in done.removed:
        _say(f"{_now()} {'would remove' if asked.dry_run else 'removed'} {name}")
    _say(f"{_now()} {done.left} backups are left")
    return DONE


def _list(_asked: argparse.Namespace, settings: Settings, _env: dict[str, str]) -> int:
    folder = BackupFolder(settings.backup_dir)
    for one in reversed(folder.kept() if settings.backup_dir.is_dir() else []):
        path = settings.backup_dir / one.name.name
        _say(f"{one.name.kind:<9}{shown(path.stat().st_size):>9}  {path}")
    return DONE


def _verify(asked: argparse.Namespace, settings: Settings, _env: dict[str, str]) -> int:
    _be_modest()
    began = time.monotonic()
    archive = _found(asked, settings)
    folder = BackupFolder(archive.parent)
    with folder.scratch() as scratch, unpacked(archive, settings, scratch) as found:
        for line in check(found, settings):
            _say(f"  {line}")
    _say(f"{archive.name} can be restored; checked in {time.monotonic() - began:.1f} s.")
    return DONE


def _restore(asked: argparse.Namespace, settings: Settings, _env: dict[str, str]) -> int:
    archive = _found(asked, settings)
    done = restore_backup(archive, settings, time.time, force=asked.force)
    for line in done.lines:
        _say(f"  {line}")
    for aside in done.aside:
        _say(f"What was there before is in {aside}; remove it when you don't need it any more.")
    _say(f"{archive.name} is restored. Start Quadra, or start it again.")
    return DONE


def _schedule(asked: argparse.Namespace, settings: Settings, env: dict[str, str]) -> int:
    before = cron.read_crontab()
    if asked.what == "install":
        folder = settings.backup_dir.absolute()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = folder / "cron.env"
        write_env_file(file, env)
        cron.write_crontab(cron.with_lines(before, _ROOT, file, folder / "backup.log"))
        _say(f"Backups go to {folder}, with the settings in {file}:")
    elif asked.what == "remove":
        after = cron.without_lines(before, _ROOT)
        if after != before:
            cron.write_crontab(after)
        _say("No backups are made by cron any more; those that there are stay.")
        return DONE
    lines = cron.our_lines(cron.read_crontab(), _ROOT)
    for line, (_when, _script, what) in zip(lines, cron.SCHEDULE, strict=False):
        _say(f"  {what}\n    {line}")
    if not lines:
        _say("No backups are made by cron.")
    return DONE


def _found(asked: argparse.Namespace, settings: Settings) -> Path:
    given = (asked.from_folder or Path.cwd()) / asked.file
    in_folder = settings.backup_dir / asked.file
    chosen: Path = in_folder if not given.exists() and in_folder.exists() else given
    return chosen


def _be_modest() -> None:
    """Leave processor and disk to the server; not all the way, for the copy holds its WAL."""
    os.nice(_NICENESS)
    with suppress(AttributeError, OSError, psutil.Error):
        psutil.Process().ionice(psutil.IOPRIO_CLASS_IDLE)


def _be_calm() -> None:
    os.nice(_CALM_NICENESS - _NICENESS)


def _on_term(_number: int, _frame: object) -> None:
    raise SystemExit(128 + signal.SIGTERM)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _complain(error: QuadraError, code: int) -> int:
    sys.stderr.write(f"{_now()} quadra backup: {error.detail}\n")
    return code
