"""The live stream: one columnar frame a room and tick, to whoever watches.

A room is what its consoles watch: a set of selectors and a format. Its frame is built once, and
the same bytes are written to the socket of every member.
"""

from quadra.web.live.service import EVENTS, Live

__all__ = ["EVENTS", "Live"]
