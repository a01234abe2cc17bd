"""Alerts: those that are open, what became of the others, and who has them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from quadra.alerts.ledger import OPEN
from quadra.alerts.shown import alert_as_dict
from quadra.engine.alerting import AlertQuestion, Page
from quadra.web.api import asking
from quadra.web.api.answering import answer
from quadra.web.identity import doer
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.schemas import alerts as schemas
from quadra.web.schemas.common import AFTER, LIMIT

_STATES: dict[str, tuple[str, ...]] = {
    "open": OPEN,
    "pending": ("pending",),
    "firing": ("firing", "recovering"),
    "resolved": ("resolved",),
    "all": (),
}
_ONE = "/api/v1/alerts/<int(max=9007199254740991):alert_id>"
MAX_PAGE = 1_000
MAX_BY_LENGTH = 100


def make_alerts(parts: WebParts) -> Blueprint:
    """Make the blueprint of alerts."""
    api = Blueprint("alerts", __name__)
    alerting = parts.alerting

    @route(
        api, "GET", "/api/v1/alerts", access="read", work="read", tag="Alerts",
        summary="List the alerts that are open, or others",
        parameters=(schemas.STATE, schemas.RULE_NAME, LIMIT, AFTER),
        responses={200: schemas.ALERT_LIST},
    )  # fmt: skip
    def list_alerts() -> ResponseReturnValue:
        states = _STATES[asking.choice("state", "open", tuple(_STATES))]
        page = alerting.alerts(_question(states=states))
        found = _page("alerts", [alert_as_dict(alert) for alert in page.items], page)
        return answer(found | {"channels": parts.runtime.offload(parts.channels.ready)})

    @route(
        api, "GET", "/api/v1/alerts/history", access="read", work="read", tag="Alerts",
        summary="Who knew what when: every change, page and acknowledgement",
        parameters=(
            schemas.ALERT, schemas.RULE_NAME, schemas.SILENCE, schemas.SINCE, schemas.UNTIL,
            LIMIT, AFTER,
        ),
        responses={200: schemas.ALERT_HISTORY},
    )  # fmt: skip
    def alert_history() -> ResponseReturnValue:
        silence = asking.whole("silence", 0, 0, (1 << 31) - 1)
        page = alerting.history(_question(ref=str(silence) if silence else None))
        events = [
            {
                "at": event.at,
                "kind": event.kind,
                "value": event.value,
                "by": event.by,
                "ref": event.ref,
                "detail": event.detail,
                "alert": alert_as_dict(alert),
            }
            for event, alert in page.items
        ]
        return answer(_page("events", events, page))

    @route(
        api, "GET", _ONE, access="read", work="read", tag="Alerts",
        summary="One alert", parameters=(schemas.ALERT_ID,), responses={200: schemas.ONE_ALERT},
    )  # fmt: skip
    def show_alert(alert_id: int) -> ResponseReturnValue:
        return answer(alert_as_dict(alerting.alert(alert_id)))

    @route(
        api, "POST", f"{_ONE}/ack", access="write", work="write", tag="Alerts",
        summary="Say that somebody has it: no more repeats, no escalation",
        parameters=(schemas.ALERT_ID,), body=schemas.ACKNOWLEDGEMENT,
        responses={200: schemas.ONE_ALERT},
    )  # fmt: skip
    def acknowledge_alert(alert_id: int) -> ResponseReturnValue:
        wish = asking.optional_json_object()
        by = doer(wish.get("by"))
        if not isinstance(by, str) or not 0 < len(by.strip()) <= MAX_BY_LENGTH:
            raise asking.wrong("by", f"a name of 1 to {MAX_BY_LENGTH} characters is needed")
        return answer(alert_as_dict(alerting.acknowledge(alert_id, by.strip())))

    return api


def _question(states: tuple[str, ...] = (), ref: str | None = None) -> AlertQuestion:
    args = request.args
    return AlertQuestion(
        states=states,
        rule=asking.text("rule"),
        alert_id=asking.whole("alert", 0, 0, (1 << 31) - 1) or None,
        ref=ref,
        start=asking.seconds("start", 0.0) if "start" in args else None,
        end=asking.seconds("end", 0.0) if "end" in args else None,
        after=asking.whole("after", 0, 0, 1 << 53) or None,
        limit=asking.whole("limit", 200, 1, MAX_PAGE),
    )


def _page(noun: str, items: list[Any], page: Page) -> dict[str, Any]:
    return {noun: items} | ({} if page.next is None else {"next": page.next})
