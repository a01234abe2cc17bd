"""Quadra with a simulated AI service beside it, which goes wrong now and then.

Takes Quadra's own settings from the environment. `--no-server` simulates towards a Quadra that
runs already with these settings, on this machine.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from quadra.durations import parse_duration
from quadra.errors import SettingsError
from quadra.settings import Settings
from scripts.demo import catalogue
from scripts.demo.faults import plan
from scripts.demo.otlp import encode
from scripts.demo.sending import PATH, Connection, Outbox
from scripts.demo.simulation import Simulation
from scripts.demo.truth import TruthFile

REPOSITORY = Path(__file__).resolve().parents[2]
LOOK_EVERY_S = 0.2
SHORTEST_GAP_S = 5.0
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - what they reach

Wait = Callable[[float], bool]
"""Waits some seconds; True when it is time to end."""


def say(text: str) -> None:
    """Tell whoever watches the terminal."""
    print(f"demo: {text}", flush=True)


def gap(text: str) -> float:
    """Read a duration that leaves room for a fault."""
    seconds = parse_duration(text)
    if seconds < SHORTEST_GAP_S:
        msg = f"at least {SHORTEST_GAP_S:g}s"
        raise ValueError(msg)
    return seconds


def read_arguments(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    reader = argparse.ArgumentParser(prog="make demo ARGS=…", description=__doc__)
    reader.add_argument("--seed", type=int, default=7, help="what happens follows from it (7)")
    reader.add_argument(
        "--first-fault", type=parse_duration, default=120.0, metavar="2m", help="after the start"
    )
    reader.add_argument(
        "--fault-every", type=gap, default=240.0, metavar="4m", help="from one fault to the next"
    )
    reader.add_argument("--truth", type=Path, help="file for what went wrong (in DATA_DIR)")
    reader.add_argument("--no-server", action="store_true", help="only simulate")
    reader.add_argument("--with-parent", action="store_true", help=argparse.SUPPRESS)
    chosen = reader.parse_args(arguments)
    if chosen.seed < 0:
        reader.error("--seed: use a whole number from 0 on")
    return chosen


def become_server(arguments: list[str]) -> int:
    """Start the simulation as a child, then turn into Quadra itself.

    So the server is what `make run` would have started, with its signals and exit code. The child
    holds the other end of a pipe, and so learns of the server's end, whatever ends it.
    """
    theirs, ours = os.pipe()
    command = [sys.executable, "-m", "scripts.demo", "--no-server", "--with-parent", *arguments]
    subprocess.Popen(command, cwd=REPOSITORY, stdin=theirs)
    os.close(theirs)
    os.set_inheritable(ours, True)  # noqa: FBT003 - the standard library's own order
    os.chdir(REPOSITORY)
    os.environ.setdefault("ENVIRONMENT", "demo")  # told in the console's corner
    os.execv(sys.executable, [sys.executable, "app.py"])  # noqa: S606 - no shell is wanted


def simulate(settings: Settings, chosen: argparse.Namespace, wait: Wait) -> None:
    """Simulate and send, second by second, until ``wait`` says that it is time to end."""
    connection = Connection(_ANY.get(settings.host, settings.host), settings.port)
    token_file = settings.first_steps_token_file
    while not (
        token_file.exists() and connection.ask("GET", "/ready", b"", "").status not in {0, 503}
    ):
        if wait(LOOK_EVERY_S):
            return
    truth_path = chosen.truth or settings.data_dir / "demo-truth.jsonl"
    truth = TruthFile(truth_path)
    outbox = Outbox(
        lambda body, token: connection.ask("POST", PATH, body, token),
        lambda: token_file.read_text(encoding="utf-8").strip(),
        say,
    )
    start = float(int(time.time()))
    offset = float(time.localtime(start).tm_gmtoff)
    faults = plan(chosen.seed, start, chosen.first_fault, chosen.fault_every)
    simulation = Simulation(chosen.seed, start, offset, faults)
    truth.began(start, chosen.seed, catalogue.SERVICES)
    say(
        f'simulates {len(catalogue.SERVICES)} AI services, each labelled "(simulated)". Something '
        f"goes wrong every {_spoken(chosen.fault_every)} or so; what and when is noted in "
        f"{truth_path}"
    )
    try:
        run(simulation, truth, outbox, wait)
    finally:
        truth.stop(time.time())
        connection.close()


def _spoken(seconds: float) -> str:
    return f"{seconds:.3g} seconds" if seconds < 120 else f"{seconds / 60:.3g} minutes"  # noqa: PLR2004


def run(
    simulation: Simulation,
    truth: TruthFile,
    outbox: Outbox,
    wait: Wait,
    clock: Callable[[], float] = time.time,
) -> None:
    """Take a step at each full second, note what goes wrong, and send."""
    last = simulation.start
    while not wait(max(last + 1 - clock(), 0.0)):
        now = float(int(clock()))
        if now <= last:
            continue
        for change in simulation.step(now):
            if change.what == "begins":
                truth.starts(change.fault)
            elif change.what == "shows":
                truth.shows(change.fault, now)
            else:
                truth.ends(change.fault, change.fault.end)
        outbox.put(encode(simulation.services, simulation.start, last, now))
        outbox.send(time.monotonic())
        last = now


def main(arguments: list[str]) -> int:
    """Run it; gives the exit code."""
    chosen = read_arguments(arguments)
    try:
        settings = Settings.from_env()
    except SettingsError as error:
        print(f"quadra: {error.detail}", file=sys.stderr)
        return 2
    if settings.port == 0:
        print("demo: PORT=0 takes any port; the simulation needs to know which", file=sys.stderr)
        return 2
    if not chosen.no_server:
        return become_server(arguments)

    ending = threading.Event()
    if chosen.with_parent:

        def watch_parent() -> None:
            sys.stdin.buffer.read()
            ending.set()

        threading.Thread(target=watch_parent, daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt):
        simulate(settings, chosen, ending.wait)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
