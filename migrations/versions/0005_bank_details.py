"""Changes of bank details: proposed, called back about, confirmed or rejected, cooling off, stopped, seen in full."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
UNPAID = ("not_started", "ended", "no_confirmed_bank_details", "bank_details_stopped", "paid_already")


def upgrade() -> None:
    op.add_column("body", sa.Column("cooling_off_days", sa.Integer(), nullable=False, server_default="2"))
    op.create_check_constraint(op.f("ck_body_cooling_off_days"), "body", "cooling_off_days between 0 and 20")
    change_account()
    make_tables()
    for table in ("call_back", "unmasking"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(
        "GRANT UPDATE (usable_from, waived_by, waived_at, waived_because, rejected_by, rejected_at, rejected_because, "
        "stopped_as, stopped_by, stopped_at) ON account TO payouts_app"
    )
    op.execute("GRANT UPDATE (cooling_off_days) ON body TO payouts_app")
    op.drop_constraint(op.f("ck_unpaid_unpaidreason"), "unpaid", type_="check")
    listed = ", ".join(f"'{reason}'" for reason in UNPAID)
    op.create_check_constraint(op.f("ck_unpaid_unpaidreason"), "unpaid", f"reason IN ({listed})")


WAIVER = """
    (waived_by is null) = (waived_at is null) and (waived_by is null or
    (waived_by <> proposed_by and confirmed_by is not null and coalesce(waived_because, '') <> ''))
"""
REJECTION = """
    (rejected_by is null) = (rejected_at is null) and (rejected_by is null or
    (confirmed_by is null and coalesce(rejected_because, '') <> ''))
"""


def change_account() -> None:
    for name, kind in (
        ("came_by", sa.String(40)),
        ("usable_from", sa.Date()),
        ("waived_by", sa.Uuid()),
        ("waived_at", sa.DateTime(timezone=True)),
        ("waived_because", sa.String()),
        ("rejected_by", sa.Uuid()),
        ("rejected_at", sa.DateTime(timezone=True)),
        ("rejected_because", sa.String()),
        ("stopped_as", sa.String(40)),
        ("stopped_by", sa.Uuid()),
        ("stopped_at", sa.DateTime(timezone=True)),
    ):
        op.add_column("account", sa.Column(name, kind, nullable=True))
    for name, rule in (
        ("cameby", "came_by IN ('letter', 'form', 'phone', 'email')"),
        ("stopped", "stopped_as IN ('closed', 'compromised')"),
        ("waiver", WAIVER),
        ("rejection", REJECTION),
        ("stop", "(stopped_by is null) = (stopped_at is null) and (stopped_by is null) = (stopped_as is null)"),
    ):
        op.create_check_constraint(op.f(f"ck_account_{name}"), "account", rule)
    op.create_index(
        "uq_account_waiting",
        "account",
        ["body_id", "payee_id"],
        unique=True,
        postgresql_where=sa.text("import_id is null and confirmed_at is null and rejected_at is null"),
    )


def make_tables() -> None:
    op.create_table(
        "call_back",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("spoke_to", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("contact_held_since", sa.Date(), nullable=False),
        sa.Column("called_on", sa.Date(), nullable=False),
        sa.Column("called_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("contact_held_since <= called_on - 30", name=op.f("ck_call_back_contact_held")),
        sa.ForeignKeyConstraint(
            ["body_id", "account_id"],
            ["account.body_id", "account.id"],
            name=op.f("fk_call_back_body_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_call_back")),
        sa.UniqueConstraint("body_id", "account_id", name=op.f("uq_call_back_body_id_account_id")),
    )
    op.create_table(
        "unmasking",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_unmasking_reason")),
        sa.ForeignKeyConstraint(
            ["body_id", "account_id"],
            ["account.body_id", "account.id"],
            name=op.f("fk_unmasking_body_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_unmasking")),
    )
    op.create_index("ix_unmasking_account", "unmasking", ["body_id", "account_id"])
