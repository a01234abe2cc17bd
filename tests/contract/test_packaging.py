"""What containers, Grafana, systemd and workflows are given fits together."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from quadra.backup.cron import SCHEDULE
from quadra.settings import Settings, describe
from scripts.audit import FOUND, NOT_RUN, PASSED, judged_node, judged_packages
from tests.servers import programs
from tests.servers.process import REPOSITORY, plain_environment
from tests.servers.quadra import run
from utils.declared_metrics import DECLARED, PREFIX
from utils.structured_logging import save_log_aggregation_configs

DEPLOY = REPOSITORY / "deploy"
OURS = ("web1", "web2", "worker")
# Of the process itself, by prometheus_client.
PROCESS = {"process_cpu_seconds_total", "process_resident_memory_bytes"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    text = (REPOSITORY / "docker-compose.yml").read_text()
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def test_every_file_that_compose_mounts_is_there(compose: dict[str, Any]) -> None:
    mounts = [m for one in compose["services"].values() for m in one.get("volumes", [])]
    files = [mount.split(":")[0] for mount in mounts if mount.startswith("./")]
    assert len(files) > 5
    assert [] == [file for file in files if not (REPOSITORY / file).exists()]
    named = {mount.split(":")[0] for mount in mounts if not mount.startswith("./")}
    assert named == set(compose["volumes"])


def test_images_have_versions_and_ports_are_of_this_machine_alone(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert re.fullmatch(r"[\w./-]+:(?!latest)[\w.-]+", service["image"]), name
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name
    assert {"postgres", "redis"} <= {
        name for name, one in compose["services"].items() if one["networks"] == ["inside"]
    }


def test_quadra_runs_without_rights_on_a_file_system_that_it_can_not_write(
    compose: dict[str, Any],
) -> None:
    for name in OURS:
        service = compose["services"][name]
        assert (True, ["ALL"]) == (service["read_only"], service["cap_drop"])
        assert "no-new-privileges:true" in service["security_opt"]
    last = (REPOSITORY / "Dockerfile").read_text().split("\nFROM ")[-1]
    assert re.search(r"^USER \d+:\d+$", last, re.MULTILINE)
    assert "HEALTHCHECK" in last


def test_quadra_takes_the_settings_that_compose_gives(compose: dict[str, Any]) -> None:
    known = {name for name, _default, _help in describe()}
    for name in OURS:
        given = compose["services"][name]["environment"]
        assert set() == set(given) - known
        # With what scripts/tools/compose_env.sh makes in the place of each variable.
        filled = {
            key: re.sub(
                r"\$\{(\w+)(?::(?:-([^}]*)|\?[^}]*))?\}",
                lambda m: m[2] or ("s" * 40 if m[2] is None else ""),
                value,
            )
            for key, value in given.items()
        }
        settings = Settings.from_env(filled)
        assert settings.database_url.startswith("postgresql+psycopg://quadra:ssss")


def test_passwords_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    (tmp_path / "scripts/tools").mkdir(parents=True)
    script = shutil.copy(REPOSITORY / "scripts/tools/compose_env.sh", tmp_path / "scripts/tools")
    for _ in range(2):
        done = run([str(script)], env=plain_environment())
        assert 0 == done.returncode, done.stderr
    made = (tmp_path / ".env").read_text()
    assert 0o600 == (tmp_path / ".env").stat().st_mode & 0o777
    values = dict(re.findall(r"(?m)^(\w+)=(\w{40})$", made))
    wanted = re.findall(
        r"\$\{(\w+):\?run scripts/tools/compose_env",
        (REPOSITORY / "docker-compose.yml").read_text(),
    )
    assert set(wanted) == set(values)
    assert len(set(values.values())) == len(values)


def test_nginx_takes_the_file_as_compose_changes_it(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    command = " ".join(compose["services"]["proxy"]["command"])
    text = (DEPLOY / "nginx/quadra.conf").read_text()
    for before, after in re.findall(r"-e s/([^/]+)/([^/]+)/", command):
        assert before in text
        text = text.replace(before, after)
    assert "server web1:5000" in text
    assert "server web2:5000" in text
    for name in ("web1", "web2"):  # only that network knows them
        text = text.replace(name, "127.0.0.1")
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{ {text} }}\n".replace("listen 80", "listen 8099")
    )
    nginx = programs.nginx()
    done = run(
        [
            str(nginx),
            "-t",
            "-e",
            f"{tmp_path}/log",
            "-p",
            str(tmp_path),
            "-c",
            f"{tmp_path}/nginx.conf",
        ],
        env=plain_environment(**programs.library_path(nginx)),
    )
    # Further it does not get everywhere: it would make Debian's folders.
    assert "syntax is ok" in done.stderr, done.stderr


def test_prometheus_takes_the_configuration_of_compose(compose: dict[str, Any]) -> None:
    file = DEPLOY / "compose/prometheus.yml"
    promtool = str(programs.prometheus("promtool"))
    done = run([promtool, "check", "config", "--syntax-only", str(file)], env=plain_environment())
    assert 0 == done.returncode, done.stdout + done.stderr
    (job,) = yaml.safe_load(file.read_text())["scrape_configs"]
    targets = job["static_configs"][0]["targets"]
    assert (
        {"web1", "web2"} == {target.split(":")[0] for target in targets} <= set(compose["services"])
    )


def test_loki_and_alloy_have_the_files_that_the_call_writes(tmp_path: Path) -> None:
    save_log_aggregation_configs(tmp_path)
    for name in ("loki.yml", "alloy.alloy"):
        assert (tmp_path / name).read_text() == (DEPLOY / "loki" / name).read_text()


def panels(dashboard: str) -> list[dict[str, Any]]:
    loaded = json.loads((DEPLOY / "grafana/dashboards" / dashboard).read_text())
    return [panel for panel in loaded["panels"] if panel["type"] != "row"]


def test_every_panel_asks_for_metrics_that_there_are(tmp_path: Path) -> None:
    known = {PREFIX + name for name in DECLARED} | PROCESS
    rules: list[dict[str, str]] = []
    for panel in panels("quadra.json"):
        for target in panel["targets"]:
            expr = target["expr"].replace("$__rate_interval", "1m").replace("$instance", ".*")
            names = re.findall(rf"\b(?:{PREFIX}|process_)\w+", expr)
            assert set() == {re.sub(r"_bucket$", "", name) for name in names} - known
            rules.append({"record": f"panel:{len(rules)}", "expr": expr})
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    promtool = str(programs.prometheus("promtool"))
    done = run([promtool, "check", "rules", str(file)], env=plain_environment())
    assert 0 == done.returncode, done.stdout + done.stderr


def test_panels_ask_the_data_sources_that_are_provisioned() -> None:
    file = DEPLOY / "grafana/provisioning/datasources/quadra.yml"
    there = {one["uid"] for one in yaml.safe_load(file.read_text())["datasources"]}
    for dashboard in ("quadra.json", "quadra-logs.json"):
        assert {panel["datasource"]["uid"] for panel in panels(dashboard)} <= there


def test_systemd_takes_the_units() -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not here; it comes with systemd")
    units = [str(path) for path in sorted((DEPLOY / "systemd").iterdir())]
    done = subprocess.run([program, "verify", *units], capture_output=True, text=True, check=False)
    complaints = (done.stdout + done.stderr).splitlines()
    assert [] == [line for line in complaints if "No such file or directory" not in line]


def test_timers_run_the_scripts_at_the_times_of_cron() -> None:
    timers = {}
    for file in (DEPLOY / "systemd").glob("quadra-backup-*.timer"):
        text = file.read_text()
        unit, when = (
            re.search(r"Unit=quadra-backup@(\w+)", text),
            re.search(r"OnCalendar=(.+)", text),
        )
        assert unit is not None
        assert when is not None
        timers[f"{unit[1]}.sh"] = when[1]
    hours = {
        "backup_models.sh": "*-*-* *:00:00",
        "backup_database.sh": "*-*-* 02:00:00",
        "full_backup.sh": "Sun *-*-* 03:00:00",
        "cleanup_backups.sh": "*-*-* 04:00:00",
    }
    assert hours == timers
    assert [script for _when, script, _what in SCHEDULE] == list(hours)


@pytest.mark.parametrize("name", ["test", "benchmark", "security"])
def test_a_workflow_is_pinned_and_may_only_read(name: str) -> None:
    text = (REPOSITORY / f".github/workflows/{name}.yml").read_text()
    uses = re.findall(r"uses: (\S+)(.*)", text)
    assert uses
    for action, comment in uses:
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", action), action
        assert re.search(r"# v\d+\.\d+\.\d+", comment), action
    loaded = yaml.safe_load(text)
    assert {} == loaded["permissions"]
    assert all({"contents": "read"} == job["permissions"] for job in loaded["jobs"].values())
    for target in re.findall(r"run: make ([a-z -]+)", text):
        for word in target.split():
            assert re.search(rf"(?m)^{word}:", (REPOSITORY / "Makefile").read_text()), word


def pip(*dependencies: dict[str, Any]) -> str:
    return json.dumps({"dependencies": list(dependencies), "fixes": []})


SOUND: dict[str, Any] = {"name": "a", "version": "1", "vulns": []}
WEAK = {"name": "b", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}


@pytest.mark.parametrize(
    ("state", "code", "out"),
    [
        (PASSED, 0, pip(SOUND)),
        (FOUND, 1, pip(SOUND, WEAK)),
        (NOT_RUN, 0, pip()),
        (NOT_RUN, 0, pip(SOUND, {"name": "c", "skip_reason": "not on the index"})),
        (NOT_RUN, 0, ""),
        (NOT_RUN, 1, "ERROR: no route to host"),
        (NOT_RUN, 1, pip(SOUND)),
    ],
)
def test_packages_pass_only_when_each_was_audited(state: str, code: int, out: str) -> None:
    assert state == judged_packages(code, out, "why").state


def npm(total: int, asked: int) -> str:
    counts = {"vulnerabilities": {"total": total}, "dependencies": {"total": asked}}
    return json.dumps({"metadata": counts, "vulnerabilities": {"x": {"severity": "high"}}})


@pytest.mark.parametrize(
    ("state", "out"),
    [
        (PASSED, npm(0, 9)),
        (FOUND, npm(1, 9)),
        (NOT_RUN, npm(0, 0)),
        (NOT_RUN, '{"message": "405"}'),
        (NOT_RUN, ""),
    ],
)
def test_npm_packages_pass_only_when_they_were_audited(state: str, out: str) -> None:
    assert state == judged_node(0, out, "why").state
