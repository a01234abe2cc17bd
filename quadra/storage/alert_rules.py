"""The kept alert rules, those of files among them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import orjson
import sqlalchemy as sa

from quadra.alerts.rule_form import rule_as_dict, rule_from
from quadra.alerts.rules import Rule
from quadra.engine.alerting import MAX_RULES, KeptRule, RuleFile
from quadra.errors import ConflictError, NotFoundError
from quadra.storage.alert_rows import dumps, orders_changed, orders_revision, upsert
from quadra.storage.database import Database
from quadra.storage.tables import alert_rule_files, alert_rules


class SqlRules:
    """Implements ``engine.alerting.RuleStore``."""

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def rules(self) -> list[KeptRule]:
        """Give all rules, by id."""
        return self._database.read(kept_rules)

    def add(self, rule: Rule, now: float) -> KeptRule:
        """Keep a new rule; raises ConflictError."""
        return self._database.write(self._add, rule, now)

    def replace(self, rule_id: int, rule: Rule, now: float) -> KeptRule:
        """Change a rule of the API; raises NotFoundError, ConflictError."""
        return self._database.write(self._replace, rule_id, rule, now)

    def remove(self, rule_id: int) -> None:
        """Drop a rule of the API; raises NotFoundError, ConflictError."""
        self._database.write(self._remove, rule_id)

    def begin_with(self, rules: Sequence[Rule], now: float) -> bool:
        """Keep the first rules, unless people have given orders or there are rules already."""
        return self._database.write(self._begin_with, rules, now)

    def files(self) -> list[RuleFile]:
        """Give how the rule files were read."""
        return self._database.read(_files)

    def put_file(self, file: RuleFile, rules: Sequence[Rule] | None, now: float) -> None:
        """Make these the rules of a file; raises ConflictError."""
        self._database.write(self._put_file, file, rules, now)

    def drop_files(self, but: Iterable[str]) -> None:
        """Drop the rules of all files but these."""
        self._database.write(self._drop_files, list(but))

    def _add(self, connection: sa.Connection, rule: Rule, now: float) -> KeptRule:
        count = connection.execute(sa.select(sa.func.count()).select_from(alert_rules))
        if count.scalar_one() >= MAX_RULES:
            msg = f"There are {MAX_RULES} rules already; remove one first."
            raise ConflictError(msg, code="too_many_rules")
        _refuse_name(connection, rule, 0)
        statement = alert_rules.insert().returning(alert_rules.c.id)
        made = connection.execute(statement, _row(rule) | {"created_at": now, "updated_at": now})
        orders_changed(connection, self._database)
        return KeptRule(replace(rule, id=made.scalar_one()), now, now)

    def _replace(self, connection: sa.Connection, rule_id: int, rule: Rule, now: float) -> KeptRule:
        former = _writable(connection, rule_id)
        _refuse_name(connection, rule, rule_id)
        connection.execute(
            alert_rules.update()
            .where(alert_rules.c.id == rule_id)
            .values(**_row(rule), updated_at=now)
        )
        orders_changed(connection, self._database)
        return KeptRule(replace(rule, id=rule_id), former.created_at, now)

    def _remove(self, connection: sa.Connection, rule_id: int) -> None:
        _writable(connection, rule_id)
        connection.execute(alert_rules.delete().where(alert_rules.c.id == rule_id))
        orders_changed(connection, self._database)

    def _begin_with(self, connection: sa.Connection, rules: Sequence[Rule], now: float) -> bool:
        any_rule = connection.execute(sa.select(alert_rules.c.id).limit(1)).first()
        if any_rule is not None or orders_revision(connection):
            return False
        for rule in rules:
            self._add(connection, rule, now)
        return True

    def _put_file(
        self, connection: sa.Connection, file: RuleFile, rules: Sequence[Rule] | None, now: float
    ) -> None:
        values = {"rules": file.rules, "error": file.error, "read_at": file.read_at}
        connection.execute(
            upsert(self._database, alert_rule_files)
            .values(path=file.path, **values)
            .on_conflict_do_update(index_elements=["path"], set_=values)
        )
        if rules is None:
            return
        mine = alert_rules.c.source == file.path
        former = {row.name: row for row in connection.execute(sa.select(alert_rules).where(mine))}
        names = {rule.name for rule in rules}
        gone = [row.id for name, row in former.items() if name not in names]
        connection.execute(alert_rules.delete().where(alert_rules.c.id.in_(gone)))
        for rule in rules:
            row = former.get(rule.name)
            if row is None:
                self._add(connection, rule, now)
            elif row.document != _row(rule)["document"]:
                connection.execute(
                    alert_rules.update()
                    .where(alert_rules.c.id == row.id)
                    .values(**_row(rule), updated_at=now)
                )
        orders_changed(connection, self._database)

    def _drop_files(self, connection: sa.Connection, but: list[str]) -> None:
        paths = connection.execute(sa.select(alert_rule_files.c.path)).scalars().all()
        gone = [path for path in paths if path not in but]
        if not gone:
            return
        connection.execute(alert_rules.delete().where(alert_rules.c.source.in_(gone)))
        connection.execute(alert_rule_files.delete().where(alert_rule_files.c.path.in_(gone)))
        orders_changed(connection, self._database)


def kept_rules(connection: sa.Connection) -> list[KeptRule]:
    """Read all rules, by id."""
    rows = connection.execute(sa.select(alert_rules).order_by(alert_rules.c.id))
    return [_kept(row) for row in rows]


def _kept(row: sa.Row[Any]) -> KeptRule:
    rule = rule_from(orjson.loads(row.document), source=row.source)
    return KeptRule(replace(rule, id=row.id), row.created_at, row.updated_at)


def _row(rule: Rule) -> dict[str, Any]:
    return {"name": rule.name, "document": dumps(rule_as_dict(rule)), "source": rule.source}


def _writable(connection: sa.Connection, rule_id: int) -> KeptRule:
    row = connection.execute(sa.select(alert_rules).where(alert_rules.c.id == rule_id)).first()
    if row is None:
        msg = f"There is no rule {rule_id}."
        raise NotFoundError(msg)
    if row.source:
        msg = f"The rule “{row.name}” stands in {row.source}: change it there."
        raise ConflictError(msg, code="rule_in_file")
    return _kept(row)


def _refuse_name(connection: sa.Connection, rule: Rule, rule_id: int) -> None:
    taken = sa.select(alert_rules).where(
        alert_rules.c.name == rule.name, alert_rules.c.id != rule_id
    )
    row = connection.execute(taken).first()
    if row is not None:
        where = f", in {row.source}" if row.source else ""
        msg = f"There is a rule “{rule.name}” already{where}; choose another name."
        raise ConflictError(msg, code="rule_exists")


def _files(connection: sa.Connection) -> list[RuleFile]:
    rows = connection.execute(sa.select(alert_rule_files).order_by(alert_rule_files.c.path))
    return [RuleFile(row.path, row.rules, row.error, row.read_at) for row in rows]
