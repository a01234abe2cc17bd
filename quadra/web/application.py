"""Puts the Flask application together from its parts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask

from quadra.web import assets, auditing, cors, limits, observing, problems
from quadra.web.api.account import make_account
from quadra.web.api.alert_rules import make_alert_rules
from quadra.web.api.alertmanager import make_alertmanager
from quadra.web.api.alerts import make_alerts
from quadra.web.api.anomalies import make_anomalies
from quadra.web.api.audit import make_audit
from quadra.web.api.boards import make_boards
from quadra.web.api.channels import make_channels
from quadra.web.api.drill import make_drill
from quadra.web.api.expectations import make_expectations
from quadra.web.api.finding import make_finding
from quadra.web.api.happenings import make_happenings
from quadra.web.api.models import make_models
from quadra.web.api.replay import make_replay
from quadra.web.api.senders import make_senders
from quadra.web.api.services import make_services
from quadra.web.api.silences import make_silences
from quadra.web.api.status import make_status
from quadra.web.api.targets import make_targets
from quadra.web.api.telemetry import make_telemetry
from quadra.web.api.tokens import make_tokens
from quadra.web.api.training import make_training
from quadra.web.api.users import make_users
from quadra.web.express import Express
from quadra.web.openid_routes import make_openid
from quadra.web.pages import make_pages
from quadra.web.parts import WebParts
from quadra.web.signing_in import make_signing_in

_BLUEPRINTS = (
    make_telemetry,
    make_finding,
    make_senders,
    make_status,
    make_tokens,
    make_users,
    make_account,
    make_audit,
    make_targets,
    make_training,
    make_models,
    make_alert_rules,
    make_alerts,
    make_channels,
    make_anomalies,
    make_expectations,
    make_boards,
    make_silences,
    make_services,
    make_happenings,
    make_replay,
    make_alertmanager,
    make_drill,
    make_pages,
    make_signing_in,
    make_openid,
)
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


class _Application(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Give it back: nothing here is async, and asking eight times a request takes its time."""
        return func


def make_application(parts: WebParts) -> tuple[Flask, Express]:
    """Make the application with all its routes, and the express lane that leads to it.

    The order matters: what runs before a request first gives it an id, then finds who asks,
    then counts it against their allowance, then refuses what they may not. Without a
    ``secret_key`` Flask opens no session of its own, which nobody here would read: ``identity``
    knows who is signed in.
    """
    app = _Application("quadra", template_folder=str(TEMPLATES), static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = parts.settings.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = 65_536
    problems.register(app, parts.metrics)
    watch = observing.Watch(parts.metrics, parts.requests)
    observing.install(app, watch)
    cors.install(app, parts.settings.cors_origins)
    for make in _BLUEPRINTS:
        app.register_blueprint(make(parts))
    app.before_request(parts.identity.recognise)
    auditing.install(app, parts)
    assets.install(app)
    allowance = limits.install(app, parts.settings, parts.metrics, parts.link)
    app.before_request(parts.identity.authorize)
    express = Express(
        app,
        identity=parts.identity,
        allowance=allowance,
        watch=watch,
        metrics=parts.metrics,
        max_body=parts.settings.max_body_bytes,
    )
    return app, express
