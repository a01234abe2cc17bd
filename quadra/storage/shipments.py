"""How far the journal is shipped to a store elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import sqlalchemy as sa
import zstandard

from quadra.engine.shipper import ShipmentReport, Shipped
from quadra.storage.chunks import FOLLOWER, drop_rows, hold_claim
from quadra.storage.database import Database
from quadra.storage.journal import JUDGED
from quadra.storage.tables import journal, positions, shipments
from quadra.storage.upserts import insert_into
from quadra.telemetry.batch import TimeArray

_PLACE = "history-url"
_MAX_TIMES_BYTES = 1 << 30
_NOTHING: dict[str, Any] = {
    "sent": b"",
    "newest_dropped": np.iinfo(np.int64).min,
    "refused": 0,
    "trouble": "",
    "trouble_since": None,
}


class SqlShipments:
    """Implements ``engine.shipper.ShipmentStore``.

    The position is the sealer's: up to there the journal's samples stand elsewhere too, whether
    in chunks or in the store, so that either may go on where the other has ended.
    """

    def __init__(self, database: Database) -> None:
        """Wire the store."""
        self._database = database

    def load(self) -> Shipped:
        """Give what is kept."""
        seq, sent, refused = self._database.read(_load)
        return Shipped(seq, _unpack(sent), refused)

    def intend(self, claim: int, sent: TimeArray) -> None:
        """Keep the newest times, before anything of them is sent."""
        self._database.write(self._keep, claim, {"sent": _pack(sent)})

    def report(self, claim: int, refused: int, trouble: str, since: float | None) -> None:
        """Keep, for whoever asks how it goes, the refused samples and what stands in the way."""
        row = {"refused": refused, "trouble": trouble, "trouble_since": since}
        self._database.write(self._keep, claim, row)

    def finish(self, claim: int, seq: int) -> int:
        """Keep the position and drop the rows up to it; gives how many."""
        self._database.write(self._finish, claim, seq)
        return self._database.write_in_portions(drop_rows, claim, journal.c.seq <= seq)

    def look(self) -> ShipmentReport:
        """Give how it goes, for a process that does not ship itself."""
        return ShipmentReport(*self._database.read(_look))

    def judged(self) -> int | None:
        """Give the position up to which samples have been judged, None where nobody judges."""
        return self._database.read(lambda connection: connection.execute(JUDGED).scalar())

    def newest_dropped(self) -> int:
        """Give the time (unix ms) after which every sample still stands here."""
        return self._database.read(_newest_dropped)

    def _keep(self, connection: sa.Connection, claim: int, row: dict[str, Any]) -> None:
        hold_claim(connection, claim)
        insert = insert_into(shipments, is_sqlite=self._database.is_sqlite)
        connection.execute(
            insert.values({"follower": _PLACE, **_NOTHING, **row}).on_conflict_do_update(
                index_elements=["follower"], set_=row
            )
        )

    def _finish(self, connection: sa.Connection, claim: int, seq: int) -> None:
        goes = journal.c.seq <= seq
        newest = connection.execute(sa.select(sa.func.max(journal.c.last_t)).where(goes)).scalar()
        before = _newest_dropped(connection)
        self._keep(connection, claim, {"newest_dropped": max(before, newest or before)})
        insert = insert_into(positions, is_sqlite=self._database.is_sqlite)
        connection.execute(
            insert.values(follower=FOLLOWER, seq=seq).on_conflict_do_update(
                index_elements=["follower"], set_={"seq": seq}
            )
        )


def _load(connection: sa.Connection) -> tuple[int, bytes, int]:
    seq = connection.execute(sa.select(positions.c.seq).where(positions.c.follower == FOLLOWER))
    row = connection.execute(_kept(shipments.c.sent, shipments.c.refused)).one_or_none()
    sent, refused = (b"", 0) if row is None else row
    return seq.scalar() or 0, sent, refused


def _look(connection: sa.Connection) -> tuple[int, int, str, float | None]:
    seq = connection.execute(sa.select(positions.c.seq).where(positions.c.follower == FOLLOWER))
    columns = (shipments.c.refused, shipments.c.trouble, shipments.c.trouble_since)
    row = connection.execute(_kept(*columns)).one_or_none()
    refused, trouble, since = (0, "", None) if row is None else row
    return seq.scalar() or 0, refused, trouble, since


def _newest_dropped(connection: sa.Connection) -> int:
    found = connection.execute(_kept(shipments.c.newest_dropped)).scalar()
    return int(_NOTHING["newest_dropped"]) if found is None else found


def _kept(*columns: sa.Column[Any]) -> sa.Select[Any]:
    return sa.select(*columns).where(shipments.c.follower == _PLACE)


def _pack(times: TimeArray) -> bytes:
    """Pack times; those of series that are sent together differ little, so their steps."""
    steps = np.diff(times, prepend=np.int64(0))
    return zstandard.ZstdCompressor(level=1).compress(steps.astype("<i8", copy=False).tobytes())


def _unpack(blob: bytes) -> TimeArray:
    if not blob:
        return np.empty(0, np.int64)
    plain = zstandard.ZstdDecompressor().decompress(blob, max_output_size=_MAX_TIMES_BYTES)
    return np.cumsum(np.frombuffer(plain, "<i8"))
