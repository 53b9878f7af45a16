"""The spine: every table of the first version.

Revision 0001. The timeline's triggers make it append-only on both databases.
"""

import sqlalchemy as sa
from alembic import op

from tocsin.ground.store.types import Json, Time

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# A copy on purpose: a migration stays what it was when it ran, whatever the code becomes.
APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER timeline_event_no_update BEFORE UPDATE ON timeline_event BEGIN "
        "SELECT RAISE(ABORT, 'the timeline is append-only'); END",
        "CREATE TRIGGER timeline_event_no_delete BEFORE DELETE ON timeline_event BEGIN "
        "SELECT RAISE(ABORT, 'the timeline is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION timeline_event_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the timeline is append-only'; END $$",
        "CREATE TRIGGER timeline_event_no_change BEFORE UPDATE OR DELETE ON timeline_event "
        "FOR EACH ROW EXECUTE FUNCTION timeline_event_append_only()",
    ),
}


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("changed_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_account"),
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("labels", Json(), nullable=False),
        sa.Column("annotations", Json(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("flags", Json(), nullable=False),
        sa.Column("dedup_key", sa.Text(), nullable=True),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("starts_at", Time(), nullable=False),
        sa.Column("ends_at", Time(), nullable=True),
        sa.Column("expires_at", Time(), nullable=True),
        sa.Column("sender_start", Time(), nullable=True),
        sa.Column("sender_end", Time(), nullable=True),
        sa.Column("first_seen", Time(), nullable=False),
        sa.Column("last_seen", Time(), nullable=False),
        sa.Column("said", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
    )
    op.create_index(
        "ix_alert_expiry",
        "alert",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("state = 'firing'"),
        postgresql_where=sa.text("state = 'firing'"),
    )
    op.create_index("ix_alert_newest", "alert", ["starts_at", "id"], unique=False)
    op.create_index("ix_alert_service", "alert", ["service", "starts_at", "id"], unique=False)
    op.create_index("ix_alert_state", "alert", ["state", "starts_at", "id"], unique=False)
    op.create_table(
        "alert_event",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name="pk_alert_event"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_alert_event_new",
        "alert_event",
        ["seq"],
        unique=False,
        sqlite_where=sa.text("state = 'new'"),
        postgresql_where=sa.text("state = 'new'"),
    )
    op.create_index(
        "ix_alert_event_waiting",
        "alert_event",
        ["alert", "seq"],
        unique=False,
        sqlite_where=sa.text("state != 'done'"),
        postgresql_where=sa.text("state != 'done'"),
    )
    op.create_index("uq_alert_event_episode", "alert_event", ["alert", "episode", "kind"], unique=True)
    op.create_table(
        "approval",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("step_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", Time(), nullable=False),
        sa.Column("expires_at", Time(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("decided_at", Time(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_approval"),
    )
    op.create_index("ix_approval_run", "approval", ["run"], unique=False)
    op.create_index("ix_approval_state", "approval", ["state"], unique=False)
    op.create_table(
        "boot",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", Time(), nullable=False),
        sa.Column("seen_at", Time(), nullable=False),
        sa.Column("ended_at", Time(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_boot"),
    )
    op.create_index("ix_boot_seen_at", "boot", ["seen_at"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("message", Json(), nullable=True),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("due_at", Time(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("next_at", Time(), nullable=False),
        sa.Column("switch_at", Time(), nullable=True),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("claimed_at", Time(), nullable=True),
        sa.Column("sent_at", Time(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("key", name="uq_delivery_key"),
    )
    op.create_index("ix_delivery_cause", "delivery", ["cause"], unique=False)
    op.create_index("ix_delivery_incident", "delivery", ["incident", "due_at"], unique=False)
    op.create_index(
        "ix_delivery_next_at",
        "delivery",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_delivery_open",
        "delivery",
        ["switch_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'claimed')"),
        postgresql_where=sa.text("state IN ('waiting', 'claimed')"),
    )
    op.create_index("ix_delivery_page", "delivery", ["page"], unique=False)
    op.create_index("ix_delivery_person", "delivery", ["person", "id"], unique=False)
    op.create_table(
        "escalation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("since", Time(), nullable=False),
        sa.Column("channels", Json(), nullable=False),
        sa.Column("targets", Json(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", Time(), nullable=False),
        sa.Column("ended_at", Time(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_escalation"),
    )
    op.create_index("ix_escalation_incident", "escalation", ["incident", "opened_at"], unique=False)
    op.create_table(
        "follower",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("xid", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_follower"),
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("rule", Json(), nullable=False),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("started_at", Time(), nullable=False),
        sa.Column("detected_at", Time(), nullable=False),
        sa.Column("acknowledged_at", Time(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("mitigated_at", Time(), nullable=True),
        sa.Column("soak_until", Time(), nullable=True),
        sa.Column("resolved_at", Time(), nullable=True),
        sa.Column("closed_at", Time(), nullable=True),
        sa.Column("updated_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
    )
    op.create_index("ix_incident_detected_at", "incident", ["detected_at", "id"], unique=False)
    op.create_index(
        "ix_incident_open",
        "incident",
        ["detected_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('triggered', 'acknowledged', 'mitigated')"),
        postgresql_where=sa.text("state IN ('triggered', 'acknowledged', 'mitigated')"),
    )
    op.create_index("ix_incident_service", "incident", ["service", "detected_at"], unique=False)
    op.create_index(
        "uq_incident_open_group",
        "incident",
        ["group_key"],
        unique=True,
        sqlite_where=sa.text("state IN ('triggered', 'acknowledged', 'mitigated')"),
        postgresql_where=sa.text("state IN ('triggered', 'acknowledged', 'mitigated')"),
    )
    op.create_table(
        "incident_alert",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("attached_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("incident", "alert", name="pk_incident_alert"),
    )
    op.create_index("ix_incident_alert_alert", "incident_alert", ["alert"], unique=False)
    op.create_table(
        "incident_clock",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("started_at", Time(), nullable=False),
        sa.Column("due_at", Time(), nullable=False),
        sa.Column("warn_at", Time(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("met_at", Time(), nullable=True),
        sa.PrimaryKeyConstraint("incident", "name", name="pk_incident_clock"),
    )
    op.create_table(
        "incident_number",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name="pk_incident_number"),
    )
    op.create_table(
        "incident_role",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("assigned_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("incident", "role", name="pk_incident_role"),
    )
    op.create_table(
        "installation",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_installation"),
    )
    op.create_table(
        "key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("revoked_at", Time(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_key"),
        sa.UniqueConstraint("hash", name="uq_key_hash"),
    )
    op.create_table(
        "monitor_round",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("availability", sa.Float(), nullable=False),
        sa.Column("latency_ms", sa.Float(), nullable=False),
        sa.Column("findings", Json(), nullable=False),
        sa.PrimaryKeyConstraint("service", "at", name="pk_monitor_round"),
    )
    op.create_index("ix_monitor_round_at", "monitor_round", ["at"], unique=False)
    op.create_table(
        "report",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cause", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("markdown", sa.Text(), nullable=False),
        sa.Column("drafted_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
        sa.UniqueConstraint("incident", "cause", name="uq_report_incident_cause"),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=True),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("plan", Json(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("allowed", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("waiting_for", Json(), nullable=True),
        sa.Column("inputs", Json(), nullable=False),
        sa.Column("hostile", Json(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("leg", sa.Integer(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("started_at", Time(), nullable=True),
        sa.Column("ended_at", Time(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
    )
    op.create_index("ix_run_incident", "run", ["incident", "id"], unique=False)
    op.create_index("ix_run_state", "run", ["state"], unique=False)
    op.create_table(
        "run_output",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("run", "step", "attempt", "seq", name="pk_run_output"),
    )
    op.create_table(
        "run_step",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("exit", sa.Integer(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("ms", sa.Float(), nullable=True),
        sa.Column("started_at", Time(), nullable=True),
        sa.Column("ended_at", Time(), nullable=True),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("detail", Json(), nullable=False),
        sa.PrimaryKeyConstraint("run", "key", "attempt", name="pk_run_step"),
    )
    op.create_table(
        "session",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("expires_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_session"),
    )
    op.create_index("ix_session_account", "session", ["account"], unique=False)
    op.create_table(
        "set_up",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("expires_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_set_up"),
    )
    op.create_table(
        "timeline_event",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("xid", sa.BigInteger(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("data", Json(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_timeline_event"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_timeline_event_incident", "timeline_event", ["incident", "seq"], unique=False)
    op.create_index("ix_timeline_event_position", "timeline_event", ["xid", "seq"], unique=False)
    op.create_table(
        "timer",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("due_at", Time(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("claimed_at", Time(), nullable=True),
        sa.Column("data", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_timer"),
        sa.UniqueConstraint("kind", "subject", name="uq_timer_kind_subject"),
    )
    op.create_index(
        "ix_timer_due",
        "timer",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "token",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("scopes", Json(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("revoked_at", Time(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
        sa.UniqueConstraint("hash", name="uq_token_hash"),
    )
    op.create_table(
        "work",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("args", Json(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wanted_at", Time(), nullable=False),
        sa.Column("started_at", Time(), nullable=True),
        sa.Column("ended_at", Time(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_work"),
    )
    op.create_index(
        "ix_work_open",
        "work",
        ["wanted_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('wanted', 'started')"),
        postgresql_where=sa.text("state IN ('wanted', 'started')"),
    )
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
