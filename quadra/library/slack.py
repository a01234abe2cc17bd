"""Alerts of another program to Slack, as the server words them, behind the same egress guard.

``python -m quadra.library.slack`` sends a test to SLACK_WEBHOOK_URL.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from typing import Any

from quadra.channels.slack import SlackSender
from quadra.engine.channels import Channel, Delivery, Later, Refused
from quadra.errors import InvalidError
from quadra.library.triggered import TriggeredAlert
from quadra.outward.egress import Egress
from quadra.outward.posting import Poster

SLACK_WEBHOOK = "SLACK_WEBHOOK_URL"
ALLOW_PRIVATE = "WEBHOOK_ALLOW_PRIVATE"
_TRUE = {"1", "true", "yes", "on"}


class NotTakenError(OSError):
    """Slack did not take it now; ``retry_after`` is how long (s) it asked to wait."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        """Say why, and for how long to wait (s)."""
        super().__init__(reason)
        self.retry_after = retry_after


class RefusedError(OSError):
    """Slack will never take it: to send it again is of no use."""


def send_to_slack(address: str, alerts: Sequence[TriggeredAlert]) -> None:
    """Post one message about these alerts; raises NotTakenError, RefusedError.

    Blocks for at most 10 seconds. Private addresses are refused unless WEBHOOK_ALLOW_PRIVATE.
    """
    allowed = os.environ.get(ALLOW_PRIVATE, "").strip().lower() in _TRUE
    sender = SlackSender(Poster(Egress(ALLOW_PRIVATE, allow_private=allowed)))
    delivery = Delivery(
        id=0,
        delivery_id="",
        group="",
        channel="slack",
        status="firing",
        kind="first",
        alerts=[_shown(alert) for alert in alerts],
        created_at=time.time(),
        attempts=1,
    )
    try:
        ending = sender.send(Channel("slack", "slack", address), [delivery])
    except InvalidError as error:
        raise RefusedError(f"the address can't be used: {error.detail}") from None
    if isinstance(ending, Later):
        raise NotTakenError(ending.error, ending.retry_after)
    if isinstance(ending, Refused):
        raise RefusedError(ending.error)


def _shown(alert: TriggeredAlert) -> dict[str, Any]:
    return {
        "rule": alert.rule,
        "metric": alert.metric,
        "severity": alert.severity,
        "labels": {},
        "value": alert.value,
        "threshold": alert.threshold,
        "started_at": alert.timestamp,
        "resolved_at": None,
        "annotations": {"summary": alert.message},
    }


def main() -> int:
    """Send a test; gives the exit code."""
    address = os.environ.get(SLACK_WEBHOOK, "").strip()
    if not address:
        print(f"Set {SLACK_WEBHOOK} first.", file=sys.stderr)  # noqa: T201 - a command
        return 2
    words = "Somebody tests this webhook. All is well if you read this."
    test = TriggeredAlert("Test from Quadra", "test", 1.0, 0.0, "info", words, time.time())
    try:
        send_to_slack(address, [test])
    except OSError as error:
        print(f"Slack did not take it: {error}", file=sys.stderr)  # noqa: T201 - a command
        return 1
    print("Sent.")  # noqa: T201 - a command
    return 0


if __name__ == "__main__":
    sys.exit(main())
