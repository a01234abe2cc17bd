"""Each way by which bytes of a stranger come in, as one function of bytes that must never raise.

A door reads its bytes as the running product does. What Quadra says on purpose (``QuadraError``,
and ``ValueError`` where a module's contract says so) is an answer; any other exception is a fault
and gets out. Seeds are small bytes that are taken, for a fuzzer to begin with.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cramjam
import numpy as np
import orjson

from quadra.alerts.external import external_from
from quadra.alerts.rule_form import rule_from
from quadra.alerts.silences import maintenance_from, silence_from
from quadra.backup import archive
from quadra.backup.gzipping import BoundedGunzip
from quadra.channels.form import channel_from
from quadra.durations import parse_duration
from quadra.errors import Fault, QuadraError
from quadra.field import model_file
from quadra.field.field import Field, Shape
from quadra.intake import otlp
from quadra.intake.body import unpack_body
from quadra.intake.exposition import PageReader
from quadra.intake.json_samples import parse_samples
from quadra.intake.remote_write import LabelCache, parse_v1, parse_v2
from quadra.intake.target_form import target_from
from quadra.intake.wire import encode_varint
from quadra.outward.egress import Egress
from quadra.storage.rule_files import rules_of
from quadra.telemetry.batch import Columns
from quadra.telemetry.blocks import decode_blocks, encode_blocks
from quadra.telemetry.chunks import Chunk, decode, encode
from quadra.telemetry.packing import pack, unpack
from quadra.telemetry.rollups import MINUTE, roll
from quadra.telemetry.selector import parse_selector
from quadra.telemetry.series import SeriesRules
from quadra.web.subscriptions import read_wish

NOW = 1_790_000_000.0
UNPACKED = 1 << 20
RULES = SeriesRules()


@dataclass(frozen=True, slots=True)
class Door:
    """A way in: ``enter`` takes any bytes; ``seeds`` are some that pass."""

    enter: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    refuses: tuple[type[Exception], ...] = (QuadraError,)

    def __call__(self, data: bytes) -> None:
        """Try it: an answer is fine, yes or no; anything else is raised."""
        with contextlib.suppress(*self.refuses):
            self.enter(data)


def _document(read: Callable[[object], object]) -> Callable[[bytes], object]:
    """Read JSON first, as the routes do; what is no JSON never reaches them."""

    def enter(data: bytes) -> object:
        try:
            document = orjson.loads(data)
        except orjson.JSONDecodeError:
            return None
        return read(document)

    return enter


def _object(read: Callable[[dict[str, object]], object]) -> Callable[[bytes], object]:
    return _document(lambda found: read(found) if isinstance(found, dict) else None)


def _text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: read(data.decode("utf-8", "replace"))


def _otlp(kind: str) -> Callable[[bytes], object]:
    return lambda data: otlp.parse_metrics(data, kind, NOW, RULES, otlp.OtlpState())


def _page(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for openmetrics in (False, True):
        with contextlib.suppress(QuadraError):
            PageReader(RULES, sample_limit=1000, labels={"job": "a"}).read(
                text, int(NOW * 1000), openmetrics=openmetrics
            )


def _chunk(data: bytes) -> None:
    at = 1 + data[0] if data else 0
    decode(Chunk(1_000, 8_000, 1_000, 8, data[1:at], data[at:]))


def _seed_chunk() -> bytes:
    made = encode(np.arange(1_000, 9_000, 1_000), np.arange(8.0))
    return bytes([len(made.times)]) + made.times + made.values


def _seed_block() -> bytes:
    moments = np.arange(0, 120_000, 1_000)
    cells = roll(np.ones(120, np.uint32), moments, np.arange(120.0), MINUTE)
    (block,) = encode_blocks(cells, np.array([0, len(cells.start)]), MINUTE)
    return block


_BLOCK = 512


def _backup(data: bytes) -> None:
    """Unpack a tar archive whose headers have sound checksums, as whoever means harm makes them."""
    with tempfile.TemporaryDirectory(prefix="quadra-fuzz-") as place:
        folder = Path(place) / "inside"
        folder.mkdir()
        try:
            found = archive.unpack(
                io.BytesIO(gzip.compress(_summed(data), 1)), len(data), folder, UNPACKED
            )
        finally:
            outside = [one.name for one in Path(place).iterdir() if one != folder]
            if outside or any(one.is_symlink() for one in folder.rglob("*")):
                msg = f"an archive wrote elsewhere: {outside}"
                raise AssertionError(msg)
        for name in found.names:
            (folder / name).read_bytes()


def _summed(data: bytes) -> bytes:
    """Put the right checksum into each header, as far as one follows the other."""
    out = bytearray(data)
    at = 0
    while at + _BLOCK <= len(out) and any(out[at : at + _BLOCK]):
        out[at + 148 : at + 156] = b" " * 8
        out[at + 148 : at + 156] = b"%06o\0 " % sum(out[at : at + _BLOCK])
        digits = bytes(out[at + 124 : at + 136]).strip(b" \0")
        try:
            size = int(digits, 8) if digits else 0
        except ValueError:
            break
        at += _BLOCK + max(size, 0) + -size % _BLOCK
    return bytes(out)


def _seed_backup() -> bytes:
    packed = io.BytesIO()
    writer = archive.ArchiveWriter(packed.write)
    writer.add_bytes("models/v1.json", b"{}", NOW)
    writer.add_bytes("dashboard_state/a/b", b"x" * 600, NOW)
    writer.finish({"kind": "full"}, NOW)
    return gzip.decompress(packed.getvalue())


def _gunzip(data: bytes) -> None:
    source = BoundedGunzip(io.BytesIO(data), UNPACKED)
    while source.read(1_000):
        pass


_RULE = {"name": "a", "selector": 'x{a=~"b.*"}', "op": ">", "threshold": 1, "for": "1m"}
_SILENCE = {"matchers": ['rule="x"'], "ends_at": NOW + 60, "reason": "because"}
_WINDOW = {"name": "w", "matchers": ['a="b"'], "begins": "03:00", "duration": "2h"}
_OTLP_JSON = {
    "resourceMetrics": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "a"}}]},
            "scopeMetrics": [
                {
                    "metrics": [
                        {
                            "name": "m",
                            "gauge": {
                                "dataPoints": [
                                    {"asDouble": 1.5, "timeUnixNano": str(int(NOW * 1e9))}
                                ]
                            },
                        }
                    ]
                }
            ],
        }
    ]
}


def _message(field: int, content: bytes) -> bytes:
    return bytes([field << 3 | 2]) + encode_varint(len(content)) + content


_SAMPLE = b"\x09" + np.float64(1.5).tobytes() + b"\x10" + encode_varint(int(NOW * 1000))
_LABEL = _message(1, b"__name__") + _message(2, b"up")
_WRITE_1 = _message(1, _message(1, _LABEL) + _message(2, _SAMPLE))
_SYMBOLS = b"".join(_message(4, symbol) for symbol in (b"", b"__name__", b"up"))
_WRITE_2 = _SYMBOLS + _message(5, _message(1, b"\x01\x02") + _message(2, _SAMPLE))
_PAGES = (b'# HELP a b\n# TYPE a counter\na_total{x="y"} 1 1790000000000\n# EOF\n', b"a 1\n")


def doors() -> dict[str, Door]:
    """Give every door by its name."""
    damaged = (QuadraError, ValueError)
    return {
        "json_samples": Door(
            lambda data: parse_samples(data, NOW, RULES),
            (
                b'{"samples":[{"name":"a","labels":{"b":"c"},"value":1}]}',
                b'{"series":[{"name":"a","timestamps":[1790000000],"values":[1]}]}',
            ),
        ),
        "otlp_protobuf": Door(
            _otlp(otlp.PROTOBUF), (b"\x0a\x02\x12\x00", b"\x0a\x04\x0a\x02\x0a\x00")
        ),
        "otlp_json": Door(_otlp(otlp.JSON), (json.dumps(_OTLP_JSON).encode(),)),
        "remote_write_1": Door(
            lambda data: parse_v1(data, NOW, RULES, UNPACKED, LabelCache()),
            (bytes(cramjam.snappy.compress_raw(_WRITE_1)),),
        ),
        "remote_write_2": Door(
            lambda data: parse_v2(data, NOW, RULES, UNPACKED, LabelCache()),
            (bytes(cramjam.snappy.compress_raw(_WRITE_2)),),
        ),
        "unpacked_remote_write": Door(
            lambda data: parse_v1(
                bytes(cramjam.snappy.compress_raw(data)), NOW, RULES, UNPACKED, LabelCache()
            ),
            (_WRITE_1,),
        ),
        "exposition": Door(_page, _PAGES),
        "selector": Door(_text(parse_selector), (b'a{b="c",d=~"e.*",f!="g"}', b"{__name__=~'x'}")),
        "duration": Door(_text(parse_duration), (b"1h30m", b"90d", b"500ms"), damaged),
        "subscription": Door(_document(read_wish), (b'{"series":["up"],"since":3}',)),
        "rule": Door(_document(rule_from), (json.dumps(_RULE).encode(),)),
        "rule_file": Door(
            lambda data: rules_of(data, "a.yml"),
            (b"rules:\n- {name: a, selector: x, op: '>', threshold: 1}\n",),
        ),
        "silence": Door(
            _object(lambda found: silence_from(found, NOW, "me")), (json.dumps(_SILENCE).encode(),)
        ),
        "maintenance": Door(_object(maintenance_from), (json.dumps(_WINDOW).encode(),)),
        "external_alert": Door(
            _document(lambda found: external_from(found, 0, NOW, list[Fault]())),
            (b'{"labels":{"alertname":"a"},"startsAt":"2026-01-01T00:00:00Z"}',),
        ),
        "channel": Door(
            _object(lambda found: channel_from(found, Egress("X", allow_private=True))),
            (b'{"name":"a","kind":"webhook","url":"http://127.0.0.1/x"}',),
        ),
        "target": Door(
            _object(lambda found: target_from(found, RULES)), (b'{"url":"http://127.0.0.1:1/m"}',)
        ),
        "chunk": Door(_chunk, (_seed_chunk(),), damaged),
        "rollup_block": Door(lambda data: decode_blocks([data], [1]), (_seed_block(),), damaged),
        "journal_row": Door(
            unpack,
            (pack(Columns(np.ones(2, np.uint32), np.array([1, 2], np.int64), np.zeros(2))),),
            damaged,
        ),
        "model_file": Door(model_file.load, (model_file.dump(Field(Shape(1, 16, 0, 2))),), damaged),
        "backup": Door(_backup, (_seed_backup(),)),
        "backup_gzip": Door(_gunzip, (gzip.compress(b"x" * 2_000, mtime=0),)),
        "gzip": Door(
            lambda data: unpack_body(data, "gzip", UNPACKED), (gzip.compress(b"{}", mtime=0),)
        ),
    }
