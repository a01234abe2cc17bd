"""All processes of docker-compose.yml at once, natively, and what the image's files alone do."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.clients import history, push
from tests.servers import programs
from tests.servers.cluster import Cluster
from tests.servers.process import REPOSITORY, Process, free_port, plain_environment, wait_until
from tests.servers.proxies import Nginx
from tests.servers.quadra import ADDRESS, QuadraServer
from tests.servers.redis import redis_server

DEPLOY = REPOSITORY / "deploy"


def prometheus(folder: Path, cluster: Cluster, alertmanager: int) -> tuple[Process, str]:
    """Start Prometheus with the file of compose; only addresses, folders and the pace differ."""
    text = (DEPLOY / "compose/prometheus.yml").read_text()
    port = free_port()
    for before, after in (
        ("web1:5000", f"127.0.0.1:{cluster.ports[0]}"),
        ("web2:5000", f"127.0.0.1:{cluster.ports[1]}"),
        ("alertmanager:9093", f"127.0.0.1:{alertmanager}"),
        ("/etc/prometheus/quadra-read-token", str(folder / "token")),
        ("15s", "1s"),
    ):
        assert before in text
        text = text.replace(before, after)
    (folder / "token").write_text(cluster.token)
    (folder / "prometheus.yml").write_text(text)
    rules = (DEPLOY / "prometheus/alerts.yml").read_text().replace("interval: 15s", "interval: 1s")
    (folder / "alerts.yml").write_text(rules)
    command: list[str | Path] = [
        programs.prometheus(),
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/prometheus",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    return Process(command, log=folder / "prometheus.log", env=plain_environment()), (
        f"http://127.0.0.1:{port}"
    )


def alertmanager(folder: Path, port: int) -> Process:
    (folder / "slack").write_text("http://127.0.0.1:9/nowhere")
    text = (DEPLOY / "alertmanager/alertmanager.yml").read_text()
    text = text.replace("/etc/alertmanager/slack-webhook-url", str(folder / "slack"))
    (folder / "alertmanager.yml").write_text(text)
    program = programs.alertmanager()
    command: list[str | Path] = [
        *beside_its_files(program),
        program,
        f"--config.file={folder}/alertmanager.yml",
        f"--storage.path={folder}/alertmanager",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    return Process(command, log=folder / "alertmanager.log", env=plain_environment())


def beside_its_files(program: Path) -> list[str | Path]:
    """Let Debian's program find its templates below /usr/share, also where it was only unpacked."""
    if ".cache" not in program.parts:
        return []
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "-rm"]
    script = 'mount --bind "$1" /usr/share && shift && exec "$@"'
    return [*unshare, "sh", "-c", script, "sh", program.parents[1] / "share"]


def asked(url: str) -> Any:
    try:
        return requests.get(url, timeout=5).json()
    except requests.RequestException:
        return {}


@pytest.fixture
def stack(tmp_path: Path, postgres_url: str) -> Iterator[tuple[Cluster, str, str, str]]:
    """Two web processes behind nginx, a worker, Redis, Postgres, Prometheus, Alertmanager."""
    with ExitStack() as everything:
        redis = everything.enter_context(redis_server())
        cluster = everything.enter_context(
            Cluster(tmp_path, DATABASE_URL=postgres_url, **redis.settings)
        )
        cluster.web()
        cluster.web()
        cluster.worker()
        proxy = everything.enter_context(Nginx(tmp_path, cluster.ports))
        port = free_port()
        everything.enter_context(alertmanager(tmp_path, port))
        process, address = prometheus(tmp_path, cluster, port)
        everything.enter_context(process)
        yield cluster, proxy.url, address, f"http://127.0.0.1:{port}"


def is_whole(server: QuadraServer) -> bool:
    """Say whether this process tells what both were sent, and reaches Redis."""
    told = history(server, "through_all") and history(server, "by_the_first")
    return bool(told) and server.get("/ready").json()["redis"]["state"] == "ok"


def test_the_whole_stack_takes_samples_is_scraped_and_pages(
    stack: tuple[Cluster, str, str, str],
) -> None:
    cluster, proxy, prometheus_url, alertmanager_url = stack
    first, second = cluster.webs
    bearer = {"Authorization": f"Bearer {cluster.token}"}
    body = {"samples": [{"name": "through_all", "value": 7, "timestamp": time.time()}]}
    sent = requests.post(f"{proxy}/api/v1/samples", json=body, headers=bearer, timeout=10)
    assert 200 == sent.status_code, sent.text
    push(first, "by_the_first", 1)
    for server in (first, second):
        assert wait_until(partial(is_whole, server), timeout=15)

    def up() -> list[str]:
        found = asked(f"{prometheus_url}/api/v1/query?query=up%7Bjob%3D%22quadra%22%7D")
        return sorted(one["value"][1] for one in found.get("data", {}).get("result", []))

    assert wait_until(lambda: up() == ["1", "1"], timeout=20), up()
    groups = asked(f"{prometheus_url}/api/v1/rules")["data"]["groups"]
    bad = [rule["name"] for group in groups for rule in group["rules"] if rule["health"] == "err"]
    assert [] == bad

    second.kill9()

    def told() -> set[str]:
        return {one["labels"]["alertname"] for one in asked(f"{alertmanager_url}/api/v2/alerts")}

    assert wait_until(lambda: "ServiceDown" in told(), timeout=20), (
        told(),
        asked(f"{prometheus_url}/api/v1/alerts"),
        up(),
    )
    sent = requests.post(f"{proxy}/api/v1/samples", json=body, headers=bearer, timeout=10)
    assert 200 == sent.status_code


def copied_by_the_image(target: Path) -> None:
    """Lay out what the last stage of the Dockerfile copies, and nothing else."""
    last = (REPOSITORY / "Dockerfile").read_text().split("\nFROM ")[-1]
    for line in re.findall(r"(?m)^COPY (?:--from=console )?(?!-)(.+)$", last):
        *sources, place = line.replace("/build/frontend/dist", "frontend/dist").split()
        for source in sources:
            for path in REPOSITORY.glob(source.rstrip("/")):
                if path.is_dir():
                    ignored = shutil.ignore_patterns("__pycache__")
                    shutil.copytree(path, target / place, dirs_exist_ok=True, ignore=ignored)
                else:
                    (target / place).mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, target / place)


def test_the_image_holds_all_that_runs(tmp_path: Path) -> None:
    image = tmp_path / "app"
    image.mkdir()
    copied_by_the_image(image)
    for path in image.rglob("*"):  # its root is read-only
        path.chmod(path.stat().st_mode & ~0o222)
    folders = {name: str(tmp_path / name) for name in ("DATA_DIR", "LOGS_DIR", "BACKUP_DIR")}
    env = plain_environment(PORT=str(free_port()), PYTHONDONTWRITEBYTECODE="1", **folders)
    log = tmp_path / "log"
    with Process([sys.executable, "app.py"], log=log, env=env, cwd=image) as running:
        address = running.wait_for_line(ADDRESS, timeout=30).group()
        session = requests.Session()
        page = session.get(address, timeout=10)
        assert 200 == page.status_code
        for asset in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
            assert 200 == session.get(address.split("/?")[0] + asset, timeout=10).status_code
        backup = Process(
            ["scripts/full_backup.sh"], log=log, env=env | {"PATH": _path()}, cwd=image
        )
        with backup:
            assert 0 == backup.wait(60), backup.output
    assert 1 == len([*(tmp_path / "BACKUP_DIR").glob("full_backup_*.tar.gz")])


def _path() -> str:
    return f"{Path(sys.executable).parent}:/usr/bin:/bin"
