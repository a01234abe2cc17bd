"""How often somebody may try passwords for one name, from however many addresses."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager

from limits.storage import Storage

from quadra.engine.access import Access
from quadra.engine.users import key_of_typed
from quadra.errors import TooManyError, UnauthenticatedError

FREE_TRIES = 10
WINDOW_S = 900
LONGEST_PAUSE_S = 30
MOST_NAMES = 10_000
"""Names that are counted in a process: of more, those that were tried longest ago begin anew.

Making it forget one name takes that many tries of others, each of which its address pays for.
"""


class AccountPauseError(TooManyError):
    """Wrong passwords have come for this name: the next try is taken a little later."""

    def __init__(self, pause: float) -> None:
        """Say for how many seconds."""
        msg = "Too many tries to sign in with this name."
        super().__init__(msg, retry_after=max(pause, 1.0))


class AccountLimit:
    """Lets tries for a name in: some at once, then one after each pause, which grows.

    Nothing here knows which names exist, so one that does not is answered as one that does. A try
    counts before its password is compared, as tries that come at the same time are just as many
    guesses; it is given back unless the password was wrong. What is refused makes no pause longer,
    and a browser in which somebody has signed in by that name counts for itself: whoever keeps
    guessing does not keep the one whose name it is out.
    """

    def __init__(self, counters: Storage, access: Access, *, enabled: bool) -> None:
        """Count in ``counters``, under keys that only this installation can make."""
        self._counters = counters
        self._access = access
        self._enabled = enabled

    @contextmanager
    def one_try(self, name: str, known_browser: str) -> Iterator[None]:
        """Count what is done within as a try if it raises UnauthenticatedError.

        ``known_browser`` is what ``recognised`` gave to this browser, or anything else. Raises
        AccountPauseError when it may not be done now.
        """
        if not self._enabled:
            yield
            return
        whose = self._whose(name, known_browser)
        tries = f"quadra/tried/{whose}"
        self._admit(tries, f"quadra/pause/{whose}")
        wrong = False
        try:
            yield
        except UnauthenticatedError:
            wrong = True
            raise
        finally:
            if not wrong:
                self._counters.incr(tries, WINDOW_S, -1)

    def recognised(self, name: str) -> str:
        """Give what a browser keeps in which somebody has signed in by this name."""
        nonce = secrets.token_urlsafe(16)
        return f"{nonce}.{self._mark(name, nonce)}"

    def _admit(self, tries: str, pause: str) -> None:
        tried = self._counters.get(tries)
        counted = tried < FREE_TRIES
        if counted:  # as far as is known: others may have come meanwhile
            tried = self._counters.incr(tries, WINDOW_S)
            if tried <= FREE_TRIES:
                return
        seconds = min(1 << min(max(tried - FREE_TRIES, 0), 16), LONGEST_PAUSE_S)
        if self._counters.incr(pause, seconds) > 1:
            raise AccountPauseError(self._counters.get_expiry(pause) - time.time())
        if not counted:
            self._counters.incr(tries, WINDOW_S)

    def _whose(self, name: str, known_browser: str) -> str:
        nonce, _, mark = known_browser.partition(".")
        right = self._mark(name, nonce)
        if hmac.compare_digest(mark.encode("utf-8", "replace"), right.encode()):
            return f"browser/{nonce}"
        # Sealed, as what is typed as a name may be a password, and Redis is read by others.
        return f"name/{self._seal('name that is tried', key_of_typed(name))}"

    def _mark(self, name: str, nonce: str) -> str:
        return self._seal("browser that has signed in", f"{nonce}.{key_of_typed(name)}")

    def _seal(self, purpose: str, text: str) -> str:
        return self._access.seal(purpose, text.encode("utf-8", "replace"))
