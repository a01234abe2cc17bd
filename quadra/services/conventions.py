"""Which series tell what of a service or a host: the names that OpenTelemetry and Prometheus use.

A series is recognised by its name's ending and its labels alone, so the decision is the same in
every process and after every restart. ``docs/services.md`` tells users the same in a table.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from quadra.telemetry.series import SeriesKey

Signal = Literal[
    "traffic", "errors", "latency", "saturation",
    "gpu_memory", "gpu", "cpu", "memory", "disk", "network",
]  # fmt: skip
GOLDEN: tuple[Signal, ...] = ("traffic", "errors", "latency", "saturation")
OF_HOSTS: tuple[Signal, ...] = ("gpu_memory", "gpu", "cpu", "memory", "disk", "network")
How = Literal["counter", "flow", "level", "bucket"]
"""``counter`` only grows; ``flow`` is a rate by itself; both are added up over a subject's series.
Of ``level`` the highest counts. ``bucket`` counts what was at most ``le``."""


@dataclass(frozen=True, slots=True)
class Role:
    """What one series says of one subject.

    ``family`` names what is put together and ``rank`` which family is believed when a subject
    sends several: the lowest. ``scale`` turns values into ``unit``.
    """

    subject: str
    signal: Signal
    family: str
    rank: int
    how: How
    unit: str
    scale: float = 1.0
    le: float = math.nan
    is_host: bool = False


_SUBJECT = ("service_name", "service", "job", "app")
_HOST = ("host_name", "host", "node", "hostname", "Hostname", "instance")
_STATUS = ("http_response_status_code", "http_status_code", "status_code", "code", "status")
_GRPC = ("rpc_grpc_status_code", "grpc_code")
_ERROR_TYPE = ("error_type",)
_OUTCOME = ("outcome", "result")
# Families of which a series without error_type says that all went well.
_TELLS_ERRORS = re.compile(r"(http|rpc|gen_ai|db|messaging)_(server|client)_|gen_ai_|messaging_")
_BAD_OUTCOMES = {"error", "failure", "failed", "timeout", "server_error"}
_GRPC_FAULTS = {
    "2", "4", "8", "12", "13", "14", "15", "Unknown", "DeadlineExceeded", "ResourceExhausted",
    "Unimplemented", "Internal", "Unavailable", "DataLoss",
}  # fmt: skip
_SERVER_FAULT = re.compile(r"5\d\d|5xx", re.IGNORECASE)

# Names of the pages that look, not of the work that is done.
_OF_LOOKING = ("promhttp_", "prometheus_", "otelcol_", "scrape_", "quadra_")

_SECONDS = {"_seconds": 1.0, "_milliseconds": 1e-3, "_ms": 1e-3, "_us": 1e-6, "_microseconds": 1e-6}
_DURATION = re.compile(
    r"(?P<base>.*(?:duration|latency|response_time|time_to_first_token|e2e_request_latency)"
    r"(?:_p\d\d)?)(?P<unit>_seconds|_milliseconds|_ms|_microseconds|_us)?"
)
_LATENCY_RANKS = (
    (re.compile(r"http_client_|rpc_client_|db_client_|gen_ai_server_time_to"), 9),
    (re.compile(r"http_server_(request_)?duration"), 0),
    (re.compile(r"rpc_server_"), 1),
    (re.compile(r"gen_ai_server_request_duration"), 2),
    (re.compile(r"(.*_)?(http_)?requests?_duration|(.*_)?request_latency"), 3),
    (re.compile(r"gen_ai_client_operation_duration"), 5),
)
_OTHER_LATENCY, _QUANTILE, _PLAIN = 6, 10, 40
_P = re.compile(r"_p(\d\d)(?=_|$)")

_TRAFFIC = (
    (re.compile(r"(.*_)?http_requests_total|http_server_requests_total"), 3),
    (re.compile(r"grpc_server_handled_total"), 3),
    (re.compile(r"(.*_)?requests?_total|(.*_)?requests_(completed|served|processed)_total"), 4),
    (re.compile(r"(.*_)?(jobs|tasks|messages|events|items|records|runs)(_\w+)?_total"), 7),
)
_FLOW = re.compile(r"(.*_)?(requests|queries|messages|jobs)_per_second|(.*_)?(qps|rps)")
_FAILED = re.compile(
    r"(.*_)?(errors?|failures?|exceptions?|(requests|jobs|tasks|calls)_failed|failed_(requests|jobs|tasks|calls))(_total)?"
)
_FAILED_SHARE = re.compile(r"(.*_)?(errors?|failures?|failed)_(?P<unit>ratio|rate|percent)")

_WAITING = (
    (
        re.compile(
            r"(.*_)?(queue_(depth|size|length)|requests_waiting|pending_(requests|jobs|tasks)|backlog)"
        ),
        4,
    ),
    (
        re.compile(
            r"(.*_)?(requests|jobs)_(in_flight|in_progress|running)|(.*_)?(active|inflight)_requests"
        ),
        5,
    ),
)
_SHARE = re.compile(r"(.*_)?(errors?|failures?)_(?P<unit>ratio|rate|percent)")

_QUEUE = re.compile(
    r"(.*_)?(queue_(depth|size|length)|requests_waiting|pending_(requests|jobs|tasks)|backlog)"
)
_IN_FLIGHT = re.compile(
    r"http_server_active_requests|(.*_)?(requests|jobs)_(in_flight|in_progress|running)"
    r"|(.*_)?(active|inflight)_requests"
)
_SHARE = re.compile(
    r".*(?:utili[sz]ation|busy|usage|used|saturation|full|load|cpu|gpu|memory|disk|pool)"
    r"_(?P<unit>ratio|percent|perc)"
)
_GPU_SHARES = ("DCGM_FI_DEV_GPU_UTIL", "nvidia_smi_utilization_gpu_ratio")
_IDLE = ("idle", "free", "available", "cached", "buffered")


def roles_of(key: SeriesKey) -> tuple[Role, ...]:
    """Say what a series tells; an empty tuple for most."""
    name, pairs = key
    if name.startswith(_OF_LOOKING):
        return ()
    labels = dict(pairs)
    host = _host_role(name, labels)
    if host is not None:
        return (host,)
    subject = subject_of(labels)
    if subject == "":
        return ()
    for decide in (_of_histogram, _of_count, _of_level):
        found = decide(name, labels, subject)
        if found:
            return found
    return ()


def subject_of(labels: Mapping[str, str]) -> str:
    """Give the service that labels name, "" for none; a namespace before a job is left out."""
    for label in _SUBJECT:
        if label in labels:
            text = labels[label]
            return text.rpartition("/")[2] if label == "job" else text
    return ""


def condition_of(labels: Mapping[str, str]) -> str:
    """Give the condition, as in a selector, that means the service that labels name."""
    label = next(label for label in _SUBJECT if label in labels)
    value = labels[label].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{label}="{value}"'


def signal_of(name: str, labels: Mapping[str, str]) -> Signal | None:
    """Say which golden signal a metric is about, for what alerts and anomalies name."""
    if _FAILED.fullmatch(name) or _FAILED_SHARE.fullmatch(name) or failure(labels):
        return "errors"
    if _FLOW.fullmatch(name):
        return "traffic"
    known = (*sorted({**labels, "service_name": "any", "le": "1"}.items()),)
    found = roles_of((name, known)) or roles_of((f"{name}_total", known))
    return next((role.signal for role in found if not role.is_host), None)


# --- services


def _of_histogram(name: str, labels: dict[str, str], subject: str) -> tuple[Role, ...]:
    base, _, part = name.rpartition("_")
    if part not in ("bucket", "count"):
        return ()
    rank, scale = _latency_rank(base)
    if rank is None:
        return ()
    if part == "bucket":
        le = _number(labels.get("le", ""))
        if math.isnan(le):
            return ()
        return (Role(subject, "latency", base, rank, "bucket", "s", scale, le * scale),)
    # How often something took time is how often it was done.
    return _done(subject, base, rank, labels)


def _of_count(name: str, labels: dict[str, str], subject: str) -> tuple[Role, ...]:
    if _FAILED.fullmatch(name):
        how: How = "counter" if name.endswith("_total") else "level"
        if how == "counter":
            return (Role(subject, "errors", "", 5, how, "/s"),)
        return ()
    for pattern, rank in _TRAFFIC:
        if pattern.fullmatch(name):
            return _done(subject, name, rank, labels)
    if _FLOW.fullmatch(name):
        return (Role(subject, "traffic", name, 8, "flow", "/s"),)
    return ()


def _done(subject: str, family: str, rank: int, labels: dict[str, str]) -> tuple[Role, ...]:
    traffic = Role(subject, "traffic", family, rank, "counter", "/s")
    failed = failure(labels)
    if failed is None and _TELLS_ERRORS.match(family):
        failed = False
    if failed is None:
        return (traffic,)
    # Successes count 0: a family that tells of outcomes is known to have none that failed.
    return (
        traffic,
        Role(subject, "errors", family, rank, "counter", "%", 1.0 if failed else 0.0),
    )


def failure(labels: Mapping[str, str]) -> bool | None:
    """Say whether what labels count has failed; None where they don't tell."""
    for label in _STATUS:
        if label in labels:
            value = labels[label]
            if _SERVER_FAULT.fullmatch(value) or value.lower() in _BAD_OUTCOMES:
                return True
            if value[:1].isdigit() or value.lower() in ("ok", "success", "unset"):
                return _has_error_type(labels)
    for label in _GRPC:
        if label in labels:
            return labels[label] in _GRPC_FAULTS
    for label in _OUTCOME:
        if label in labels:
            return labels[label].lower() in _BAD_OUTCOMES
    if "success" in labels:
        return labels["success"].lower() in ("false", "0", "no")
    return True if _has_error_type(labels) else None


