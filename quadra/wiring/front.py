"""What faces the world: the application, its live sockets, and the gate before both."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from flask import Flask
from flask_socketio import SocketIO
from werkzeug.middleware.proxy_fix import ProxyFix

from quadra.settings import AsyncMode
from quadra.storage.journal import SqlJournal
from quadra.web.application import make_application
from quadra.web.connection_bounds import MAX_MESSAGE_BYTES
from quadra.web.gate import Gate, HostRules, WsgiApp
from quadra.web.live import EVENTS, Live
from quadra.web.observing import GateLog
from quadra.web.parts import WebParts
from quadra.web.shared_counters import SharedCounters
from quadra.web.subscriptions import FastJson
from utils.metrics import metrics_manager


@dataclass(frozen=True, slots=True)
class Front:
    """What requests and sockets meet: ``wsgi`` first, then ``gate``, then ``app`` or ``live``."""

    wsgi: WsgiApp
    gate: Gate
    app: Flask
    live: Live


def make_front(
    parts: WebParts, mode: AsyncMode, store: SqlJournal, counters: SharedCounters
) -> Front:
    """Build it on the loop that ``mode`` names."""
    settings = parts.settings
    app, express = make_application(parts)
    hosts = HostRules(
        ("localhost", parts.hostname, settings.host, *settings.allowed_hosts),
        settings.cors_origins,
    )
    socketio = SocketIO(
        app,
        async_mode=mode,
        transports=["websocket"],
        cors_allowed_origins=lambda origin, environ: hosts.origin_allowed(
            origin, environ.get("HTTP_HOST", "")
        ),
        json=FastJson,
        manage_session=False,
        async_handlers=False,
        max_http_buffer_size=MAX_MESSAGE_BYTES,
        logger=logging.getLogger("quadra.web.socketio"),
        engineio_logger=logging.getLogger("quadra.web.engineio"),
    )
    live = Live(socketio, store, parts)
    for event in EVENTS:
        parts.announcements.hear(live.announce, event)
    gate = Gate(
        express,
        hosts,
        connect_limit=settings.ratelimit_connect if settings.ratelimit_enabled else None,
        counters=counters,
        websocket_only=True,
        consoles=live.consoles,
        max_consoles=settings.max_consoles,
        refused=GateLog(metrics_manager).refused,
    )
    wsgi: WsgiApp = gate
    if settings.num_proxies:
        n = settings.num_proxies
        wsgi = ProxyFix(gate, x_for=n, x_proto=n, x_host=n)
    return Front(wsgi, gate, app, live)
