"""The readout: linear, trained online by recursive least squares with forgetting.

Haykin, "Adaptive Filter Theory", chapter on RLS: gain ``k = P z / (lambda + z' P z)``, then
``W += e k'`` and ``P = (P - k z' P) / lambda``. The gain depends on the features alone, so one P
serves all outputs and, kept until the truth has come, all horizons.
"""

from __future__ import annotations

import numpy as np

from quadra.field.reservoir import Matrix, Vector

FORGETTING = 0.9995
INITIAL_VARIANCE = 1.0
_MAX_VARIANCE = 100.0
_TIDY_EVERY = 256


class Readout:
    """Weights (outputs, features) for each horizon, and P (features, features)."""

    def __init__(self, features: int, outputs: int, horizons: int) -> None:
        """Begin with zero weights: the forecast of no change."""
        self.weights = np.zeros((horizons, outputs, features))
        self.p = INITIAL_VARIANCE * np.eye(features)
        self._since_tidy = 0

    def gain(self, z: Vector) -> Vector:
        """Take the features of a step (F) into P; gives the gain (F) for their outcomes."""
        pz = self.p @ z
        k: Vector = pz / (FORGETTING + float(z @ pz))
        self.p -= k[:, None] * pz
        self.p *= 1.0 / FORGETTING
        self._since_tidy += 1
        if self._since_tidy >= _TIDY_EVERY:
            self._tidy()
        return k

    def predict(self, z: Vector) -> Matrix:
        """Give the outputs (horizons, outputs) that follow from features."""
        return self.weights @ z

    def learn(self, horizon: int, error: Vector, gain: Vector) -> None:
        """Correct one horizon's weights by the error (outputs) of what the gain's step foretold."""
        self.weights[horizon] += error[:, None] * gain

    def _tidy(self) -> None:
        """Keep P symmetric, and from growing without end where the features say nothing new."""
        self._since_tidy = 0
        self.p += self.p.T
        self.p *= 0.5
        most = float(np.max(np.diagonal(self.p)))
        if most > _MAX_VARIANCE:
            self.p *= _MAX_VARIANCE / most
