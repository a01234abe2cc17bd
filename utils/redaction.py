"""Masks whatever looks like a credential in text that is kept or shown."""

from __future__ import annotations

import re

# Every repetition is bounded: a visitor's text passes here, and must not hold the loop.
_SECRET = re.compile(
    r"(qdr_)[\w-]{8,600}"
    r"|((?:Bearer|Basic)\s{1,3})[^\s\"']{1,4096}"
    r"|(cookie[\"']?\s{0,3}[=:]\s{0,3})[^\r\n\"']{1,8192}"
    r"|((?:token|secret|session|password|passwd|api[_-]?key|authorization)[\w-]{0,40}"
    r"[\"']?\s{0,3}[=:]\s{0,3}[\"']?)(?!(?:Bearer|Basic)\s)[^\s&\"',;}]{1,4096}"
    r"|(://[^:/@\s]{0,100}:)[^@/\s]{1,500}(?=@)",
    re.IGNORECASE,
)
# One of these is in every text that the pattern finds; most text has none, and is spared it.
_SIGNS = ("qdr_", "bearer", "basic", "cookie", "token", "secret", "session", "passw", "key",
          "authoriz", "://")  # fmt: skip


def redact(text: str) -> str:
    """Replace whatever looks like a credential by asterisks."""
    if text.isascii():  # beyond ASCII there are letters that only the pattern knows as equal
        lower = text.lower()
        for sign in _SIGNS:
            if sign in lower:
                break
        else:
            return text
    return _SECRET.sub(lambda m: next(g for g in m.groups() if g is not None) + "***", text)
