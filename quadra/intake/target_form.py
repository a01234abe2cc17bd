"""Targets as people write them: objects of the API, and files as Prometheus's file_sd reads them.

Every fault is named with the place where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast
from urllib.parse import SplitResult, quote, urlencode, urlsplit

import orjson

from quadra.durations import parse_duration
from quadra.engine.targets import (
    DEFAULT_BODY_BYTES,
    DEFAULT_INTERVAL_S,
    DEFAULT_JOB,
    DEFAULT_SAMPLES,
    DEFAULT_TIMEOUT_S,
    MAX_BODY_BYTES,
    MAX_INTERVAL_S,
    MAX_SAMPLES,
    MAX_TARGETS,
    METRICS_PATH,
    MIN_INTERVAL_S,
    Credential,
    Scheme,
    Target,
)
from quadra.errors import Fault, InvalidError, MalformedError
from quadra.telemetry.series import SeriesRules, series_key

MAX_URL_LENGTH = 2_048
MAX_SECRET_LENGTH = 4_096
_MIN_TIMEOUT_S = 0.1
_MAX_FAULTS = 20
_MOST_LABELS = 256
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})|[0-9A-Fa-f:.]{2,45}")
_PRINTABLE = re.compile(r"[!-~]+")
_HEADER_TEXT = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_FIELDS = {
    "url", "job", "labels", "interval", "timeout", "sample_limit", "body_size_limit",
    "label_limit", "bearer_token", "basic_auth",
}  # fmt: skip
_GROUP_FIELDS = (_FIELDS - {"url", "job"}) | {"targets"}
_PARAM = "__param_"


@dataclass(slots=True)
class _Form:
    """An object being read: gives its parts, and gathers what is wrong with them."""

    document: Mapping[str, Any]
    where: str = ""
    index: int | None = None
    faults: list[Fault] = field(default_factory=list)

    def fault(self, name: str, reason: str) -> None:
        self.faults.append(Fault(self.index, f"{self.where}{name}", reason))

    def refuse_unknown(self, known: set[str]) -> None:
        for name in self.document:
            if name not in known:
                self.fault(name[:60], "no such field")

    def text(self, name: str, default: str, longest: int) -> str:
        value = self.document.get(name)
        if value is None:
            return default
        if not isinstance(value, str) or not 0 < len(value) <= longest:
            self.fault(name, f"a text of 1 to {longest} characters is needed")
            return default
        return value

    def labels(self) -> dict[str, str]:
        value = self.document.get("labels")
        if value is None:
            return {}
        if not isinstance(value, dict) or len(value) > _MOST_LABELS:
            self.fault("labels", "an object of texts is needed")
            return {}
        for label, text in value.items():
            if not isinstance(text, str):
                self.fault(f"labels.{label[:60]}", "a text is needed")
        return {label: text for label, text in value.items() if isinstance(text, str)}

    def seconds(self, name: str, default: float, low: float, high: float) -> float:
        value = self.document.get(name)
        if value is None:
            return default
        try:
            seconds = parse_duration(value) if isinstance(value, str) else value
        except ValueError:
            seconds = None
        if type(seconds) not in (int, float) or not low <= cast("float", seconds) <= high:
            self.fault(name, f"seconds, or a duration such as 30s, from {low:g} s to {high:g} s")
            return default
        return float(cast("float", seconds))

    def whole(self, name: str, default: int | None, high: int) -> int | None:
        value = self.document.get(name)
        if value is None:
            return default
        if type(value) is not int or not 1 <= value <= high:
            self.fault(name, f"a whole number from 1 to {high}")
            return default
        return value

    def credential(self) -> Credential | None:
        token, basic = self.document.get("bearer_token"), self.document.get("basic_auth")
        if token is not None and basic is not None:
            self.fault("basic_auth", "give this or bearer_token, not both")
        if token is not None:
            if self._is_secret(token) and _HEADER_TEXT.fullmatch(token):
                return Credential("bearer", token)
            self.fault("bearer_token", "a text of printable ASCII characters is needed")
        if basic is not None:
            name = basic.get("username") if isinstance(basic, dict) else None
            secret = basic.get("password") if isinstance(basic, dict) else None
            is_name = isinstance(name, str) and ":" not in name and self._is_secret(name)
            if is_name and self._is_secret(secret):
                return Credential("basic", cast("str", secret), cast("str", name))
            self.fault("basic_auth", "an object with username (without :) and password is needed")
        return None

    @staticmethod
    def _is_secret(value: object) -> bool:
        return isinstance(value, str) and 0 < len(value) <= MAX_SECRET_LENGTH and "\0" not in value


def target_from(document: Mapping[str, Any], rules: SeriesRules) -> Target:
    """Read one target of the API; raises InvalidError with every fault."""
    form = _Form(document)
    form.refuse_unknown(_FIELDS)
    url = form.text("url", "", MAX_URL_LENGTH)
    if not url and not form.faults:
        form.fault("url", "an address such as http://host:9100/metrics is needed")
    labels = form.labels()
    if "job" in document:
        labels["job"] = form.text("job", DEFAULT_JOB, 200)
    found = _target(form, "url", url, labels, rules)
    if form.faults or found is None:
        raise _refused(form.faults)
    return found


def targets_from_file(content: bytes, rules: SeriesRules) -> list[Target]:
    """Read a file such as ``[{"targets": ["host:9100"], "labels": {"job": "node"}}]``.

    The labels may hold ``__scheme__``, ``__metrics_path__``, ``__param_NAME``,
    ``__scrape_interval__`` and ``__scrape_timeout__``, as with Prometheus. Raises MalformedError,
    or InvalidError with the place of each fault.
    """
    try:
        groups = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        msg = f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        raise MalformedError(msg, code="bad_json") from None
    if not isinstance(groups, list):
        raise _refused([Fault(None, "", 'a list of {"targets", "labels"} is needed')])
    faults: list[Fault] = []
    targets: dict[tuple[tuple[str, str], ...], Target] = {}
    for n, group in enumerate(groups):
        if not isinstance(group, dict):
            faults.append(Fault(n, f"[{n}]", "an object is needed"))
            continue
        form = _Form(group, f"[{n}].", n, faults)
        for place, target in _group(form, rules):
            if target.identity in targets:
                form.fault(place, "another target has the same labels")
            targets[target.identity] = target
        if len(faults) >= _MAX_FAULTS:
            break
    if len(targets) > MAX_TARGETS:
        faults.append(Fault(None, "", f"more than {MAX_TARGETS} targets"))
    if faults:
        raise _refused(faults)
    return list(targets.values())


def _group(form: _Form, rules: SeriesRules) -> list[tuple[str, Target]]:
    form.refuse_unknown(_GROUP_FIELDS)
    hosts = form.document.get("targets")
    if not isinstance(hosts, list):
        form.fault("targets", 'a list of "host:port" is needed')
        return []
    labels = form.labels()
    scheme = labels.pop("__scheme__", "http")
    path = labels.pop("__metrics_path__", METRICS_PATH)
    params = {
        name.removeprefix(_PARAM): labels.pop(name)
        for name in list(labels)
        if name.startswith(_PARAM)
    }
    query = f"?{urlencode(params)}" if params else ""
    for label, name in (("__scrape_interval__", "interval"), ("__scrape_timeout__", "timeout")):
        if label in labels:
            form.document = {**form.document, name: labels.pop(label)}
    found = []
    for n, host in enumerate(hosts):
        place = f"targets[{n}]"
        if not isinstance(host, str) or "/" in host:
            form.fault(place, '"host:port" is needed')
            continue
        target = _target(form, place, f"{scheme}://{host}{path}{query}", labels, rules)
        if target is not None:
            found.append((place, replace(target, origin="file")))
    return found


def _target(
    form: _Form, place: str, url: str, labels: Mapping[str, str], rules: SeriesRules
) -> Target | None:
    """Read what the API and the files share; None when there is a fault."""
    before = len(form.faults)
    address = _address(form, place, url) if url else None
    interval = form.seconds("interval", DEFAULT_INTERVAL_S, MIN_INTERVAL_S, MAX_INTERVAL_S)
    usual = min(DEFAULT_TIMEOUT_S, interval * 0.9)
    timeout = form.seconds("timeout", usual, _MIN_TIMEOUT_S, MAX_INTERVAL_S)
    if timeout >= interval:
        form.fault("timeout", f"must be shorter than the interval ({interval:g} s)")
    samples = form.whole("sample_limit", DEFAULT_SAMPLES, MAX_SAMPLES)
    body = form.whole("body_size_limit", DEFAULT_BODY_BYTES, MAX_BODY_BYTES)
    label_limit = form.whole("label_limit", None, _MOST_LABELS)
    credential = form.credential()
    if address is None:
        return None
    scheme, host, port, path = address
    netloc = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    own = {"job": DEFAULT_JOB, "instance": netloc} | {k: v for k, v in labels.items() if v}
    for fault in rules.faults(series_key("up", own), form.index):
        form.fault(fault.field, fault.reason)
    if len(form.faults) > before:
        return None
    return Target(
        scheme=scheme,
        host=host,
        port=port,
        path=path,
        labels=own,
        interval=interval,
        timeout=timeout,
        sample_limit=cast("int", samples),
        body_size_limit=cast("int", body),
        label_limit=label_limit,
        credential=credential,
    )


def _address(form: _Form, place: str, url: str) -> tuple[Scheme, str, int, str] | None:
    """Take an address apart: scheme, host, port, path with query."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        form.fault(place, "not an address")
        return None
    reason = _fault_of_address(parts, url)
    if reason:
        form.fault(place, reason)
        return None
    scheme = cast("Literal['http', 'https']", parts.scheme)
    path = quote(parts.path or METRICS_PATH, safe="/%:@!$&'()*+,;=~")
    if parts.query:
        path += "?" + parts.query
    return scheme, parts.hostname or "", port or {"http": 80, "https": 443}[scheme], path


def _fault_of_address(parts: SplitResult, url: str) -> str | None:
    if parts.scheme not in ("http", "https"):
        return "an address that begins with http:// or https:// is needed"
    if parts.username is not None or parts.password is not None:
        return "give credentials as basic_auth or bearer_token, not in the address"
    if parts.port == 0:
        return "port 0 is none"
    if not _HOST.fullmatch(parts.hostname or ""):
        return "the host is neither a name in ASCII letters nor an address"
    if "#" in url or "\\" in url or not _PRINTABLE.fullmatch(url):
        return "it holds a character that an address can't hold"
    return None


def _refused(faults: list[Fault]) -> InvalidError:
    distinct = tuple(dict.fromkeys(faults))[:_MAX_FAULTS]  # a group's fault is met at each target
    first = distinct[0]
    msg = f"{first.field}: {first.reason}." if first.field else f"{first.reason}."
    return InvalidError(msg, faults=distinct)
