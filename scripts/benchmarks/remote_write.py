"""Remote write, the same requests to Quadra and to Prometheus: samples a second of one core."""

from __future__ import annotations

import statistics
import struct
import time

import cramjam
import psutil

from scripts.benchmarks.load import Outcome, drive, request
from scripts.benchmarks.peers import prometheus, prometheus_program
from scripts.benchmarks.server import cores, pinned, quadra

CONNECTIONS = 8
VARIANTS = 40
SECONDS = 4.0
ROUNDS = 3
HEADERS = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, payload: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def label(name: str, value: str) -> bytes:
    """Encode one label of a series."""
    return _field(1, _field(1, name.encode()) + _field(2, value.encode()))


def write_request(lane: int, series: int, samples: int, start_ms: int, step_ms: int) -> bytes:
    """Encode a WriteRequest of ``series`` series with ``samples`` samples each."""
    parts = []
    for n in range(series):
        labels = b"".join(
            label(name, value)
            for name, value in (
                ("__name__", "bench_requests_total"),
                ("instance", f"host-{lane}:9100"),
                ("job", "bench"),
                ("path", f"/api/v1/thing/{n}"),
                ("status", "200"),
            )
        )
        points = b"".join(
            _field(
                2,
                b"\x09"
                + struct.pack("<d", 100.0 + n + (start_ms + i) % 977)
                + b"\x10"
                + _varint(start_ms + i * step_ms),
            )
            for i in range(samples)
        )
        parts.append(_field(1, labels + points))
    return b"".join(parts)


def write_request_of(blocks: list[bytes], at_ms: int, step: int) -> bytes:
    """Encode a WriteRequest of one sample for each block of labels."""
    time_field = b"\x10" + _varint(at_ms)
    return b"".join(
        _field(1, block + _field(2, b"\x09" + struct.pack("<d", step * 7.0 + n) + time_field))
        for n, block in enumerate(blocks)
    )


def _lanes(path: str, token: str, series: int, samples: int) -> list[list[bytes]]:
    now = int(time.time() * 1000) - 1_800_000
    lanes = []
    for lane in range(CONNECTIONS):
        one = []
        for variant in range(VARIANTS):
            start = now + variant * samples * 1_000
            plain = write_request(lane, series, samples, start, 1_000)
            body = bytes(cramjam.snappy.compress_raw(plain))
            one.append(request(path, token, body, HEADERS))
        lanes.append(one)
    return lanes


def _rate(outcome: Outcome, samples: int) -> float:
    return outcome.requests * samples / outcome.seconds


def _runs(port: int, pid: int, lanes: list[list[bytes]], samples: int) -> tuple[float, float]:
    """Give the medians of samples a second, and of samples a second of processor time."""
    process = psutil.Process(pid)
    drive(port, lanes, 1.0)
    rates, per_core = [], []
    for _ in range(ROUNDS):
        before = process.cpu_times()
        outcome = drive(port, lanes, SECONDS)
        after = process.cpu_times()
        rates.append(_rate(outcome, samples))
        spent = after.user + after.system - before.user - before.system
        per_core.append(outcome.requests * samples / spent)
    return statistics.median(rates), statistics.median(per_core)


def measure() -> dict[str, float]:
    """Run both shapes of request against both servers."""
    figures: dict[str, float] = {}
    program = prometheus_program()
    for series, samples in ((125, 8), (1_000, 1)):
        shape = f"{series}x{samples}"
        with quadra() as server, pinned(cores()[1]):
            lanes = _lanes("/prometheus/api/v1/write", server.token, series, samples)
            rate, per_core = _runs(server.port, server.pid, lanes, series * samples)
        figures[f"quadra_{shape}_per_s"] = rate
        figures[f"quadra_{shape}_per_cpu_s"] = per_core
        if program is None:
            continue
        with prometheus(program) as (port, pid), pinned(cores()[1]):
            lanes = _lanes("/api/v1/write", "none", series, samples)
            rate, _ = _runs(port, pid, lanes, series * samples)
        figures[f"prometheus_{shape}_per_s"] = rate
        figures[f"ratio_{shape}"] = figures[f"quadra_{shape}_per_s"] / rate
    return figures


if __name__ == "__main__":
    print(measure())
