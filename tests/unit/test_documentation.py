"""What can be set and what can be called is written down where people look for it."""

import re

import pytest

from quadra.settings import describe
from quadra.web import openapi
from tests.servers.process import REPOSITORY


def readme() -> str:
    return (REPOSITORY / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name, _default, _help in describe()])
def test_every_setting_is_in_the_readme(name: str) -> None:
    assert re.search(rf"`{name}[`=]", readme()), f"{name} is not in README.md"


@pytest.mark.parametrize("name", [name for name, _default, _help in describe()])
def test_the_readme_names_the_default_of_every_setting(name: str) -> None:
    default = {n: d for n, d, _help in describe()}[name]
    line = next((line for line in readme().splitlines() if re.search(rf"`{name}[`=]", line)), "")
    assert default in line


def test_the_readme_names_no_setting_that_is_not_there() -> None:
    prefixes = ("QUADRA_", "RATELIMIT_", "MAX_")
    known = {name for name, _default, _help in describe()}
    named = {n for n in re.findall(r"`([A-Z][A-Z_]*[A-Z])[`=]", readme()) if n.startswith(prefixes)}
    assert set() == named - known


def test_the_readme_names_the_address_of_the_apis_description() -> None:
    assert "/api/docs" in readme()


def test_problem_statuses_that_operations_may_answer_all_have_words() -> None:
    assert {400, 401, 403, 404, 413, 415, 422, 429, 503} == set(openapi._TITLES)
