"""Tasks as plain threads: the runtime of ASYNC_MODE=threading, and of the worker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from quadra.engine.ports import Signal

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """Implements ``Runtime`` without any loop."""

    def __init__(self, native_threads: int) -> None:
        """Offload to at most so many threads at once."""
        self._pool = ThreadPoolExecutor(native_threads, thread_name_prefix="offload")

    def spawn(self, task: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """See ``Runtime.spawn``."""
        threading.Thread(target=task, args=args, kwargs=kwargs, daemon=True).start()

    def sleep(self, seconds: float) -> None:
        """See ``Runtime.sleep``."""
        time.sleep(max(seconds, 0))

    def offload(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See ``Runtime.offload``."""
        return self._pool.submit(work, *args, **kwargs).result()

    def signal(self) -> Signal:
        """See ``Runtime.signal``."""
        return threading.Event()
