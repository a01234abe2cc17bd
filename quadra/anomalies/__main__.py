"""`python -m quadra.anomalies`: scores a stream of rows, each before the next is read.

Reads CSV with a header from stdin, with the columns ``timestamp`` (unix seconds, or a date and
time, UTC unless it says otherwise) and ``value``; writes ``timestamp,value,anomaly_score``. A score
of 1 or more is an alert. A value that is missing or no number has the score 0.
"""

from __future__ import annotations

import csv
import math
import sys
from datetime import UTC, datetime
from typing import TextIO

from quadra.anomalies.single import SeriesDetector

_MILLISECONDS_FROM = 1e11  # as seconds that would be the year 5138
_FARTHEST_MS = 1e15


def main(source: TextIO, sink: TextIO, complaints: TextIO) -> int:
    """Score all rows of ``source``; give the exit status."""
    # By readline, so that no row is waited for before the one at hand is scored.
    rows = csv.reader(iter(source.readline, ""))
    try:
        header = [name.strip().lower() for name in next(rows, [])]
        when, what = header.index("timestamp"), header.index("value")
    except ValueError:
        complaints.write("the first row must name the columns timestamp and value\n")
        return 2
    detector = SeriesDetector()
    out = csv.writer(sink, lineterminator="\n")
    out.writerow(("timestamp", "value", "anomaly_score"))
    sink.flush()
    try:
        for row in rows:
            if not row:
                continue
            time, value = _cell(row, when), _cell(row, what)
            score = detector.learn_one(milliseconds(time), _number(value))
            out.writerow((time, value, score))
            sink.flush()
    except (ValueError, csv.Error) as error:
        complaints.write(f"row {rows.line_num}: {error}\n")
        return 2
    except BrokenPipeError:  # whoever read has seen enough
        return 0
    return 0


def milliseconds(text: str) -> int:
    """Read a time as unix ms.

    Raises:
        ValueError: It is neither a number nor a date and time.
    """
    try:
        number = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            raise ValueError(
                f"timestamp {text[:40]!r} is neither unix seconds nor a date and time"
            ) from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        number = moment.timestamp()
    in_ms = number if abs(number) >= _MILLISECONDS_FROM else number * 1000.0
    if not abs(in_ms) <= _FARTHEST_MS:
        raise ValueError(f"timestamp {text[:40]!r} is out of range")
    return round(in_ms)


def _cell(row: list[str], at: int) -> str:
    return row[at].strip() if at < len(row) else ""


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8-sig", errors="replace")  # type: ignore[union-attr]
    sys.exit(main(sys.stdin, sys.stdout, sys.stderr))
