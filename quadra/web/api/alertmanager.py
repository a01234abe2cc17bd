"""Alertmanager's API, version 2: takes alerts of Prometheus and vmalert, serves amtool.

Shapes are those of Alertmanager's own description. A silence is named by a UUID that holds its
number, because its clients want one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from quadra import __version__
from quadra.alerts.external import External, external_from, moment_from, moment_text
from quadra.alerts.ledger import Alert
from quadra.alerts.silences import MAX_MATCHERS, Matchers, Silence, matchers_from, silence_from
from quadra.engine.alerting import AlertQuestion
from quadra.errors import Fault, MalformedError, NotFoundError
from quadra.web.api import asking
from quadra.web.api.answering import answer
from quadra.web.identity import current, doer
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.schemas import alertmanager as schemas

MAX_ALERTS_A_REQUEST = 2_000
MAX_SHOWN = 10_000
_A_PAGE = 1_000
_FIRING = ("firing", "recovering")
_SHOWN_AHEAD_S = 300.0
_MATCHER = re.compile(r"\s*(?P<name>\w+)\s*(?P<op>=~|!~|!=|=)\s*(?P<value>.*?)\s*", re.DOTALL)
_UUID = re.compile(r"00000000-0000-4000-8000-([0-9a-f]{12})")
_SILENCE = "/api/v2/silence/<silence_id>"


def make_alertmanager(parts: WebParts) -> Blueprint:
    """Make the blueprint of Alertmanager's API."""
    api = Blueprint("alertmanager", __name__)

    @route(
        api, "GET", "/api/v2/status", access="read", work="read", tag="Alertmanager",
        summary="What answers here", responses={200: schemas.STATUS},
    )  # fmt: skip
    def alertmanager_status() -> ResponseReturnValue:
        build = dict.fromkeys(("branch", "buildDate", "buildUser", "goVersion", "revision"), "")
        return answer(
            {
                "cluster": {"status": "disabled", "peers": []},
                "config": {"original": "# Quadra: rules and channels are in its own API.\n"},
                "uptime": moment_text(parts.started_at),
                "versionInfo": {**build, "version": __version__},
            }
        )

    @route(
        api, "GET", "/api/v2/receivers", access="read", work="read", tag="Alertmanager",
        summary="The channels", responses={200: schemas.RECEIVERS},
    )  # fmt: skip
    def alertmanager_receivers() -> ResponseReturnValue:
        found = parts.runtime.offload(parts.channels.store.channels)
        return answer([{"name": channel.name} for channel, _state in found])

    _add_alerts(api, parts)
    _add_silences(api, parts)
    api.after_request(_in_their_words)
    return api


def _in_their_words(response: Response) -> Response:
    """Say what is wrong as a text of JSON to who reads nothing else, as Alertmanager does."""
    accepted = request.headers.get("Accept", "")
    if response.mimetype == "application/problem+json" and accepted == "application/json":
        detail = orjson.loads(response.get_data()).get("detail", "")
        response.set_data(orjson.dumps(detail))
        response.mimetype = "application/json"
    return response


def _add_alerts(api: Blueprint, parts: WebParts) -> None:
    @route(
        api, "POST", "/api/v2/alerts", access="ingest", work="ingest", tag="Alertmanager",
        summary="Take alerts of Prometheus, vmalert or amtool; those that are valid are kept",
        body=schemas.SENT_ALERTS, responses={200: {"description": "kept durably"}},
    )  # fmt: skip
    def receive_alertmanager_alerts() -> ResponseReturnValue:
        now = parts.clock()
        sent = asking.json_list(MAX_ALERTS_A_REQUEST)
        told, faults = parts.runtime.offload(_read, sent, now)
        if told:
            parts.runtime.offload(parts.external.put, told, now)
            parts.wake_worker()
        if faults:  # as Alertmanager does: one that is wrong must not lose the others
            wrong = len({fault.index for fault in faults})
            msg = f"{wrong} of these alerts can't be taken; the other {len(told)} were."
            raise MalformedError(msg, code="bad_alerts", faults=tuple(faults[:100]))
        return answer({})

    @route(
        api, "GET", "/api/v2/alerts", access="read", work="read", tag="Alertmanager",
        summary="The alerts that fire, Quadra's own too",
        parameters=(schemas.FILTER, *schemas.STATES), responses={200: schemas.ALERTS},
    )  # fmt: skip
    def list_alertmanager_alerts() -> ResponseReturnValue:
        wanted, now = _filter(), parts.clock()
        silences = [one for one in parts.alerting.silences() if one.is_active(now)]
        base = parts.settings.public_url or request.host_url.rstrip("/")
        states = {name for name in ("active", "silenced", "inhibited") if _flag(name)}
        look = _Look(wanted, silences, states, base, now)
        return answer(parts.runtime.offload(look.show, list(_firing(parts))))


