"""Notices of every event and by every channel: a body's own Notify, its own words and settings, and one notice each."""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "notices"
down_revision = "webhooks"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
INSTANT = sa.DateTime(timezone=True)
EVENTS = (
    "first_payment", "payment_reduced", "payment_on_its_way", "payment_should_be_there", "payment_delayed",
    "payment_held", "payment_stopped", "nothing_this_time", "payment_returned", "details_changed",
)  # fmt: skip
WAYS = ("email", "text", "letter")
LANGUAGES = ("english", "welsh")


def upgrade() -> None:
    make_connections()
    make_wordings()
    make_settings()
    for table in ("notify_connection", "notice_wording", "notice_settings"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute("GRANT UPDATE (confirmed_at, tried_at, trouble) ON notify_connection TO payouts_app")
    for word in ("notify", "notice_wording", "notice_settings"):
        add_word("change", "ck_change_changekind", "kind", word)
    widen_notices()


def make_connections() -> None:
    op.create_table(
        "notify_connection",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("key_name", sa.String(), nullable=False),
        sa.Column("kind", one_of("keykind", "test", "team", "live"), nullable=False),
        sa.Column("notify_service", sa.Uuid(), nullable=False),
        sa.Column("email_template", sa.String(), nullable=False),
        sa.Column("text_template", sa.String(), nullable=False),
        sa.Column("letter_template", sa.String(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("receipts_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("tried_at", INSTANT, nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        to_row("notify_connection", "key_id", "sealing_key"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_notify_connection")),
        sa.UniqueConstraint("body_id", "version", name=op.f("uq_notify_connection_body_id_version")),
    )


def make_wordings() -> None:
    op.create_table(
        "notice_wording",
        sa.Column("scheme_id", sa.Uuid(), nullable=True),
        sa.Column("event", one_of("noticeevent", *EVENTS), nullable=False),
        sa.Column("way", one_of("way", *WAYS), nullable=False),
        sa.Column("language", one_of("language", *LANGUAGES), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("body <> ''", name=op.f("ck_notice_wording_body")),
        to_row("notice_wording", "scheme_id", "scheme"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_notice_wording")),
        sa.UniqueConstraint(
            "body_id",
            "scheme_id",
            "event",
            "way",
            "language",
            "number",
            name=op.f("uq_notice_wording_body_id_scheme_id_event_way_language_number"),
            postgresql_nulls_not_distinct=True,
        ),
    )


def make_settings() -> None:
    op.create_table(
        "notice_settings",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("settings", JSONB(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_notice_settings_number")),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_notice_settings")),
        sa.UniqueConstraint("body_id", "number", name=op.f("uq_notice_settings_body_id_number")),
    )


def widen_notices() -> None:
    """A notice is about a payroll or one payment, by one channel, in one language, and may be tried again."""
    unique = sa.inspect(op.get_bind()).get_unique_constraints("notice")
    for constraint in unique:
        op.drop_constraint(op.f(str(constraint["name"])), "notice", type_="unique")
    op.add_column("notice", sa.Column("subject_id", sa.Uuid(), nullable=True))
    op.add_column(
        "notice", sa.Column("language", one_of("language", *LANGUAGES), nullable=False, server_default="english")
    )
    op.add_column("notice", sa.Column("attempt", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("notice", sa.Column("for_another", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.add_column("notice", sa.Column("facts", JSONB(), nullable=False, server_default=sa.text("'{}'")))
    op.add_column("notice", sa.Column("wording_id", sa.Uuid(), nullable=True))
    op.add_column("notice", sa.Column("follows_id", sa.Uuid(), nullable=True))
    op.add_column("notice", sa.Column("has_next", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.add_column("notice", sa.Column("plan_id", sa.Uuid(), nullable=True))
    op.add_column("notice", sa.Column("part", sa.Integer(), nullable=True))
    # those that there are were one a payroll; what still waits is planned again by its task
    op.execute("UPDATE notice SET subject_id = payroll_id, plan_id = payroll_id, part = 0")
    for column in ("subject_id", "plan_id", "part"):
        op.alter_column("notice", column, nullable=False)
    op.create_foreign_key(
        op.f("fk_notice_body_id_wording_id"), "notice", "notice_wording", ["body_id", "wording_id"], ["body_id", "id"]
    )
    op.create_foreign_key(
        op.f("fk_notice_body_id_follows_id"), "notice", "notice", ["body_id", "follows_id"], ["body_id", "id"]
    )
    op.create_unique_constraint(
        op.f("uq_notice_body_id_subject_id_payee_id_event_channel_attempt"),
        "notice",
        ["body_id", "subject_id", "payee_id", "event", "channel", "attempt"],
    )
    op.create_check_constraint(op.f("ck_notice_attempt"), "notice", "attempt >= 1")
    op.create_index("ix_notice_payee", "notice", ["body_id", "payee_id", "id"])
    op.create_index("ix_notice_part", "notice", ["body_id", "plan_id", "part"])
    in_flight = sa.text("status = 'sent'")
    op.create_index("ix_notice_in_flight", "notice", ["body_id", "sent_at"], postgresql_where=in_flight)
    listed = ", ".join(repr(way) for way in WAYS)
    op.alter_column("notice", "channel", type_=sa.String(40))
    op.create_check_constraint(op.f("ck_notice_channel"), "notice", f"channel IN ({listed})")
    for event in EVENTS:
        if event != "payment_on_its_way":
            add_word("notice", "ck_notice_noticeevent", "event", event)
    for table in ("notice", "staff_message", "details_warning"):
        add_word(table, f"ck_{table}_noticestatus", "status", "told")
    op.execute("GRANT UPDATE (wording_id, has_next) ON notice TO payouts_app")


def one_of(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def to_row(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["body_id", column], [f"{other}.body_id", f"{other}.id"], name=op.f(f"fk_{table}_body_id_{column}")
    )


def add_word(table: str, name: str, column: str, word: str) -> None:
    """Let one more word into the list that a check of the database keeps."""
    there = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    words = [*re.findall(r"'([a-z_0-9]+)'", str(there)), word]
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({', '.join(repr(each) for each in words)})")
