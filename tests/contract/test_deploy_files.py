"""What deploy/ holds is held by the programs that it is for."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import yaml

from tests.servers import programs
from tests.servers.process import REPOSITORY, plain_environment
from tests.servers.quadra import run

DEPLOY = REPOSITORY / "deploy"


def test_promtool_finds_the_rules_true_to_their_cases() -> None:
    promtool = programs.prometheus("promtool")
    cases = [str(path) for path in sorted((DEPLOY / "prometheus/tests").glob("*.yml"))]
    done = run([str(promtool), "test", "rules", *cases], env=plain_environment())
    assert 0 == done.returncode, done.stdout + done.stderr


def test_the_cases_can_fail(tmp_path: Path) -> None:
    promtool = programs.prometheus("promtool")
    copy = Path(shutil.copytree(DEPLOY / "prometheus", tmp_path / "prometheus"))
    rules = copy / "alerts.yml"
    rules.write_text(rules.read_text().replace("> 10\n", "> 20\n", 1))
    done = run(
        [str(promtool), "test", "rules", f"{copy}/tests/alerts.yml"], env=plain_environment()
    )
    assert 1 == done.returncode
    assert "HighErrorRate" in done.stdout + done.stderr


def test_every_alert_has_a_case_in_which_it_fires() -> None:
    groups = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"]
    files = (DEPLOY / "prometheus/tests").glob("*.yml")
    cases = [case for file in files for case in yaml.safe_load(file.read_text())["tests"]]
    fire = {
        one["alertname"] for case in cases for one in case["alert_rule_test"] if one["exp_alerts"]
    }
    assert {rule["alert"] for group in groups for rule in group["rules"]} == fire


def test_promtool_takes_the_configuration() -> None:
    promtool = programs.prometheus("promtool")
    command = [str(promtool), "check", "config", "--syntax-only"]
    done = run([*command, str(DEPLOY / "prometheus/prometheus.yml")], env=plain_environment())
    assert 0 == done.returncode, done.stdout + done.stderr


def test_amtool_takes_the_configuration() -> None:
    amtool = programs.alertmanager("amtool")
    file = DEPLOY / "alertmanager/alertmanager.yml"
    done = run([str(amtool), "check-config", str(file)], env=plain_environment())
    assert 0 == done.returncode, done.stdout + done.stderr


def test_alertmanager_routes_only_alerts_that_there_are() -> None:
    routed = set(
        re.findall(
            r"[A-Z][A-Za-z0-9]+(?=[|\"])", (DEPLOY / "alertmanager/alertmanager.yml").read_text()
        )
    )
    rules = (DEPLOY / "prometheus/alerts.yml").read_text()
    assert set() == routed - set(re.findall(r"- alert: (\w+)", rules))
    assert "ServiceDown" in routed
