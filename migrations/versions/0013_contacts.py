"""How payees can be reached and want to be written to, dates of birth, and the history of what was changed."""

import sqlalchemy as sa
from alembic import op

revision = "contacts"
down_revision = "duplicates"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    op.add_column("beneficiary", sa.Column("date_of_birth", sa.Date(), nullable=True))
    add_payee_columns()
    make_contact()
    make_revision()
    for table in ("contact", "revision"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute("GRANT UPDATE (is_safe, ended_at, ended_by, ended_because) ON contact TO payouts_app")
    op.execute(
        "GRANT UPDATE (name, search_name, email, date_of_birth, preferred_channel, format, language, safe_contact) "
        "ON payee TO payouts_app"
    )
    op.execute("GRANT UPDATE (name, search_name, date_of_birth) ON beneficiary TO payouts_app")
    # the e-mail addresses that are there; who brought them in is known from their import
    op.execute(
        "INSERT INTO contact (body_id, id, payee_id, channel, value, held_since) "
        "SELECT body_id, uuidv7(), id, 'email', email, made_at FROM payee WHERE email IS NOT NULL"
    )


def add_payee_columns() -> None:
    op.add_column("payee", sa.Column("date_of_birth", sa.Date(), nullable=True))
    op.add_column("payee", sa.Column("preferred_channel", sa.String(), nullable=True))
    op.add_column("payee", sa.Column("format", sa.String(40), server_default="standard", nullable=False))
    op.add_column("payee", sa.Column("language", sa.String(40), server_default="english", nullable=False))
    op.add_column("payee", sa.Column("safe_contact", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_check_constraint(op.f("ck_payee_format"), "payee", "format IN ('standard', 'large_print', 'easy_read')")
    op.create_check_constraint(op.f("ck_payee_language"), "payee", "language IN ('english', 'welsh')")


def make_contact() -> None:
    op.create_table(
        "contact",
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=True),
        sa.Column("is_safe", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("held_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("added_because", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_because", sa.String(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("channel IN ('email', 'text', 'phone', 'letter')", name=op.f("ck_contact_channel")),
        sa.CheckConstraint("value <> ''", name=op.f("ck_contact_value")),
        sa.CheckConstraint(
            "(ended_by is null) = (ended_at is null) and (ended_by is null or coalesce(ended_because, '') <> '')",
            name=op.f("ck_contact_ended"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "payee_id"], ["payee.body_id", "payee.id"], name=op.f("fk_contact_body_id_payee_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_contact")),
    )
    op.create_index("ix_contact_payee", "contact", ["body_id", "payee_id"])
    op.create_index(
        "ix_contact_postcode",
        "contact",
        ["body_id", "postcode"],
        postgresql_where=sa.text("postcode is not null"),
    )


def make_revision() -> None:
    subjects = "'name', 'date_of_birth', 'preference', 'safe_contact', 'payment_method'"
    op.create_table(
        "revision",
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.String(40), nullable=False),
        sa.Column("sealed_values", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("revised_by", sa.Uuid(), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(f"subject IN ({subjects})", name=op.f("ck_revision_subject")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_revision_reason")),
        sa.ForeignKeyConstraint(
            ["body_id", "payee_id"], ["payee.body_id", "payee.id"], name=op.f("fk_revision_body_id_payee_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "beneficiary_id"],
            ["beneficiary.body_id", "beneficiary.id"],
            name=op.f("fk_revision_body_id_beneficiary_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_revision")),
    )
    op.create_index("ix_revision_payee", "revision", ["body_id", "payee_id", "id"])
