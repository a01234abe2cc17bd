"""The websocket protocol: what is taken apart is what was sent, and nonsense is refused."""

import struct
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, Ping, Pong, TextMessage

from quadra.web.live.websocket import (
    BINARY,
    CLOSE,
    MAX_FRAGMENTS,
    NOT_UTF8,
    PING,
    PROTOCOL_ERROR,
    TEXT,
    TOO_BIG,
    Message,
    Reader,
    WebsocketError,
    accept_header,
    encode,
    encode_close,
)

LIMIT = 70_000
MASK = b"\x12\x34\x56\x78"


def sent(opcode: int, payload: bytes, *, final: bool = True, mask: bytes | None = MASK) -> bytes:
    """Write a frame as a client does."""
    first, masked = (0x80 if final else 0) | opcode, 0x80 if mask else 0
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first, masked | size)
    elif size < 65_536:
        head = struct.pack("!BBH", first, masked | 126, size)
    else:
        head = struct.pack("!BBQ", first, masked | 127, size)
    if not mask:
        return head + payload
    return head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


def read(data: bytes, cuts: list[int] | None = None, limit: int = LIMIT) -> list[Message]:
    reader = Reader(limit)
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts or []), len(data)]
    return [m for a, b in pairwise(places) for m in reader.feed(data[a:b])]


def refused(data: bytes, limit: int = LIMIT) -> int:
    with pytest.raises(WebsocketError) as caught:
        _ = [message.text for message in read(data, limit=limit)]
    return caught.value.code


EVENTS = st.one_of(
    st.builds(TextMessage, data=st.text(max_size=300), message_finished=st.booleans()),
    st.builds(BytesMessage, data=st.binary(max_size=300), message_finished=st.booleans()),
    st.builds(Ping, payload=st.binary(max_size=125)),
    st.builds(Pong, payload=st.binary(max_size=125)),
)


@given(st.lists(EVENTS, max_size=12), st.lists(st.integers(0, 10_000), max_size=10))
def test_what_another_implementation_sends_is_read_as_it_was_meant(
    events: list[TextMessage | BytesMessage | Ping | Pong], cuts: list[int]
) -> None:
    client = Connection(ConnectionType.CLIENT)
    data, expected, kind, parts = b"", [], 0, b""
    for event in events:
        if isinstance(event, Ping | Pong):
            data += client.send(event)
            expected.append((PING if isinstance(event, Ping) else 0xA, bytes(event.payload)))
            continue
        mine = TEXT if isinstance(event, TextMessage) else BINARY
        if kind not in (0, mine):
            continue  # fragments of two messages may not be mixed
        data += client.send(event)
        parts += event.data.encode() if isinstance(event, TextMessage) else event.data
        kind = mine
        if event.message_finished:
            expected.append((kind, parts))
            kind, parts = 0, b""
    assert expected == [(m.opcode, m.payload) for m in read(data, cuts)]


@given(st.sampled_from([TEXT, BINARY]), st.integers(0, 70_000))
def test_what_is_written_is_read_by_another_implementation(opcode: int, size: int) -> None:
    client = Connection(ConnectionType.CLIENT)
    payload = b"x" * size
    client.receive_data(encode(opcode, payload))
    parts = [event.data for event in client.events()]  # type: ignore[attr-defined]
    assert payload == b"".join(p.encode() if isinstance(p, str) else p for p in parts)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_any_bytes_are_read_or_refused(data: bytes, cuts: list[int]) -> None:
    with suppress(WebsocketError):
        assert sum(len(m.payload) for m in read(data, cuts)) <= len(data)


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_every_form_of_length_is_understood(size: int) -> None:
    assert [Message(BINARY, b"y" * size)] == read(sent(BINARY, b"y" * size))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (sent(TEXT, b"a", mask=None), PROTOCOL_ERROR),
        (b"\xc1" + sent(TEXT, b"a")[1:], PROTOCOL_ERROR),  # a reserved bit
        (sent(3, b"a"), PROTOCOL_ERROR),  # no such frame
        (sent(0, b"a"), PROTOCOL_ERROR),  # goes on with nothing
        (sent(TEXT, b"a", final=False) + sent(TEXT, b"b"), PROTOCOL_ERROR),
        (sent(PING, b"a", final=False), PROTOCOL_ERROR),
        (sent(PING, b"a" * 126), PROTOCOL_ERROR),
        (sent(TEXT, b"\xff"), NOT_UTF8),
        (sent(TEXT, b"a" * 101)[:8], TOO_BIG),  # said in the head: nothing is waited for
        (sent(TEXT, b"a" * 60, final=False) + sent(0, b"b" * 60), TOO_BIG),
        (sent(TEXT, b"a", final=False) + sent(0, b"b", final=False) * MAX_FRAGMENTS, TOO_BIG),
    ],
)
def test_nonsense_is_refused(data: bytes, code: int) -> None:
    assert code == refused(data, limit=100)


def test_a_control_frame_may_come_between_fragments() -> None:
    data = sent(TEXT, b"a", final=False) + sent(PING, b"p") + sent(0, b"b")
    assert [Message(PING, b"p"), Message(TEXT, b"ab")] == read(data)


def test_the_handshake_and_the_end_are_as_the_standard_says() -> None:
    # The example of RFC 6455, section 1.3.
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" == accept_header("dGhlIHNhbXBsZSBub25jZQ==")
    assert bytes([0x80 | CLOSE, 4, 0x03, 0xE8]) + b"ok" == encode_close(1000, "ok")
