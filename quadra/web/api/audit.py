"""The audit log: read, filtered, exported."""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from quadra.engine.audit import AuditQuestion, as_csv, as_lines
from quadra.web.api import asking
from quadra.web.api.answering import answer
from quadra.web.operations import route
from quadra.web.parts import WebParts
from quadra.web.schemas import access as schemas
from quadra.web.schemas.alerts import SINCE, UNTIL
from quadra.web.schemas.common import AFTER, LIMIT

MAX_EXPORTED = 50_000
_KINDS = {
    "jsonl": (as_lines, "application/x-ndjson"),
    "csv": (as_csv, "text/csv; charset=utf-8"),
}


def make_audit(parts: WebParts) -> Blueprint:
    """Make the blueprint of the audit log."""
    api = Blueprint("audit", __name__)

    @route(
        api, "GET", "/api/v1/audit", access="admin", work="read", tag="Users",
        summary="Who did what by hand, the newest first",
        parameters=(
            schemas.ACTOR, schemas.ACTION, schemas.TARGET, SINCE, UNTIL, LIMIT, AFTER,
            schemas.FORMAT,
        ),
        responses={200: schemas.AUDIT_LIST},
    )  # fmt: skip
    def audit_log() -> ResponseReturnValue:
        kind = asking.choice("format", "json", ("json", "jsonl", "csv"))
        most = 1_000 if kind == "json" else MAX_EXPORTED
        page = parts.runtime.offload(parts.audit.deeds, _question(most))
        if kind == "json":
            deeds = [deed.as_dict() for deed in page.items]
            return answer({"audit": deeds, "next": page.next})
        write, content_type = _KINDS[kind]
        response = Response(parts.runtime.offload(write, page.items), content_type=content_type)
        response.headers["Content-Disposition"] = f'attachment; filename="quadra-audit.{kind}"'
        return response

    return api


def _part(name: str) -> str:
    return request.args.get(name, "").replace("\0", "")[:300]


def _question(most: int) -> AuditQuestion:
    args = request.args
    return AuditQuestion(
        actor=_part("actor"),
        action=_part("action"),
        target=_part("target"),
        start=asking.seconds("start", 0.0) if "start" in args else None,
        end=asking.seconds("end", 0.0) if "end" in args else None,
        after=asking.whole("after", 0, 0, 1 << 53) or None,
        limit=asking.whole("limit", 200 if most <= 1_000 else most, 1, most),  # noqa: PLR2004
    )
