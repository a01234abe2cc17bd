"""What gevent's own server lets a visitor do, bounded. Imported only when gevent is the loop.

It reads on for ever in a body that nobody wanted, and prints a traceback for a head that it can't
read.
"""

from __future__ import annotations

from typing import Any

from gevent import Timeout, pywsgi

from quadra.web.framing import TORN, UNREADABLE, HeadLines, framing_fault, is_torn, refusal

DISCARD_WITHIN_S = 2.0


class BoundedInput(pywsgi.Input):
    """A request's body whose rest is read for a moment, then the connection ends."""

    __slots__ = ()

    def _discard(self) -> None:
        # Who waits to be told to go on, and was refused, will not send the body any more.
        if self.socket is None:
            with Timeout(DISCARD_WITHIN_S, False):  # type: ignore[arg-type]  # noqa: FBT003 - says: silently
                super()._discard()  # type: ignore[misc]  # a private of the C module
                return
        raise pywsgi._InvalidClientInput  # type: ignore[attr-defined]  # noqa: SLF001 - closes


class BoundedHandler(pywsgi.WSGIHandler):
    """Answers a head that has no clear end; leaves no trace of what can't be read."""

    def MessageClass(self, file: Any, *args: Any) -> Any:  # noqa: N802 - gevent's own name
        """Read the headers; raises ValueError where they have a fault."""
        lines: Any = HeadLines(file)
        headers = super().MessageClass(lines, *args)
        if lines.is_torn or is_torn((self.requestline or "").encode("latin-1")):
            raise ValueError(TORN)
        fault = framing_fault(headers.items(), headers.defects)
        if fault is not None:
            raise ValueError(fault)
        return headers

    def get_environ(self) -> dict[str, Any]:
        """Make the environ, with a body that is bounded."""
        environ: dict[str, Any] = super().get_environ()
        self.wsgi_input.__class__ = BoundedInput
        return environ

    def _handle_client_error(self, error: Exception) -> tuple[str, bytes]:
        is_ours = type(error) is ValueError and len(error.args) == 1
        return "400", refusal(str(error) if is_ours else UNREADABLE)
