"""Explore and its boards in a real Chromium."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, Position, expect

from tests.e2e.test_console import chart
from tests.e2e.test_console_alerts import open_page, violations
from tests.servers.quadra import QuadraServer

HOUR = 3600
DAY = 86_400


@pytest.fixture(scope="module")
def filled(server: QuadraServer) -> QuadraServer:
    """A counter of two models and two hosts, a gauge with one short spike, the same a day ago."""
    now = time.time() - 5
    times = [now - HOUR + 10 * (n + 1) for n in range(HOUR // 10)]
    series = [
        {
            "name": "xp_tokens_total",
            "labels": {"model": model, "host": host},
            "timestamps": times,
            "values": [float(rate * 10 * n) for n in range(len(times))],
        }
        for model, rate in (("large", 5), ("small", 1))
        for host in ("a", "b")
    ]
    gauge = [10.0] * len(times)
    gauge[-100] = 500.0
    series.append({"name": "xp_load", "labels": {}, "timestamps": times, "values": gauge})
    before = [t - DAY for t in times]
    series.append({"name": "xp_load", "labels": {}, "timestamps": before, "values": gauge})
    answer = server.post("/api/v1/samples", json={"series": series})
    assert 200 == answer.status_code
    return server


def test_metrics_are_found_filtered_and_split_and_the_address_says_it_all(
    filled: QuadraServer, browser_page: Page
) -> None:
    page = browser_page
    open_page(page, filled, "explore?range=1h")
    page.get_by_test_id("metrics").click()
    page.get_by_label("Find a metric").fill("xp_tok")
    page.get_by_label("Find a metric").press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("chart-count")).to_have_text(re.compile("1 chart"))
    shown = page.locator(chart("xp_tokens_total"))
    # A counter is drawn as its rate, and rates add up: 5 + 5 + 1 + 1 a second.
    expect(shown.locator(".chart-number")).to_have_text("12", timeout=5_000)
    expect(shown.locator(".chart-unit")).to_have_text("tokens/s")
    page.get_by_test_id("add-filter").click()
    page.get_by_label("Find a label").fill("host")
    page.get_by_label("Find a label").press("Enter")
    page.locator(".picker").get_by_label(re.compile("^a")).check()
    page.keyboard.press("Escape")
    expect(shown.locator(".chart-number")).to_have_text("6", timeout=5_000)
    page.get_by_test_id("add-filter").click()
    page.get_by_role("button", name="Split lines by").click()
    page.get_by_label("Find a label").fill("model")
    page.get_by_label("Find a label").press("Enter")
    expect(page).to_have_url(re.compile(r"m=xp_tokens_total&f=host%3Da&split=model"))
    expect(shown.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile("large .*5.* small 1"), timeout=5_000
    )
    raw = shown.get_by_role("button", name=re.compile("^Raw"))
    shown.hover()
    raw.click()
    expect(shown.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile("17.?950"), timeout=5_000
    )
    page.go_back()
    page.go_back()
    expect(page).to_have_url(re.compile(r"f=host%3Da$"))
    expect(shown.locator(".chart-number")).to_have_text("6", timeout=5_000)


NOTE_DOTS = """
window.dots = [];
const note = (changes) => {
  for (const { target } of changes)
    if (target.classList.contains("ends") && target.style.backgroundImage)
      window.dots.push(target.style.backgroundPosition);
};
new MutationObserver(note)
  .observe(document, { subtree: true, attributes: true, attributeFilter: ["style"] });
