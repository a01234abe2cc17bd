"""What `make check` runs side by side: nothing that fails is overlooked, nothing is mixed up."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.servers.process import REPOSITORY


def beside(*commands: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(REPOSITORY / "scripts/tools/beside.sh"), *commands],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("place", range(3))
def test_whichever_fails_all_have_their_say_and_it_is_a_failure(place: int) -> None:
    commands = [f"echo begin {n}; echo end {n} >&2" for n in range(3)]
    commands[place] += "; exit 7"
    done = beside(*commands)
    assert 1 == done.returncode
    assert [f"{word} {n}" for n in range(3) for word in ("begin", "end")] == done.stdout.split(
        "\n"
    )[:-1]


def test_they_run_at_the_same_time(tmp_path: Path) -> None:
    """Each waits for what the other writes."""
    one, other = f"{tmp_path}/one", f"{tmp_path}/other"
    done = beside(
        f"mkfifo {one} {other}; touch {tmp_path}/made; echo x > {one}; cat {other}",
        f"until [ -e {tmp_path}/made ]; do :; done; cat {one}; echo y > {other}",
    )
    assert (0, "y\nx\n") == (done.returncode, done.stdout)
