"""Alert rules: made, listed, changed, ended, and tried on the past."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import orjson
from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from quadra.alerts.rule_form import rule_as_dict, rule_from
from quadra.engine.alerting import KeptRule
from quadra.engine.happenings import Happenings
from quadra.errors import Fault, InvalidError, QuadraError
from quadra.web.api import asking
from quadra.web.api.answering import answer
from quadra.web.identity import current
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.problems import problem_of
from quadra.web.schemas import alerts as schemas

DEFAULT_SPAN_S = 7 * 86_400.0
MAX_SPAN_S = 366 * 86_400.0
_ONE = "/api/v1/alert-rules/<int(max=2147483647):rule_id>"


def make_alert_rules(parts: WebParts) -> Blueprint:
    """Make the blueprint of alert rules."""
    api = Blueprint("alert_rules", __name__)
    alerting = parts.alerting
    note = _noting(parts.happenings)

    @route(
        api, "GET", "/api/v1/alert-rules", access="read", work="read", tag="Alerts",
        summary="List the alert rules", responses={200: schemas.RULE_LIST},
    )  # fmt: skip
    def list_alert_rules() -> ResponseReturnValue:
        files = [
            {"path": f.path, "rules": f.rules, "error": f.error, "read_at": f.read_at}
            for f in alerting.files()
        ]
        return answer({"alert_rules": [_shown(kept) for kept in alerting.rules()], "files": files})

    @route(
        api, "POST", "/api/v1/alert-rules", access="write", work="write", tag="Alerts",
        summary="Make an alert rule; it is judged from now on",
        body=schemas.NEW_RULE, responses={201: schemas.RULE},
    )  # fmt: skip
    def create_alert_rule() -> ResponseReturnValue:
        kept = alerting.add_rule(rule_from(asking.json_object()))
        note(kept.rule.name, "made", kept.rule.id)
        return answer(_shown(kept), 201)

    @route(
        api, "GET", _ONE, access="read", work="read", tag="Alerts",
        summary="One alert rule", parameters=(schemas.RULE_ID,), responses={200: schemas.RULE},
    )  # fmt: skip
    def show_alert_rule(rule_id: int) -> ResponseReturnValue:
        return answer(_shown(alerting.rule(rule_id)))

    @route(
        api, "PUT", _ONE, access="write", work="write", tag="Alerts",
        summary="Change an alert rule; what is not mentioned has its default again",
        parameters=(schemas.RULE_ID,), body=schemas.CHANGED_RULE, responses={200: schemas.RULE},
    )  # fmt: skip
    def change_alert_rule(rule_id: int) -> ResponseReturnValue:
        kept = alerting.replace_rule(rule_id, rule_from(asking.json_object()))
        note(kept.rule.name, "edited", rule_id)
        return answer(_shown(kept))

    @route(
        api, "DELETE", _ONE, access="write", work="write", tag="Alerts",
        summary="End an alert rule and its open alerts",
        parameters=(schemas.RULE_ID,), responses={204: {}},
    )  # fmt: skip
    def remove_alert_rule(rule_id: int) -> ResponseReturnValue:
        name = alerting.rule(rule_id).rule.name
        alerting.remove_rule(rule_id)
        note(name, "removed", rule_id)
        return Response(status=204)

    @route(
        api, "POST", "/api/v1/alert-rules/backtest", access="read", work="read", tag="Alerts",
        summary="Say what a rule would have done over a past: every fire, clear and page",
        parameters=(schemas.STREAM,), body=schemas.BACKTEST, responses={200: schemas.BACKTESTED},
    )  # fmt: skip
    def backtest_alert_rule() -> ResponseReturnValue:
        wish = asking.json_object()
        stream = asking.choice("stream", "false", ("true", "false")) == "true"
        faults = [Fault(None, n[:60], "no such field") for n in wish if n not in _BACKTEST]
        end = _time(wish, "end", parts.clock(), faults)
        start = _time(wish, "start", end - DEFAULT_SPAN_S, faults)
        if not faults and not 0 < end - start <= MAX_SPAN_S:
            faults.append(Fault(None, "start", "must be before end, a year at most"))
        limits = _limits(wish, faults)
        if faults:
            msg = f"{faults[0].field}: {faults[0].reason}."
            raise InvalidError(msg, faults=tuple(faults))
        rule = rule_from(wish.get("rule"), where="rule.")
        steps = _timed(alerting.backtest(rule, start, end, limits))
        if stream:
            return Response(_lines(steps), content_type="application/x-ndjson")
        return answer(list(steps)[-1])

    return api


def _noting(happenings: Happenings) -> Callable[[str, str, int], None]:
    def note(name: str, what: str, rule_id: int) -> None:
        happenings.note("rule", f"Rule {what}: {name}", by=current().name, ref=str(rule_id))

    return note


_BACKTEST = ("rule", "start", "end", "limits")
MAX_LIMITS = 64


def _limits(wish: dict[str, object], faults: list[Fault]) -> list[float]:
    value = wish.get("limits", [])
    is_list = isinstance(value, list) and len(value) <= MAX_LIMITS
    if not is_list or not all(type(v) in (int, float) and abs(v) < 1e300 for v in value):  # type: ignore[attr-defined]  # noqa: PLR2004
        faults.append(Fault(None, "limits", f"a list of up to {MAX_LIMITS} numbers"))
        return []
    return [float(v) for v in value]  # type: ignore[attr-defined]


def _timed(steps: Iterator[float | dict[str, Any]]) -> Iterator[dict[str, Any]]:
    began = time.perf_counter()
    for step in steps:
        if isinstance(step, dict):
            yield step | {"seconds": round(time.perf_counter() - began, 4)}
        else:
            yield {"progress": round(step, 4)}


def _lines(steps: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    try:
        for step in steps:
            yield orjson.dumps(step) + b"\n"
    except QuadraError as error:  # the status has been sent: the last line says it
        yield orjson.dumps(problem_of(error)) + b"\n"


def _time(wish: dict[str, object], name: str, default: float, faults: list[Fault]) -> float:
    value = wish.get(name, default)
    if type(value) not in (int, float) or not 0 <= value < 1e11:  # type: ignore[operator]  # noqa: PLR2004
        faults.append(Fault(None, name, "a number of unix seconds is needed"))
        return default
    return float(value)  # type: ignore[arg-type]


def _shown(kept: KeptRule) -> dict[str, Any]:
    return {
        "id": kept.rule.id,
        **rule_as_dict(kept.rule),
        "source": kept.rule.source,
        "created_at": kept.created_at,
        "updated_at": kept.updated_at,
    }
