import gzip
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadra.errors import MalformedError, TooLargeError, UnsupportedTypeError
from quadra.intake.body import unpack_body

LIMIT = 1 << 20


@given(st.binary(max_size=2000))
def test_a_gzip_body_is_unpacked(body: bytes) -> None:
    assert body == unpack_body(gzip.compress(body), "gzip", LIMIT)


@pytest.mark.parametrize("encoding", ["", "identity", " Identity "])
def test_a_plain_body_stays_as_it_is(encoding: str) -> None:
    assert b"plain" == unpack_body(b"plain", encoding, LIMIT)


def test_the_name_of_the_encoding_may_be_written_in_any_case() -> None:
    assert b"x" == unpack_body(gzip.compress(b"x"), " GZip ", LIMIT)


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd", "x" * 5000, "gzip;x"])
def test_other_encodings_are_refused_in_short(encoding: str) -> None:
    with pytest.raises(UnsupportedTypeError) as caught:
        unpack_body(b"", encoding, LIMIT)
    assert "unsupported_encoding" == caught.value.code
    assert len(caught.value.detail) < 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not gzip",
        gzip.compress(b"x" * 100)[:-1],
        gzip.compress(b"x" * 100)[:10],
        gzip.compress(b"x") + b"more",
        gzip.compress(b"x") + gzip.compress(b"y"),
        gzip.compress(b"x" * 100)[:-8] + b"\0" * 8,
    ],
    ids=["empty", "not gzip", "cut", "head only", "more behind", "two", "wrong sum"],
)
def test_a_damaged_gzip_body_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        unpack_body(body, "gzip", LIMIT)
    assert "bad_gzip" == caught.value.code


def test_the_limit_itself_is_allowed_and_one_byte_more_is_not() -> None:
    assert LIMIT == len(unpack_body(gzip.compress(b"x" * LIMIT), "gzip", LIMIT))
    with pytest.raises(TooLargeError):
        unpack_body(gzip.compress(b"x" * (LIMIT + 1)), "gzip", LIMIT)


def test_a_bomb_is_refused_without_being_opened_in_memory() -> None:
    bomb = gzip.compress(b"\0" * (64 << 20), compresslevel=9)
    assert len(bomb) < 100_000
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            unpack_body(bomb, "gzip", LIMIT)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * LIMIT
