"""The tables. Alembic alone creates them; only this package reads their names."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
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
    Column("secret", Text, comment="quadra.storage.vault; sent to the target as it was given"),
    sqlite_autoincrement=True,
)

alert_rules = Table(
    "alert_rules",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("document", Text, nullable=False, comment="JSON, as the API shows it"),
    Column("source", Text, nullable=False, comment="the file it stands in; empty for the API's"),
    Column("created_at", Float, nullable=False, comment="unix seconds"),
    Column("updated_at", Float, nullable=False, comment="unix seconds"),
    sqlite_autoincrement=True,
)

alert_rule_files = Table(
    "alert_rule_files",
    metadata,
    Column("path", Text, primary_key=True),
    Column("rules", Integer, nullable=False),
    Column("error", Text, nullable=False, comment="why it can't be used; empty when it can"),
    Column("read_at", Float, nullable=False, comment="unix seconds"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, comment="given by the judge"),
    Column("rule_id", Integer, nullable=False),
    Column("rule", String(100), nullable=False),
    Column("series_id", Integer, nullable=False, comment="0 for what is absent"),
    Column("metric", String(200), nullable=False),
    Column("fingerprint", String(16), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("labels", Text, nullable=False, comment="JSON object"),
    Column("annotations", Text, nullable=False, comment="JSON object"),
    Column("state", String(10), nullable=False),
    Column("threshold", Float, nullable=False),
    Column("value", Float),
    Column("peak", Float, comment="its worst value; null where none was kept"),
    Column("started_at", Float, nullable=False, comment="unix seconds of event time"),
    Column("fired_at", Float, comment="unix seconds of event time"),
    Column("resolved_at", Float, comment="unix seconds of event time"),
    Column("acknowledged_by", String(100)),
    Column("acknowledged_at", Float, comment="unix seconds"),
    Column("transitions", Integer, nullable=False),
    Column("machine", Text, nullable=False, comment="JSON, where its state machine stands"),
    Column("flapping", Boolean, nullable=False),
    Column("paged_at", Float, comment="unix seconds"),
    Column("paged_before", Float, comment="unix seconds, of the alert before it"),
    Column("pages", Integer, nullable=False),
    Column("resolved_told", Boolean, nullable=False),
    Column("escalated_at", Float, comment="unix seconds"),
    Column("quieted_by", Text, nullable=False, comment="JSON list of reasons"),
    Index(None, "state"),
    Index(None, "started_at"),
)

alert_events = Table(
    "alert_events",
    metadata,
    Column("id", _BigKey, primary_key=True, autoincrement=True),
    Column("alert_id", BigInteger, nullable=False),
    Column("at", Float, nullable=False, comment="unix seconds"),
    Column("kind", String(20), nullable=False),
    Column("value", Float),
    Column("by", String(100), nullable=False),
    Column("ref", String(100), nullable=False, comment="transition, silence or window"),
    Column("detail", Text, nullable=False),
    Index(None, "alert_id"),
    Index(None, "at"),
    Index(None, "kind", "ref"),
    sqlite_autoincrement=True,
)

silences = Table(
    "silences",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("matchers", Text, nullable=False, comment="JSON list"),
    Column("starts_at", Float, nullable=False, comment="unix seconds"),
    Column("ends_at", Float, nullable=False, comment="unix seconds"),
    Column("reason", Text, nullable=False),
    Column("created_by", String(100), nullable=False),
    Column("created_at", Float, nullable=False, comment="unix seconds"),
    Index(None, "ends_at"),
    sqlite_autoincrement=True,
)

maintenance_windows = Table(
    "maintenance_windows",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("document", Text, nullable=False, comment="JSON, as the API shows it"),
    sqlite_autoincrement=True,
)

notice_groups = Table(
    "notice_groups",
    metadata,
    Column("digest", LargeBinary(16), primary_key=True, comment="of the key"),
    Column("key", Text, nullable=False),
    Column("told_at", Float, comment="unix seconds"),
    Column("waiting_since", Float, comment="unix seconds"),
    Column("count", Integer, nullable=False, comment="pages so far"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", _BigKey, primary_key=True, autoincrement=True),
    Column("digest", LargeBinary(16), nullable=False, unique=True, comment="of the page's key"),
    Column("group_key", Text, nullable=False),
    Column("channel", String(200), nullable=False, comment="empty: whoever delivers chooses"),
    Column("status", String(10), nullable=False, comment="firing or resolved"),
    Column("kind", String(12), nullable=False, comment="first, repeat, resolved or escalation"),
    Column("alerts", Text, nullable=False, comment="JSON list, as a webhook receives it"),
    Column("created_at", Float, nullable=False, comment="unix seconds"),
    # What delivery keeps; the judge writes each row as waiting.
    Column("state", String(10), nullable=False, comment="waiting, sent or failed"),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Float, nullable=False, comment="unix seconds"),
    Column("claimed_until", Float, comment="unix seconds"),
    Column("claimed_by", String(20), nullable=False, comment="the worker that sends it"),
    Column("sent_at", Float, comment="unix seconds"),
    Column("error", Text, nullable=False),
    Column("ref", Text, nullable=False, comment="what the channel calls the message"),
    Index(None, "state", "due_at"),
    Index(None, "channel", "group_key", "state"),
    sqlite_autoincrement=True,
)

channels = Table(
    "channels",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("kind", String(10), nullable=False, comment="webhook, slack, email or apprise"),
    Column("url", Text, nullable=False, comment="quadra.storage.vault"),
    Column("secret", Text, nullable=False, comment="quadra.storage.vault; may be empty"),
    Column("settings", Text, nullable=False, comment="JSON object"),
    Column("enabled", Boolean, nullable=False),
    Column("origin", String(8), nullable=False, comment="api or settings"),
    Column("sent", Integer, nullable=False, comment="deliveries"),
    Column("failed", Integer, nullable=False, comment="deliveries"),
    Column("retried", Integer, nullable=False, comment="tries"),
    Column("sent_at", Float, comment="unix seconds"),
    Column("failed_at", Float, comment="unix seconds"),
    Column("error", Text, nullable=False, comment="of the latest delivery, empty if it was taken"),
    sqlite_autoincrement=True,
)

external_alerts = Table(
    "external_alerts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("digest", LargeBinary(16), nullable=False, unique=True, comment="of name and labels"),
    Column("name", String(100), nullable=False),
    Column("labels", Text, nullable=False, comment="JSON object, without the name"),
    Column("annotations", Text, nullable=False, comment="JSON object"),
    Column("url", Text, nullable=False),
    Column("starts_at", Float, nullable=False, comment="unix seconds"),
    Column("ends_at", Float, nullable=False, comment="unix seconds"),
    Column("revision", BigInteger, nullable=False, comment="grows with each change of any"),
    Index(None, "revision"),
    sqlite_autoincrement=True,
)

judging = Table(
    "judging",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="always 1"),
    Column("epoch", BigInteger, nullable=False, comment="of the judge whose writes count"),
    Column("seq", BigInteger, comment="journal position it has reached; none before the first"),
    Column("beat_at", Float, nullable=False, comment="unix seconds of its latest write"),
    Column("last_alert", BigInteger, nullable=False, comment="newest alert id ever given"),
)

figures = Table(
    "figures",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="always 1"),
    Column("state", Text, nullable=False, comment="JSON, see quadra.engine.figures"),
    Column("kept_at", Float, nullable=False, comment="unix seconds"),
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
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("digest", LargeBinary(32), nullable=False, unique=True, comment="of the cookie"),
    Column("token_id", ForeignKey("tokens.id", ondelete="CASCADE"), comment="who signed in by one"),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE")),
    Column("created_at", Float, nullable=False, comment="unix seconds"),
    Column("expires_at", Float, nullable=False, comment="unix seconds"),
    Column("address", String(64), nullable=False),
    Column("agent", String(200), nullable=False),
    Index(None, "expires_at"),
    sqlite_autoincrement=True,
)

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(100), nullable=False),
    Column("key", String(400), nullable=False, unique=True, comment="of the name, case apart"),
    Column("role", String(10), nullable=False, comment="viewer, editor or admin"),
    Column("password", String(200), nullable=False, comment="Argon2id; or empty"),
    Column("subject", String(600), unique=True, comment="issuer and sub"),
    Column("created_at", Float, nullable=False, comment="unix seconds"),
    Column("changed_at", Float, nullable=False, comment="unix seconds"),
    Column("disabled_at", Float, comment="unix seconds"),
    Column("signed_in_at", Float, comment="unix seconds"),
    sqlite_autoincrement=True,
)

audit = Table(
    "audit",
    metadata,
    Column("id", _BigKey, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False, comment="unix seconds"),
    Column("actor", String(100), nullable=False),
    Column("kind", String(10), nullable=False, comment="user, token, command"),
    Column("action", String(300), nullable=False),
    Column("target", String(300), nullable=False),
    Column("status", Integer, nullable=False, comment="as in HTTP"),
    Column("address", String(64), nullable=False),
    Column("detail", Text, nullable=False, comment="JSON object"),
    Index(None, "at"),
    sqlite_autoincrement=True,
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

anomalies = Table(
    "anomalies",
    metadata,
    Column("id", _BigKey, primary_key=True, autoincrement=True),
    Column("key", String(40), nullable=False, unique=True, comment="series and beginning"),
    Column("series_id", Integer, nullable=False),
    Column("metric", String(200), nullable=False),
    Column("labels", Text, nullable=False, comment="JSON object"),
    Column("started_at", Float, nullable=False, comment="unix seconds"),
    Column("ended_at", Float, comment="unix seconds"),
    Column("value", Float, nullable=False),
    Column("peak", Float, nullable=False),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
    Column("evidence", Float, nullable=False),
    Column("severity", String(10), nullable=False),
    Column("confidence", Float, nullable=False, comment="0 to 1"),
    Column("detector", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("group_key", String(40), nullable=False),
    Column("verdict", String(5), nullable=False, comment="right, wrong or empty"),
    Column("judged_by", String(100), nullable=False),
    Column("judged_at", Float, comment="unix seconds"),
    Index(None, "started_at"),
    Index(None, "series_id"),
    sqlite_autoincrement=True,
)

anomaly_tuning = Table(
    "anomaly_tuning",
    metadata,
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("sensitivity", Float, nullable=False),
    Column("muted", Boolean, nullable=False),
)

happenings = Table(
    "happenings",
    metadata,
    Column("id", _BigKey, primary_key=True, autoincrement=True),
    Column("digest", LargeBinary(16), nullable=False, unique=True, comment="of its key"),
    Column("at", Float, nullable=False, comment="unix seconds"),
    Column("kind", String(20), nullable=False),
    Column("title", String(300), nullable=False),
    Column("text", Text, nullable=False),
    Column("severity", String(10), nullable=False, comment="empty for none"),
    Column("labels", Text, nullable=False, comment="JSON object"),
    Column("by", String(100), nullable=False),
    Column("ref", String(100), nullable=False, comment="alert, anomaly or version"),
    Index(None, "at"),
    sqlite_autoincrement=True,
)

boards = Table(
    "boards",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(100), nullable=False),
    Column("view", Text, nullable=False, comment="JSON object"),
    Column("revision", Integer, nullable=False),
    Column("created_by", String(100), nullable=False),
    Column("created_at", Float, nullable=False, comment="unix seconds"),
    Column("changed_by", String(100), nullable=False),
    Column("changed_at", Float, nullable=False, comment="unix seconds"),
    Column("deleted_at", Float, comment="unix seconds"),
    Index(None, "name"),
    sqlite_autoincrement=True,
)