"""


def test_a_new_chart_has_its_dots_in_place_from_the_first_moment(
    server: QuadraServer, browser_page: Page
) -> None:
    page = browser_page
    page.add_init_script(NOTE_DOTS)
    open_page(page, server, "explore?range=5m&m=quadra_series")
    expect(page.locator(chart("quadra_series")).locator(".chart-number")).to_have_text(
        re.compile("[0-9]"), timeout=5_000
    )
    page.wait_for_function("window.dots.length > 0", timeout=5_000)
    places: list[str] = page.evaluate("window.dots")
    assert [] == [one for one in places if not re.search(r"calc\([0-9]", one) or "NaN" in one]


def test_dragging_zooms_back_returns_and_a_spike_is_never_averaged_away(
    filled: QuadraServer, browser_page: Page
) -> None:
    page = browser_page
    open_page(page, filled, "explore?range=24h&m=xp_load")
    shown = page.locator(chart("xp_load"))
    expect(shown).to_have_attribute("data-value", "10", timeout=5_000)
    shown.hover()
    shown.get_by_role("button", name=re.compile("Show as table")).click()
    # At this range a step is minutes long and its average near 10: the axis reaches the spike.
    shown.get_by_role("button", name=re.compile("Show as chart")).click()
    plot = shown.locator(".plot")
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 60, steps=4)
    expect(shown.locator(".plot-choice")).to_be_visible()
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"range=\d+s&end=\d+"))
    expect(page.get_by_test_id("live")).to_have_attribute("aria-pressed", "false")
    page.go_back()
    expect(page).to_have_url(re.compile("range=24h&m=xp_load"))
    expect(page.get_by_test_id("live")).to_have_attribute("aria-pressed", "true")


def shown_order(page: Page) -> list[str]:
    cells = page.locator('[data-testid="chart"]')
    return [str(metric) for metric in cells.evaluate_all("all => all.map(c => c.dataset.metric)")]


def test_charts_are_arranged_by_dragging_and_by_keys_and_the_board_keeps_it(
    filled: QuadraServer, browser_page: Page
) -> None:
    page = browser_page
    asked = "&".join(f"m={name}" for name in ("xp_load", "host_cpu_cores", "xp_tokens_total"))
    open_page(page, filled, f"explore?range=15m&order=own&{asked}")
    expect(page.get_by_test_id("chart")).to_have_count(3)
    head = ".chart-title"
    page.locator(chart("xp_tokens_total")).locator(head).drag_to(
        page.locator(chart("xp_load")), target_position={"x": 12, "y": 12}
    )
    expect(page).to_have_url(re.compile("m=xp_tokens_total&m=xp_load&m=host_cpu_cores&order=own"))
    assert ["xp_tokens_total", "xp_load", "host_cpu_cores"] == shown_order(page)
    later = page.locator(chart("xp_tokens_total")).get_by_role("button", name=re.compile("later$"))
    later.focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("m=xp_load&m=xp_tokens_total&m=host_cpu_cores&order=own"))
    expect(later).to_be_focused()
    page.keyboard.press("Shift+ArrowRight")
    expect(page).to_have_url(re.compile("m=xp_load&m=host_cpu_cores&m=xp_tokens_total&order=own"))
    expect(later).to_be_focused()
    expect(page.get_by_text("xp_tokens_total: place 3 of 3")).to_be_attached()
    page.get_by_test_id("save-view").click()
    page.get_by_label("Name of the board").fill("Arranged")
    page.get_by_role("button", name="Save board").click()
    expect(page).to_have_url(re.compile(r"board=\d+"))
    page.reload()
    expect(page.get_by_test_id("chart")).to_have_count(3)
    assert ["xp_load", "host_cpu_cores", "xp_tokens_total"] == shown_order(page)
    (board,) = filled.get("/api/v1/boards").json()["boards"]
    assert ("Arranged", "own") == (board["name"], board["view"]["order"])
    filled.session.delete(f"{filled.url}/api/v1/boards/{board['id']}", timeout=10)


def test_a_metric_dragged_out_of_the_list_joins_a_chart_or_has_one_of_its_own(
    filled: QuadraServer, browser_page: Page
) -> None:
    page = browser_page
    open_page(page, filled, "explore?range=15m&m=xp_load")
    expect(page.get_by_test_id("chart")).to_have_count(1)
    page.get_by_test_id("metrics").click()
    page.get_by_label("Find a metric").fill("xp_tok")
    name = page.locator(".picker label").filter(has_text="xp_tokens_total")
    name.locator(".picker-value").click()  # chooses it, and so does the list stay open
    expect(page).to_have_url(re.compile("m=xp_load&m=xp_tokens_total"))
    name.locator(".picker-value").click()
    expect(page).to_have_url(re.compile("m=xp_load$"))
    expect(page.get_by_test_id("chart")).to_have_count(1)
    name.drag_to(page.get_by_test_id("chart"), target_position={"x": 8, "y": 8}, force=True)
    expect(page).to_have_url(re.compile(r"m=xp_load\+%2B\+xp_tokens_total"))
    page.go_back()
    expect(page).to_have_url(re.compile("m=xp_load$"))
    grid = page.get_by_test_id("explore-charts").bounding_box()
    assert grid is not None
    place: Position = {"x": grid["width"] - 40, "y": 40}
    name.drag_to(page.get_by_test_id("explore-charts"), target_position=place)
    expect(page).to_have_url(re.compile("m=xp_load&m=xp_tokens_total"))
    expect(page.get_by_test_id("chart")).to_have_count(2)


def test_a_view_becomes_a_board_is_renamed_deleted_and_taken_back(
    filled: QuadraServer, browser_page: Page
) -> None:
    page = browser_page
    open_page(page, filled, "explore?range=15m&m=xp_load&compare=day")
    page.get_by_test_id("save-view").click()
    page.get_by_label("Name of the board").fill("Load")
    page.get_by_role("button", name="Save board").click()
    expect(page).to_have_url(re.compile(r"board=\d+"))
    page.get_by_test_id("boards").click()
    page.get_by_role("button", name="Rename Load").click()
    page.get_by_label("New name of Load").fill("Load, day by day")
    page.get_by_label("New name of Load").press("Enter")
    entry = page.get_by_test_id("board-list").get_by_role("button", name=re.compile("^Load, day"))
    expect(entry).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Export Load, day by day").click()
    exported = Path(downloading.value.path())
    assert "day" == json.loads(exported.read_text("utf-8"))["view"]["compare"]
    page.get_by_role("button", name="Delete Load, day by day").click()
    page.get_by_test_id("said").get_by_role("button", name="Undo").click()
    expect(page.get_by_test_id("said")).to_contain_text("is back")
    assert ["Load, day by day"] == [
        b["name"] for b in filled.get("/api/v1/boards").json()["boards"]
    ]


def test_a_board_is_imported_beside_one_of_the_same_name(
    filled: QuadraServer, browser_page: Page, tmp_path: Path
) -> None:
    board = {"name": "Twice", "view": {"names": ["xp_load"]}}
    file = tmp_path / "twice.board.json"
    file.write_text(json.dumps({"quadra_board": 1, **board}))
    address = f"{filled.url}/api/v1/boards"
    assert 201 == filled.session.post(address, json=board, timeout=10).status_code
    open_page(browser_page, filled, "explore")
    browser_page.get_by_test_id("boards").click()
    expect(browser_page.get_by_test_id("board-list")).to_contain_text("Twice")
    browser_page.get_by_label("Import a board").set_input_files(file)
    expect(browser_page.get_by_test_id("said")).to_contain_text("Imported “Twice (2)”.")
    boards = filled.get("/api/v1/boards").json()["boards"]
    assert {"Twice", "Twice (2)"} <= {board["name"] for board in boards}
    for made in boards:
        if made["name"].startswith("Twice"):
            filled.session.delete(f"{address}/{made['id']}", timeout=10)


def test_a_file_that_is_no_board_is_refused_field_by_field(
    filled: QuadraServer, browser_page: Page, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({"name": "W", "view": {"order": "size"}}))
    open_page(browser_page, filled, "explore")
    browser_page.get_by_test_id("boards").click()
    browser_page.get_by_label("Import a board").set_input_files(wrong)
    boards = browser_page.get_by_test_id("board-list")
    expect(boards).to_contain_text("view.order use one of")
    wrong.write_text("{")
    browser_page.get_by_label("Import a board").set_input_files(wrong)
    expect(boards).to_contain_text("not JSON")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_explore_is_free_of_accessibility_faults_and_nothing_overflows_a_phone(
    filled: QuadraServer, browser_page: Page, scheme: str
) -> None:
    page = browser_page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    chosen = quote("xp_*")
    open_page(page, filled, f"explore?range=1h&m={chosen}&split=model&compare=day&f=host%3Da")
    expect(page.locator(chart("xp_tokens_total"))).to_have_attribute("data-value", re.compile("."))
    assert [] == violations(page)
    page.get_by_test_id("metrics").click()
    page.set_viewport_size({"width": 390, "height": 844})
    assert [] == violations(page)
    assert 390 >= page.evaluate("document.documentElement.scrollWidth")
