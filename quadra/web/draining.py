"""Closing a listening socket without cutting those who already stand in its queue.

The kernel completes connections before a server accepts them. Closing the socket resets what
still waits there: a sender sees "connection reset" for a request nobody has read.
"""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
import time

DRAIN_WITHIN_S = 1.0
_LOOK_EVERY_S = 0.005
_SO_ATTACH_FILTER = 26  # asm-generic/socket.h; Python has no name for it
_FLAGS_BYTE, _SYN = 13, 0x02  # of a TCP header
_LOAD_BYTE, _IF_ANY_BIT, _RETURN = 0x30, 0x45, 0x06  # linux/bpf_common.h
_WHOLE = 0xFFFFFFFF
_NO_CALLERS = (
    (_LOAD_BYTE, 0, 0, _FLAGS_BYTE),
    (_IF_ANY_BIT, 0, 1, _SYN),
    (_RETURN, 0, 0, 0),
    (_RETURN, 0, 0, _WHOLE),
)
_WAITING = struct.Struct("=24xI")  # tcp_info: of a listening socket, "unacked" is its queue


def drain(listener: socket.socket) -> None:
    """Let nobody new in, and return once the server's own loop has taken up who waits.

    A caller who comes meanwhile is not answered by the kernel and tries again a second later:
    he is then refused, or finds the next process. Gives up after ``DRAIN_WITHIN_S``; on a system
    without these calls it returns at once.
    """
    until = time.monotonic() + DRAIN_WITHIN_S
    with contextlib.suppress(OSError, AttributeError):
        _let_nobody_in(listener)
        while waiting(listener) and time.monotonic() < until:
            time.sleep(_LOOK_EVERY_S)
        time.sleep(_LOOK_EVERY_S)  # a turn of the loop, in which the last one's request is read


def waiting(listener: socket.socket) -> int:
    """Count the connections that stand in the queue, not accepted yet."""
    told = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _WAITING.size)
    (number,) = _WAITING.unpack(told)
    return int(number)


def _let_nobody_in(listener: socket.socket) -> None:
    program = b"".join(struct.pack("=HBBI", *step) for step in _NO_CALLERS)
    steps = ctypes.create_string_buffer(program)
    header = struct.pack("@HP", len(_NO_CALLERS), ctypes.addressof(steps))
    listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, header)
