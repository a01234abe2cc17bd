"""A machine of its own, as far as the network goes: a network namespace behind one cable."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from functools import cache
from typing import Self

NOBODY = "02:00:00:00:00:ff"  # an Ethernet address that nobody has


class FarMachine:
    """What is started with ``command`` before it reaches this machine at ``here`` alone.

    ``cut`` is a switch that has lost its way: packets go out in both directions, none arrives, and
    neither kernel is told. Nothing leaves this machine meanwhile.
    """

    def __init__(self) -> None:
        number = secrets.randbelow(1 << 15) * 4  # of the addresses for tests of networks, RFC 2544
        place = f"198.{18 + (number >> 16)}.{number >> 8 & 255}"
        self.name = f"quadra-{secrets.token_hex(3)}"
        self.here, self._there = f"{place}.{(number & 255) + 1}", f"{place}.{(number & 255) + 2}"
        self._cable = f"q{secrets.token_hex(5)}"

    @property
    def command(self) -> list[str]:
        """What goes before a command line that is to run there."""
        return ["ip", "netns", "exec", self.name]

    def cut(self) -> None:
        """Let nothing through."""
        self._meet(NOBODY, NOBODY)

    def mend(self) -> None:
        """Let through what comes from now on."""
        self._meet(*self._addresses)

    def __enter__(self) -> Self:
        _run("ip", "netns", "add", self.name)
        try:
            _run(
                "ip", "link", "add", self._cable, "type", "veth", "peer", "eth0", "netns", self.name
            )
            _run("ip", "addr", "add", f"{self.here}/30", "dev", self._cable)
            _run("ip", "link", "set", self._cable, "up")
            inside = ("ip", "-n", self.name)
            _run(*inside, "addr", "add", f"{self._there}/30", "dev", "eth0")
            for device in ("lo", "eth0"):
                _run(*inside, "link", "set", device, "up")
            self._addresses = (
                _ethernet(_run(*inside, "link", "show", "eth0")),
                _ethernet(_run("ip", "link", "show", self._cable)),
            )
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        _run("ip", "netns", "delete", self.name)  # and the cable with it

    def _meet(self, there: str, here: str) -> None:
        kept = ("nud", "permanent")
        _run("ip", "neigh", "replace", self._there, "lladdr", there, "dev", self._cable, *kept)
        _run(
            *("ip", "-n", self.name, "neigh", "replace", self.here),
            *("lladdr", here, "dev", "eth0", *kept),
        )


@cache
def why_not() -> str:
    """Say why there can be no such machine here; nothing when there can."""
    if shutil.which("ip") is None:
        return "there is no program ip"
    if os.geteuid() != 0:
        return "only root may make network namespaces"
    try:
        with FarMachine():
            return ""
    except subprocess.CalledProcessError as error:
        return f"no network namespace can be made: {error.stderr.strip()}"


def _ethernet(shown: str) -> str:
    found = re.search(r"link/ether (\S+)", shown)
    assert found is not None, shown
    return found[1]


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
