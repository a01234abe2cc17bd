"""What the stores of rules, silences and windows do, whatever they stand on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from quadra.alerts.rule_form import rule_as_dict
from quadra.alerts.silences import maintenance_from, silence_from
from quadra.engine.alerting import RuleFile
from quadra.errors import ConflictError, NotFoundError
from quadra.storage.alert_rules import SqlRules
from quadra.storage.database import Database
from quadra.storage.judging import SqlJudge
from quadra.storage.quiet import SqlQuiet
from quadra.storage.rule_files import RuleFiles
from tests.unit.alert_makers import rule
from tests.unit.fakes import NOW, SetClock

YAML = "rules: [{name: %s, selector: x, op: '>', threshold: %s}]"


@pytest.fixture
def rules(database: Database) -> SqlRules:
    return SqlRules(database)


@pytest.fixture
def quiet(database: Database) -> SqlQuiet:
    return SqlQuiet(database)


def names(rules: SqlRules) -> list[str]:
    return [kept.rule.name for kept in rules.rules()]


def test_rules_come_back_as_they_were_given(
    rules: SqlRules, connect: Callable[[], Database]
) -> None:
    made = rule(name="ä", hold="90s", labels={"team": "x"}, channels=["ops"], clear_threshold=3)
    kept = rules.add(made, NOW)
    (found,) = SqlRules(connect()).rules()
    assert rule_as_dict(made) == rule_as_dict(found.rule)
    assert (kept.rule.id, NOW, NOW) == (found.rule.id, found.created_at, found.updated_at)
    changed = rules.replace(kept.rule.id, rule(name="b"), NOW + 5)
    assert ("b", NOW, NOW + 5) == (changed.rule.name, changed.created_at, changed.updated_at)
    rules.remove(kept.rule.id)
    assert [] == rules.rules()
    with pytest.raises(NotFoundError):
        rules.remove(kept.rule.id)
    with pytest.raises(NotFoundError):
        rules.replace(kept.rule.id, made, NOW)


def test_names_are_taken_once(rules: SqlRules) -> None:
    rules.add(rule(name="a"), NOW)
    second = rules.add(rule(name="b"), NOW)
    with pytest.raises(ConflictError):
        rules.add(rule(name="a"), NOW)
    with pytest.raises(ConflictError):
        rules.replace(second.rule.id, rule(name="a"), NOW)
    rules.replace(second.rule.id, rule(name="b", threshold=3), NOW)


def test_every_change_of_orders_is_seen(
    rules: SqlRules, quiet: SqlQuiet, database: Database
) -> None:
    judge = SqlJudge(database)
    revisions = [judge.revision()]
    kept = rules.add(rule(), NOW)
    revisions.append(judge.revision())
    rules.replace(kept.rule.id, rule(), NOW)
    revisions.append(judge.revision())
    rules.remove(kept.rule.id)
    revisions.append(judge.revision())
    wish = {"matchers": ['a="b"'], "ends_at": NOW + 60, "reason": "x"}
    silence = quiet.add_silence(silence_from(wish, NOW, "me"), NOW)
    revisions.append(judge.revision())
    quiet.end_silence(silence.id, NOW)
    revisions.append(judge.revision())
    assert sorted(set(revisions)) == revisions
    assert judge.revision() == judge.orders().revision


def test_the_first_rules_are_kept_once(rules: SqlRules) -> None:
    assert rules.begin_with([rule(name="a"), rule(name="b")], NOW)
    assert not rules.begin_with([rule(name="c")], NOW)
    for kept in rules.rules():
        rules.remove(kept.rule.id)
    assert not rules.begin_with([rule(name="c")], NOW), "people did not want them"


def test_rules_of_files_follow_their_file(rules: SqlRules, tmp_path: Path) -> None:
    told: list[int] = []
    folder = tmp_path / "rules"
    folder.mkdir()
    files = RuleFiles(folder, rules, SetClock(), lambda: told.append(1))
    rules.add(rule(name="api"), NOW)
    first = folder / "first.yaml"
    first.write_text(YAML % ("one", 1))
    (folder / "second.yml").write_text(YAML % ("two", 2))
    (folder / "notes.txt").write_text("not rules")
    files.look()
    assert ["api", "one", "two"] == names(rules)
    kept = rules.rules()[1].rule
    with pytest.raises(ConflictError, match=r"first\.yaml") as caught:
        rules.remove(kept.id)
    assert "rule_in_file" == caught.value.code
    first.write_text(YAML % ("one", 7) + "\n# longer")
    files.look()
    changed = rules.rules()[1].rule
    assert (kept.id, 7.0) == (changed.id, changed.threshold)
    first.write_text(YAML % ("one", "'seven'"))
    files.look()
    assert 7.0 == rules.rules()[1].rule.threshold, "a broken file leaves its rules as they were"
    assert "rules[0].threshold" in rules.files()[0].error
    first.unlink()
    files.look()
    assert ["api", "two"] == names(rules)
    assert [str(folder / "second.yml")] == [file.path for file in rules.files()]
    before = len(told)
    files.look()
    assert before == len(told), "nothing has changed"
    (folder / "third.yaml").write_text(YAML % ("api", 3))
    files.look()
    assert ["api", "two"] == names(rules)
    assert "“api”" in {Path(f.path).name: f.error for f in rules.files()}["third.yaml"]
    RuleFiles(None, rules, SetClock(), lambda: None).look()
    assert ["api"] == names(rules)


def test_a_file_is_noted_with_what_is_wrong(rules: SqlRules) -> None:
    rules.put_file(RuleFile("f", 0, "bad", NOW), None, NOW)
    rules.put_file(RuleFile("f", 0, "worse", NOW + 1), None, NOW)
    assert [RuleFile("f", 0, "worse", NOW + 1)] == rules.files()


def test_silences_come_back_and_end(quiet: SqlQuiet) -> None:
    wish = {"matchers": ['rule="r"', 'host=~"a.*"'], "ends_at": NOW + 60, "reason": "x"}
    made = quiet.add_silence(silence_from(wish, NOW, "me"), NOW)
    assert ("me", NOW, NOW + 60) == (made.created_by, made.starts_at, made.ends_at)
    (found,) = quiet.silences()
    assert made.matchers.texts == found.matchers.texts
    assert found.matchers.match({"rule": "r", "host": "ab"})
    quiet.end_silence(made.id, NOW + 10)
    quiet.end_silence(made.id, NOW + 20)
    assert NOW + 10 == quiet.silence(made.id).ends_at
    with pytest.raises(NotFoundError):
        quiet.end_silence(made.id + 1, NOW)


def test_windows_are_kept_changed_and_dropped(quiet: SqlQuiet) -> None:
    wish = {"name": "n", "matchers": ['a="b"'], "begins": "22:00", "duration": "2h30m"}
    made = quiet.put_window(maintenance_from(wish))
    assert [(made.id, 9_000.0)] == [(w.id, w.seconds) for w in quiet.windows()]
    quiet.put_window(replace(made, days=("sat",)))
    assert [("sat",)] == [window.days for window in quiet.windows()]
    quiet.remove_window(made.id)
    with pytest.raises(NotFoundError):
        quiet.remove_window(made.id)
    with pytest.raises(NotFoundError):
        quiet.put_window(made)
