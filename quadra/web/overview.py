"""What the overview shows at once, put into its page: a request saved for each of its parts."""

from __future__ import annotations

from markupsafe import Markup

from quadra.alerts.ledger import OPEN
from quadra.alerts.shown import alert_as_dict
from quadra.engine.alerting import AlertQuestion
from quadra.engine.anomalies import AnomalyQuestion
from quadra.engine.happenings import HappeningQuestion
from quadra.errors import QuadraError
from quadra.web.inert import inert_json
from quadra.web.parts import WebParts
from quadra.web.service_view import render_services

FIRST_LINES = 40
MOST_ALERTS = 1_000
MOST_ANOMALIES = 200
EVENTS = 50
_DAY_S = 86_400.0


def overview_now(parts: WebParts) -> Markup:
    """Give it as the API would, as JSON that may stand inside a script element.

    It is ``null`` where a part can't be had, which the console then asks for.
    """
    try:
        services = parts.services.read(render_services(0, FIRST_LINES, 1))
        alerts = parts.alerting.alerts(AlertQuestion(states=OPEN, limit=MOST_ALERTS))
        channels = parts.runtime.offload(parts.channels.ready)
        lasting = parts.runtime.offload(
            parts.anomalies.anomalies, AnomalyQuestion(is_open=True, limit=MOST_ANOMALIES)
        )
        training = parts.training.state()
        since = parts.clock() - _DAY_S
        events = parts.happenings.list(HappeningQuestion(start=since, limit=EVENTS))
    except QuadraError:
        return Markup("null")
    document = {
        "parts": {name: part.as_dict() for name, part in parts.health.parts().items()},
        "training": bool(training.get("running")),
        "services": services,
        "channels": channels,
        "alerts": [alert_as_dict(alert) for alert in alerts.items],
        "anomalies": [anomaly.as_dict() for anomaly in lasting.items],
        "events": [event.as_dict() for event in events.items],
    }
    return parts.runtime.offload(inert_json, document)
