from collections.abc import Sequence

import pytest

from quadra.web.framing import framing_fault

LENGTH, CODING = "Content-Length", "Transfer-Encoding"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(LENGTH, "0")],
        [("content-length", " 12\t")],
        [(LENGTH, "12"), ("CONTENT-LENGTH", "12")],
        [(CODING, "chunked")],
        [(CODING, " Chunked ")],
        [("Upgrade", "websocket")],
    ],
)
def test_a_body_with_one_end_is_let_in(headers: Sequence[tuple[str, str]]) -> None:
    assert framing_fault(headers) is None


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ([(LENGTH, "5"), ("content-length", "6")], "disagree"),
        ([(LENGTH, "5"), (LENGTH, "05")], "disagree"),
        *[
            ([(LENGTH, value)], "no number")
            for value in ("", "+5", "-5", "0x5", "5_0", "5, 5", "5 5", "\u0665", "9" * 19, "five")
        ],
        ([(LENGTH, "5"), (CODING, "chunked")], "together"),
        *[
            ([(CODING, value)], "only")
            for value in ("", "identity", "gzip, chunked", "chunked, chunked", "xchunked")
        ],
        ([(CODING, "chunked"), (CODING, "identity")], "only"),
        ([(CODING, "chunked"), ("Upgrade", "websocket")], "upgrade"),
    ],
)
def test_a_body_whose_end_is_not_clear_is_refused(
    headers: Sequence[tuple[str, str]], why: str
) -> None:
    assert why in str(framing_fault(headers))


def test_headers_behind_a_line_that_is_none_may_say_anything() -> None:
    assert framing_fault([], [ValueError()])
