"""`make audit`: known weaknesses in packages, risky patterns in our own code, secrets, licences.

An audit that could not be run has not passed: it is named, and the exit code is 3 (1 where
something was found). Each part runs whatever the others say.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PASSED, FOUND, NOT_RUN = "passed", "FOUND", "NOT RUN"
TIMEOUT_S = 240
_MOST_SAID = 40

# Patterns that look like nothing else; guesses by entropy drown in tests' made-up passwords.
_SECRETS = (
    "PrivateKeyDetector", "AWSKeyDetector", "AzureStorageKeyDetector", "GitHubTokenDetector",
    "GitLabTokenDetector", "NpmDetector", "PypiTokenDetector", "SendGridDetector",
    "SlackDetector", "StripeDetector", "TwilioKeyDetector", "OpenAIDetector",
)  # fmt: skip
# Their terms reach what is merely run beside them, which MIT does not go with.
_STRONG = re.compile(r"\b(?:AGPL|GPL|SSPL|BUSL)", re.IGNORECASE)
_WEAK = re.compile(r"LGPL|Lesser", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a part ended, and what it said."""

    state: str
    said: str


def packages() -> Outcome:
    """Ask for known weaknesses of each Python package in the lock files, in all of them."""
    command = [
        str(BIN / "pip-audit"), "--strict", "--disable-pip", "--require-hashes",
        "--progress-spinner=off", "--format=json",
        *(f"--requirement={name}" for name in ("requirements.txt", "requirements-dev.txt")),
    ]  # fmt: skip
    done = _run(command)
    return judged_packages(done.returncode, done.stdout, done.stderr)


def judged_packages(code: int, out: str, complaints: str) -> Outcome:
    """Judge what pip-audit said: without an answer on every package nothing is known."""
    try:
        audited: list[dict[str, Any]] = json.loads(out)["dependencies"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return Outcome(NOT_RUN, _last(complaints) or f"pip-audit ended with {code}")
    skipped = [one for one in audited if "skip_reason" in one]
    if skipped or not audited:
        reason = skipped[0]["skip_reason"] if skipped else "no package was audited"
        return Outcome(NOT_RUN, f"{len(skipped)} of {len(audited)} packages left out: {reason}")
    weak = [
        f"{one['name']} {one['version']}: {fault['id']}, mended in {fault['fix_versions']}"
        for one in audited
        for fault in one["vulns"]
    ]
    if weak:
        return Outcome(FOUND, "\n".join(weak))
    if code:
        return Outcome(NOT_RUN, _last(complaints))
    return Outcome(PASSED, f"{len(audited)} packages, no known weakness")


def node_packages() -> Outcome:
    """Ask for known weaknesses of the npm packages."""
    done = _run(["scripts/tools/npm.sh", "audit", "--json"])
    return judged_node(done.returncode, done.stdout, done.stderr)


def judged_node(code: int, out: str, complaints: str) -> Outcome:
    """Judge what npm audit said."""
    try:
        said = json.loads(out)
        counts = said["metadata"]["vulnerabilities"]
        asked = said["metadata"]["dependencies"]["total"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return Outcome(NOT_RUN, _last(complaints or out) or f"npm audit ended with {code}")
    if not asked:
        return Outcome(NOT_RUN, "no package was audited")
    if counts["total"]:
        weak = [f"{name}: {one['severity']}" for name, one in said["vulnerabilities"].items()]
        return Outcome(FOUND, "\n".join(weak))
    return Outcome(PASSED, f"{asked} packages, no known weakness")


def code() -> Outcome:
    """Look for risky patterns in our own code."""
    targets = ["app.py", "quadra", "utils", "scripts"]
    done = _run([str(BIN / "bandit"), "-q", "-c", "pyproject.toml", "-ll", "-r", *targets])
    if done.returncode == 0:
        return Outcome(PASSED, "nothing of medium or high severity")
    found = done.returncode == 1 and "Issue:" in done.stdout
    return Outcome(FOUND if found else NOT_RUN, done.stdout or _last(done.stderr))


def secrets() -> Outcome:
    """Look for secrets in every file that git knows."""
    plugins = [f"--disable-plugin={name}" for name in _other_plugins()]
    # Tests of masking hold what must be masked.
    command = [str(BIN / "detect-secrets"), "scan", *plugins, "--exclude-files", r"^tests/"]
    done = _run(command)
    try:
        found = json.loads(done.stdout)["results"]
    except (json.JSONDecodeError, KeyError):
        return Outcome(NOT_RUN, _last(done.stderr))
    lines = [
        f"{file}:{one['line_number']}: {one['type']}"
        for file, many in found.items()
        for one in many
    ]
    return Outcome(FOUND, "\n".join(lines)) if lines else Outcome(PASSED, "none")


def licences() -> Outcome:
    """See that no package that Quadra runs with has terms that MIT does not go with."""
    names = re.findall(r"(?m)^([\w.-]+)==", (ROOT / "requirements.txt").read_text(encoding="utf-8"))
    done = _run([str(BIN / "pip-licenses"), "--format=json", "--packages", *names])
    try:
        listed = json.loads(done.stdout)
    except json.JSONDecodeError:
        return Outcome(NOT_RUN, _last(done.stderr))
    strong = [
        f"{one['Name']}: {one['License']}"
        for one in listed
        if _STRONG.search(one["License"]) and not _WEAK.search(one["License"])
    ]
    if strong:
        return Outcome(FOUND, "\n".join(strong))
    return Outcome(PASSED, f"{len(listed)} packages; `make sbom` lists them")


PARTS: dict[str, Callable[[], Outcome]] = {
    "Python packages": packages,
    "npm packages": node_packages,
    "own code": code,
    "secrets": secrets,
    "licences": licences,
}


def main() -> int:
    """Run the parts and say how each ended."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--only", choices=sorted(PARTS), action="append", help="a part; repeatable")
    chosen = reader.parse_args()
    states = set()
    for name, part in PARTS.items():
        if chosen.only and name not in chosen.only:
            continue
        outcome = part()
        states.add(outcome.state)
        print(f"{outcome.state:<8} {name}: {outcome.said}")
    if FOUND in states:
        return 1
    if NOT_RUN in states:
        print("What could not be run has not passed: run it where the registries can be asked.")
        return 3
    return 0


def _other_plugins() -> list[str]:
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class  # noqa: PLC0415 - only here

    kinds: dict[str, type] = get_mapping_from_secret_type_to_class()
    known = {kind.__name__ for kind in kinds.values()}
    return sorted(known - set(_SECRETS))


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    if shutil.which(command[0]) is None and not (ROOT / command[0]).exists():
        return subprocess.CompletedProcess(command, 127, "", f"{command[0]} is not there")
    try:
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"no answer in {TIMEOUT_S} s")


def _last(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return "\n".join(lines[-_MOST_SAID:])[-600:]


if __name__ == "__main__":
    sys.exit(main())
