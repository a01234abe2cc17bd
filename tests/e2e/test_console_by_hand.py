"""The console under somebody's fingers: focus, keys and what stands still, in a real Chromium."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.clients import push
from tests.servers.quadra import QuadraServer


@pytest.fixture(scope="module")
def troubled() -> Iterator[QuadraServer]:
    """Quadra with one alert that fires and whom nobody is told of."""
    with QuadraServer(RATELIMIT_ENABLED="false") as server:
        rule = {"name": "Too hot", "selector": "hand_heat", "op": ">", "threshold": 60}
        assert 201 == server.post("/api/v1/alert-rules", json=rule).status_code
        push(server, "hand_heat", 75, host="a")
        yield server


def open_page(page: Page, server: QuadraServer, path: str) -> None:
    page.goto(f"{server.url}/?token={server.token}")
    page.goto(f"{server.url}/{path}")


def height(page: Page) -> float:
    box = page.get_by_test_id("alert-row").first.bounding_box()
    assert box is not None
    return box["height"]


@pytest.mark.parametrize("width", [1440, 390])
def test_acknowledging_by_its_key_asks_for_a_name_where_nothing_jumps(
    troubled: QuadraServer, browser_page: Page, width: int
) -> None:
    page = browser_page
    page.set_viewport_size({"width": width, "height": 844})
    open_page(page, troubled, "alerts")
    row = page.get_by_test_id("alert-row").first
    expect(row).to_contain_text("No channel tells of it")
    before = height(page)
    page.keyboard.press("j")
    expect(row.locator(".row-link")).to_be_focused()
    page.keyboard.press("a")
    field = row.get_by_label("Your name")
    expect(field).to_be_focused()
    assert before == height(page)
    page.keyboard.type("Mi")
    expect(field).to_have_value("Mi")
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    expect(row.locator(".row-link")).to_be_focused()
    assert before == height(page)


def test_the_form_of_a_silence_has_the_focus_and_gives_it_back(
    troubled: QuadraServer, browser_page: Page
) -> None:
    page = browser_page
    open_page(page, troubled, "alerts")
    expect(page.get_by_test_id("timeline")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("s")
    form = page.get_by_role("form", name="Silence")
    expect(form.get_by_label("Reason")).to_be_focused()
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    expect(page.get_by_test_id("alert-row").first.locator(".row-link")).to_be_focused()
    page.keyboard.press("s")
    form.get_by_role("button", name="Cancel").click()
    expect(form).to_have_count(0)


def test_the_first_key_after_loading_is_not_led_by_one_that_was_never_pressed(
    troubled: QuadraServer, browser_page: Page
) -> None:
    page = browser_page
    open_page(page, troubled, "alerts")
    page.wait_for_selector("main h1")
    # As if the page were just loaded: its clock still stands near its beginning.
    page.add_init_script("performance.now = () => 700")
    page.reload()
    page.wait_for_selector("main h1")
    page.keyboard.press("i")
    page.keyboard.press("r")
    expect(page).to_have_url(re.compile("/alerts"))
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page).to_have_url(re.compile("/rules"))


def test_the_keys_are_read_from_the_first(troubled: QuadraServer, browser_page: Page) -> None:
    page = browser_page
    page.set_viewport_size({"width": 1440, "height": 500})
    open_page(page, troubled, "alerts")
    page.wait_for_selector("main h1")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_focused()
    expect(page.get_by_role("heading", name="Keys")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("keys")).to_have_count(0)


def test_a_zoomed_view_is_a_paused_one_and_live_leads_back(
    troubled: QuadraServer, browser_page: Page
) -> None:
    page = browser_page
    open_page(page, troubled, "explore?range=5m&m=hand_heat")
    page.wait_for_selector('[data-testid="chart"]')
    select, pause = page.get_by_test_id("range"), page.get_by_test_id("pause")
    wide = select.evaluate("select => select.offsetWidth")
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile(r"range=5m&paused=\d+"))
    page.keyboard.press("+")
    expect(page).to_have_url(re.compile(r"range=150s&paused=\d+"))
    expect(pause).to_have_attribute("aria-pressed", "true")
    chosen = select.evaluate("select => select.selectedOptions[0]?.textContent ?? ''")
    assert re.fullmatch(r"\d\d:\d\d . \d\d:\d\d", chosen)
    assert wide == select.evaluate("select => select.offsetWidth")
    page.get_by_role("button", name="Zoom out").click()
    expect(page).to_have_url(re.compile(r"range=5m&paused=\d+"))
    page.keyboard.press("+")
    page.get_by_test_id("live").click()
    expect(page).to_have_url(re.compile(r"range=5m(?!.*(paused|end)=)"))
    expect(select).to_have_value("5m")
    expect(pause).to_have_attribute("aria-pressed", "false")


def test_a_dragged_stretch_is_held_and_says_so(troubled: QuadraServer, browser_page: Page) -> None:
    page = browser_page
    open_page(page, troubled, "explore?range=5m&m=hand_heat")
    plot = page.locator(".plot").first
    expect(plot.locator("canvas").first).to_be_visible()
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 100, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 50, steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"range=[\d.]+s&end=\d+"))
    expect(page.get_by_test_id("pause")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_test_id("paused")).to_contain_text("Paused: you see")
    page.get_by_test_id("paused").get_by_role("button", name="Go live").click()
    expect(page.get_by_test_id("range")).to_have_value("5m")


def test_tools_of_a_chart_never_cover_its_note(server: QuadraServer, browser_page: Page) -> None:
    labels = {"host": "a-host-with-a-long-name", "zone": "somewhere-far-away-in-the-north"}
    push(server, "noted_heat", 1, labels)
    page = browser_page
    page.set_viewport_size({"width": 1280, "height": 800})
    open_page(page, server, "explore?range=5m&m=noted_heat")
    note = page.locator(".chart-note").first
    expect(note).to_contain_text("a-host-with-a-long-name")
    page.locator(".chart").first.hover()
    tools = page.locator(".chart-tools").first
    expect(tools).to_have_css("opacity", "1")
    overlap = """() => {
        const [note, tools] = [".chart-note", ".chart-tools"]
            .map((name) => document.querySelector(name).getBoundingClientRect());
        return note.right - tools.left;
    }"""
    assert page.evaluate(overlap) <= 0
    told = note.get_attribute("title")
    assert told is not None
    assert "somewhere-far-away-in-the-north" in told  # what is shortened can be read all the same


def test_not_even_the_first_key_is_lost_when_a_view_is_saved(
    troubled: QuadraServer, browser_page: Page
) -> None:
    page = browser_page
    open_page(page, troubled, "explore?range=5m&m=hand_heat")
    page.wait_for_selector('[data-testid="chart"]')
    # Pressed and typed without a pause: the key comes as soon as the press has been handled.
    page.evaluate("""() => {
        document.querySelector('[data-testid="save-view"]').click();
        return Promise.resolve().then(() => undefined);
    }""")
    expect(page.get_by_label("Name of the board")).to_be_focused()


def test_a_silenced_alert_needs_nobody(troubled: QuadraServer, browser_page: Page) -> None:
    page = browser_page
    rule = {"name": "Too loud", "selector": "hand_noise", "op": ">", "threshold": 60}
    assert 201 == troubled.post("/api/v1/alert-rules", json=rule).status_code
    push(troubled, "hand_noise", 90, host="b")
    open_page(page, troubled, "")
    list_ = page.get_by_test_id("needs-attention")
    expect(list_).to_contain_text("2 open, worst first")
    expect(page.get_by_test_id("sentence")).to_contain_text("Two things need you")
    expect(page.get_by_test_id("alert-count").first).to_contain_text("2")
    wish = {"matchers": ['rule="Too loud"'], "ends_at": time.time() + 3600, "reason": "a test"}
    assert 201 == troubled.post("/api/v1/silences", json=wish).status_code
    page.reload()
    expect(list_).to_contain_text("1 open, worst first, 1 taken or quiet")
    expect(page.get_by_test_id("sentence")).to_contain_text("One thing needs you: Too hot (a).")
    expect(page.get_by_test_id("sentence")).to_contain_text("1 alert fires, silenced.")
    expect(page.get_by_test_id("alert-count").first).to_contain_text("1")
    expect(page).to_have_title(re.compile("^▲ 1 Overview"))
    last = list_.get_by_test_id("alert-row").last
    expect(last).to_contain_text("Silenced")
    expect(last.get_by_role("button")).to_have_count(0)
    page.goto(f"{troubled.url}/replay?range=5m")
    expect(page.get_by_test_id("then")).to_contain_text("1 of them quiet")
    expect(page.get_by_test_id("replay")).to_contain_text("firing, silenced")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_line_of_time_stands_under_the_thumb(
    troubled: QuadraServer, browser_page: Page, width: int
) -> None:
    page = browser_page
    page.set_viewport_size({"width": width, "height": 844})
    open_page(page, troubled, "replay?range=5m")
    slider, line = page.get_by_test_id("scrub"), page.locator(".replay-lanes .replay-now")
    assert "0px" == slider.evaluate("slider => getComputedStyle(slider).padding")
    for share in (0, 0.5, 1):
        slider.fill(str(int(600 * share)))
        box, now = slider.bounding_box(), line.bounding_box()
        assert box is not None
        assert now is not None
        thumb = box["x"] + 8 + share * (box["width"] - 16)  # a thumb is 16 pixels wide
        assert abs(now["x"] + now["width"] / 2 - thumb) < 2


def test_a_rule_says_of_how_much_data_it_was_tried(
    troubled: QuadraServer, browser_page: Page
) -> None:
    page = browser_page
    open_page(page, troubled, "rules?rule=new")
    save = page.get_by_role("button", name="Save rule")
    expect(save).to_be_disabled()
    expect(save).to_have_accessible_description("Choose a series first.")
    page.get_by_label("Series", exact=True).fill("hand_heat")
    expect(page.get_by_test_id("backtest")).to_contain_text("of data so far, this would")
    expect(save).to_be_enabled()


def test_the_tour_ends_by_escape_and_comes_first(
    troubled: QuadraServer, browser_page: Page
) -> None:
    page = browser_page
    page.add_init_script("try { localStorage.removeItem('quadra.tour') } catch {}")
    open_page(page, troubled, "")
    tour = page.get_by_test_id("tour")
    expect(tour).to_be_visible()
    page.keyboard.press("Tab")  # to the page's own first link
    page.keyboard.press("Tab")
    expect(tour.get_by_role("button", name="again")).to_be_focused()
    page.keyboard.press("Escape")
    expect(tour).to_have_count(0)
