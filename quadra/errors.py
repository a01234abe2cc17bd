"""One error tree. Every error has a stable ``code`` that clients may rely on.

The tree says *what* is wrong; ``web.problems`` alone decides which HTTP status says it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One part of an input that is wrong: where it stands, which field, and why."""

    index: int | None
    field: str
    reason: str

    def as_dict(self) -> dict[str, object]:
        """Give the fault in the shape of the public contract."""
        return {"index": self.index, "field": self.field, "reason": self.reason}


class QuadraError(Exception):
    """Base of all errors that Quadra raises on purpose."""

    code = "internal_error"
    title = "Something went wrong inside Quadra"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        faults: tuple[Fault, ...] = (),
        retry_after: float | None = None,
        reason: str | None = None,
    ) -> None:
        """Keep what a person needs to mend it; ``retry_after`` is in seconds.

        ``reason`` is what it counts under where that says more than the code does.
        """
        super().__init__(detail)
        self.detail = detail
        self.faults = faults
        self.retry_after = retry_after
        if code is not None:
            self.code = code
        self.reason = reason or self.code


class SettingsError(QuadraError):
    """A setting can't be used; names the variable and what to change."""

    code = "bad_setting"
    title = "A setting can't be used"


class MalformedError(QuadraError):
    """The input can't be parsed at all."""

    code = "malformed"
    title = "The request can't be read"


class InvalidError(QuadraError):
    """The input parses and says something that is not allowed."""

    code = "invalid"
    title = "The request is not valid"


class MethodError(QuadraError):
    """The HTTP method is not one that is used here."""

    code = "method_not_allowed"
    title = "This method is not used here"


class TooLargeError(QuadraError):
    """The input is larger than the limit."""

    code = "too_large"
    title = "The request is too large"


class UnsupportedTypeError(QuadraError):
    """The input's content type or encoding is not one that is read here."""

    code = "unsupported_media_type"
    title = "This content type is not accepted"


class UnauthenticatedError(QuadraError):
    """No valid credential came with the request."""

    code = "unauthorized"
    title = "Sign in or send a token"


class ForbiddenError(QuadraError):
    """The credential is valid, but not for this."""

    code = "forbidden"
    title = "Not allowed"


class NotFoundError(QuadraError):
    """There is no such thing."""

    code = "not_found"
    title = "Not found"


class ConflictError(QuadraError):
    """The request does not fit the present state."""

    code = "conflict"
    title = "Conflict"


class TooManyError(QuadraError):
    """More was asked than the limit allows."""

    code = "rate_limited"
    title = "Too many requests"


class UnavailableError(QuadraError):
    """Can't be done now, may work later; nothing was stored."""

    code = "unavailable"
    title = "Not available right now"


class StorageError(UnavailableError):
    """The database refused or did not answer; wraps the driver's own error."""

    code = "storage_unavailable"
    title = "The database is not available"


class NoAnswerError(StorageError):
    """The database said nothing for too long: it hangs, is locked, or the network swallows all."""


class DamagedError(QuadraError):
    """What was stored is not what was written: a checksum does not fit."""

    code = "history_damaged"
    title = "A part of the history is damaged"
