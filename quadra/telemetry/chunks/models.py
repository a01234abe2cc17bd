"""The distributions that the frozen dictionaries were made from, and what a byte costs under each.

Only the encoder looks here, to choose: a decoder needs nothing but the dictionary's number, so
these may change while the dictionaries stay.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_SYMBOLS = 256
_UNFORESEEN = 0.002  # of the probability, spread over all symbols
_NIBBLE = 16


class Model(NamedTuple):
    """How bytes are spread: the shape, its mean, and the largest symbol the dictionary knows.

    ``width`` is the number of bits a residual takes: 8 is one to a byte, 4 is two to a byte.
    """

    shape: str
    mean: float
    top: int
    width: int


def _grid() -> tuple[Model, ...]:
    # Steps of sqrt 2: between two of them a wrong scale costs at most 0.04 bits a symbol.
    half = [2.0 ** (i / 2) for i in range(2, 14)]
    normal = [Model("normal", m, 127 if m < 20 else 255, 8) for m in half]  # noqa: PLR2004
    laplace = [Model("laplace", m, 127 if m < 10 else 255, 8) for m in half[:10]]  # noqa: PLR2004
    flat = [Model("flat", 0, top, 8) for top in (19, 27, 38, 54, 77, 109, 154)]
    pairs = [Model("laplace", m, 255, 4) for m in (0.06, 0.125, 0.25, 0.5, 1, 2)]
    pairs += [Model("normal", m, 255, 4) for m in (0.5, 1, 2, 4)]
    return (*normal, *laplace, *flat, *pairs)


def likelihood(model: Model) -> npt.NDArray[np.float64]:
    """Give the probability of each byte under ``model``, shape (256,), zero beyond its top."""
    top = model.top if model.width == 8 else _NIBBLE - 1  # noqa: PLR2004
    x = np.arange(top + 1.0)
    if model.shape == "normal":  # half normal: E|x| = sigma sqrt(2 / pi)
        p = np.exp(-(x * x) / (np.pi * model.mean * model.mean))
    elif model.shape == "laplace":  # geometric, the discrete exponential
        p = (model.mean / (1 + model.mean)) ** x
    else:
        p = np.ones(top + 1)
    p /= p.sum()
    if model.width != 8:  # noqa: PLR2004
        p = np.outer(p, p).ravel()  # two independent residuals in one byte
    p = p * (1 - _UNFORESEEN) + _UNFORESEEN / len(p)
    return np.concatenate([p, np.zeros(_SYMBOLS - len(p))])


MODELS = _grid()
