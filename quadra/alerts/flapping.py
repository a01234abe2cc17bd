"""Flap detection as in Nagios: how much of the last while was change.

Nagios looks at the last 21 checks; newer changes weigh more, from 0.75 to 1.25. Here a check is
a minute of event time, and it counts as a change when the alert fired or was resolved in it. The
limits are higher than the 20 and 5 percent that Nagios begins with, which two short alerts within
20 minutes would reach: cooldowns take care of those. Source: Nagios Core documentation, "Detection
and Handling of State Flapping".
"""

from __future__ import annotations

from dataclasses import dataclass

CHECK_MS = 60_000
CHECKS = 20
HIGH_PERCENT = 50.0
LOW_PERCENT = 25.0
_MASK = (1 << CHECKS) - 1
_WEIGHTS = tuple(1.25 - 0.5 * age / (CHECKS - 1) for age in range(CHECKS))


@dataclass(frozen=True, slots=True)
class Flaps:
    """The memory of changes: bit *n* of ``bits`` stands for the minute n before ``minute``."""

    minute: int = 0
    bits: int = 0
    flapping: bool = False

    def at(self, t: int, *, changed: bool = False) -> Flaps:
        """Give the memory at a time (ms), after a change or just later."""
        minute = max(t // CHECK_MS, self.minute)
        bits = self.bits << min(minute - self.minute, CHECKS) & _MASK
        if changed:
            bits |= 1
        share = percent(bits)
        flapping = share >= LOW_PERCENT if self.flapping else share >= HIGH_PERCENT
        return Flaps(minute, bits, flapping)

    @property
    def calm_at(self) -> int:
        """Give the time (ms) at which it stops flapping if nothing changes any more."""
        for later in range(1, CHECKS + 1):
            if percent(self.bits << later & _MASK) < LOW_PERCENT:
                return (self.minute + later) * CHECK_MS
        raise AssertionError("a memory without changes is calm")  # pragma: no cover


STEADY = Flaps()


def percent(bits: int) -> float:
    """Give the weighted share of checks with a change, in percent."""
    return sum(w for age, w in enumerate(_WEIGHTS) if bits >> age & 1) * 100 / CHECKS
