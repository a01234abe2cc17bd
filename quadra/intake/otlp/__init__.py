"""OpenTelemetry metrics by OTLP/HTTP."""

from __future__ import annotations

from quadra.errors import UnsupportedTypeError
from quadra.intake.otlp.answers import JSON, PROTOBUF, response_body, status_body
from quadra.intake.otlp.json_form import read_json
from quadra.intake.otlp.protobuf import read_protobuf
from quadra.intake.otlp.state import OtlpState
from quadra.intake.otlp.totals import Find
from quadra.intake.otlp.translate import NOTHING_KEPT, Reader
from quadra.intake.received import Received
from quadra.telemetry.series import SeriesRules

__all__ = ["JSON", "PROTOBUF", "OtlpState", "parse_metrics", "response_body", "status_body"]


def parse_metrics(
    body: bytes,
    content_type: str,
    now: float,
    rules: SeriesRules,
    state: OtlpState,
    find: Find = NOTHING_KEPT,
) -> Received:
    """Read an ExportMetricsServiceRequest; ``now`` in unix seconds.

    ``find`` looks up running totals that are not in memory, and ``state.settle`` must hear which
    memos of the answer were kept.

    Points that can't be taken are left out and counted, as partial success. Raises
    MalformedError when the body can't be read, InvalidError when it holds too much,
    UnsupportedTypeError when it is neither protobuf nor JSON.
    """
    reader = Reader(now, rules, state, find)
    if content_type == PROTOBUF:
        read_protobuf(body, reader)
    elif content_type == JSON:
        read_json(body, reader)
    else:
        msg = f"Send Content-Type: {PROTOBUF} or {JSON}."
        raise UnsupportedTypeError(msg)
    return reader.finish()
