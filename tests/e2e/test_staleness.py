"""A staleness marker ends its line: in history, in the live stream, and in the chart."""

from __future__ import annotations

import math
import re
import struct
import time

import pytest
from playwright.sync_api import Page, expect

from quadra.intake.received import STALE_BITS
from tests.e2e.clients import history, live
from tests.e2e.test_console import chart, open_console
from tests.e2e.test_live import unpacked
from tests.servers.quadra import QuadraServer
from tests.unit.remote_write_messages import Samples, message1, snappy

STALE = struct.unpack("<d", struct.pack("<Q", STALE_BITS))[0]


def write(server: QuadraServer, name: str, samples: Samples) -> None:
    body = snappy(message1(({"__name__": name}, samples)).SerializeToString())
    headers = {"Content-Type": "application/x-protobuf"}
    answer = server.post("/prometheus/api/v1/write", data=body, headers=headers)
    assert 204 == answer.status_code, answer.text


def test_in_history_a_marker_is_a_null_and_no_value_of_a_step(server: QuadraServer) -> None:
    t = int(time.time()) // 60 * 60 - 120
    write(server, "ends_there", [(t * 1000, 1.0), (t * 1000 + 1000, STALE), (t * 1000 + 2000, 3.0)])
    write(server, "ends_there", [((t + 60) * 1000, STALE)])
    (line,) = history(server, "ends_there")
    assert [1, None, 3, None] == line["values"]
    for agg, value in (("avg", 2), ("count", 2), ("last", 3), ("sum", 4), ("p50", 2)):
        (line,) = history(server, "ends_there", step=60, agg=agg)
        assert ([t], [value]) == (line["timestamps"], line["values"])


@pytest.mark.parametrize("form", ["json", "binary"])
def test_a_marker_comes_live(server: QuadraServer, form: str) -> None:
    t = int(time.time() * 1000)
    name = f"ends_live_{form}"
    with live(server) as console:
        console.subscribe(name, format=form)
        write(server, name, [(t, 5.0), (t + 1, STALE)])
        found: list[float | None] = []
        while len(found) < 2:
            frame = console.wait_for("samples")
            found += [v for _i, _t, v in unpacked(frame)] if form == "binary" else frame["v"]
    assert 5.0 == found[0]
    assert found[1] is None or (form == "binary" and math.isnan(found[1]))


def test_the_chart_draws_no_line_across_a_marker(server: QuadraServer, browser_page: Page) -> None:
    now = int(time.time()) * 1000
    write(server, "ends_drawn", [(now - s * 1000, float(s)) for s in range(30, 10, -1)])
    write(server, "ends_drawn", [(now - 20_500, STALE)])
    open_console(browser_page, server)
    plot = browser_page.locator(f"{chart('ends_drawn')} [role=img]").first
    expect(plot).to_have_attribute("aria-label", re.compile("1 gap without data"), timeout=5_000)
    write(server, "ends_drawn", [(now - 9_500, STALE), (now - 9_000, 1.0), (now - 8_000, 2.0)])
    expect(plot).to_have_attribute("aria-label", re.compile("2 gaps without data"), timeout=5_000)
