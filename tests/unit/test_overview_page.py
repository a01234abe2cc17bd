"""What the overview's page carries along can't break out of its element."""

from __future__ import annotations

import orjson

from quadra.web.inert import inert_json


def test_a_label_that_closes_the_element_stays_a_label() -> None:
    evil = "</script><script>alert(1)</script><!-- & \u2028"
    text = str(inert_json({"name": evil}))
    assert not set("<>&") & set(text)
    assert {"name": evil} == orjson.loads(text)
