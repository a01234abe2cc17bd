"""Programs that read the API's description find a server that does what it says.

Schemathesis makes requests of the description, fit and unfit ones, and holds every answer against
it: no error of the server, no status, content type or shape that is not described, nothing unfit
taken. `schemathesis.toml` says what it expects; `QUADRA_SCHEMATHESIS=200` makes it ask longer.
"""

import os
import re
import sys

import pytest

from tests.servers.process import plain_environment
from tests.servers.quadra import QuadraServer, run

EXAMPLES = os.environ.get("QUADRA_SCHEMATHESIS", "")
# The phase of coverage asks thousands of times: each bound of each field, and beyond it.
PHASES = "examples,coverage,fuzzing" if EXAMPLES else "examples,fuzzing"
# Revoking the token that it asks with would end all further questions; protobuf it cannot make; a
# drill and a channel's test wait for somebody outside, whom an invented channel does not have.
LEFT_OUT = "/tokens/|/prometheus/|/drill|/test"


@pytest.mark.timeout(3_700 if EXAMPLES else 120)
def test_the_server_does_what_its_description_says(server: QuadraServer) -> None:
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/api/openapi.json"),
        *("--header", f"Authorization: Bearer {server.token}", "--phases", PHASES),
        *("--max-examples", EXAMPLES or "4", "--exclude-path-regex", LEFT_OUT, "--seed", "1"),
        *("--continue-on-failure", "--no-color", "--suppress-health-check", "all"),
    ]
    done = run(command, env=plain_environment(), timeout=3600 if EXAMPLES else 110)
    assert 0 == done.returncode, done.stdout[-20_000:] + done.stderr[-500:]
    asked = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert asked is not None, done.stdout[-2000:]
    assert 100 < int(asked[2])
