"""Looks for bytes that break a door: guided by coverage, bounded in time and memory.

    make fuzz                          every door in turn, ten minutes in all
    make fuzz ARGS="--seconds 60 --only selector"

What breaks one is kept in .cache/fuzz/<door>/ and named; put it into the tests before mending it.
The inputs that reached new code stay there too, so that the next run goes on from them.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

KEPT = REPOSITORY / ".cache" / "fuzz"
MEMORY_MB = 1024
ONE_INPUT_S = 5
LONGEST = 4096


def main() -> int:
    """Fuzz each door in a process of its own; give 1 when one was broken."""
    from scripts.fuzzing.doors import doors  # noqa: PLC0415 - the child imports it under a watch

    names = list(doors())
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_AsWritten)
    parser.add_argument("--seconds", type=float, default=600, help="in all (%(default)s)")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="DOOR")
    parser.add_argument("--list", action="store_true", help="name the doors and end")
    wish = parser.parse_args()
    if wish.list:
        print("\n".join(names))
        return 0
    if importlib.util.find_spec("atheris") is None:
        print("The fuzzer has no build for this machine: use Linux on x86-64, Python 3.11 to 3.13.")
        return 2
    share = max(wish.seconds / len(wish.only), 1)
    broken = [name for name in wish.only if not _holds(name, doors()[name].seeds, share)]
    if broken:
        print(f"Broken: {', '.join(broken)}. What did it is in {KEPT.relative_to(REPOSITORY)}/.")
    return 1 if broken else 0


class _AsWritten(argparse.RawDescriptionHelpFormatter, argparse.ArgumentDefaultsHelpFormatter): ...


def _holds(name: str, seeds: tuple[bytes, ...], seconds: float) -> bool:
    """Fuzz one door for so long; say whether it held."""
    folder = KEPT / name
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    command = [
        *(sys.executable, __file__, "--child", name, str(corpus)),
        f"-max_total_time={max(round(seconds), 1)}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-timeout={ONE_INPUT_S}",
        f"-max_len={LONGEST}",
        f"-artifact_prefix={folder}/",
        "-print_final_stats=1",
    ]
    began = time.monotonic()
    log = folder / "log.txt"
    with log.open("wb") as said:
        code = subprocess.run(command, stdout=said, stderr=said, check=False).returncode
    text = log.read_text(encoding="utf-8", errors="replace")
    tried = text.rpartition("stat::number_of_executed_units:")[2].split("\n")[0].strip() or "?"
    verdict = "held" if code == 0 else "BROKEN"
    print(f"{name:22} {verdict:7} {tried:>9} inputs {time.monotonic() - began:6.1f} s", flush=True)
    if code:
        print("\n".join(text.splitlines()[-30:]))
    return code == 0


def child(name: str, arguments: list[str]) -> None:
    """Fuzz one door until libFuzzer ends this process."""
    import atheris  # noqa: PLC0415 - only here, and not for every machine

    with atheris.instrument_imports(include=["quadra"]):
        from scripts.fuzzing.doors import doors  # noqa: PLC0415 - instrumented while imported
    atheris.Setup([sys.argv[0], *arguments], doors()[name])
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(main())
