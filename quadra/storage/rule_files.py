"""Alert rules that stand in YAML files: read, and read again when they change."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

import yaml

from quadra.alerts.rule_form import rule_from
from quadra.alerts.rules import Rule
from quadra.engine.alerting import RuleFile, RuleStore
from quadra.engine.ports import Clock
from quadra.errors import Fault, InvalidError, QuadraError

log = logging.getLogger(__name__)

MAX_FILE_BYTES = 1024**2
MAX_FILES = 200
MAX_RULES_A_FILE = 1_000
LOOK_EVERY_S = 2.0
SUFFIXES = (".yaml", ".yml")
_MOST_FAULTS = 50


def rules_of(content: bytes, source: str) -> list[Rule]:
    """Read ``rules: [...]`` or a plain list of rules; raises InvalidError with every fault."""
    try:
        document = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        words = " ".join(str(error).split())[:300]
        msg = f"not YAML: {words}"
        raise InvalidError(msg, code="bad_yaml") from None
    listed = document.get("rules") if isinstance(document, dict) else document
    if not isinstance(listed, list) or len(listed) > MAX_RULES_A_FILE:
        msg = f"a list of at most {MAX_RULES_A_FILE} rules, or rules: with such a list, is needed"
        raise InvalidError(msg, code="bad_rule", faults=(Fault(None, "rules", msg),))
    faults: list[Fault] = []
    rules: dict[str, Rule] = {}
    for n, one in enumerate(listed):
        where = f"rules[{n}]."
        try:
            rule = rule_from(one, index=n, where=where, source=source)
        except InvalidError as error:
            faults += error.faults
            continue
        if rule.name in rules:
            faults.append(Fault(n, f"{where}name", "another rule of this file has it"))
        rules[rule.name] = rule
    if faults:
        first = faults[0]
        msg = f"{first.field}: {first.reason}"
        raise InvalidError(msg, code="bad_rule", faults=tuple(faults[:_MOST_FAULTS]))
    return list(rules.values())


def read_rules(path: Path) -> list[Rule]:
    """Read a rule file; raises InvalidError."""
    try:
        with path.open("rb") as handle:
            content = handle.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        msg = f"can't be read: {error.strerror}"
        raise InvalidError(msg, code="bad_file") from None
    if len(content) > MAX_FILE_BYTES:
        msg = f"larger than {MAX_FILE_BYTES} bytes"
        raise InvalidError(msg, code="bad_file")
    return rules_of(content, str(path))


class RuleFiles:
    """Watches a folder. Blocking."""

    def __init__(
        self, folder: Path | None, store: RuleStore, clock: Clock, changed: Callable[[], None]
    ) -> None:
        """Wire; ``changed`` is called when there are other rules. No folder: no files."""
        self._folder = folder
        self._store = store
        self._clock = clock
        self._changed = changed
        self._seen: dict[str, bytes] | None = None

    def run(self, wait: Callable[[float], bool]) -> None:
        """Look again and again until ``wait(seconds)`` says that the end has come."""
        while True:
            try:
                self.look()
            except QuadraError as error:
                log.warning("Rule files can't be taken over now: %s", error.detail)
                self._seen = None
            except Exception:
                log.exception("Rule files could not be read")
            if wait(LOOK_EVERY_S):
                return

    def look(self) -> None:
        """Take over what has changed since the last look; raises StorageError."""
        now = self._clock()
        marks = {str(path): _mark(path) for path in self._paths()}
        before = self._seen
        if marks == before:
            return
        if before is None or set(before) - set(marks):
            self._store.drop_files(marks)
        for path, mark in marks.items():
            if before is None or before.get(path) != mark:
                self._take(Path(path), now)
        self._seen = marks
        self._changed()

    def _paths(self) -> list[Path]:
        if self._folder is None or not self._folder.is_dir():
            return []
        found = (path for path in self._folder.iterdir() if path.suffix in SUFFIXES)
        return sorted(path for path in found if path.is_file())[:MAX_FILES]

    def _take(self, path: Path, now: float) -> None:
        try:
            rules = read_rules(path)
            self._store.put_file(RuleFile(str(path), len(rules), "", now), rules, now)
            log.info("Took over %d alert rules of %s", len(rules), path)
        except InvalidError as error:
            self._refuse(path, error, now)
        except QuadraError as error:
            if error.code not in ("rule_exists", "too_many_rules"):
                raise
            self._refuse(path, error, now)

    def _refuse(self, path: Path, error: QuadraError, now: float) -> None:
        """Say why, and go on with the rules that the file had before."""
        log.warning("The alert rules of %s stay as they were: %s", path, error.detail)
        self._store.put_file(RuleFile(str(path), 0, error.detail, now), None, now)


def _mark(path: Path) -> bytes:
    """Give what changes with a file."""
    try:
        status = path.stat()
    except OSError:
        return b""
    text = f"{status.st_mtime_ns} {status.st_size} {status.st_ino}"
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
