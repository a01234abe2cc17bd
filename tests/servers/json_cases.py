"""Texts that are JSON, are not, or of which RFC 8259 leaves to each reader what they are.

Made here by rules, not by hand alone: each fault is put where a value, a key, or the end stands.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["y", "n", "i"]
DEEP = 100_000


@dataclass(frozen=True, slots=True)
class Case:
    """One text: ``y`` is JSON, ``n`` is not, ``i`` may be taken or refused."""

    kind: Kind
    name: str
    text: bytes


_NUMBERS: dict[Kind, tuple[str, ...]] = {
    "y": ("0", "-0", "7", "-1", "0.5", "1e3", "1E+3", "1.25e-3", "123456789012345678", "0e1"),
    "n": (
        *("01", "-01", "00", "+1", ".5", "-.5", "1.", "1.e3", "1e", "1e+", "1E-", "1e1.5", "--1"),
        *("0x10", "1_000", "1e0x1", "-", "NaN", "-NaN", "nan", "Infinity", "-Infinity"),
        *("inf", "1 2", "\uff11", "\u0661", "1\u00a0"),
    ),
    "i": (
        *("1e400", "-1e400", "1e-400", "1" + "0" * 400, "0." + "0" * 400 + "1", "9" * 10_000),
        *("1e" + "9" * 1_000, "-1e-" + "9" * 1_000, "18446744073709551616", "0." + "3" * 10_000),
    ),
}
_STRINGS: dict[Kind, tuple[bytes, ...]] = {
    "y": (
        rb'""', rb'"\"\\\/\b\f\n\r\t"', rb'"\u0041\u00e4\uD83E\uDD8A"', '"ä🦊"'.encode(),
        b'"\x7f"', rb'"\u0000"', '"\u2028\uffff"'.encode(), b'"' + b"x" * 5_000 + b'"',
    ),
    "n": (
        b'"', b'"x', rb'"\"', rb'"\q"', rb'"\u"', rb'"\u12"', rb'"\u12G4"', rb'"\U0041"',
        rb'"\x41"',
        b'"a\nb"', b'"a\tb"', b'"\x00"', b'"\x1f"', b"'x'", b"x", b"\xe2\x80\x9cx\xe2\x80\x9d",
        b'"x" "y"', b'"x"y', rb'"\uD800\u"', b'\\"x"',
    ),
    "i": (
        rb'"\uD800"', rb'"\uDC00"', rb'"\uD800x"', rb'"\uDC00\uD800"', rb'"\uD800\uD800"',
        b'"\xff"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xe2\x82"',
        b'"\x80"',
    ),
}  # fmt: skip
_WORDS = ("nul", "nulll", "True", "FALSE", "tru", "undefined", "None", "null0", "@", "#", "*", "\\")
_BETWEEN = ("", ",,", ";", ":", "/* */", "//\n", "\f", "\v", "\u00a0", "\u2028", "\ufeff")


def cases() -> Iterator[Case]:
    """Give them all, the same each time."""
    for kind, numbers in _NUMBERS.items():
        for number in numbers:
            yield from _placed(kind, f"number {number[:20]}", number.encode())
    for of, strings in _STRINGS.items():
        for text in strings:
            yield from _placed(of, f"string {text[:20]!r}", text)
            yield Case(of, f"key {text[:20]!r}", b'{"a":1,' + text + b":2}")
    for word in _WORDS:
        yield from _placed("n", f"word {word}", word.encode())
    for between in _BETWEEN:
        for shape in ('["a"%s"b"]', '{"a"%s1}', '{"a":1%s"b":2}'):
            # Where the sign is the right one, a second of it makes it wrong.
            made = shape % (between if between != ":" else "::")
            yield Case("n", f"between {between!r} in {shape}", made.encode())
    yield from _structures()
    yield from _ends()
    yield from _encodings()
    yield from _random()


def _placed(kind: Kind, name: str, value: bytes) -> Iterator[Case]:
    """Put a value at the top, into an array, and into an object."""
    for where, before, after in (
        ("", b"", b""),
        (" in []", b"[", b"]"),
        (" in {}", b'{"a":', b"}"),
    ):
        yield Case(kind, name + where, before + value + after)


def _structures() -> Iterator[Case]:
    for text in (
        "[1,]",
        "[,1]",
        "[,]",
        "{,}",
        '{"a":1,}',
        '{,"a":1}',
        "{a:1}",
        "{1:1}",
        "{null:1}",
    ):
        yield Case("n", text, text.encode())
    for text in ('{"a"}', '{"a":}', "{:1}", '{"a":1:2}', "[1:2]", "{[]:1}", "[}", "{]", "[1}", "]"):
        yield Case("n", text, text.encode())
    for text in ("[]", "{}", "[[]]", '{"a":{}}', ' \t\r\n{ "a" : [ 1 , 2 ] } \n', '{"":0}', "null"):
        yield Case("y", text.strip(), text.encode())
    for text in ('{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '{"samples":[],"samples":{}}'):
        yield Case("i", f"twice {text}", text.encode())
    for count in (900, 1_024, 5_000, DEEP):
        kind: Kind = "y" if count < 1_000 else "i"
        yield Case(kind, f"{count} deep []", b"[" * count + b"]" * count)
        yield Case(kind, f"{count} deep {{}}", b'{"a":' * count + b"0" + b"}" * count)
        for left in (b"[", b'{"a":', b'[{"a":', b'{"a":[', b"[1,"):
            yield Case("n", f"{count} open {left!r}", left * count)


def _ends() -> Iterator[Case]:
    whole = b'{"samples":[{"name":"a","labels":{"b":"c"},"value":-1.5e3}]}'
    for cut in range(len(whole)):
        yield Case("n", f"cut at {cut}", whole[:cut])
    for more in (b"{}", b"x", b"\0", b",", b"]", b"}", b" null", b"#", b"\x1a", b"\n\n[]", b'"'):
        yield Case("n", f"followed by {more!r}", whole + more)
    for nothing in (b" ", b"\n\n", b"\0", b"\xef\xbb\xbf", b"\0" * 1_000):
        yield Case("n", f"nothing but {nothing[:4]!r}", nothing)
    yield Case("y", "followed by white space", whole + b" \r\n\t" * 100)


def _encodings() -> Iterator[Case]:
    text = '{"a":"ä🦊"}'
    for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"):
        yield Case("n" if name != "latin-1" else "i", name, text.encode(name, "replace"))
    yield Case("i", "UTF-8 with a mark", text.encode("utf-8-sig"))
    for byte in range(0x80, 0x100, 13):
        yield Case("n", f"byte {byte:x} outside a string", b'{"a":' + bytes([byte]) + b"}")


def _random() -> Iterator[Case]:
    """Documents that are JSON, and each with one sign taken out that it needs."""
    dice = random.Random(7)  # the same each time
    for number in range(30):
        text = json.dumps(_value(dice, 3), ensure_ascii=dice.random() < 0.5)
        yield Case("y", f"random {number}", text.encode())
        signs = [at for at, sign in enumerate(text) if sign in '[]{}:"']
        if signs and "\\" not in text:
            at = dice.choice(signs)
            yield Case("n", f"random {number} without {at}", (text[:at] + text[at + 1 :]).encode())


def _value(dice: random.Random, depth: int) -> object:
    if depth == 0 or dice.random() < 0.3:
        return dice.choice([None, True, -0.0, 1e300, 2**60, "", "ä", "x y", dice.random(), 17])
    if dice.random() < 0.5:
        return [_value(dice, depth - 1) for _ in range(dice.randrange(4))]
    return {f"k{n}": _value(dice, depth - 1) for n in range(dice.randrange(1, 4))}