def _has_error_type(labels: Mapping[str, str]) -> bool:
    # A server's 4xx is the asker's fault, whatever the type.
    told = any(label in labels for label in _STATUS)
    return not told and any(labels.get(label) for label in _ERROR_TYPE)


def _of_level(name: str, labels: dict[str, str], subject: str) -> tuple[Role, ...]:
    share = _FAILED_SHARE.fullmatch(name)
    if share is not None:
        scale = 1.0 if share["unit"] == "percent" else 100.0
        return (Role(subject, "errors", name, 6, "level", "%", scale),)
    if _DURATION.fullmatch(name):
        return _of_duration(name, labels, subject)
    return _saturation(name, labels, subject)


def _of_duration(name: str, labels: dict[str, str], subject: str) -> tuple[Role, ...]:
    """Read a duration that is told as it is: a quantile, or a plain measurement."""
    bare, named = _P.subn("", name)
    rank, scale = _latency_rank(bare)
    if rank is None or not bare.endswith(tuple(_SECONDS)):
        return ()
    if "quantile" not in labels and not named:
        return (Role(subject, "latency", name, _PLAIN + rank, "level", "s", scale),)
    text = labels.get("quantile", "") or f"0.{_P.search(name)[1]}"  # type: ignore[index]
    wanted = _number(text)
    # The nearest to 95 % stands for it: a little above is as good, far below is not.
    if not 0.9 <= wanted <= 0.99:  # noqa: PLR2004 - as said
        return ()
    further = round(abs(wanted - 0.95) * 100)
    family = f"{name}{{{wanted:g}}}"
    return (Role(subject, "latency", family, _QUANTILE + rank + further, "level", "s", scale),)


