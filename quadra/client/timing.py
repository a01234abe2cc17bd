"""Times a block or a function, and observes how many seconds it took."""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


class Timer:
    """``with client.timer("step_seconds"):`` or ``@client.timer("step_seconds")``.

    What fails is timed as well. As a decorator it serves plain and async functions, from any
    number of threads; each ``with`` wants a timer of its own (nested ones may share it).
    """

    def __init__(
        self, observe: Callable[[float], None], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """Report to ``observe``, in seconds of ``clock``."""
        self._observe = observe
        self._clock = clock
        self._started: list[float] = []

    def __enter__(self) -> Self:
        self._started.append(self._clock())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._observe(self._clock() - self._started.pop())

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Time every call of a function; of an async one, until its result is there."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def timed_async(*args: P.args, **kwargs: P.kwargs) -> Any:
                with Timer(self._observe, self._clock):
                    return await function(*args, **kwargs)

            return cast("Callable[P, T]", timed_async)

        @functools.wraps(function)
        def timed(*args: P.args, **kwargs: P.kwargs) -> T:
            with Timer(self._observe, self._clock):
                return function(*args, **kwargs)

        return timed
