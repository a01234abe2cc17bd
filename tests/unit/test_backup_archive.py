"""Archives: what is written comes back, and what is hostile does not get in."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import zlib
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.backup import tar
from quadra.backup.archive import METADATA, ArchiveWriter, unpack
from quadra.backup.gzipping import BoundedGunzip, Gzipper
from quadra.backup.outcomes import DamagedBackupError

ROOM = 1 << 30
NAME = "models/a.npz"


def written(files: dict[str, bytes], folder: Path) -> bytes:
    out = io.BytesIO()
    writer = ArchiveWriter(out.write)
    for number, (name, content) in enumerate(files.items()):
        path = folder / str(number)
        path.write_bytes(content)
        writer.add(name, path)
    writer.finish({"kind": "full"}, 0.0)
    return out.getvalue()


def opened(archive: bytes, folder: Path, room: int = ROOM) -> dict[str, bytes]:
    found = unpack(io.BytesIO(archive), len(archive), folder, room)
    return {name: (found.folder / name).read_bytes() for name in found.names}


def refused(archive: bytes, folder: Path, said: str, room: int = ROOM) -> None:
    target = folder / "target"
    target.mkdir()
    with pytest.raises(DamagedBackupError, match=said):
        opened(archive, target, room)


def by_hand(
    members: list[tuple[tarfile.TarInfo, bytes]], *, form: int = tarfile.GNU_FORMAT
) -> bytes:
    """Make an archive with another program's code, with a metadata that lists what it holds."""
    out = io.BytesIO()
    listed = []
    with tarfile.open(fileobj=out, mode="w:gz", format=form) as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
            digest = hashlib.sha256(content).hexdigest()
            listed.append({"name": info.name, "size": len(content), "sha256": digest})
        about = orjson.dumps({"format": 1, "kind": "full", "files": listed})
        info = tarfile.TarInfo(METADATA)
        info.size = len(about)
        archive.addfile(info, io.BytesIO(about))
    return out.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    files = {
        NAME: os.urandom(9_000_000),  # nothing to gain, over several members of gzip
        "database/quadra_matrix.db": b"page" * 500_000,
        "logs/quadra_matrix.json.log": b"",
        ".env.backup": b"HOST=x\n",
    }
    archive = written(files, tmp_path)
    (tmp_path / "out").mkdir()
    assert files == opened(archive, tmp_path / "out")
    assert len(archive) < 9_100_000


