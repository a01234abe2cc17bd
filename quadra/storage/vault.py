"""Seals what must be given to others as it is, so that the database alone does not tell it.

AES-256-GCM of the package `cryptography`: the standard library has no cipher, and one made by hand
of its hashes would be ours to get wrong. The key comes from the installation's secret key, which
stands outside the database. A sealed text opens only for the purpose that it was sealed for.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_MARK = "sealed-1:"
_NONCE = 12  # bytes


class SealedElsewhereError(Exception):
    """Sealed with another secret key, for another purpose, or changed since."""


class Vault:
    """Seals and opens short texts with one key."""

    def __init__(self, secret_key: bytes) -> None:
        """Derive the key; nothing is loaded before the first text."""
        self._key = hmac.digest(secret_key, b"quadra credentials at rest, 1", "sha256")
        self._cipher: AESGCM | None = None

    def seal(self, text: str, purpose: str) -> str:
        """Give a text sealed."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = self._aead().encrypt(nonce, text.encode(), purpose.encode())
        return _MARK + b64encode(nonce + sealed).decode("ascii")

    def open(self, kept: str, purpose: str) -> str:
        """Give the text again, also one from before there were seals; SealedElsewhereError."""
        if not self.is_sealed(kept):
            return kept
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - see _aead

        try:
            raw = b64decode(kept.removeprefix(_MARK), validate=True)
            opened = self._aead().decrypt(raw[:_NONCE], raw[_NONCE:], purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise SealedElsewhereError from error
        return opened.decode()

    @staticmethod
    def is_sealed(kept: str) -> bool:
        """Say whether a text is sealed, not in the clear."""
        return kept.startswith(_MARK)

    def _aead(self) -> AESGCM:
        if self._cipher is None:
            # Some MB and some 30 ms that only those need who keep credentials.
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

            self._cipher = AESGCM(self._key)
        return self._cipher