def _add_silences(api: Blueprint, parts: WebParts) -> None:
    alerting = parts.alerting

    @route(
        api, "GET", "/api/v2/silences", access="read", work="read", tag="Alertmanager",
        summary="The silences", parameters=(schemas.FILTER,), responses={200: schemas.SILENCES},
    )  # fmt: skip
    def list_alertmanager_silences() -> ResponseReturnValue:
        wanted, now = _filter(), parts.clock()
        found = [one for one in alerting.silences() if wanted is None or _meant(one, wanted)]
        return answer([_silence(one, now) for one in found])

    @route(
        api, "POST", "/api/v2/silences", access="write", work="write", tag="Alertmanager",
        summary="Make a silence; one that is named ends, and the new one takes its place",
        body=schemas.SENT_SILENCE, responses={200: schemas.SILENCE_ID},
    )  # fmt: skip
    def put_alertmanager_silence() -> ResponseReturnValue:
        now = parts.clock()
        sent = asking.json_object()
        wanted = silence_from(_wish(sent, now), now, current().name)
        former = alerting.silence(_number(str(sent["id"]))) if sent.get("id") else None
        kept = alerting.add_silence(wanted)
        if former is not None:
            alerting.end_silence(former.id)
        return answer({"silenceID": _uuid(kept.id)})

    @route(
        api, "GET", _SILENCE, access="read", work="read", tag="Alertmanager",
        summary="One silence", parameters=(schemas.SILENCE,), responses={200: schemas.ONE_SILENCE},
    )  # fmt: skip
    def show_alertmanager_silence(silence_id: str) -> ResponseReturnValue:
        return answer(_silence(alerting.silence(_number(silence_id)), parts.clock()))

    @route(
        api, "DELETE", _SILENCE, access="write", work="write", tag="Alertmanager",
        summary="End a silence", parameters=(schemas.SILENCE,),
        responses={200: {"description": "it has ended"}},
    )  # fmt: skip
    def end_alertmanager_silence(silence_id: str) -> ResponseReturnValue:
        alerting.end_silence(_number(silence_id))
        return Response(status=200)


# -- alerts ---------------------------------------------------------------------------------------


def _read(documents: list[object], now: float) -> tuple[list[External], list[Fault]]:
    """Read what was sent, and what is wrong with the rest of it."""
    faults: list[Fault] = []
    read = [external_from(one, index, now, faults) for index, one in enumerate(documents)]
    return [one for one in read if one is not None], faults