def _saturation(name: str, labels: dict[str, str], subject: str) -> tuple[Role, ...]:
    share = _SHARE.fullmatch(name)
    if name in _GPU_SHARES or share is not None:
        if labels.get("state") in _IDLE:
            return ()
        whole = name == "DCGM_FI_DEV_GPU_UTIL" or (share is not None and share["unit"] == "percent")
        scale = 1.0 if whole else 100.0
        return (Role(subject, "saturation", name, 0, "level", "%", scale),)
    for pattern, rank in _WAITING:
        if pattern.fullmatch(name):
            return (Role(subject, "saturation", name, rank, "level", ""),)
    if name == "process_cpu_seconds_total":
        return (Role(subject, "saturation", name, 7, "counter", "cores"),)
    return ()


def _latency_rank(base: str) -> tuple[int | None, float]:
    """Give the rank of what took time, None for anything else, and the scale to seconds."""
    told = _DURATION.fullmatch(base)
    if told is None:
        return None, 1.0
    scale = _SECONDS.get(told["unit"] or "", 1.0)
    for pattern, rank in _LATENCY_RANKS:
        if pattern.match(base):
            return rank, scale
    return _OTHER_LATENCY, scale


# --- hosts

_HOST_NAMES: dict[str, tuple[Signal, How, str, float]] = {
    "host_cpu_busy_percent": ("cpu", "level", "%", 1.0),
    "host_memory_used_percent": ("memory", "level", "%", 1.0),
    "host_disk_used_percent": ("disk", "level", "%", 1.0),
    "host_network_receive_bytes_per_second": ("network", "flow", "B/s", 1.0),
    "host_network_transmit_bytes_per_second": ("network", "flow", "B/s", 1.0),
    "system_memory_utilization_ratio": ("memory", "level", "%", 100.0),
    "system_filesystem_utilization_ratio": ("disk", "level", "%", 100.0),
    "system_network_io_bytes_total": ("network", "counter", "B/s", 1.0),
    "node_network_receive_bytes_total": ("network", "counter", "B/s", 1.0),
    "node_network_transmit_bytes_total": ("network", "counter", "B/s", 1.0),
    "hw_gpu_utilization_ratio": ("gpu", "level", "%", 100.0),
    "hw_gpu_memory_utilization_ratio": ("gpu_memory", "level", "%", 100.0),
    "DCGM_FI_DEV_GPU_UTIL": ("gpu", "level", "%", 1.0),
    "DCGM_FI_DEV_MEM_COPY_UTIL": ("gpu_memory", "level", "%", 1.0),
}


def _host_role(name: str, labels: dict[str, str]) -> Role | None:
    found = _HOST_NAMES.get(name)
    if found is None or labels.get("state") in _IDLE or labels.get("device") == "lo":
        return None
    signal, how, unit, scale = found
    if signal in ("gpu", "gpu_memory") and subject_of(labels) != "":
        return None  # a service tells of its own GPUs: that is its saturation
    host = next((labels[label] for label in _HOST if label in labels), "")
    if host == "" or (signal == "cpu" and how == "level" and "cpu" in labels):
        return None
    # A family that tells of receiving and sending is one: the network's traffic.
    family = signal if signal == "network" else name
    return Role(host, signal, family, 0, how, unit, scale, is_host=True)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
