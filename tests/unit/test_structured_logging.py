import json
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.process import REPOSITORY
from utils import redaction
from utils.log_files import SharedFileHandler
from utils.structured_logging import (
    ALL_FILE,
    ERROR_FILE,
    JsonLineFormatter,
    _ConsoleFormatter,
    redact,
    setup_structured_logging,
)

FORMATTER = JsonLineFormatter("test", "quadra", lambda: {"request_id": "abcdef12"})


def record(message: object, *args: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("quadra.x", logging.INFO, "/src/x.py", 7, message, args, None, "work")
    made.__dict__.update(extra)
    return made


def line(message: object, *args: object, **extra: object) -> dict[str, Any]:
    text = FORMATTER.format(record(message, *args, **extra))
    assert not set("\r\n") & set(text)
    found: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return found


def refuse(constant: str) -> None:
    message = f"{constant} is not JSON"
    raise AssertionError(message)


def test_a_line_has_the_fields_of_the_public_contract() -> None:
    found = line("hello %s", "world")
    assert {
        "level": "INFO",
        "logger": "quadra.x",
        "module": "x",
        "function": "work",
        "line": 7,
        "message": "hello world",
        "environment": "test",
        "service": "quadra",
        "request_id": "abcdef12",
    } == {name: value for name, value in found.items() if name != "timestamp"}


def test_the_time_is_rfc_3339_in_utc() -> None:
    made = record("x")
    made.created = 1_750_000_000.25
    assert "2025-06-15T15:06:40.250+00:00" == json.loads(FORMATTER.format(made))["timestamp"]


def test_what_was_given_as_extra_is_there_and_never_takes_the_place_of_a_field() -> None:
    found = line("x", path="/a", level="FAKE", request_id="other")
    assert ("/a", "INFO", "abcdef12") == (found["path"], found["level"], found["request_id"])


def test_an_exception_is_in_the_line_of_its_message() -> None:
    try:
        raise ValueError("password=hunter2")  # noqa: TRY301 - to have a real traceback
    except ValueError:
        made = record("it failed")
        made.exc_info = sys.exc_info()
    text = FORMATTER.format(made)
    assert not set("\r\n") & set(text)
    assert "ValueError" in json.loads(text)["exc_info"]
    assert "hunter2" not in text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_json_does_not_know_becomes_text(value: float) -> None:
    assert str(value) == line("x", loss=value)["loss"]
    assert line("loss %s", value)["message"] == f"loss {value}"


@pytest.mark.parametrize(
    "value",
    [object(), {1: {2, 3}}, [float("nan")], b"\xff", Path("/x"), 1 << 80, "\ud800"],
    ids=["object", "dict", "nan", "bytes", "path", "large", "surrogate"],
)
def test_whatever_is_given_as_extra_the_line_stays_json(value: object) -> None:
    assert "what" in line("x", what=value)


@pytest.mark.parametrize(
    ("message", "args"), [("%d", ("x",)), ("%s %s", ("x",)), ("x", ("y",)), ("%", ("x",))]
)
def test_arguments_that_do_not_fit_the_text_are_shown_beside_it(
    message: str, args: tuple[object, ...]
) -> None:
    found = line(message, *args)["message"]
    assert message in found
    assert str(args[0]) in found


@pytest.mark.parametrize(
    "text",
    ["a\nINFO forged", "a\r\nb", "\x1b[2J\x1b[31mred", "a\u2028b\u2029c\x85d", "\0\x7f", "🦊"],
)
def test_nothing_in_a_message_begins_a_new_line_or_reaches_the_terminal(text: str) -> None:
    made = FORMATTER.format(record("%s", text, path=text))
    assert "\n" not in made
    assert "\r" not in made
    assert "\x1b" not in made
    found = json.loads(made)
    assert (text, text) == (found["message"], found["path"])


def test_the_console_shows_no_control_characters() -> None:
    shown = _ConsoleFormatter("%(message)s").format(record("\x1b[31m token=hunter2hunter2 \x07"))
    assert r"\x1b[31m token=*** \x07" == shown


def test_endless_text_is_cut() -> None:
    assert len(line("x" * 100_000)["message"]) < 9_000
    assert len(line("x", body=["y" * 100_000])["body"]) < 9_000


@pytest.mark.parametrize(
    "text",
    [
        "token=SECRET",
        "?token=SECRET&x=1",
        '{"token": "SECRET"}',
        "{'password': 'SECRET'}",
        "password: SECRET",
        "Authorization: Bearer SECRET",
        '"Authorization": "Bearer SECRET"',
        "Authorization: Basic SECRET",
        "bearer SECRET",
        "Cookie: quadra_session=SECRET",
        "cookie: a=b; quadra_session=SECRET",
        "qdr_SECRETSECRET",
        "postgresql://me:SECRET@db/quadra",
        "redis://:SECRET@db:6379/0",
        "api_key=SECRET",
        "apikey=SECRET",
        "X-API-Key: SECRET",
        "SECRET_KEY=SECRET",
        "QUADRA_ADMIN_TOKEN=SECRET",
        "client_secret=SECRET",
    ],
)
def test_what_looks_like_a_credential_is_masked(text: str) -> None:
    shown = redact(text)
    # A setting's own name may stay; what follows it may not.
    assert "SECRET" not in shown.replace("SECRET_KEY", "")
    assert "***" in shown


@pytest.mark.parametrize("text", ["cpu=1", "no secrets here", "http://host:5000/path", "a:b@c"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert text == redact(text)


@pytest.mark.parametrize(
    "text", ["x" * 8192, "-" * 8192, "token" * 1600, "://" * 2700, "a:" * 4000]
)
def test_masking_long_text_takes_no_time_worth_naming(text: str) -> None:
    began = time.thread_time()  # of work: a busy machine may keep it waiting meanwhile
    redact(text)
    assert time.thread_time() - began < 0.25  # a pattern that looks back takes seconds


@given(st.text(max_size=50), st.text(max_size=50))
def test_any_text_makes_one_line_of_json(message: str, extra: str) -> None:
    assert {"message", "what"} <= set(line(message.replace("%", "%%"), what=extra))


# --- files


@pytest.fixture
def logging_to(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    for handler in before:
        root.removeHandler(handler)

    def set_up(**options: Any) -> Path:
        setup_structured_logging("INFO", tmp_path / "logs", **{"enable_console": False} | options)
        return tmp_path / "logs"

    yield set_up
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    for handler in before:
        root.addHandler(handler)
    root.setLevel(level)


def lines_of(file: Path) -> list[str]:
    return [json.loads(text)["message"] for text in file.read_text(encoding="utf-8").splitlines()]


def test_all_lines_go_into_one_file_and_errors_into_another_too(
    logging_to: Callable[..., Path],
) -> None:
    folder = logging_to()
    log = logging.getLogger("quadra.test")
    log.debug("quiet")
    log.info("told")
    log.error("bad\nthing")
    assert ["told", "bad\nthing"] == lines_of(folder / ALL_FILE)
    assert ["bad\nthing"] == lines_of(folder / ERROR_FILE)


def test_setting_up_twice_does_not_write_twice(logging_to: Callable[..., Path]) -> None:
    logging_to()
    folder = logging_to()
    logging.getLogger("quadra.test").info("once")
    assert ["once"] == lines_of(folder / ALL_FILE)


def test_without_files_no_folder_is_made(logging_to: Callable[..., Path]) -> None:
    assert not logging_to(enable_file=False).exists()


# --- Elastic's common schema


def test_the_fields_have_elastics_names_by_option() -> None:
    formatter = JsonLineFormatter("test", "quadra", lambda: {"trace_id": "ab" * 16}, "ecs")
    made = record("hello", path="/a", duration_ms=1.5, code="odd")
    made.created = 1_750_000_000.25
    found = json.loads(formatter.format(made))
    assert {
        "@timestamp": "2025-06-15T15:06:40.250+00:00",
        "ecs.version": "8.11.0",
        "log.level": "INFO",
        "log.logger": "quadra.x",
        "log.origin.file.name": "x",
        "log.origin.function": "work",
        "log.origin.file.line": 7,
        "message": "hello",
        "service.environment": "test",
        "service.name": "quadra",
        "trace.id": "ab" * 16,
        "url.path": "/a",
        "event.duration": 1_500_000,
        "quadra.code": "odd",
        "process.pid": os.getpid(),
    } == found


def test_an_error_has_elastics_names_too() -> None:
    formatter = JsonLineFormatter("test", "quadra", dict, "ecs")
    try:
        raise ValueError("password=hunter2")  # noqa: TRY301 - to have a real traceback
    except ValueError:
        made = record("it failed")
        made.exc_info = sys.exc_info()
    found = json.loads(formatter.format(made))
    assert ("ValueError", "password=***") == (found["error.type"], found["error.message"])
    assert "ValueError" in found["error.stack_trace"]
    assert "hunter2" not in str(found)


# --- the console


def test_the_console_shows_json_lines_or_text(
    logging_to: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    logging_to(enable_console=True, enable_file=False)
    logging.getLogger("quadra.test").info("said %s", "once")
    assert "said once" == json.loads(capsys.readouterr().err)["message"]
    logging_to(enable_console=True, enable_file=False, console_format="text")
    logging.getLogger("quadra.test").info("said %s", "once")
    assert "INFO quadra.test: said once\n" == capsys.readouterr().err


# --- masking


@given(
    st.text(
        alphabet=st.sampled_from("tokensecrtapi-_keybasic =:/@\u017fK\u212a'\"qdr_ TOKENSECRET"),
        max_size=60,
    )
)
def test_what_is_spared_the_pattern_is_what_the_pattern_would_leave(text: str) -> None:
    masked = redaction._SECRET.sub(
        lambda m: next(g for g in m.groups() if g is not None) + "***", text
    )
    assert masked == redact(text)


# --- files of several processes


WRITER = """
import logging, sys
from pathlib import Path
from utils.log_files import SharedFileHandler
from utils.structured_logging import JsonLineFormatter

handler = SharedFileHandler(Path(sys.argv[1]) / "x.log", max_bytes=20_000, kept=500)
handler.setFormatter(JsonLineFormatter("test", "quadra", dict))
sys.stdin.readline()
for number in range(400):
    text = f"{sys.argv[2]}-{number} {'x' * (number % 700)}"
    handler.emit(logging.makeLogRecord({"msg": text}))
"""


def test_processes_that_share_a_file_tear_lose_and_repeat_nothing(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(who)],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
        )
        for who in range(4)
    ]
    for process in processes:  # all at once
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.close()
    assert [0] * 4 == [process.wait(60) for process in processes]
    files = sorted(tmp_path.glob("x.log*"))
    files.remove(tmp_path / "x.log.lock")
    assert len(files) > 20
    # What others append in the moment of a rotation may come on top of the size.
    assert 22_000 > max(file.stat().st_size for file in files)
    words = [text.split()[0] for file in files for text in lines_of(file)]
    assert sorted(f"{who}-{number}" for who in range(4) for number in range(400)) == sorted(words)


def test_of_full_files_the_newest_stay(tmp_path: Path) -> None:
    handler = SharedFileHandler(tmp_path / "x.log", max_bytes=400, kept=2)
    handler.setFormatter(JsonLineFormatter("test", "quadra", dict))
    for number in range(10):
        handler.emit(record("%d %s", number, "x" * 200))
    handler.close()
    assert ["9", "8", "7"] == [
        lines_of(tmp_path / name)[0].split()[0] for name in ("x.log", "x.log.1", "x.log.2")
    ]
    assert not (tmp_path / "x.log.3").exists()


def test_a_file_that_was_taken_away_is_made_anew(tmp_path: Path) -> None:
    handler = SharedFileHandler(tmp_path / "x.log", max_bytes=9_000, kept=2)
    handler.setFormatter(JsonLineFormatter("test", "quadra", dict))
    handler.emit(record("first"))
    (tmp_path / "x.log").replace(tmp_path / "taken")
    handler.emit(record("second"))
    handler.close()
    assert ["second"] == lines_of(tmp_path / "x.log")


def test_a_file_that_cannot_be_written_does_not_stop_who_logs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = SharedFileHandler(tmp_path / "no/such/folder/x.log", max_bytes=9_000, kept=2)
    handler.setFormatter(JsonLineFormatter("test", "quadra", dict))
    for _ in range(3):
        handler.emit(record("unheard"))
    said = capsys.readouterr().err
    assert ["can't be written (No such file or directory): 1 lines"] == re.findall(
        r"can't be .* lines", said
    )


def test_a_file_that_cannot_be_rotated_grows_until_it_can(tmp_path: Path) -> None:
    handler = SharedFileHandler(tmp_path / "x.log", max_bytes=400, kept=2)
    handler.setFormatter(JsonLineFormatter("test", "quadra", dict))
    in_the_way = tmp_path / "x.log.lock"
    in_the_way.mkdir()
    for number in range(5):
        handler.emit(record("%d %s", number, "x" * 200))
    assert 5 == len(lines_of(tmp_path / "x.log"))
    in_the_way.rmdir()
    handler.emit(record("next"))
    handler.close()
    assert (["next"], 5) == (lines_of(tmp_path / "x.log"), len(lines_of(tmp_path / "x.log.1")))
