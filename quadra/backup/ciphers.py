"""Archives that only the holder of a key can read, by the programs age or gpg."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from quadra.backup.outcomes import BackupError, DamagedBackupError
from quadra.storage.snapshots import flush

_FLUSH_BYTES = 8 << 20
_AGE = ("age1", "ssh-")  # what recipients of age begin with
_MOST_SAID = 300

Write = Callable[[bytes], object]


def cipher_of(recipient: str) -> str:
    """Give the program that encrypts to a recipient; empty for no encryption."""
    if not recipient:
        return ""
    return "age" if recipient.startswith(_AGE) else "gpg"


@contextmanager
def writing(path: Path, recipient: str) -> Iterator[Write]:
    """Give what writes to a new file, through the cipher if there is a recipient.

    Every few MB are put on the disk at once: a gigabyte that the system writes when it likes
    would hold up the commits of the server beside. Raises BackupError.
    """
    cipher = cipher_of(recipient)
    with path.open("xb") as file:
        path.chmod(0o600)
        if not cipher:
            yield _Flushing(file.write, file).write
            return
        command = {
            "age": ["age", "--encrypt", "--recipient", recipient],
            "gpg": [
                "gpg", "--batch", "--quiet", "--trust-model", "always", "--compress-level", "0",
                "--encrypt", "--recipient", recipient,
            ],
        }[cipher]  # fmt: skip
        with _started(command, stdin=subprocess.PIPE, stdout=file) as process:
            assert process.stdin is not None  # noqa: S101 - asked for above
            try:
                yield _Flushing(process.stdin.write, file).write
                process.stdin.close()
            except BrokenPipeError:
                pass  # it says why
            said = _end(process)
    if said:
        raise BackupError(f"BACKUP_ENCRYPT_TO: {cipher} could not encrypt: {said}")


@contextmanager
def reading(path: Path, cipher: str, identity: Path | None) -> Iterator[BinaryIO]:
    """Give a file's plain bytes; raises BackupError and, at its end, DamagedBackupError."""
    with path.open("rb") as file:
        if not cipher:
            yield file
            return
        if cipher == "age" and identity is None:
            raise BackupError("BACKUP_IDENTITY: name the file of the age identity that opens this.")
        command = {
            "age": ["age", "--decrypt", "--identity", str(identity)],
            "gpg": ["gpg", "--batch", "--quiet", "--decrypt"],
        }[cipher]
        with _started(command, stdin=file, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None  # noqa: S101 - asked for above
            try:
                yield process.stdout  # type: ignore[misc] # a pipe reads as a file does
            except DamagedBackupError:
                # Nothing came out, or it broke off: the program knows the reason.
                if said := _end(process):
                    raise DamagedBackupError(
                        f"{cipher} can't decrypt {path.name}: {said}"
                    ) from None
                raise
            if said := _end(process):
                raise DamagedBackupError(f"{cipher} can't decrypt {path.name}: {said}")


class _Flushing:
    def __init__(self, write: Write, file: BinaryIO) -> None:
        self._write = write
        self._path = Path(file.name)
        self._unflushed = 0

    def write(self, data: bytes) -> None:
        self._write(data)
        self._unflushed += len(data)
        if self._unflushed >= _FLUSH_BYTES:
            flush(self._path)
            self._unflushed = 0


@contextmanager
def _started(
    command: Sequence[str], *, stdin: BinaryIO | int, stdout: BinaryIO | int
) -> Iterator[subprocess.Popen[bytes]]:
    program = shutil.which(command[0])
    if program is None:
        raise BackupError(f"{command[0]} is not on PATH; install it, or leave encryption off.")
    with (
        subprocess.Popen(  # noqa: S603 - looked up, and no shell is asked
            [program, *command[1:]], stdin=stdin, stdout=stdout, stderr=subprocess.PIPE
        ) as process
    ):
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _end(process: subprocess.Popen[bytes]) -> str:
    """Wait for its end; give what it complained of, nothing when it did its work."""
    if process.stdout is not None:
        process.stdout.close()
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
    said = process.stderr.read(1 << 16) if process.stderr is not None else b""
    if process.wait() == 0:
        return ""
    return " ".join(said.decode(errors="replace").split())[:_MOST_SAID] or "no reason given"
