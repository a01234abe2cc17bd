"""What can be set and what can be called is written down where people look for it."""

import re

import pytest

from quadra.settings import describe
from quadra.web import openapi
from tests.servers.process import REPOSITORY
from utils.declared_metrics import DECLARED


def readme() -> str:
    return (REPOSITORY / "README.md").read_text(encoding="utf-8")


def settings() -> str:
    return (REPOSITORY / "docs/settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name, _default, _help in describe()])
def test_every_setting_is_documented(name: str) -> None:
    assert re.search(rf"`{name}[`=]", settings()), f"{name} is not in docs/settings.md"


@pytest.mark.parametrize("name", [name for name, _default, _help in describe()])
def test_the_default_of_every_setting_is_documented(name: str) -> None:
    default = {n: d for n, d, _help in describe()}[name]
    for page in (settings(), readme()):
        lines = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
        assert all(default in line for line in lines)
        assert lines or page != settings()


def test_no_setting_is_documented_that_is_not_there() -> None:
    prefixes = ("QUADRA_", "RATELIMIT_", "MAX_")
    known = {name for name, _default, _help in describe()}
    named = set(re.findall(r"`([A-Z][A-Z_]*[A-Z])[`=]", readme() + settings()))
    assert set() == {name for name in named if name.startswith(prefixes)} - known


def test_the_readme_names_the_address_of_the_apis_description() -> None:
    assert "/api/docs" in readme()


def test_problem_statuses_that_operations_may_answer_all_have_words() -> None:
    assert {400, 401, 403, 404, 409, 413, 415, 422, 429, 503} == set(openapi._TITLES)


# --- docs/


def pages() -> dict[str, str]:
    found = [*(REPOSITORY / "docs").glob("*.md"), REPOSITORY / "README.md"]
    return {
        str(path.relative_to(REPOSITORY)): path.read_text(encoding="utf-8")
        for path in [*found, REPOSITORY / "CONTRIBUTING.md"]
    }


def test_every_page_is_in_the_index() -> None:
    index = pages()["docs/README.md"]
    named = set(re.findall(r"\]\(([\w-]+\.md)\)", index))
    there = {path.name for path in (REPOSITORY / "docs").glob("*.md")} - {"README.md"}
    assert there == named


@pytest.mark.parametrize("name", sorted(pages()))
def test_every_link_leads_somewhere(name: str) -> None:
    folder = (REPOSITORY / name).parent
    for target in re.findall(r"\]\(([^)\s]+)\)", pages()[name]):
        if "://" in target:
            continue
        file, _, heading = target.partition("#")
        path = (folder / file).resolve() if file else REPOSITORY / name
        assert path.exists(), target
        if heading:
            headings = re.findall(r"(?m)^#+ (.+)$", path.read_text(encoding="utf-8"))
            slugs = {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}
            assert heading in slugs, target


def test_every_metric_is_described_as_it_is_declared() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in pages()["docs/metrics.md"].splitlines()
        if line.startswith("| `")
    ]
    described = {cells[0].strip("`"): cells for cells in rows}
    assert set(DECLARED) == set(described)
    for name, one in DECLARED.items():
        kind, labels, text = (described[name][i] for i in (1, 2, 4))
        assert (one.kind, one.help) == (kind, text)
        assert ", ".join(f"`{label}`" for label in one.labels) == labels


@pytest.mark.parametrize("work", ["READ", "WRITE", "INGEST", "HEAVY", "LOGIN", "CONNECT"])
def test_the_page_on_limits_names_each_with_its_default(work: str) -> None:
    default = {name: default for name, default, _help in describe()}[f"RATELIMIT_{work}"]
    assert f"| `RATELIMIT_{work}` | `{default}` |" in pages()["docs/rate-limits.md"]
