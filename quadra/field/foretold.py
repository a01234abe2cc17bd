"""What was foretold and has not come yet, and what came otherwise."""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from quadra.field.field import BAND, Forecast
from quadra.field.reservoir import Matrix, Vector

SHOWN: Final = 24
"""Points of a line ahead."""
ASKED: Final = 8.0
"""Times the usual error of a forecast that a surprise is off: errors have tails."""
BEYOND: Final = 1.25
FADE: Final = 0.9997
CLIP: Final = 1.2
_FAR: Final = 1


class Ahead:
    """The far forecasts of the last steps: together they are the line ahead of now."""

    def __init__(self, ahead: int, step: float) -> None:
        """Keep forecasts ``ahead`` steps of ``step`` seconds on."""
        self._reach = ahead * step
        self._told: deque[tuple[float, Matrix]] = deque(maxlen=ahead)

    def add(self, seconds: float, forecast: Forecast) -> None:
        """Keep what was foretold at ``seconds`` (unix s)."""
        parts = (forecast.value[_FAR], forecast.low[_FAR], forecast.high[_FAR])
        self._told.append((seconds + self._reach, np.stack(parts)))

    def line(self, number: int, now: float) -> dict[str, list[float]]:
        """Give the line of one series after ``now``: times (unix s), value, low, high."""
        due = [(t, told[:, number]) for t, told in self._told if t > now]
        due = [(t, told) for t, told in due if np.isfinite(told).all()]
        if len(due) > SHOWN:
            due = [due[i] for i in np.linspace(0, len(due) - 1, SHOWN).round().astype(int)]
        line = {"timestamps": [t for t, _ in due]}
        for place, word in enumerate(("value", "low", "high")):
            line[word] = [float(told[place]) for _, told in due]
        return line


class Surprise(NamedTuple):
    """A value that came otherwise than foretold; ``evidence`` 1 is an anomaly.

    ``series`` is its number among those that the field watches.
    """

    series: int
    seconds: float
    value: float
    expected: float
    low: float
    high: float
    evidence: float


class Surprises:
    """Holds errors of forecasts against the farthest that were nothing."""

    def __init__(self, series: int) -> None:
        """Begin without knowledge."""
        self._farthest = np.zeros(series)
        self._found: deque[Surprise] = deque(maxlen=1_000)

    def see(
        self,
        seconds: float,
        values: Vector,
        residual: Vector,
        expected: Forecast,
        proven: npt.NDArray[np.bool_],
    ) -> None:
        """Take a step; all (series,). Where forecasts are not ``proven`` nothing is said."""
        off = np.nan_to_num(np.abs(residual), nan=0.0, posinf=0.0)
        asked = np.maximum(ASKED, BEYOND * self._farthest)
        self._farthest = np.maximum(self._farthest * FADE, np.minimum(off, CLIP * asked))
        for i in np.flatnonzero(proven & (off >= asked)).tolist():
            value, low, high = expected.value[0, i], expected.low[0, i], expected.high[0, i]
            half = (high - low) / 2.0 / BAND * asked[i]
            self._found.append(
                Surprise(
                    i,
                    seconds,
                    float(values[i]),
                    float(value),
                    float(value - half),
                    float(value + half),
                    float(off[i] / asked[i]),
                )
            )

    def take(self) -> list[Surprise]:
        """Give what was found since the last call."""
        found = list(self._found)
        self._found.clear()
        return found
