"""When a frame may go: at once after a quiet moment, with the tick in a steady stream.

Pure; the time is passed in, in seconds of a clock that only goes forward.
"""

from __future__ import annotations

MAX_SLOWNESS = 12.5
_LATE_S = 0.05
_ON_TIME_S = 0.02
_SLOW_DOWN, _SPEED_UP = 1.3, 0.95


class Tick:
    """The least time between the frames of a room. It grows while the loop lags.

    What lags is made up for by sending less often, not by sending less: a frame holds all that
    came since the one before.
    """

    def __init__(self, frames_a_second: float) -> None:
        # Somewhat less than the rate says, so that a sender at that very rate never has to wait.
        self._least = 0.8 / frames_a_second
        self.slowness = 1.0

    @property
    def seconds(self) -> float:
        """The time between two frames now."""
        return min(max(self._least * self.slowness, self._least), 1.0)

    def lagged(self, seconds: float) -> None:
        """Note by how much later than due the loop came round."""
        if seconds > _LATE_S:
            self.slowness = min(self.slowness * _SLOW_DOWN, MAX_SLOWNESS)
        elif seconds < _ON_TIME_S:
            self.slowness = max(self.slowness * _SPEED_UP, 1.0)


class Pace:
    """The frames that one room may still send: one more each tick, a few at most.

    With a few in hand, samples that come unevenly, or from several senders, go at once; a steady
    stream has one frame a tick.
    """

    BURST = 3.0

    __slots__ = ("_at", "_left")

    def __init__(self, now: float) -> None:
        self._at = now
        self._left = self.BURST

    def wait(self, now: float, tick: float) -> float:
        """Give the seconds until a frame may go, 0 when it may now."""
        self._left = min(self._left + (now - self._at) / tick, self.BURST)
        self._at = now
        return 0.0 if self._left >= 1 else (1 - self._left) * tick

    def take(self) -> None:
        """Note that a frame was sent."""
        self._left -= 1
