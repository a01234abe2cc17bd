"""Alert rules, alerts and what is told of them."""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "alert_events",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column(
            "ref", sa.String(length=100), nullable=False, comment="transition, silence or window"
        ),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_events")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("alert_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_events_alert_id"), ["alert_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_alert_events_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_alert_events_kind_ref"), ["kind", "ref"], unique=False)

    op.create_table(
        "alert_rule_files",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column(
            "error", sa.Text(), nullable=False, comment="why it can't be used; empty when it can"
        ),
        sa.Column("read_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_alert_rule_files")),
    )
    op.create_table(
        "alert_rules",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("document", sa.Text(), nullable=False, comment="JSON, as the API shows it"),
        sa.Column(
            "source",
            sa.Text(),
            nullable=False,
            comment="the file it stands in; empty for the API's",
        ),
        sa.Column("created_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("updated_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_rules")),
        sa.UniqueConstraint("name", name=op.f("uq_alert_rules_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alerts",
        sa.Column(
            "id", sa.BigInteger(), autoincrement=False, nullable=False, comment="given by the judge"
        ),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=100), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False, comment="0 for what is absent"),
        sa.Column("metric", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False, comment="JSON object"),
        sa.Column("annotations", sa.Text(), nullable=False, comment="JSON object"),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("started_at", sa.Float(), nullable=False, comment="unix seconds of event time"),
        sa.Column("fired_at", sa.Float(), nullable=True, comment="unix seconds of event time"),
        sa.Column("resolved_at", sa.Float(), nullable=True, comment="unix seconds of event time"),
        sa.Column("acknowledged_by", sa.String(length=100), nullable=True),
        sa.Column("acknowledged_at", sa.Float(), nullable=True, comment="unix seconds"),
        sa.Column("transitions", sa.Integer(), nullable=False),
        sa.Column(
            "machine", sa.Text(), nullable=False, comment="JSON, where its state machine stands"
        ),
        sa.Column("flapping", sa.Boolean(), nullable=False),
        sa.Column("paged_at", sa.Float(), nullable=True, comment="unix seconds"),
        sa.Column(
            "paged_before",
            sa.Float(),
            nullable=True,
            comment="unix seconds, of the alert before it",
        ),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("resolved_told", sa.Boolean(), nullable=False),
        sa.Column("escalated_at", sa.Float(), nullable=True, comment="unix seconds"),
        sa.Column("quieted_by", sa.Text(), nullable=False, comment="JSON list of reasons"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alerts_started_at"), ["started_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_alerts_state"), ["state"], unique=False)

    op.create_table(
        "judging",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False, comment="always 1"),
        sa.Column(
            "epoch", sa.BigInteger(), nullable=False, comment="of the judge whose writes count"
        ),
        sa.Column(
            "seq",
            sa.BigInteger(),
            nullable=True,
            comment="journal position it has reached; none before the first",
        ),
        sa.Column(
            "beat_at", sa.Float(), nullable=False, comment="unix seconds of its latest write"
        ),
        sa.Column(
            "last_alert", sa.BigInteger(), nullable=False, comment="newest alert id ever given"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judging")),
    )
    op.create_table(
        "maintenance_windows",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("document", sa.Text(), nullable=False, comment="JSON, as the API shows it"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance_windows")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "notice_groups",
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False, comment="of the key"),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("told_at", sa.Float(), nullable=True, comment="unix seconds"),
        sa.Column("waiting_since", sa.Float(), nullable=True, comment="unix seconds"),
        sa.Column("count", sa.Integer(), nullable=False, comment="pages so far"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_notice_groups")),
    )
    op.create_table(
        "outbox",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False, comment="of the page's key"),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column(
            "channel",
            sa.String(length=200),
            nullable=False,
            comment="empty: whoever delivers chooses",
        ),
        sa.Column("status", sa.String(length=10), nullable=False, comment="firing or resolved"),
        sa.Column(
            "kind",
            sa.String(length=12),
            nullable=False,
            comment="first, repeat, resolved or escalation",
        ),
        sa.Column(
            "alerts", sa.Text(), nullable=False, comment="JSON list, as a webhook receives it"
        ),
        sa.Column("created_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("state", sa.String(length=10), nullable=False, comment="waiting, sent or failed"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("claimed_until", sa.Float(), nullable=True, comment="unix seconds"),
        sa.Column(
            "claimed_by", sa.String(length=20), nullable=False, comment="the worker that sends it"
        ),
        sa.Column("sent_at", sa.Float(), nullable=True, comment="unix seconds"),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False, comment="what the channel calls the message"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("digest", name=op.f("uq_outbox_digest")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outbox_state_due_at"), ["state", "due_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_outbox_channel_group_key_state"),
            ["channel", "group_key", "state"],
            unique=False,
        )

    op.create_table(
        "silences",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("matchers", sa.Text(), nullable=False, comment="JSON list"),
        sa.Column("starts_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("ends_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False, comment="unix seconds"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silences")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("silences", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_silences_ends_at"), ["ends_at"], unique=False)


def downgrade() -> None:
    """Go back to the revision before."""
    with op.batch_alter_table("silences", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_silences_ends_at"))

    op.drop_table("silences")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_channel_group_key_state"))
        batch_op.drop_index(batch_op.f("ix_outbox_state_due_at"))

    op.drop_table("outbox")
    op.drop_table("notice_groups")
    op.drop_table("maintenance_windows")
    op.drop_table("judging")
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alerts_state"))
        batch_op.drop_index(batch_op.f("ix_alerts_started_at"))

    op.drop_table("alerts")
    op.drop_table("alert_rules")
    op.drop_table("alert_rule_files")
    with op.batch_alter_table("alert_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_events_kind_ref"))
        batch_op.drop_index(batch_op.f("ix_alert_events_at"))
        batch_op.drop_index(batch_op.f("ix_alert_events_alert_id"))

    op.drop_table("alert_events")
