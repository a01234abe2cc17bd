from typing import Any

import orjson
import pytest

from quadra.engine.targets import Credential
from quadra.errors import InvalidError, MalformedError
from quadra.intake.target_form import target_from, targets_from_file
from quadra.telemetry.series import SeriesRules

RULES = SeriesRules()


def fields_at_fault(caught: pytest.ExceptionInfo[InvalidError]) -> list[str]:
    return [fault.field for fault in caught.value.faults]


def test_an_address_is_enough() -> None:
    made = target_from({"url": "http://Host.example:9100"}, RULES)
    assert "http://host.example:9100/metrics" == made.url
    assert {"job": "scrape", "instance": "host.example:9100"} == made.labels
    assert (15.0, 10.0, 50_000, None) == (
        made.interval, made.timeout, made.sample_limit, made.credential,
    )  # fmt: skip


def test_everything_can_be_said() -> None:
    made = target_from(
        {
            "url": "https://[2606:4700::1]/a/b?x=1&y=a%20b",
            "job": "node",
            "labels": {"env": "prod", "instance": "mine", "gone": ""},
            "interval": "1m",
            "timeout": 5.5,
            "sample_limit": 10,
            "body_size_limit": 1000,
            "label_limit": 5,
            "bearer_token": "s3cret",
        },
        RULES,
    )
    assert ("2606:4700::1", 443, "[2606:4700::1]") == (made.host, made.port, made.netloc)
    assert "https://[2606:4700::1]/a/b?x=1&y=a%20b" == made.url
    assert {"env": "prod", "instance": "mine", "job": "node"} == made.labels
    assert (60.0, 5.5, 10, 1000, 5) == (
        made.interval, made.timeout, made.sample_limit, made.body_size_limit, made.label_limit,
    )  # fmt: skip
    assert Credential("bearer", "s3cret") == made.credential
    assert "s3cret" not in repr(made)


def test_a_short_interval_shortens_the_timeout() -> None:
    made = target_from({"url": "http://h", "interval": 1}, RULES)
    assert (1.0, 0.9, "h:80", "http://h/metrics") == (
        made.interval, made.timeout, made.labels["instance"], made.url,
    )  # fmt: skip


URL = "http://h:1/m"


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, "url"),
        ({"url": 5}, "url"),
        ({"url": ""}, "url"),
        ({"url": "h:9100"}, "url"),
        ({"url": "ftp://h/"}, "url"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"url": "http://"}, "url"),
        ({"url": "http://h:0/"}, "url"),
        ({"url": "http://h:99999/"}, "url"),
        ({"url": "http://user:secret@h/"}, "url"),
        ({"url": "http://h/#x"}, "url"),
        ({"url": "http://h/a b"}, "url"),
        ({"url": "http://h/\r\nX: y"}, "url"),
        ({"url": "http://h\\@evil/"}, "url"),
        ({"url": "http://é.example/"}, "url"),
        ({"url": "http://[::1%25eth0]/"}, "url"),
        ({"url": "http://[::1/"}, "url"),
        ({"url": "http://h/" + "x" * 3000}, "url"),
        ({"url": URL, "interval": 0.5}, "interval"),
        ({"url": URL, "interval": "2h"}, "interval"),
        ({"url": URL, "interval": True}, "interval"),
        ({"url": URL, "interval": "soon"}, "interval"),
        ({"url": URL, "timeout": 15}, "timeout"),
        ({"url": URL, "timeout": 0}, "timeout"),
        ({"url": URL, "sample_limit": 0}, "sample_limit"),
        ({"url": URL, "sample_limit": 1.5}, "sample_limit"),
        ({"url": URL, "body_size_limit": 10**12}, "body_size_limit"),
        ({"url": URL, "label_limit": "x"}, "label_limit"),
        ({"url": URL, "labels": []}, "labels"),
        ({"url": URL, "labels": {"a": 1}}, "labels.a"),
        ({"url": URL, "labels": {"__address__": "x"}}, "labels.__address__"),
        ({"url": URL, "labels": {"a-b": "x"}}, "labels.a-b"),
        ({"url": URL, "job": ""}, "job"),
        ({"url": URL, "bearer_token": "a\r\nb"}, "bearer_token"),
        ({"url": URL, "bearer_token": ""}, "bearer_token"),
        ({"url": URL, "basic_auth": {"username": "a:b", "password": "c"}}, "basic_auth"),
        ({"url": URL, "basic_auth": {"username": "a"}}, "basic_auth"),
        ({"url": URL, "basic_auth": {"username": "a", "password": "b"}, "bearer_token": "c"},
         "basic_auth"),
        ({"url": URL, "honor_labels": True}, "honor_labels"),
    ],
)  # fmt: skip
def test_a_fault_is_named_by_its_field(document: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidError) as caught:
        target_from(document, RULES)
    assert [field] == fields_at_fault(caught)


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(InvalidError) as caught:
        target_from({"url": "x", "interval": 0, "labels": {"__a": "b"}, "nonsense": 1}, RULES)
    assert ["nonsense", "url", "interval"] == fields_at_fault(caught)


