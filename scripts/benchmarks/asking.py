"""Questions by HTTP whose time is the server's, not that of a large client library."""

from __future__ import annotations

import http.client
import statistics
import time
from collections.abc import Mapping
from urllib.parse import urlencode

TIMEOUT_S = 30


class Asker:
    """One connection that stays open."""

    def __init__(self, port: int, token: str = "") -> None:
        """Connect to this machine when first asked."""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, params: Mapping[str, str]) -> bytes:
        """Ask, and give the body; raises RuntimeError unless the answer is 200."""
        self._connection.request("GET", f"{path}?{urlencode(params)}", headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            msg = f"{path} answered {answer.status}: {body[:200]!r}"
            raise RuntimeError(msg)
        return body

    def median_ms(self, path: str, params: Mapping[str, str], times: int) -> float:
        """Ask again and again; gives the median time from question to whole answer."""
        took = []
        for _ in range(times):
            began = time.perf_counter()
            self.get(path, params)
            took.append(time.perf_counter() - began)
        return statistics.median(took) * 1000
