"""The websocket protocol (RFC 6455) as a server speaks it: bytes in, messages out. No I/O."""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
MAX_FRAGMENTS = 64

NORMAL, PROTOCOL_ERROR, NOT_UTF8, POLICY, TOO_BIG = 1000, 1002, 1007, 1008, 1009

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CONTINUATION = 0x0
_FINAL, _RESERVED, _OPCODE, _MASKED, _LENGTH = 0x80, 0x70, 0x0F, 0x80, 0x7F
_SHORT, _TWO_BYTES, _EIGHT_BYTES = 125, 126, 127
_TWO_BYTES_MOST = 0xFFFF


class WebsocketError(Exception):
    """What came is no websocket, or more than is allowed; ``code`` is told to the client."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message, or a control frame."""

    opcode: int
    payload: bytes

    @property
    def text(self) -> str:
        """The payload as text; raises WebsocketError."""
        try:
            return self.payload.decode()
        except UnicodeDecodeError:
            raise WebsocketError(NOT_UTF8, "The text is not UTF-8.") from None


def accept_header(key: str) -> bytes:
    """Give what answers a client's ``Sec-WebSocket-Key``."""
    # RFC 6455 names this hash; it proves nothing but that websocket is spoken here.
    digest = hashlib.sha1(key.encode("latin-1") + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest)


def encode(opcode: int, payload: bytes) -> bytes:
    """Make one whole, unmasked frame."""
    size = len(payload)
    if size <= _SHORT:
        return struct.pack("!BB", _FINAL | opcode, size) + payload
    if size <= _TWO_BYTES_MOST:
        return struct.pack("!BBH", _FINAL | opcode, _TWO_BYTES, size) + payload
    return struct.pack("!BBQ", _FINAL | opcode, _EIGHT_BYTES, size) + payload


def encode_close(code: int, reason: str = "") -> bytes:
    """Make the frame that ends a connection."""
    return encode(CLOSE, struct.pack("!H", code) + reason.encode()[: _SHORT - 2])


class Reader:
    """Takes the bytes of a client as they come, and gives the messages in them.

    It keeps no more than one message of ``max_message`` bytes, of ``MAX_FRAGMENTS`` frames.
    """

    def __init__(self, max_message: int) -> None:
        self._max = max_message
        self._came = bytearray()
        self._opcode = 0
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[Message]:
        """Take bytes; raises WebsocketError at what no client of good will sends."""
        self._came += data
        found: list[Message] = []
        while (frame := self._frame()) is not None:
            message = self._joined(*frame)
            if message is not None:
                found.append(message)
        return found

    @property
    def is_within_a_message(self) -> bool:
        """Whether the end of a frame, or of a message, is still to come."""
        return bool(self._came or self._parts)

    def _frame(self) -> tuple[int, bool, bytes] | None:
        came = self._came
        if len(came) < 2:  # noqa: PLR2004 - the shortest head
            return None
        first, second = came[0], came[1]
        opcode, final = first & _OPCODE, bool(first & _FINAL)
        self._check_head(opcode, second, final=final, reserved=first & _RESERVED)
        length, at = second & _LENGTH, 2
        if length >= _TWO_BYTES:
            kind, at = ("!H", 4) if length == _TWO_BYTES else ("!Q", 10)
            if len(came) < at:
                return None
            (length,) = struct.unpack_from(kind, came, 2)
        if length + self._size > self._max:
            raise WebsocketError(TOO_BIG, "The message is too large.")
        end = at + 4 + length
        if len(came) < end:
            return None
        payload = _unmasked(bytes(came[at + 4 : end]), bytes(came[at : at + 4]))
        del came[:end]
        return opcode, final, payload

    def _check_head(self, opcode: int, second: int, *, final: bool, reserved: int) -> None:
        if reserved:
            raise WebsocketError(PROTOCOL_ERROR, "No extension was agreed upon.")
        if not second & _MASKED:
            raise WebsocketError(PROTOCOL_ERROR, "A client masks its frames.")
        if opcode not in (_CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):
            raise WebsocketError(PROTOCOL_ERROR, "There is no such frame.")
        if opcode >= CLOSE and (not final or second & _LENGTH > _SHORT):
            raise WebsocketError(PROTOCOL_ERROR, "A control frame is short and in one piece.")
        if opcode < CLOSE and bool(self._parts) != (opcode == _CONTINUATION):
            raise WebsocketError(PROTOCOL_ERROR, "Fragments do not fit together.")

    def _joined(self, opcode: int, final: bool, payload: bytes) -> Message | None:  # noqa: FBT001 - as it came
        if opcode >= CLOSE:
            return Message(opcode, payload)
        if not self._parts:
            if final:
                return Message(opcode, payload)
            self._opcode = opcode
        self._parts.append(payload)
        self._size += len(payload)
        if len(self._parts) > MAX_FRAGMENTS:
            raise WebsocketError(TOO_BIG, "The message has too many fragments.")
        if not final:
            return None
        whole = Message(self._opcode, b"".join(self._parts))
        self._parts, self._size = [], 0
        return whole


def _unmasked(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    stream = (mask * (size // 4 + 1))[:size]
    plain = int.from_bytes(payload, "little") ^ int.from_bytes(stream, "little")
    return plain.to_bytes(size, "little")
