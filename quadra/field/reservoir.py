"""The reservoir: N coupled leaky units whose state echoes what they have seen.

An echo state network after Jaeger, "The echo state approach to analysing and training recurrent
neural networks" (2001), with leaky units as in Jaeger et al. (2007). Only the readout learns; the
couplings are drawn once from the seed and scaled so that old inputs fade.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]

MIN_SIZE, DEFAULT_SIZE, MAX_SIZE = 16, 128, 1024
LEAK = 0.3
SPECTRAL_RADIUS = 0.9
LINKS_A_UNIT = 10
INPUT_SCALE = 0.5
BIAS_SCALE = 0.2
_SQUARINGS = 8


@dataclass(frozen=True, slots=True)
class Reservoir:
    """Fixed couplings: ``w`` (N, N), ``w_in`` (N, inputs), ``bias`` (N)."""

    w: Matrix
    w_in: Matrix
    bias: Vector

    @property
    def size(self) -> int:
        """Give N, the number of units."""
        return len(self.bias)

    def step(self, state: Vector, inputs: Vector) -> Vector:
        """Give the state that follows ``state`` (N) under ``inputs``; changes nothing.

        ``x' = (1-a) x + a tanh(W x + Win u + b)``. A state stays within -1 to 1.
        """
        drive = self.w @ state
        drive += self.w_in @ inputs
        drive += self.bias
        np.tanh(drive, out=drive)
        drive *= LEAK
        drive += (1.0 - LEAK) * state
        return drive


def make_reservoir(size: int, inputs: int, seed: int) -> Reservoir:
    """Draw the couplings; the same arguments give the same reservoir."""
    random = np.random.Generator(np.random.PCG64(seed))
    w = random.standard_normal((size, size))
    w[random.random((size, size)) >= min(LINKS_A_UNIT / size, 1.0)] = 0.0
    radius = spectral_radius(w)
    w *= SPECTRAL_RADIUS / radius if radius > 0 else 0.0
    w_in = INPUT_SCALE * random.uniform(-1.0, 1.0, (size, inputs))
    bias = BIAS_SCALE * random.uniform(-1.0, 1.0, size)
    return Reservoir(w, w_in, bias)


def spectral_radius(w: Matrix) -> float:
    """Give the largest modulus of the eigenvalues of ``w``, to about a hundredth.

    By Gelfand's formula, the norm of a power's root. Squaring needs only products of matrices, so
    that the outcome does not hang on which LAPACK is installed.
    """
    power = w
    logarithm = 0.0  # of the power's norm, in units of the power's exponent
    for squaring in range(_SQUARINGS + 1):
        norm = float(np.linalg.norm(power))
        if norm == 0.0:
            return 0.0
        logarithm += np.log(norm) / 2**squaring
        if squaring < _SQUARINGS:
            power = power / norm
            power = power @ power
    return float(np.exp(logarithm))
