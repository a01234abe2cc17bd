"""Pages through a process of its own, started for this one errand.

It has no event loop, nothing that could be stuck with the worker, and takes what it needs on its
standard input, so it pages also while the database can't be read.
"""

from __future__ import annotations

import logging
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from quadra.engine.channels import Channel, Delivery
from quadra.engine.deadman import Told
from quadra.engine.ports import Runtime

log = logging.getLogger(__name__)

WITHIN_S = 60.0
LOOK_EVERY_S = 0.1


class ProcessPager:
    """Implements ``engine.deadman.Pager``."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], runtime: Runtime) -> None:
        """Wire; the command reads pages on its standard input and answers how they ended."""
        self._command = list(command)
        self._env = dict(env)
        self._runtime = runtime

    def page(self, pages: Sequence[tuple[Channel, Delivery]]) -> dict[str, Told]:
        """Deliver; what has no answer in time is to be tried again."""
        if not pages:
            return {}
        found = {
            channel.name: Told("it was not answered in time", again=True) for channel, _ in pages
        }
        # Files without names, not pipes: nothing here waits for the other side to read.
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as answered:
            given.write(orjson.dumps([_document(*page) for page in pages]))
            given.seek(0)
            child = subprocess.Popen(  # noqa: S603 - our own interpreter and script
                self._command, env=self._env, stdin=given, stdout=answered
            )
            waited = 0.0
            while child.poll() is None and waited < WITHIN_S:
                self._runtime.sleep(LOOK_EVERY_S)
                waited += LOOK_EVERY_S
            if child.poll() is None:
                child.kill()
                child.wait()
            answered.seek(0)
            text = answered.read()
        for line in text.splitlines():
            name, error, again = orjson.loads(line)
            found[name] = Told(error, again=again)
        return found


def _document(channel: Channel, delivery: Delivery) -> dict[str, Any]:
    return {
        "channel": {**asdict(channel), "settings": dict(channel.settings)},
        "delivery": asdict(delivery),
    }
