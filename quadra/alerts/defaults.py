"""The five rules that a new installation begins with; they can be changed and removed."""

from __future__ import annotations

from typing import Any

from quadra.alerts.rule_form import rule_from
from quadra.alerts.rules import Rule

_DEFAULTS: tuple[dict[str, Any], ...] = (
    {
        "name": "High error rate",
        "selector": '{__name__=~"error_rate|quadra_http_error_percent"}',
        "op": ">",
        "threshold": 10,
        "severity": "critical",
        "cooldown": "30m",
        "annotations": {
            "summary": "{{ value }} % of requests fail",
            "description": "More than {{ threshold }} % of requests have failed.",
        },
    },
    {
        "name": "Slow response",
        "selector": '{__name__=~"p95_response_time|quadra_http_request_p95_seconds"}',
        "op": ">",
        "threshold": 45,
        "severity": "warning",
        "cooldown": "60m",
        "annotations": {
            "summary": "One request in twenty takes longer than {{ value }} s",
            "description": "The 95th percentile is above {{ threshold }} s.",
        },
    },
    {
        "name": "High cost",
        "selector": "cost_per_hour",
        "op": ">",
        "threshold": 10,
        "severity": "critical",
        "cooldown": "60m",
        "annotations": {
            "summary": "{{ value }} $ an hour",
            "description": "The cost is above {{ threshold }} $ an hour.",
        },
    },
    {
        "name": "Disk full",
        "selector": '{__name__=~"disk_usage|host_disk_used_percent"}',
        "op": ">",
        "threshold": 90,
        "severity": "critical",
        "cooldown": "120m",
        "annotations": {
            "summary": "{{ labels.mount }} on {{ labels.host }} is {{ value }} % full",
            "description": "More than {{ threshold }} % of the disk is in use.",
        },
    },
    {
        "name": "Server down",
        "selector": '{__name__=~"up|server_status"}',
        "op": "==",
        "threshold": 0,
        "severity": "critical",
        "cooldown": "5m",
        "annotations": {
            "summary": "{{ labels.instance }} does not answer",
            "description": "{{ metric }} is {{ value }}.",
        },
    },
)


def default_rules() -> list[Rule]:
    """Give the five rules."""
    return [rule_from(document) for document in _DEFAULTS]
