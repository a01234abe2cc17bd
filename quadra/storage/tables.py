"""The tables. Alembic alone creates them; only this package reads their names."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_BigKey = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only plain INTEGER keys

journal = Table(
    "journal",
    metadata,
    Column("seq", _BigKey, primary_key=True, autoincrement=True),
    Column("committed_at", Float, nullable=False, comment="unix seconds"),
    Column("first_t", BigInteger, nullable=False, comment="oldest sample, unix ms"),
    Column("last_t", BigInteger, nullable=False, comment="newest sample, unix ms"),
    Column("samples", Integer, nullable=False),
    Column("columns", LargeBinary, nullable=False, comment="quadra.telemetry.packing"),
    Index(None, "last_t", "first_t"),
    sqlite_autoincrement=True,
)

series = Table(
    "series",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("digest", LargeBinary(16), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("labels", Text, nullable=False, comment="JSON object"),
    Column("first_t", BigInteger, nullable=False, comment="unix ms"),
    Column("last_t", BigInteger, nullable=False, comment="unix ms"),
    Column("token_id", Integer, comment="of the token that brought it first"),
    sqlite_autoincrement=True,
)

memos = Table(
    "memos",
    metadata,
    Column("key", LargeBinary(17), primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("kept_at", Float, nullable=False, comment="unix seconds"),
    Index(None, "kept_at"),
)

chunks = Table(
    "chunks",
    metadata,
    Column("id", _BigKey, primary_key=True, autoincrement=True),
    Column("series_id", Integer, nullable=False),
    Column("first_t", BigInteger, nullable=False, comment="unix ms"),
    Column("last_t", BigInteger, nullable=False, comment="unix ms"),
    Column("step", BigInteger, nullable=False, comment="ms between samples, 0 when irregular"),
    Column("count", Integer, nullable=False),
    Column("times", LargeBinary, nullable=False, comment="quadra.telemetry.chunks"),
    Column("values", LargeBinary, nullable=False, comment="quadra.telemetry.chunks"),
    Column("checksum", BigInteger, comment="CRC-32; none on chunks of earlier versions"),
    Index(None, "series_id", "last_t"),
    sqlite_autoincrement=True,
)

rollups = Table(
    "rollups",
    metadata,
    Column("step", Integer, primary_key=True, autoincrement=False, comment="ms a cell"),
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("first_t", BigInteger, primary_key=True, comment="begin of its window, unix ms"),
    Column("cells", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False, comment="quadra.telemetry.blocks"),
    Column("checksum", BigInteger, nullable=False, comment="CRC-32 of data"),
    Index(None, "step", "first_t"),
)

minutes = Table(
    "minutes",
    metadata,
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("since", BigInteger, nullable=False, comment="unix ms: has cells of minutes from here"),
)

descriptions = Table(
    "descriptions",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("type", String(20), nullable=False),
    Column("unit", String(100), nullable=False),
    Column("help", Text, nullable=False),
)

positions = Table(
    "positions",
    metadata,
    Column("follower", String(40), primary_key=True),
    Column("seq", BigInteger, nullable=False, comment="journal position it has reached"),
)

shipments = Table(
    "shipments",
    metadata,
    Column("follower", String(40), primary_key=True),
    Column("sent", LargeBinary, nullable=False, comment="newest time sent of each series id"),
    Column("newest_dropped", BigInteger, nullable=False, comment="unix ms, of samples not here"),
    Column("refused", BigInteger, nullable=False, comment="samples the store would not take"),
    Column("trouble", Text, nullable=False, comment="what stands in the way, if anything"),
    Column("trouble_since", Float, comment="unix seconds"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("holder", String(100), nullable=False, comment="empty for nobody"),
    Column("epoch", BigInteger, nullable=False, comment="grows with every holder"),
    Column("beat", BigInteger, nullable=False, comment="grows with every renewal"),
    # Makes the epoch part of a key: Postgres then locks it apart from the beat.
    UniqueConstraint("name", "epoch"),
)

installation = Table(
    "installation",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

announcements = Table(
    "announcements",
    metadata,
    Column("id", _BigKey, primary_key=True, autoincrement=True),
    Column("event", String(40), nullable=False),
    Column("body", Text, nullable=False, comment="JSON object"),
    Column("at", Float, nullable=False, comment="unix seconds"),
    Index(None, "at"),
    sqlite_autoincrement=True,
)

targets = Table(
    "targets",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("digest", LargeBinary(16), nullable=False, unique=True, comment="of its series `up`"),
    Column("scheme", String(5), nullable=False),
    Column("host", String(255), nullable=False),
    Column("port", Integer, nullable=False),
    Column("path", Text, nullable=False, comment="with the query"),
    Column("labels", Text, nullable=False, comment="JSON object"),
    Column("interval", Float, nullable=False, comment="seconds"),
    Column("timeout", Float, nullable=False, comment="seconds"),
    Column("sample_limit", Integer, nullable=False),
    Column("body_size_limit", Integer, nullable=False, comment="bytes"),
    Column("label_limit", Integer),
    Column("credential", String(6), comment="bearer or basic"),
    Column("username", Text),
    Column("secret", Text, comment="sent to the target as it is"),
    sqlite_autoincrement=True,
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(100), nullable=False),
    Column("digest", LargeBinary(32), nullable=False, unique=True, comment="SHA-256"),
    Column("scopes", String(100), nullable=False, comment="by space"),
    Column("purpose", String(20), unique=True, comment="for the tokens that Quadra makes itself"),
    Column("created_at", Float, nullable=False, comment="unix seconds"),
    Column("expires_at", Float, comment="unix seconds"),
    Column("revoked_at", Float, comment="unix seconds"),
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True, comment="SHA-256 of the cookie"),
    Column("token_id", ForeignKey("tokens.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Float, nullable=False, comment="unix seconds"),
    Column("expires_at", Float, nullable=False, comment="unix seconds"),
    Index(None, "expires_at"),
)

sign_in_codes = Table(
    "sign_in_codes",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True, comment="SHA-256"),
    Column("created_at", Float, nullable=False, comment="unix seconds"),
    Column("used_at", Float, comment="unix seconds"),
)

errands = Table(
    "training_errands",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(10), nullable=False),
    Column("arguments", Text, nullable=False, comment="JSON object"),
    Column("asked_at", Float, nullable=False, comment="unix seconds"),
    Column("answer", Text, comment="JSON object, once it is done"),
    sqlite_autoincrement=True,
)

training = Table(
    "training",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="always 1"),
    Column("state", Text, nullable=False, comment="JSON object"),
    Column("reported_at", Float, nullable=False, comment="unix seconds"),
)
