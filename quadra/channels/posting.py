"""What an HTTP answer means for a page: taken, later, or never."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from quadra.engine.channels import Ending, Later, Refused, Sent
from quadra.errors import InvalidError
from quadra.outward.egress import EgressError, NoSuchHostError
from quadra.outward.posting import Answer, Place, Poster, PostError

_WORTH_ANOTHER_TRY = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}
_SERVER_ERRORS = 500


def posted(
    poster: Poster, place: Place, body: bytes, headers: Mapping[str, str]
) -> Answer | Later | Refused:
    """Post; gives the answer of a 2xx, else what is to follow."""
    try:
        answer = poster.post(place, body, headers)
    except PostError as error:
        return Later(str(error))
    except InvalidError as error:
        return not_reached(error)
    return answer if answer.status // 100 == 2 else _not_taken(answer)  # noqa: PLR2004 - a class


def not_reached(error: InvalidError) -> Later | Refused:
    """Say what follows from an address that can't be used."""
    if isinstance(error, NoSuchHostError):
        return Later("no such host")  # names come back with the network
    if isinstance(error, EgressError):
        return Refused(f"the address is not connected to: {error.detail}")
    return Refused(error.detail)


def _not_taken(answer: Answer) -> Later | Refused:
    words = f"answered {answer.status}"
    if answer.status >= _SERVER_ERRORS or answer.status in _WORTH_ANOTHER_TRY:
        return Later(words, answer.retry_after)
    if answer.status // 100 == 3:  # noqa: PLR2004 - the class of redirects
        return Refused(f"{words}; redirects are not followed, give the final address")
    return Refused(words)


def ended(answer: Answer | Later | Refused, ref: str = "") -> Ending:
    """Give the ending that an answer means."""
    return Sent(ref) if isinstance(answer, Answer) else answer
