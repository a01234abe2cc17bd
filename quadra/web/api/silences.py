"""Silences and maintenance windows: what keeps pages quiet on purpose, and what it hid."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from quadra.alerts.ledger import OPEN
from quadra.alerts.rule_form import duration
from quadra.alerts.shown import alert_as_dict
from quadra.alerts.silences import Maintenance, Silence, maintenance_from, silence_from
from quadra.engine.alerting import AlertQuestion
from quadra.web.api import asking
from quadra.web.api.answering import answer
from quadra.web.identity import current, signed
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.schemas import alerts as schemas

MAX_HIDDEN = MAX_HELD = 1_000
_SILENCE = "/api/v1/silences/<int(max=2147483647):silence_id>"
_WINDOW = "/api/v1/maintenance-windows/<int(max=2147483647):window_id>"


def make_silences(parts: WebParts) -> Blueprint:
    """Make the blueprint of silences and maintenance windows."""
    api = Blueprint("silences", __name__)
    alerting = parts.alerting

    def note(title: str, silence_id: int, text: str = "") -> None:
        ref, by = str(silence_id), current().name
        parts.happenings.note("silence", title, text=text, by=by, ref=ref)

    @route(
        api, "GET", "/api/v1/silences", access="read", work="read", tag="Alerts",
        summary="List the silences, those that have ended too, and what each keeps quiet now",
        responses={200: schemas.SILENCE_LIST},
    )  # fmt: skip
    def list_silences() -> ResponseReturnValue:
        now = parts.clock()
        known = alerting.silences()
        active = [one for one in known if one.is_active(now)]
        question = AlertQuestion(states=OPEN, limit=MAX_HELD)
        alerts = alerting.alerts(question).items if active else []
        held = parts.runtime.offload(
            lambda: {one.id: one.matchers.ids_among(alerts) for one in active}
        )
        listed = [_silence(one, now) | {"alerts": held.get(one.id, [])} for one in known]
        return answer({"silences": listed})

    @route(
        api, "POST", "/api/v1/silences", access="write", work="write", tag="Alerts",
        summary="Keep pages quiet for a while; alerts are judged and shown as ever",
        body=schemas.NEW_SILENCE, responses={201: schemas.MADE_SILENCE},
    )  # fmt: skip
    def create_silence() -> ResponseReturnValue:
        now = parts.clock()
        wish = signed(asking.json_object(), "created_by")
        wanted = silence_from(wish, now, current().name)
        kept = alerting.add_silence(wanted)
        matchers = ", ".join(kept.matchers.texts)
        note(f"Silenced: {matchers}", kept.id, kept.reason)
        return answer(_silence(kept, now), 201)

    @route(
        api, "GET", _SILENCE, access="read", work="read", tag="Alerts",
        summary="One silence, and what it has hidden",
        parameters=(schemas.SILENCE_ID,), responses={200: schemas.ONE_SILENCE},
    )  # fmt: skip
    def show_silence(silence_id: int) -> ResponseReturnValue:
        shown = _silence(alerting.silence(silence_id), parts.clock())
        page = alerting.history(AlertQuestion(ref=str(silence_id), limit=MAX_HIDDEN))
        hidden = {a.id: a for event, a in page.items if event.kind == "quiet_silence"}
        return answer(shown | {"hidden": [alert_as_dict(alert) for alert in hidden.values()]})

    @route(
        api, "DELETE", _SILENCE, access="write", work="write", tag="Alerts",
        summary="End a silence now; what it hid stays known",
        parameters=(schemas.SILENCE_ID,), responses={204: {}},
    )  # fmt: skip
    def end_silence(silence_id: int) -> ResponseReturnValue:
        alerting.end_silence(silence_id)
        note("Silence ended", silence_id)
        return Response(status=204)

    @route(
        api, "GET", "/api/v1/maintenance-windows", access="read", work="read", tag="Alerts",
        summary="List the maintenance windows", responses={200: schemas.WINDOW_LIST},
    )  # fmt: skip
    def list_maintenance_windows() -> ResponseReturnValue:
        now = parts.clock()
        windows = [_window(one, now) for one in alerting.windows()]
        return answer({"maintenance_windows": windows})

    @route(
        api, "POST", "/api/v1/maintenance-windows", access="write", work="write", tag="Alerts",
        summary="Keep pages quiet again and again, at certain hours of certain days",
        body=schemas.NEW_WINDOW, responses={201: schemas.ONE_WINDOW},
    )  # fmt: skip
    def create_maintenance_window() -> ResponseReturnValue:
        kept = alerting.put_window(maintenance_from(asking.json_object()))
        return answer(_window(kept, parts.clock()), 201)

    @route(
        api, "PUT", _WINDOW, access="write", work="write", tag="Alerts",
        summary="Change a maintenance window", parameters=(schemas.WINDOW_ID,),
        body=schemas.CHANGED_WINDOW, responses={200: schemas.ONE_WINDOW},
    )  # fmt: skip
    def change_maintenance_window(window_id: int) -> ResponseReturnValue:
        wanted = replace(maintenance_from(asking.json_object()), id=window_id)
        return answer(_window(alerting.put_window(wanted), parts.clock()))

    @route(
        api, "DELETE", _WINDOW, access="write", work="write", tag="Alerts",
        summary="Drop a maintenance window",
        parameters=(schemas.WINDOW_ID,), responses={204: {}},
    )  # fmt: skip
    def remove_maintenance_window(window_id: int) -> ResponseReturnValue:
        alerting.remove_window(window_id)
        return Response(status=204)

    return api


def _silence(silence: Silence, now: float) -> dict[str, Any]:
    state = "active" if silence.is_active(now) else "pending" if now < silence.ends_at else "ended"
    return {
        "id": silence.id,
        "matchers": list(silence.matchers.texts),
        "starts_at": silence.starts_at,
        "ends_at": silence.ends_at,
        "reason": silence.reason,
        "created_by": silence.created_by,
        "created_at": silence.created_at,
        "state": state,
    }


def _window(window: Maintenance, now: float) -> dict[str, Any]:
    return {
        "id": window.id,
        "name": window.name,
        "matchers": list(window.matchers.texts),
        "days": list(window.days),
        "begins": window.begins,
        "duration": duration(round(window.seconds * 1000)),
        "timezone": window.timezone,
        "enabled": window.enabled,
        "open": window.is_active(now),
    }
