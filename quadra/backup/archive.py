"""Archives of backups: files, then ``backup_metadata.json``, which lists each with its SHA-256."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from quadra.backup import tar
from quadra.backup.gzipping import BoundedGunzip, Gzipper
from quadra.backup.outcomes import DamagedBackupError

METADATA = "backup_metadata.json"
FORMAT = 1
_READ = 1 << 20
_METADATA_LIMIT = 32 << 20
# Empty pages of a database shrink to nothing; a bomb shrinks more.
_SMALLEST_LIMIT = 512 << 20
_MOST_UNPACKED = 200


class ArchiveWriter:
    """Writes one archive."""

    def __init__(self, sink: Callable[[bytes], object]) -> None:
        """Wire it: ``sink`` takes the compressed bytes."""
        self._zip = Gzipper(sink)
        self._files: list[dict[str, object]] = []
        self.skipped: list[str] = []

    def add(self, name: str, path: Path) -> None:
        """Add a file as it is now; one that has gone in the meantime is left out.

        A log that grows is taken up to where it was when it was opened.
        """
        if not tar.is_allowed(name):
            self.skipped.append(name)
            return
        try:
            # Never through a link: what lies in these folders may be less trusted than we are.
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            self.skipped.append(name)
            return
        with os.fdopen(handle, "rb") as file:
            about = os.fstat(handle)
            self._put(name, about.st_size, about.st_mtime, _pieces(file, about.st_size))

    def add_bytes(self, name: str, content: bytes, at: float) -> None:
        """Add a file that is made now."""
        self._put(name, len(content), at, iter([content] if content else []))

    def finish(self, about: dict[str, Any], at: float) -> None:
        """Write the metadata, which is ``about`` and the list of files, and the end."""
        document = {"format": FORMAT, **about, "files": self._files, "skipped": self.skipped}
        content = orjson.dumps(document, option=orjson.OPT_INDENT_2)
        self._zip.write(tar.header(METADATA, len(content), at))
        self._zip.write(content + tar.padding(len(content)) + tar.END)
        self._zip.finish()

    def _put(self, name: str, size: int, changed_at: float, pieces: Iterator[bytes]) -> None:
        digest = hashlib.sha256()
        self._zip.write(tar.header(name, size, changed_at))
        left = size
        for piece in pieces:
            left -= len(piece)
            digest.update(piece)
            self._zip.write(piece)
        if left:  # a file that was cut while it was read: nothing of ours does that
            filler = b"\0" * left
            digest.update(filler)
            self._zip.write(filler)
        self._zip.write(tar.padding(size))
        self._files.append({"name": name, "size": size, "sha256": digest.hexdigest()})


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What came out of an archive: where each file lies, and its metadata."""

    folder: Path
    about: dict[str, Any]
    names: tuple[str, ...] = field(default=())

    def under(self, top: str) -> list[str]:
        """List the names below one of the archive's folders."""
        return [name for name in self.names if name.startswith(f"{top}/")]


def unpack(source: BinaryIO, size: int, folder: Path, room: int) -> Unpacked:
    """Unpack an archive of ``size`` bytes into an empty folder and check every file.

    At most ``room`` bytes are written. Raises DamagedBackupError for whatever is not exactly what
    was once written.
    """
    limit = min(max(_SMALLEST_LIMIT, size * _MOST_UNPACKED), room)
    found: dict[str, tuple[int, str]] = {}
    metadata = b""
    for member, pieces in tar.members(BoundedGunzip(source, limit)):
        if METADATA in found:
            raise DamagedBackupError(f"{member.name!r} comes after the metadata; refused.")
        if member.name == METADATA:
            if member.size > _METADATA_LIMIT:
                raise DamagedBackupError("The metadata is too large; refused.")
            metadata = b"".join(pieces())
            found[METADATA] = (len(metadata), "")
        else:
            found[member.name] = (member.size, _write(folder / member.name, pieces()))
    found.pop(METADATA, None)
    about = _metadata(metadata)
    if {one["name"]: (one["size"], one["sha256"]) for one in about["files"]} != found:
        raise DamagedBackupError("The files in the archive are not those that its metadata lists.")
    return Unpacked(folder, about, tuple(found))


def _write(path: Path, pieces: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except (FileExistsError, NotADirectoryError):
        msg = f"The archive holds a file and a folder of one name, at {path.name!r}; refused."
        raise DamagedBackupError(msg) from None
    with os.fdopen(handle, "wb") as file:
        for piece in pieces:
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def _metadata(content: bytes) -> dict[str, Any]:
    try:
        about: dict[str, Any] = orjson.loads(content)
        newer = about["format"] > FORMAT
        listed = all(
            isinstance(one["name"], str) and {"size", "sha256"} < {*one} for one in about["files"]
        )
    except (orjson.JSONDecodeError, KeyError, TypeError):
        about, newer, listed = {}, False, False
    if newer:
        raise DamagedBackupError(
            "A newer version of Quadra made this backup; restore it with that."
        )
    if not listed:
        raise DamagedBackupError(f"The archive has no sound {METADATA}.")
    return about


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size and (piece := file.read(min(size, _READ))):
        size -= len(piece)
        yield piece
