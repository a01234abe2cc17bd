"""Backups as cron and people make them, with the scripts, of a server that is written to."""

from __future__ import annotations

import functools
import hashlib
import hmac
import io
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest
import requests

from quadra.engine.models import ModelVersion
from quadra.storage.models import FolderModels
from tests.e2e.clients import history, make_token, push
from tests.servers import programs
from tests.servers.process import REPOSITORY, Process, plain_environment, wait_until
from tests.servers.quadra import QuadraServer, run
from tests.servers.receivers import HttpReceiver

Done = subprocess.CompletedProcess[str]
Start = Callable[..., QuadraServer]
SECRET = "a secret of the channel"
RULE = {"name": "A rule of mine", "selector": "kept", "op": ">", "threshold": 1e9}


def script(name: str, *arguments: str | Path, env: dict[str, str]) -> Done:
    """Run a script as cron does: from another folder, with nothing in the environment but this."""
    command = ["/usr/bin/env", "-i", "PATH=/usr/bin:/bin", *(f"{k}={v}" for k, v in env.items())]
    return subprocess.run(
        [*command, str(REPOSITORY / "scripts" / name), *map(str, arguments)],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def folders(server: QuadraServer) -> dict[str, str]:
    return {name: server.settings[name] for name in ("DATA_DIR", "LOGS_DIR", "BACKUP_DIR")}


def made(done: Done) -> Path:
    assert (0, "") == (done.returncode, done.stderr)
    found = re.search(r"(\S+\.tar\.gz\S*): ", done.stdout)
    assert found is not None, done.stdout
    return Path(found[1])


def elsewhere(folder: Path, server: QuadraServer) -> dict[str, str]:
    """Give the settings of an empty machine that has only the backups."""
    named = ("DATA_DIR", "LOGS_DIR")
    return {name: str(folder / name.lower()) for name in named} | {
        "BACKUP_DIR": server.settings["BACKUP_DIR"]
    }


class Writer:
    """Sends one sample after another, and knows which were acknowledged."""

    def __init__(self, server: QuadraServer) -> None:
        self.server = server
        self.acknowledged: list[float] = []
        self.failed = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        assert wait_until(lambda: len(self.acknowledged) > 20, timeout=10)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(20)

    def _run(self) -> None:
        session = requests.Session()
        session.headers.update(self.server.session.headers)
        for number in itertools.count():
            if self._stop.is_set():
                return
            body = {"samples": [{"name": "kept", "value": number}]}
            answer = session.post(f"{self.server.url}/api/v1/samples", json=body, timeout=10)
            if answer.status_code == 200:
                self.acknowledged.append(float(number))
            else:
                self.failed += 1


def save_model(server: QuadraServer) -> None:
    content = os.urandom(3_000)
    model = ModelVersion(
        "v1", 1.0, "", hashlib.sha256(content).hexdigest(), 3_000, 8, 1, 5, None, (), 1.0
    )
    FolderModels(Path(server.settings["DATA_DIR"]) / "models").save(model, content)


@pytest.fixture(scope="module")
def hook() -> Iterator[HttpReceiver]:
    with HttpReceiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def lived(hook: HttpReceiver) -> Iterator[QuadraServer]:
    """A server whose admin token is its own, with a rule, a token, a channel and a model."""
    settings: dict[str, str | None] = {"RATELIMIT_ENABLED": "false", "QUADRA_ADMIN_TOKEN": None}
    with QuadraServer(folder=None, WEBHOOK_ALLOW_PRIVATE="true", **settings) as running:
        running.token = (Path(running.settings["DATA_DIR"]) / "admin-token").read_text().strip()
        running.session.headers["Authorization"] = f"Bearer {running.token}"
        assert 201 == running.post("/api/v1/alert-rules", json=RULE).status_code
        channel = {"name": "ops", "kind": "webhook", "url": hook.url, "secret": SECRET}
        assert 201 == running.post("/api/v1/channels", json=channel).status_code
        save_model(running)
        yield running


@pytest.fixture(scope="module")
def backup(lived: QuadraServer) -> Path:
    """A full backup of it."""
    push(lived, "before_the_backup", 42)
    return made(script("full_backup.sh", env=folders(lived)))


def test_an_empty_machine_gets_everything_back_as_it_was_at_one_moment(
    lived: QuadraServer, hook: HttpReceiver, tmp_path: Path, start_quadra: Start
) -> None:
    _id, token = make_token(lived, "read")
    with Writer(lived) as writer:
        before = list(writer.acknowledged)
        archive = made(script("full_backup.sh", env=folders(lived)))
        after = list(writer.acknowledged)
    assert 0 == writer.failed
    checked = script("verify_backup.sh", archive, env=folders(lived))
    assert (0, "") == (checked.returncode, checked.stderr)
    assert "database: sound" in checked.stdout
    assert "models: 1 versions" in checked.stdout

    env = elsewhere(tmp_path, lived)
    restored = script("restore.sh", archive.name, env=env)
    assert (0, "") == (restored.returncode, restored.stderr)
    server = start_quadra(**env, QUADRA_ADMIN_TOKEN=None, WEBHOOK_ALLOW_PRIVATE="true")
    server.session.headers["Authorization"] = f"Bearer {lived.token}"
    values = [v for line in history(server, "kept") for v in line["values"]]
    assert values == list(map(float, range(len(values))))  # no hole: of one moment
    assert len(before) <= len(values) <= len(after) + 1
    rules = [rule["name"] for rule in server.get("/api/v1/alert-rules").json()["alert_rules"]]
    assert RULE["name"] in rules
    assert ["v1"] == [m["version"] for m in server.get("/api/v1/models").json()["models"]]
    assert wait_until(lambda: server.get("/ready").json()["worker"]["state"] == "ok", timeout=20)
    tested = server.post("/api/v1/channels/1/test", timeout=20).json()
    assert tested["delivered"] is True, tested
    told = next(post for post in hook.posts if post.json["kind"] == "test")
    signature = "sha256=" + hmac.new(SECRET.encode(), told.body, hashlib.sha256).hexdigest()
    assert signature == told.headers["X-Quadra-Signature"]
    server.session.headers["Authorization"] = f"Bearer {token}"
    assert 200 == server.get("/api/v1/status").status_code
    assert 403 == server.get("/api/v1/tokens").status_code


def test_a_full_backup_holds_what_the_documentation_lists(backup: Path) -> None:
    with tarfile.open(backup) as archive:
        names = set(archive.getnames())
        settings = archive.extractfile(".env.backup")
        about = archive.extractfile("backup_metadata.json")
        assert settings is not None
        assert about is not None
        shown, listed = settings.read().decode(), json.load(about)
    assert {
        "models/v1.npz", "models/v1.json", "database/quadra_matrix.db", ".env.backup",
        "dashboard_state/admin-token", "logs/quadra_matrix.json.log", "backup_metadata.json",
    } <= names  # fmt: skip
    assert "BACKUP_RETENTION=2592000s" in shown
    assert "full" == listed["kind"]
    assert listed["database"]["rows"]["tokens"] > 0
    assert names - {"backup_metadata.json"} == {one["name"] for one in listed["files"]}


def test_secrets_in_the_settings_are_masked(lived: QuadraServer) -> None:
    env = folders(lived) | {
        "SLACK_WEBHOOK_URL": "https://hooks.example/hunter2",
        "SECRET_KEY": "hunter2",
    }
    archive = made(script("full_backup.sh", env=env))
    with tarfile.open(archive) as opened:
        settings = opened.extractfile(".env.backup")
        assert settings is not None
        shown = settings.read().decode()
    assert "SLACK_WEBHOOK_URL='********'" in shown
    assert "hunter2" not in shown


def test_each_kind_is_made_seen_in_metrics_and_listed(lived: QuadraServer) -> None:
    for name in ("backup_models.sh", "backup_database.sh"):
        archive = made(script(name, env=folders(lived)))
        assert 0 == script("verify_backup.sh", archive, env=folders(lived)).returncode
    told = lived.get("/metrics").text
    newest = re.search(
        r"^quadra_matrix_backup_last_success_timestamp_seconds (\S+)$", told, re.MULTILINE
    )
    assert newest is not None
    assert float(newest[1]) > 1e9
    assert 'quadra_matrix_backup_last_success_by_kind_timestamp_seconds{kind="models"} 1.' in told
    listed = lived.cli("backup", "list")
    assert {"models", "database"} <= {line.split()[0] for line in listed.stdout.splitlines()}


def test_what_runs_or_holds_something_is_not_overwritten(
    lived: QuadraServer, backup: Path, tmp_path: Path
) -> None:
    refused = script("restore.sh", backup, env=folders(lived))
    assert 1 == refused.returncode
    assert "in use" in refused.stderr
    env = elsewhere(tmp_path, lived)
    data = Path(env["DATA_DIR"])
    data.mkdir()
    (data / "quadra_matrix.db").write_bytes(b"precious")
    (data / "quadra_matrix.db-wal").write_bytes(b"stale")
    refused = script("restore.sh", backup, env=env)
    assert 1 == refused.returncode
    assert "something already" in refused.stderr
    assert b"precious" == (data / "quadra_matrix.db").read_bytes()
    forced = script("restore.sh", backup, "--force", env=env)
    assert (0, "") == (forced.returncode, forced.stderr)
    aside = next(data.glob("before-restore-*"))
    assert (b"precious", b"stale") == (
        (aside / "quadra_matrix.db").read_bytes(),
        (aside / "quadra_matrix.db-wal").read_bytes(),
    )
    assert not (data / "quadra_matrix.db-wal").exists()


def hostile(member: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        archive.addfile(member)
    return out.getvalue()


def linked() -> bytes:
    member = tarfile.TarInfo("database/quadra_matrix.db")
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return hostile(member)


@pytest.mark.parametrize(
    ("change", "signed"),
    [
        (lambda good: good[:-200] + bytes([good[-200] ^ 1]) + good[-199:], False),
        (lambda good: good[: len(good) // 2], True),
        (lambda _good: hostile(tarfile.TarInfo("../../escaped")), True),
        (lambda _good: linked(), True),
    ],
    ids=["a bit", "cut and signed", "traversal", "link"],
)
def test_a_damaged_or_hostile_archive_changes_nothing(
    change: Callable[[bytes], bytes],
    signed: bool,
    lived: QuadraServer,
    backup: Path,
    tmp_path: Path,
) -> None:
    bad = tmp_path / backup.name
    bad.write_bytes(change(backup.read_bytes()))
    shutil.copy(f"{backup}.sha256", f"{bad}.sha256")
    if signed:
        digest = hashlib.sha256(bad.read_bytes()).hexdigest()
        Path(f"{bad}.sha256").write_text(f"{digest}  {bad.name}\n")
    env = elsewhere(tmp_path, lived)
    for name, more in (("verify_backup.sh", ()), ("restore.sh", ("--force",))):
        done = script(name, bad, *more, env=env)
        assert 3 == done.returncode, done.stderr
        assert "Traceback" not in done.stderr
    assert [] == [
        path for path in tmp_path.rglob("*") if path.is_file() and path.parent != tmp_path
    ]


def test_a_damaged_database_is_not_taken_for_a_good_backup(
    lived: QuadraServer, backup: Path, tmp_path: Path
) -> None:
    env = elsewhere(tmp_path, lived) | {"BACKUP_DIR": str(tmp_path / "backups")}
    assert 0 == script("restore.sh", backup, env=env).returncode
    good = made(script("backup_database.sh", env=env))
    file = Path(env["DATA_DIR"]) / "quadra_matrix.db"
    content = bytearray(file.read_bytes())
    for page in range(3, len(content) // 16_384):
        content[page * 16_384 : page * 16_384 + 200] = b"\xff" * 200
    file.write_bytes(content)
    done = script("backup_database.sh", env=env)
    assert 3 == done.returncode
    assert "damaged" in done.stderr
    assert [good.name] == [path.name for path in good.parent.glob("db_backup*.gz")]


def more_archives(folder: Path, seen: set[Path]) -> bool:
    return bool({*folder.glob(".partial-*/archive")} - seen)


def test_a_killed_backup_leaves_the_others_and_the_next_one_works(
    lived: QuadraServer, tmp_path: Path
) -> None:
    env = folders(lived) | {"BACKUP_DIR": str(tmp_path / "b"), "MODELS_DIR": str(tmp_path / "m")}
    (tmp_path / "m").mkdir()
    first = made(script("backup_models.sh", env=env))
    with (tmp_path / "m" / "large.npz").open("wb") as file:
        file.truncate(400 << 20)
    seen: set[Path] = set()
    for number in (signal.SIGKILL, signal.SIGTERM):
        running = Process(
            [str(REPOSITORY / "scripts/backup_models.sh")],
            log=tmp_path / "log",
            env=plain_environment(**env),
        )
        with running:
            assert wait_until(functools.partial(more_archives, first.parent, seen), timeout=20)
            seen |= {*first.parent.glob(".partial-*/archive")}
            running.stop(number, timeout=10)
        assert [first.name] == [path.name for path in first.parent.glob("*.gz")]
        left = [*first.parent.glob(".partial-*")]
        assert (number == signal.SIGKILL) == bool(left), "SIGTERM clears up, SIGKILL can't"
    (tmp_path / "m" / "large.npz").unlink()
    second = made(script("backup_models.sh", env=env))
    assert {first.name, second.name} == {path.name for path in first.parent.glob("*.gz")}
    assert [] == [*first.parent.glob(".partial-*")]


def test_two_at_once_come_one_after_the_other(lived: QuadraServer, tmp_path: Path) -> None:
    env = folders(lived) | {"BACKUP_DIR": str(tmp_path)}
    results: list[Done] = []

    def one() -> None:
        results.append(script("backup_database.sh", env=env))

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 3 == len({made(done) for done in results})


def test_old_ones_go_and_the_newest_good_one_stays(lived: QuadraServer, tmp_path: Path) -> None:
    env = folders(lived) | {"BACKUP_DIR": str(tmp_path)}
    paths = [made(script("backup_models.sh", env=env)) for _ in range(3)]
    for path in paths:
        os.utime(path, (1e9, 1e9))
    paths[2].write_bytes(b"damaged")
    os.utime(paths[2], (1e9, 1e9))
    shown = script("cleanup_backups.sh", "--dry-run", env=env)
    assert 2 == shown.stdout.count("would remove")
    assert 6 == len([*tmp_path.glob("models_backup*")])
    assert 0 == script("cleanup_backups.sh", env=env).returncode
    assert {paths[1].name, f"{paths[1].name}.sha256"} == {p.name for p in tmp_path.glob("models*")}


CRONTAB = """#!/bin/sh
file=$(dirname "$0")/table
case $1 in
    -l) [ -f "$file" ] || { echo "no crontab for me" >&2; exit 1; }; cat "$file" ;;
    -r) rm "$file" ;;
    -) cat >"$file" ;;
esac
"""


def test_cron_lines_are_installed_shown_run_and_removed(
    lived: QuadraServer, tmp_path: Path
) -> None:
    """Beside a crontab that only keeps what it is given; the lines are run as cron would."""
    (tmp_path / "crontab").write_text(CRONTAB)
    (tmp_path / "crontab").chmod(0o755)
    table = tmp_path / "table"
    env = folders(lived) | {"PATH": f"{tmp_path}:/usr/bin:/bin", "BACKUP_DIR": str(tmp_path / "b")}
    before = "5 4 * * * mine\n"
    table.write_text(before)
    for _ in range(2):
        assert 0 == script("setup_automated_backups.sh", env=env).returncode
    assert 4 == table.read_text().count("scripts/")
    assert "full_backup.sh" in script("setup_automated_backups.sh", "show", env=env).stdout
    installed = table.read_text()
    assert 0 == script("setup_automated_backups.sh", "remove", env=env).returncode
    assert before == table.read_text()
    for line in installed.splitlines():
        if "scripts/" in line:
            command = line.split(None, 5)[5].replace(r"\%", "%")
            bare = ["/usr/bin/env", "-i", "HOME=/", "PATH=/usr/bin:/bin", "SHELL=/bin/sh"]
            subprocess.run([*bare, "/bin/sh", "-c", command], cwd="/", check=True, timeout=60)
    found = {path.name.split("_backup_")[0] for path in (tmp_path / "b").glob("*.gz")}
    assert {"models", "db", "full"} == found
    assert "3 backups are left" in (tmp_path / "b/backup.log").read_text()


@pytest.mark.parametrize("cipher", ["age", "gpg"])
def test_an_encrypted_backup_opens_only_with_the_key(
    cipher: str, lived: QuadraServer, tmp_path: Path
) -> None:
    key, path = {"age": age_key, "gpg": gpg_key}[cipher](tmp_path)
    opener = {
        "age": {"BACKUP_IDENTITY": f"{tmp_path}/identity"},
        "gpg": {"GNUPGHOME": str(tmp_path)},
    }
    env = folders(lived) | {
        "BACKUP_DIR": str(tmp_path / "b"),
        "PATH": path,
        "BACKUP_ENCRYPT_TO": key,
    }
    public = env | ({"GNUPGHOME": str(tmp_path)} if cipher == "gpg" else {})
    archive = made(script("full_backup.sh", env=public))
    assert archive.name.endswith(f".tar.gz.{cipher}")
    assert b"\x1f\x8b" != archive.read_bytes()[:2]
    checked = script("verify_backup.sh", archive, env=env | opener[cipher])
    assert (0, "") == (checked.returncode, checked.stderr)
    if cipher == "gpg":
        return
    without = script("verify_backup.sh", archive, env=env | {"GNUPGHOME": str(tmp_path / "b")})
    assert without.returncode in (1, 3)
    wrong = script("backup_models.sh", env=public | {"BACKUP_ENCRYPT_TO": f"{key[:-3]}zzz"})
    assert 1 == wrong.returncode
    assert "BACKUP_ENCRYPT_TO" in wrong.stderr
    assert [archive.name] == [path.name for path in archive.parent.glob(f"*.{cipher}")]


def age_key(folder: Path) -> tuple[str, str]:
    program = programs.age()
    subprocess.run(
        [program.with_name("age-keygen"), "-o", folder / "identity"],
        check=True,
        capture_output=True,
    )
    said = (folder / "identity").read_text()
    found = re.search(r"age1\w+", said)
    assert found is not None
    return found[0], f"{program.parent}:/usr/bin:/bin"


def gpg_key(folder: Path) -> tuple[str, str]:
    if shutil.which("gpg") is None:
        pytest.skip("gpg is not here; Debian's package gnupg has it")
    folder.chmod(0o700)
    env = plain_environment(GNUPGHOME=str(folder))
    options = ["--batch", "--passphrase", "", "--quick-generate-key", "me@example.org"]
    subprocess.run(["/usr/bin/env", "gpg", *options], env=env, check=True, capture_output=True)
    return "me@example.org", "/usr/bin:/bin"


def test_wrong_use_is_one_line_and_code_2(lived: QuadraServer) -> None:
    done = script("full_backup.sh", env=folders(lived) | {"BACKUP_RETENTION": "soon"})
    assert (2, 1) == (done.returncode, len(done.stderr.splitlines()))
    assert "BACKUP_RETENTION" in done.stderr
    assert 1 == script("restore.sh", "/no/such.tar.gz", env=folders(lived)).returncode
    assert 2 == script("setup_automated_backups.sh", "everything", env={}).returncode


def test_commands_do_the_same_and_restore_begins_no_database(
    lived: QuadraServer, backup: Path, tmp_path: Path
) -> None:
    done = lived.cli("backup", "models")
    assert (0, "") == (done.returncode, done.stderr)
    env = plain_environment(**elsewhere(tmp_path, lived))
    flask = [str(REPOSITORY / ".venv/bin/flask"), "--app", "app", "restore", str(backup)]
    first = run(flask, env=env)
    assert 0 == first.returncode, first.stderr
    again = run(flask, env=env)
    assert 1 == again.returncode
    assert "something already" in again.stderr