def file(*groups: object) -> bytes:
    return orjson.dumps(groups)


def test_a_file_is_read_as_prometheus_reads_it() -> None:
    made = targets_from_file(
        file(
            {"targets": ["a:9100", "b:9100"], "labels": {"job": "node", "env": "prod"}},
            {
                "targets": ["c"],
                "labels": {
                    "__scheme__": "https",
                    "__metrics_path__": "/m",
                    "__param_module": "x y",
                    "__scrape_interval__": "30s",
                    "__scrape_timeout__": "3s",
                },
                "basic_auth": {"username": "me", "password": "pass"},
            },
        ),
        RULES,
    )
    assert ["http://a:9100/metrics", "http://b:9100/metrics", "https://c/m?module=x+y"] == [
        one.url for one in made
    ]
    assert {"job": "node", "env": "prod", "instance": "b:9100"} == made[1].labels
    assert (30.0, 3.0, {"job": "scrape", "instance": "c:443"}) == (
        made[2].interval, made[2].timeout, made[2].labels,
    )  # fmt: skip
    assert Credential("basic", "pass", "me") == made[2].credential
    assert {"file"} == {one.origin for one in made}


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"{}", ""),
        (file(1), "[0]"),
        (file({}), "[0].targets"),
        (file({"targets": ["a"]}, {"targets": ["b", 5]}), "[1].targets[1]"),
        (file({"targets": ["http://a/m"]}), "[0].targets[0]"),
        (file({"targets": ["a:x"]}), "[0].targets[0]"),
        (file({"targets": ["a"], "labels": {"__meta_x": "1"}}), "[0].labels.__meta_x"),
        (file({"targets": ["a"], "labels": {"__scheme__": "gopher"}}), "[0].targets[0]"),
        (file({"targets": ["a", "b"], "labels": {"__scrape_interval__": "x"}}), "[0].interval"),
        (file({"targets": ["a"]}, {"targets": ["a"]}), "[1].targets[0]"),
        (file({"targets": [], "target": 1}), "[0].target"),
    ],
)
def test_a_fault_in_a_file_is_named_by_its_place(content: bytes, field: str) -> None:
    with pytest.raises(InvalidError) as caught:
        targets_from_file(content, RULES)
    assert [field] == fields_at_fault(caught)
    assert caught.value.detail.startswith(field)


def test_a_file_that_is_not_json_names_the_line() -> None:
    with pytest.raises(MalformedError, match="line 2"):
        targets_from_file(b'[\n{"targets": }]', RULES)


def test_a_file_with_too_many_targets_is_refused() -> None:
    with pytest.raises(InvalidError, match="more than 1000 targets"):
        targets_from_file(file({"targets": [f"h{n}" for n in range(1001)]}), RULES)
