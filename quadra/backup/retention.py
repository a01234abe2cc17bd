"""Which backups may go. Decides only; the caller reads and removes files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from quadra.backup.names import KINDS, BackupName


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup in the folder.

    ``order`` grows with each backup that is made, whatever the clock said; ``changed_at`` is when
    its file was last written, in unix seconds.
    """

    name: BackupName
    order: int
    changed_at: float


def expired(
    kept: Iterable[Kept], now: float, keep_seconds: float, is_good: Callable[[Kept], bool]
) -> list[Kept]:
    """List what is older than ``keep_seconds``, but never the newest good one of each kind.

    Where no good one is left, nothing of that kind goes: a damaged backup may still hold what
    somebody needs. ``is_good`` reads a whole file, so it is asked from the newest on, and only
    where something would go.
    """
    gone: list[Kept] = []
    everything = list(kept)
    for kind in KINDS:
        newest_first = sorted(
            (one for one in everything if one.name.kind == kind),
            key=lambda one: one.order,
            reverse=True,
        )
        old = [one for one in newest_first if now - min(one.name.at, one.changed_at) > keep_seconds]
        if not old:
            continue
        newest_good = next((one for one in newest_first if is_good(one)), None)
        if newest_good is not None:
            gone += [one for one in old if one is not newest_good]
    return gone
