"""Send metrics to Quadra from a Python program, without ever standing in that program's way.

    from quadra.client import Client

    metrics = Client("http://127.0.0.1:5000", token="…", labels={"service": "checkout"})
    metrics.gauge("queue_depth", 3, queue="mail")
    metrics.count("requests_total", route="/pay")
    with metrics.timer("step_seconds", step="render"):
        ...

Needs only the standard library, and nothing else of Quadra.
"""

from __future__ import annotations

from quadra.client.client import Client
from quadra.client.timing import Timer

__all__ = ["Client", "Timer"]
