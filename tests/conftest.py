"""What all tests share: their order, what counts as a failure, real servers, a browser."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.servers import programs
from tests.servers.quadra import QuadraServer

if TYPE_CHECKING:  # half a second to load, for each worker and whoever runs a few unit tests
    from playwright.sync_api import Browser, ConsoleMessage, Error, Page

    from tests.servers.postgres import Postgres

# As in Quadra itself; more of them wait for each other where workers share the cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A machine that is busy with other things must not make a property look false.
settings.register_profile("quadra", deadline=None)
settings.load_profile("quadra")

# --- the order of things

KINDS = ("unit", "contract", "e2e", "fault")  # folders of tests, markers, and the order they run in
# At the end they would run beside nothing: the longest first.
LONGEST = (
    "fault/test_several_processes",
    "e2e/test_backups",
    "e2e/test_commands",
    "e2e/test_starting_and_stopping",
    "e2e/test_live",
    "fault/test_hard_days",
    "e2e/test_people",
    "e2e/test_console",
    "e2e/test_channels",
    "e2e/test_console_alerts",
    "fault/test_clock_steps",
    "fault/test_kill9",
    "fault/test_alert_storm",
    "fault/test_steady_senders",
    "fault/test_deadman",
    "e2e/test_scrape",
    "e2e/test_alerts",
    "e2e/test_alertmanager_api",
    "e2e/test_demo",
    "e2e/test_loops",
    "e2e/test_anomalies",
    "e2e/test_description_holds",
    "e2e/test_console_comes_back",
)


def _kind(path: str) -> str:
    folder = path.removeprefix("tests/").split("/")[0]
    return folder if folder in KINDS else KINDS[0]


def _turn(nodeid: str) -> tuple[int, int]:
    """Say when a test runs: the longest modules before the others that start whole servers."""
    name = nodeid.partition(".py")[0].removeprefix("tests/")
    if name in LONGEST:
        return KINDS.index("e2e"), LONGEST.index(name)
    return KINDS.index(_kind(nodeid)), len(LONGEST)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(_kind(item.nodeid))
    items.sort(key=lambda item: _turn(item.nodeid))


class ModulesLastScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Share the tests out by module, those with servers as the last; contract tests one by one.

    Handing out thousands of quick ones singly takes a third of their time; those of a contract are
    few and slow. `--dist loadgroup` would do, but beside pytest 9.2 pytest-xdist 3.8 forgets its
    groups.
    """

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if _kind(nodeid) == "contract" else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ModulesLastScheduling:
    config.option.loadscopereorder = False  # it would put the largest share first
    return ModulesLastScheduling(config, log)


# --- with CI=true a skip is a failure


class SkipWatch:
    """Notes every skip, those of whole modules too, here and in the workers of xdist."""

    def __init__(self) -> None:
        self.skipped: dict[str, str] = {}

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            place = report.longrepr
            reason = place[2] if isinstance(place, tuple) else str(place)
            self.skipped[report.nodeid] = reason.removeprefix("Skipped: ")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.skipped.update(getattr(node, "workeroutput", {}).get("skipped", {}))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output: dict[str, object] | None = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["skipped"] = self.skipped
        elif self.skipped and _ci() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.skipped and _ci():
            terminalreporter.section("CI=true: what was skipped counts as failed", red=True)
            for name, reason in sorted(self.skipped.items()):
                terminalreporter.line(f"{name}: {reason}")


def _ci() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true"}


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SkipWatch(), "skip-watch")


# --- what a server said is shown with the test that failed


def pytest_runtest_setup() -> None:
    QuadraServer.started = [server for server in QuadraServer.started if server.running]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        for server in QuadraServer.started:
            tail = "\n".join(server.output().splitlines()[-60:])
            report.sections.append((f"output of Quadra on port {server.port}", tail))
    return report


# --- servers


@pytest.fixture(scope="module")
def server() -> Iterator[QuadraServer]:
    """Quadra with its defaults, without rate limits, for all tests of a module."""
    with QuadraServer(RATELIMIT_ENABLED="false") as running:
        yield running


@pytest.fixture
def start_quadra() -> Iterator[Callable[..., QuadraServer]]:
    """Give a function that starts a Quadra for this test alone, with the settings it is given."""
    running: list[QuadraServer] = []

    def start(**settings: str | None) -> QuadraServer:
        one = QuadraServer(folder=None, **({"RATELIMIT_ENABLED": "false"} | settings))
        running.append(one)
        return one.start()

    yield start
    for one in reversed(running):
        one.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A Postgres for this worker; a test that stops it starts it again."""
    from tests.servers.postgres import Postgres  # noqa: PLC0415 - see above

    with Postgres.running() as running:
        yield running


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The URL of a new, empty database on a real Postgres."""
    with postgres.database() as url:
        yield url


# --- a browser

CHROMIUM_FLAGS = [
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium. Not for the whole session: while it is there, an event loop is running."""
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415 - see above

    path = programs.chromium()
    expect.set_options(timeout=15_000)  # for what is only waited for; what has to be soon says so
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Page]:
    """A new page, without cookies of earlier ones.

    At its end the test fails for what went wrong unseen: an exception in the page's script, or
    something that the content security policy had to block.
    """
    wrong: list[str] = []

    def on_error(error: Error) -> None:
        wrong.append(f"uncaught in the page: {error}")

    def on_console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            wrong.append(message.text)

    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.on("pageerror", on_error)
    page.on("console", on_console)
    # Somebody who has been here before: the tour has a test of its own.
    page.add_init_script("try { localStorage.setItem('quadra.tour', 'done') } catch {}")
    yield page
    context.close()
    assert [] == wrong
