"""What is counted of a database, and where the worker's counts are kept."""

from __future__ import annotations

from collections.abc import Callable

from quadra.engine.figures import FigureKeeper, Figures
from quadra.engine.ports import Entry
from quadra.storage.database import Database
from quadra.storage.figures import SqlFigures
from quadra.storage.journal import SqlJournal
from tests.unit.fakes import SetClock, batch


def test_figures_are_kept_and_found_again(
    database: Database, connect: Callable[[], Database]
) -> None:
    assert {} == SqlFigures(database).kept()
    figures = Figures()
    figures.count("anomalies_total", "warning", amount=3)
    figures.observe("detection_duration_seconds", 0.25)
    FigureKeeper(figures, SqlFigures(database), SetClock()).round()  # begins with what was kept
    assert [] == SqlFigures(database).kept()["counts"]
    figures.count("anomalies_total", "warning", amount=3)
    SqlFigures(database).keep(figures.as_state(), 2.0)
    assert figures.as_state() == SqlFigures(connect()).kept()


def test_statements_and_commits_are_told_with_their_table(
    database: Database, database_url: str
) -> None:
    told: list[tuple[str, str, float]] = []
    measured = Database(database_url, meter=lambda *one: told.append(one))
    SqlJournal(measured, SetClock()).append([Entry(batch("a", 1.0), [0])])
    SqlJournal(measured, SetClock()).head()
    measured.close()
    words = [(operation, table) for operation, table, _seconds in told]
    assert ("insert", "journal") in words
    assert ("select", "journal") in words
    assert 1 == words.count(("commit", "all"))
    assert all(0 <= seconds < 30 for *_words, seconds in told)
    assert {"insert", "select", "update", "delete", "commit"} >= {word for word, _table in words}
