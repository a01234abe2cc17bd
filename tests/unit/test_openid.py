"""What the browser keeps of a sign-in under way, and whom of the providers is believed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from quadra.engine.access import Access
from quadra.errors import UnavailableError
from quadra.web.openid import Client, OpenId
from quadra.web.openid_routes import WITHIN_S, Porch
from quadra.web.parts import WebParts
from tests.servers.openid import CLIENT_ID, SECRET, Provider
from tests.unit.fakes import NOW, SetClock


def porch(clock: SetClock, key: bytes = b"k") -> Porch:
    access = Access(cast("Any", None), clock, key)
    parts = SimpleNamespace(settings=SimpleNamespace(oidc_issuer=""), access=access, clock=clock)
    return Porch(cast("WebParts", parts))


def test_a_sign_in_under_way_is_over_after_a_while() -> None:
    clock = SetClock()
    here = porch(clock)
    sealed = here._seal({"state": "s", "until": NOW + WITHIN_S})
    assert "s" == here._open(sealed)["state"]
    clock.now = NOW + WITHIN_S - 1
    assert "s" == here._open(sealed)["state"]
    clock.now = NOW + WITHIN_S
    assert {} == here._open(sealed)


@pytest.mark.parametrize("change", ["", ".", "x", "e30.", "e30.0", "\xff.\xff"])
def test_what_was_not_sealed_here_is_nothing(change: str) -> None:
    assert {} == porch(SetClock())._open(change)
    elsewhere = porch(SetClock(), b"another key")._seal({"state": "s", "until": NOW + 1})
    assert {} == porch(SetClock())._open(elsewhere)


def test_a_provider_that_says_it_is_another_is_not_believed() -> None:
    with Provider() as provider:
        address = provider.url.replace("127.0.0.1", "localhost")
        client = Client(address, CLIENT_ID, SECRET, "groups", {})
        with pytest.raises(UnavailableError):
            OpenId(client).begin("http://here.example/back")
