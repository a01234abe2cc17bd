"""The lines of a crontab that are Quadra's: put there, shown and taken away, and no others."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

from quadra.backup.outcomes import BackupError

SCHEDULE = (
    ("0 * * * *", "backup_models.sh", "models, hourly"),
    ("0 2 * * *", "backup_database.sh", "database, daily at 02:00"),
    ("0 3 * * 0", "full_backup.sh", "everything, Sundays at 03:00"),
    ("0 4 * * *", "cleanup_backups.sh", "old ones are removed, daily at 04:00"),
)


def with_lines(crontab: str, root: Path, env_file: Path, log: Path) -> str:
    """Give the crontab with this installation's lines, once, whatever it held before."""
    rest = without_lines(crontab, root)
    if rest and not rest.endswith("\n"):
        rest += "\n"
    begin, end = _marks(root)
    lines = [begin]
    for when, script, _what in SCHEDULE:
        command = (
            f"cd {shlex.quote(str(root))} && scripts/{script} "
            f"--env-file {shlex.quote(str(env_file))} >>{shlex.quote(str(log))} 2>&1"
        )
        lines.append(f"{when} {_escaped(command)}")
    return rest + "\n".join([*lines, end]) + "\n"


def without_lines(crontab: str, root: Path) -> str:
    """Give the crontab without this installation's lines; all others as they were, to the byte."""
    begin, end = _marks(root)
    kept, held_back, inside = [], [], False
    for line in crontab.splitlines(keepends=True):
        if line.rstrip("\n") == begin and not inside:
            inside, held_back = True, [line]
        elif inside:
            held_back.append(line)
            if line.rstrip("\n") == end:
                inside, held_back = False, []
        else:
            kept.append(line)
    # A beginning without an end: somebody has edited it. What follows may be theirs.
    ours = [script for _when, script, _what in SCHEDULE]
    kept += [
        line for line in held_back[1:] if not any(f"scripts/{script}" in line for script in ours)
    ]
    return "".join(kept)


def our_lines(crontab: str, root: Path) -> list[str]:
    """Give this installation's lines."""
    begin, end = _marks(root)
    lines = crontab.splitlines()
    if begin not in lines or end not in lines[lines.index(begin) :]:
        return []
    return lines[lines.index(begin) + 1 : lines.index(end, lines.index(begin))]


def read_crontab() -> str:
    """Give the user's crontab, empty when there is none; raises BackupError."""
    done = _crontab("-l")
    if done.returncode == 0:
        return done.stdout
    if "no crontab" in done.stderr.lower() or not done.stderr.strip():
        return ""
    raise BackupError(f"crontab -l: {done.stderr.strip()}")


def write_crontab(text: str) -> None:
    """Replace the user's crontab; raises BackupError."""
    done = _crontab("-", text) if text.strip() else _crontab("-r")
    if done.returncode:
        raise BackupError(f"crontab refused the lines: {done.stderr.strip()}")


def _crontab(argument: str, text: str = "") -> subprocess.CompletedProcess[str]:
    program = shutil.which("crontab")
    if program is None:
        raise BackupError(
            "crontab is not on PATH: install cron, or use the timers in deploy/systemd."
        )
    return subprocess.run(  # noqa: S603 - looked up, and no shell is asked
        [program, argument], input=text, capture_output=True, text=True, check=False
    )


def _marks(root: Path) -> tuple[str, str]:
    where = str(root).replace("\n", " ")
    return (f"# BEGIN Quadra backups of {where}", f"# END Quadra backups of {where}")


def _escaped(command: str) -> str:
    """Cron reads a percent sign as a line's end."""
    return command.replace("%", r"\%")
