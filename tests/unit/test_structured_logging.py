import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    began = time.perf_counter()
    redact(text)
    assert time.perf_counter() - began < 0.25  # a pattern that looks back takes seconds


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
        setup_structured_logging("INFO", tmp_path / "logs", enable_console=False, **options)
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