def _firing(parts: WebParts) -> Iterator[Alert]:
    after: int | None = None
    for _page in range(MAX_SHOWN // _A_PAGE):
        page = parts.alerting.alerts(AlertQuestion(_FIRING, after=after, limit=_A_PAGE))
        yield from page.items
        after = page.next
        if after is None:
            return


@dataclass(frozen=True, slots=True)
class _Look:
    """What is asked of the alerts that fire."""

    wanted: Matchers | None
    silences: list[Silence]
    states: set[str]
    base: str
    now: float

    def show(self, alerts: list[Alert]) -> list[dict[str, Any]]:
        """Give those that are asked for, in Alertmanager's shape. May be many: not on the loop."""
        return [shown for alert in alerts if (shown := self._shown(alert)) is not None]

    def _shown(self, alert: Alert) -> dict[str, Any] | None:
        matched = alert.matched
        if self.wanted is not None and not self.wanted.match(matched):
            return None
        silenced_by = [_uuid(one.id) for one in self.silences if one.matchers.match(matched)]
        inhibited = "inhibited" in alert.quieted_by and not alert.pages
        reasons = {"silenced"} if silenced_by else set()
        reasons |= {"inhibited"} if inhibited else set()
        if not (reasons or {"active"}) <= self.states:
            return None
        labels = {k: v for k, v in matched.items() if k not in ("rule", "__name__")}
        return {
            "annotations": alert.annotations,
            "endsAt": moment_text(self.now + _SHOWN_AHEAD_S),
            "fingerprint": alert.fingerprint,
            "receivers": [{"name": "quadra"}],
            "startsAt": moment_text(alert.started_at),
            "updatedAt": moment_text(alert.paged_at or alert.fired_at or alert.started_at),
            "generatorURL": f"{self.base}/alerts?alert={alert.id}",
            "labels": labels,
            "status": {
                "state": "suppressed" if reasons else "active",
                "silencedBy": silenced_by,
                "inhibitedBy": ["critical"] if inhibited else [],
            },
        }


# -- silences -------------------------------------------------------------------------------------


def _wish(sent: dict[str, object], now: float) -> dict[str, object]:
    """Put a silence of Alertmanager's form into our own; raises InvalidError."""
    sent_matchers = sent.get("matchers")
    if not isinstance(sent_matchers, list):
        raise asking.wrong("matchers", "a list of matchers is needed")
    starts = _time(sent, "startsAt", now)
    return {
        "matchers": [_matcher_text(one, place) for place, one in enumerate(sent_matchers)],
        "starts_at": max(starts, now),  # amtool says its own clock's now
        "ends_at": _time(sent, "endsAt", None),
        "reason": sent.get("comment"),
        "created_by": doer(sent.get("createdBy") or None),
    }


def _time(sent: dict[str, object], name: str, default: float | None) -> float:
    value = sent.get(name)
    if value is None and default is not None:
        return default
    try:
        return moment_from(value)
    except ValueError:
        raise asking.wrong(name, "write a time such as 2026-01-31T12:00:00Z") from None


def _matcher_text(sent: object, place: int) -> str:
    if not isinstance(sent, dict) or not all(
        isinstance(sent.get(name), str) for name in ("name", "value")
    ):
        raise asking.wrong(f"matchers[{place}]", "name and value are needed")
    equal, regex = sent.get("isEqual", True) is not False, sent.get("isRegex") is True
    operator = {(True, False): "=", (True, True): "=~", (False, False): "!=", (False, True): "!~"}
    return str(sent["name"]) + operator[equal, regex] + _in_quotes(str(sent["value"]))


def _silence(silence: Silence, now: float) -> dict[str, Any]:
    state = (
        "active" if silence.is_active(now) else "pending" if now < silence.ends_at else "expired"
    )
    return {
        "id": _uuid(silence.id),
        "matchers": [
            {
                "name": m.label,
                "value": m.value,
                "isEqual": m.op in ("=", "=~"),
                "isRegex": m.op in ("=~", "!~"),
            }
            for m in silence.matchers.parsed
        ],
        "startsAt": moment_text(silence.starts_at),
        "endsAt": moment_text(silence.ends_at),
        "updatedAt": moment_text(silence.created_at),
        "createdBy": silence.created_by,
        "comment": silence.reason,
        "status": {"state": state},
    }


def _meant(silence: Silence, wanted: Matchers) -> bool:
    """Say whether a silence is about what is asked for."""
    labels = {m.label: m.value for m in silence.matchers.parsed}
    return wanted.match(labels)


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


def _number(silence_id: str) -> int:
    found = _UUID.fullmatch(silence_id)
    if found and (number := int(found[1], 16)) < 1 << 31:
        return number
    raise NotFoundError("There is no such silence.")


# -- queries --------------------------------------------------------------------------------------


def _filter() -> Matchers | None:
    texts = request.args.getlist("filter")
    if not texts:
        return None
    if len(texts) > MAX_MATCHERS:
        raise asking.wrong("filter", f"at most {MAX_MATCHERS}")
    faults: list[Fault] = []
    # With one that is never true of nothing, each may be: a filter hides nobody's page.
    parsed = [matchers_from([_quoted(text), 'x="1"'], faults) for text in texts]
    if faults:
        raise asking.wrong("filter", faults[0].reason)
    return Matchers(tuple(texts), tuple(p.parsed[0] for p in parsed))


def _quoted(text: str) -> str:
    """Put the value in quotes, which Alertmanager's matchers can do without."""
    found = _MATCHER.fullmatch(text)
    if found is None or found["value"].startswith('"'):
        return text
    return found["name"] + found["op"] + _in_quotes(found["value"])


def _in_quotes(value: str) -> str:
    value = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{value}"'


def _flag(name: str) -> bool:
    return asking.choice(name, "true", ("true", "false")) == "true"
