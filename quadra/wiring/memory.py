"""How this process treats the C library's heap: nothing is kept that others could use.

glibc cuts the heap into pieces, and once pieces that live long stand between those that are free,
what is free stays with the process: after two minutes of an even load a worker's heap took 39 MB,
of which 27 were in use. So now and then it is given back, page by page, in some 3 ms.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable

GIVE_BACK_EVERY_S = 60.0
_M_ARENA_MAX, _M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -8, -3, -1  # as malloc.h numbers them
_MMAP_FROM_BYTES = 1 << 20
_KEPT_BYTES = 8 << 20


def bound() -> None:
    """Have what native threads are done with given back; call it before there are any.

    glibc gives each thread a heap of its own, and keeps in each what a large body once took.
    """
    with contextlib.suppress(OSError, AttributeError):  # another C library does it otherwise
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, 1)
        libc.mallopt(_M_MMAP_THRESHOLD, _MMAP_FROM_BYTES)
        # Setting the one would leave the other at 128 KiB: then every column of a question is
        # given back to the system and faulted in again, which takes twice as long as its work.
        libc.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)


def give_back() -> None:
    """Give back what the heap keeps free; for a native thread, the loop need not wait for it."""
    with contextlib.suppress(OSError, AttributeError):  # as above
        ctypes.CDLL(None).malloc_trim(0)


def give_back_until(ended: Callable[[float], bool]) -> None:
    """Give back every minute until ``ended(seconds)`` says that the end has come."""
    while not ended(GIVE_BACK_EVERY_S):
        give_back()
