"""Corrections from the bank: reports that were read, their lines, and what became of each."""

import sqlalchemy as sa
from alembic import op

revision = "bank_corrections"
down_revision = "scheme_versions"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
OUTCOMES = (
    "proposed", "change_waiting", "in_use_already", "replaced_since", "repeated", "not_found", "several_payees",
    "not_payable",
)  # fmt: skip
FAULTS = ("holder_name", "sort_code", "account_number", "bank_unknown", "roll_number", "modulus")


def one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_account_cameby"), "account", type_="check")
    op.create_check_constraint(
        op.f("ck_account_cameby"), "account", one_of("came_by", ("letter", "form", "phone", "email", "bank"))
    )
    op.create_table(
        "correction_report",
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("report_number", sa.String(), nullable=False),
        sa.Column("produced_on", sa.Date(), nullable=True),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("gaps", sa.Integer(), nullable=False),
        sa.Column("read_by", sa.Uuid(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_correction_report")),
        sa.UniqueConstraint("body_id", "sha256", name=op.f("uq_correction_report_body_id_sha256")),
    )
    op.create_index("ix_correction_report_read", "correction_report", ["body_id", "read_at"])
    make_lines()
    for table in ("correction_report", "correction_line"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")


def make_lines() -> None:
    op.create_table(
        "correction_line",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("fault", sa.String(40), nullable=True),
        sa.Column("payee_id", sa.Uuid(), nullable=True),
        sa.Column("proposal_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("old_last_four", sa.String(), nullable=False),
        sa.Column("new_last_four", sa.String(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(one_of("outcome", OUTCOMES), name=op.f("ck_correction_line_lineoutcome")),
        sa.CheckConstraint(one_of("fault", FAULTS), name=op.f("ck_correction_line_detailsfault")),
        sa.CheckConstraint(
            "(outcome = 'proposed') = (proposal_id is not null)", name=op.f("ck_correction_line_proposal")
        ),
        sa.CheckConstraint("(outcome = 'not_payable') = (fault is not null)", name=op.f("ck_correction_line_fault")),
        *(
            sa.ForeignKeyConstraint(
                ["body_id", column],
                [f"{table}.body_id", f"{table}.id"],
                name=op.f(f"fk_correction_line_body_id_{column}"),
            )
            for table, column in (
                ("correction_report", "report_id"),
                ("payee", "payee_id"),
                ("account", "proposal_id"),
            )
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_correction_line")),
        sa.UniqueConstraint(
            "body_id", "report_id", "position", name=op.f("uq_correction_line_body_id_report_id_position")
        ),
    )
    op.create_index("ix_correction_line_digest", "correction_line", ["body_id", "digest"])
