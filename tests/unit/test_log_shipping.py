"""The configurations that are written name only what a log line really has."""

from __future__ import annotations

import json
import logging
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.servers.process import REPOSITORY
from utils.log_shipping import ECS_NAMES
from utils.structured_logging import ALL_FILE, JsonLineFormatter, save_log_aggregation_configs

WRITTEN = {
    "alloy.alloy",
    "docker-compose-elk.yml",
    "docker-compose-loki.yml",
    "fluent-bit.yml",
    "fluentd.conf",
    "grafana-loki.yml",
    "logstash.conf",
    "loki.yml",
    "promtail.yml",
    "vector.toml",
}
SHIPPERS = ("alloy.alloy", "fluent-bit.yml", "fluentd.conf", "logstash.conf", "promtail.yml",
            "vector.toml")  # fmt: skip
LOW = {"job", "level", "service", "environment"}  # what may be a label of Loki


@pytest.fixture(params=[False, True], ids=["quadra", "ecs"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    written = save_log_aggregation_configs(tmp_path / "made/anew", ecs=request.param)
    assert WRITTEN == {file.name for file in written}
    return tmp_path / "made/anew"


@pytest.fixture
def fields(request: pytest.FixtureRequest, folder: Path) -> set[str]:
    """The fields of a line of a request, in the schema at hand."""
    schema = request.node.callspec.params["folder"]
    context = {"request_id": "a", "trace_id": "b"}
    formatter = JsonLineFormatter("x", "y", lambda: context, "ecs" if schema else "quadra")
    return set(json.loads(formatter.format(logging.makeLogRecord({"msg": "x"}))))


def read(file: Path) -> Any:
    text = file.read_text(encoding="utf-8")
    return tomllib.loads(text) if file.suffix == ".toml" else yaml.safe_load(text)


def test_every_file_can_be_read_by_what_reads_its_format(folder: Path) -> None:
    for file in folder.iterdir():
        text = file.read_text(encoding="utf-8")
        assert "@@" not in text, file.name
        if file.suffix in (".yml", ".toml"):
            assert read(file), file.name
            continue
        plain = re.sub(r'(?m)^\s*(#|//).*$|\\.|"[^"\\]*(?:\\.[^"\\]*)*"', "", text)
        for opening, closing in ("{}", "[]", "()"):
            assert plain.count(opening) == plain.count(closing), file.name


def test_every_shipper_reads_the_file_of_all_lines_and_not_that_of_errors(folder: Path) -> None:
    for name in SHIPPERS:
        paths = re.findall(r"/var/log/quadra/([\w.*]+)", (folder / name).read_text())
        assert [ALL_FILE] == paths, name


def test_promtail_takes_out_what_is_there_and_labels_little(folder: Path, fields: set[str]) -> None:
    (job,) = read(folder / "promtail.yml")["scrape_configs"]
    stages = {name: stage for one in job["pipeline_stages"] for name, stage in one.items()}
    taken = {name: text.strip('"') for name, text in stages["json"]["expressions"].items()}
    assert set(taken.values()) <= fields
    assert set(stages["labels"]) | {"job"} == LOW
    assert set(stages["labels"]) | set(stages["structured_metadata"]) <= set(taken)
    assert stages["timestamp"]["source"] in taken


def test_alloy_takes_out_the_same(folder: Path, fields: set[str]) -> None:
    text = (folder / "alloy.alloy").read_text()
    taken = dict(re.findall(r'(\w+)\s+= "\\"(.+)\\""', text))
    (job,) = read(folder / "promtail.yml")["scrape_configs"]
    promtail = job["pipeline_stages"][0]["json"]["expressions"]
    assert {name: one.strip('"') for name, one in promtail.items()} == taken
    assert set(taken.values()) <= fields


def test_vector_and_fluent_bit_label_little_and_name_what_is_there(
    folder: Path, fields: set[str]
) -> None:
    sink = read(folder / "vector.toml")["sinks"]["loki"]
    assert LOW == set(sink["labels"])
    named = [*sink["labels"].values(), *sink["structured_metadata"].values()]
    assert {re.sub(r'[{} "]', "", one) for one in named} - {"quadra"} <= fields
    bit = read(folder / "fluent-bit.yml")
    copied = dict(one.split() for one in bit["pipeline"]["filters"][0]["copy"])
    assert set(copied) <= fields
    (output,) = bit["pipeline"]["outputs"]
    labels = dict(one.split("=") for one in output["labels"].split(", "))
    assert LOW == set(labels)
    used = {one[1:] for one in labels.values() if one.startswith("$")}
    used |= {one.split("=$")[1] for one in output["structured_metadata"].split(", ")}
    assert set(copied.values()) == used == set(output["remove_keys"].split(", "))


def test_times_are_read_from_a_field_that_is_there(folder: Path, fields: set[str]) -> None:
    fluentd = (folder / "fluentd.conf").read_text()
    logstash = (folder / "logstash.conf").read_text()
    named = re.findall(r"(?m)^\s+time_key (\S+)", fluentd) + re.findall(
        r'match => \["([^"]+)"', logstash
    )
    assert 2 == len(named)
    assert set(named) <= fields


@pytest.mark.parametrize("name", ["docker-compose-elk.yml", "docker-compose-loki.yml"])
def test_compose_files_mount_what_is_written_and_open_nothing_to_the_network(
    folder: Path, name: str
) -> None:
    compose = read(folder / name)
    mounted = set()
    for service in compose["services"].values():
        assert re.fullmatch(r"[\w/]+:v?\d+(\.\d+)+", service["image"])
        assert (
            all(port.startswith("127.0.0.1:") for port in service["ports"] or ())
            if ("ports" in service)
            else True
        )
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("./"):
                mounted.add(source[2:])
            elif not source.startswith("$"):
                assert source in compose["volumes"]
        for other in service.get("depends_on", ()):
            assert other in compose["services"]
    assert mounted <= WRITTEN
    assert mounted


def test_the_seeds_call_works_with_a_path_alone_and_finds_the_logs(tmp_path: Path) -> None:
    save_log_aggregation_configs(tmp_path / "logstash", logs_dir=tmp_path / "logs")
    assert (
        f"{{LOGS_DIR:-{tmp_path}/logs}}"
        in (tmp_path / "logstash/docker-compose-elk.yml").read_text()
    )


def test_a_relative_folder_of_logs_is_named_as_seen_from_the_compose_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    save_log_aggregation_configs(Path("logstash"))
    assert "${LOGS_DIR:-../logs}" in Path("logstash/docker-compose-loki.yml").read_text()


# --- the searches in the documentation


def blocks(language: str) -> list[str]:
    text = (REPOSITORY / "docs/logs.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.+?)\n```", text, re.DOTALL)


def test_there_is_a_search_of_each_kind_for_ten_questions() -> None:
    assert (10, 10) == (len(blocks("logql")), len(blocks("kql")))


def test_the_searches_name_loggers_that_there_are() -> None:
    for search in [*blocks("logql"), *blocks("kql")]:
        search = re.sub(  # noqa: PLW2901 - written out
            r"quadra\.engine\.\(([\w|]+)\)",
            lambda m: " ".join(f"quadra.engine.{one}" for one in m[1].split("|")),
            search,
        )
        for name in re.findall(r"quadra\.(?:web|engine)\.\w+", search):
            module = REPOSITORY / (name.replace(".", "/") + ".py")
            assert name == "quadra.web.access" or module.is_file(), name


def test_the_searches_name_fields_that_lines_have() -> None:
    ours = {"level", "request_id", "trace_id", "route", "logger", "status", "duration_ms", "job"}
    for search in blocks("logql"):
        assert set(re.findall(r"(\w+)\s*(?:=~|=|>=|>)", search)) <= ours, search
    theirs = set(ECS_NAMES.values()) | {"event.duration"}
    for search in blocks("kql"):
        assert set(re.findall(r"([\w.@]+) (?::|>)", search)) <= theirs, search
