"""What the worker counts: kept for as long as it is the one that works."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator

from quadra.engine.figures import ErrorCounter, FigureKeeper, Figures
from quadra.storage.database import Database, Meter
from quadra.storage.figures import SqlFigures

_ENDS_WITHIN_S = 0.8


@contextlib.contextmanager
def counting(figures: Figures, database: Database) -> Iterator[None]:
    """Count logged errors, and keep the figures, for as long as the block."""
    over = threading.Event()
    keeper = FigureKeeper(figures, SqlFigures(database), time.time)
    thread = threading.Thread(target=keeper.run, args=(over.wait,), name="figures")
    errors = ErrorCounter(figures)
    logging.getLogger().addHandler(errors)
    thread.start()
    try:
        yield
    finally:
        logging.getLogger().removeHandler(errors)
        over.set()
        thread.join(_ENDS_WITHIN_S)


def database_meter(figures: Figures) -> Meter:
    """Make what counts the statements of the worker."""

    def note(operation: str, table: str, seconds: float) -> None:
        figures.count("database_operations_total", operation, table, "worker")
        figures.observe("database_operation_duration_seconds", seconds, operation, "worker")

    return note
