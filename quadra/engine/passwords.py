"""Passwords of people, kept as Argon2id hashes."""

from __future__ import annotations

from _queue import SimpleQueue  # the C one: it works on native threads in every mode

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

AT_ONCE = 2
"""Hashes that are made at a time: each takes 19 MiB, and whoever guesses must not take the rest."""


class Passwords:
    """Makes and checks hashes. Blocking: some tens of milliseconds each."""

    def __init__(self, *, time_cost: int = 2, memory_kib: int = 19_456) -> None:
        """Choose the costs; those by default are what OWASP recommends for Argon2id."""
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        self._turns: SimpleQueue[None] = SimpleQueue()
        for _ in range(AT_ONCE):
            self._turns.put(None)
        self._nobodys = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """Give what is kept of a password."""
        self._turns.get()
        try:
            return self._hasher.hash(password)
        finally:
            self._turns.put(None)

    def matches(self, kept: str | None, password: str) -> bool:
        """Say whether a password is the one; takes as long where there is none to compare."""
        self._turns.get()
        try:
            self._hasher.verify(kept or self._nobodys, password)
        except (Argon2Error, InvalidHashError):
            return False
        finally:
            self._turns.put(None)
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Say whether a hash was made with other costs."""
        return self._hasher.check_needs_rehash(kept)