def test_tar_and_gzip_read_it(tmp_path: Path) -> None:
    file = tmp_path / "x.tar.gz"
    file.write_bytes(written({NAME: os.urandom(5_000_000), ".env.backup": b"A=1\n"}, tmp_path))
    command = [shutil.which("tar") or "tar", "-tzf", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [NAME, ".env.backup", METADATA] == done.stdout.split()
    assert b"A=1\n" in gzip.decompress(file.read_bytes())


def test_what_no_backup_holds_and_what_is_a_link_is_left_out(tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere"
    secret.write_text("secret")
    (tmp_path / "link").symlink_to(secret)
    out = io.BytesIO()
    writer = ArchiveWriter(out.write)
    writer.add("models/a.npz", tmp_path / "link")
    writer.add("models/../a.npz", secret)
    writer.add("models/gone.npz", tmp_path / "gone")
    writer.finish({}, 0.0)
    assert ["models/a.npz", "models/../a.npz", "models/gone.npz"] == writer.skipped
    assert b"secret" not in gzip.decompress(out.getvalue())


@pytest.mark.parametrize(
    "name",
    [
        "../models/a",
        "/etc/passwd",
        "models/../../a",
        "models/.hidden",
        "models/a\\b",
        "models/a\nb",
        "models/",
        "models",
        "models/" + "d/" * 7 + "a",
        "other/a",
        "models//a",
        "models/a/..",
        ".env",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    refused(by_hand([(member(name), b"x")]), tmp_path, "which no backup does|no regular file")
    assert [] == list((tmp_path / "target").iterdir())


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE,
        tarfile.DIRTYPE, tarfile.CONTTYPE, tarfile.GNUTYPE_SPARSE,
    ],
)  # fmt: skip
def test_what_is_no_regular_file_is_refused(kind: bytes, tmp_path: Path) -> None:
    archive = by_hand([(member(NAME, kind, "/etc/passwd"), b"")])
    refused(archive, tmp_path, "no regular file")
    assert [] == list((tmp_path / "target").iterdir())


def test_a_link_that_a_later_file_would_go_through_is_refused(tmp_path: Path) -> None:
    archive = by_hand(
        [(member("models/d", tarfile.SYMTYPE, "/etc"), b""), (member("models/d/x"), b"")]
    )
    refused(archive, tmp_path, "no regular file")


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_headers_that_lengthen_a_name_are_refused_unread(form: int, tmp_path: Path) -> None:
    refused(by_hand([(member("models/" + "x" * 200), b"")], form=form), tmp_path, "no regular file")


def test_a_name_that_goes_on_in_the_prefix_is_refused(tmp_path: Path) -> None:
    """Other programs would put it elsewhere than where it is looked for."""
    header = bytearray(member(NAME).tobuf(tarfile.USTAR_FORMAT))
    header[345:352] = b"../../a"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    refused(gzip.compress(bytes(header) + bytes(1_024)), tmp_path, "which no backup does")


@pytest.mark.parametrize("names", [("models/a", "models/a/b"), ("models/a/b", "models/a")])
def test_a_file_that_is_a_folder_too_is_refused(names: tuple[str, str], tmp_path: Path) -> None:
    archive = by_hand([(member(name), b"x") for name in names])
    refused(archive, tmp_path, "a file and a folder of one name")


def test_a_file_twice_is_refused(tmp_path: Path) -> None:
    refused(by_hand([(member(NAME), b"1"), (member(NAME), b"2")]), tmp_path, "twice")


def test_a_bomb_is_stopped_at_the_room_there_is(tmp_path: Path) -> None:
    bomb = gzip.compress(tar.header(NAME, 1 << 33, 0.0) + bytes(64 << 20), 9)
    refused(bomb, tmp_path, "more than can be right", room=10 << 20)
    written_bytes = sum(path.stat().st_size for path in (tmp_path / "target").rglob("*.npz"))
    assert written_bytes <= 10 << 20


def test_a_bomb_of_headers_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar, "MAX_MEMBERS", 50)
    bomb = gzip.compress(b"".join(tar.header(f"models/{n}", 0, 0.0) for n in range(100)))
    refused(bomb, tmp_path, "more than 50 files")


@pytest.mark.parametrize("cut", [0, 1, 100, 300, 511, 700])
def test_an_archive_that_is_cut_off_is_refused(cut: int, tmp_path: Path) -> None:
    archive = written({NAME: os.urandom(600)}, tmp_path)
    refused(archive[:cut], tmp_path, "cut off|no sound")


@pytest.mark.parametrize("at", [700, -300])
def test_one_changed_byte_is_noticed(at: int, tmp_path: Path) -> None:
    plain = bytearray(gzip.decompress(written({NAME: os.urandom(600)}, tmp_path)))
    plain[at if at > 0 else len(plain) // 512 * 512 - 1600] ^= 1
    refused(gzip.compress(bytes(plain)), tmp_path, "not those|damaged|no sound|no backup|after")


def test_a_file_behind_the_metadata_is_refused_though_it_is_listed(tmp_path: Path) -> None:
    listed = {"name": NAME, "size": 1, "sha256": hashlib.sha256(b"x").hexdigest()}
    about = orjson.dumps({"format": 1, "kind": "full", "files": [listed]})
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.GNU_FORMAT) as archive:
        for name, content in ((METADATA, about), (NAME, b"x")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    refused(out.getvalue(), tmp_path, "after the metadata")


def test_something_after_the_end_is_refused(tmp_path: Path) -> None:
    archive = written({NAME: b"x"}, tmp_path) + gzip.compress(b"more")
    refused(archive, tmp_path, "follows after")


def test_metadata_that_lists_other_files_is_refused(tmp_path: Path) -> None:
    about = orjson.dumps({"format": 1, "files": [{"name": NAME, "size": 1, "sha256": "0" * 64}]})
    body = tar.header(METADATA, len(about), 0.0) + about + tar.padding(len(about)) + tar.END
    refused(gzip.compress(body), tmp_path, "not those that its metadata lists")


@pytest.mark.parametrize(
    "about",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format": 1}',
        b'{"format": 1, "files": [3]}',
        b'{"format": 1, "files": [{"name": [], "size": 1, "sha256": ""}]}',
        b'{"format": "x", "files": []}',
    ],
)
def test_unsound_metadata_is_refused(about: bytes, tmp_path: Path) -> None:
    body = tar.header(METADATA, len(about), 0.0) + about + tar.padding(len(about)) + tar.END
    refused(gzip.compress(body), tmp_path, "no sound")


def test_a_newer_format_says_so(tmp_path: Path) -> None:
    about = b'{"format": 2, "files": []}'
    body = tar.header(METADATA, len(about), 0.0) + about + tar.padding(len(about)) + tar.END
    refused(gzip.compress(body), tmp_path, "newer version")


def test_a_file_larger_than_eight_gigabytes_has_a_header_that_is_read() -> None:
    block = tar.header("database/quadra_matrix.db", 20 << 30, 0.0)
    assert 20 << 30 == tar._member(block).size


def read_through(archive: bytes) -> None:
    for _member, pieces in tar.members(BoundedGunzip(io.BytesIO(archive), 1 << 20)):
        for _piece in pieces():
            pass


@given(st.binary(max_size=3_000))
def test_no_bytes_lead_to_any_other_error(noise: bytes) -> None:
    for archive in (noise, gzip.compress(noise), gzip.compress(tar.header(NAME, 5, 0.0) + noise)):
        with pytest.raises(DamagedBackupError):
            read_through(archive)


@given(st.binary(min_size=512, max_size=512))
def test_no_header_leads_to_any_other_error(block: bytes) -> None:
    fixed = bytearray(block)
    fixed[148:156] = b" " * 8
    fixed[148:156] = b"%06o\0 " % sum(fixed)
    try:
        found = tar._member(bytes(fixed))
    except DamagedBackupError:
        return
    assert tar.is_allowed(found.name)


@given(st.lists(st.binary(max_size=2_000), max_size=6), st.integers(1, 700))
def test_gzip_in_members_reads_back_in_any_pieces(parts: list[bytes], size: int) -> None:
    out = io.BytesIO()
    zipper = Gzipper(out.write)
    for part in parts:
        zipper.write(part)
        zipper._member(bytes(zipper._waiting))
        zipper._waiting.clear()
    zipper.finish()
    reader = BoundedGunzip(io.BytesIO(out.getvalue()), 1 << 20)
    read = b"".join(iter(lambda: reader.read(size), b""))
    assert b"".join(parts) == read == gzip.decompress(out.getvalue())


def test_a_wrong_checksum_of_gzip_is_noticed() -> None:
    sound = bytearray(zlib.compress(b"x" * 5_000, 1, wbits=31))
    sound[-6] ^= 1
    reader = BoundedGunzip(io.BytesIO(bytes(sound)), 1 << 20)
    with pytest.raises(DamagedBackupError, match="no sound gzip"):
        reader.exactly(9_000)
