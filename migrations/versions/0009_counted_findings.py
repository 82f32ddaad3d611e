"""Findings counted by kind, acts of acceptance, and who brought in what a sealed payroll is the first to use.

Pages read these rows instead of a payroll's findings and payments, of which there may be a million. What stood in the
database before is counted once, here.
"""

import sqlalchemy as sa
from alembic import op

revision = "counted_findings"
down_revision = "changes"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
KINDS = (
    "nothing_to_pay", "totals_differ", "too_many_items", "payroll_over_limit", "file_over_limit",
    "payment_over_limit", "item_over_bank_limit", "unusually_large", "cut_off_passed", "modulus_failed",
    "modulus_not_checkable", "foreign_currency_account", "bank_details_unconfirmed", "one_account_several_payees",
    "one_payee_several_payments", "name_cut", "name_rewritten", "first_payment", "no_such_account", "name_no_match",
    "name_close_match", "account_switched", "name_cannot_be_checked", "names_not_checked",
)  # fmt: skip
USED = """
    EXISTS (SELECT FROM payment AS earlier WHERE earlier.body_id = payment.body_id
        AND earlier.payee_id = payment.payee_id AND earlier.payroll_id <> payment.payroll_id
        AND earlier.status IN ('released', 'submitted') AND {same})
"""


def one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    make_tables()
    for table in ("finding_group", "acceptance", "first_use"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute("GRANT UPDATE (open_count), DELETE ON finding_group TO payouts_app")
    count_what_is_there()
    # after the filling: from now on nobody takes back that they accepted or brought in something
    for table in ("acceptance", "first_use"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def make_tables() -> None:
    op.create_table(
        "finding_group",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("severity", sa.String(40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("open_count", sa.Integer(), nullable=False),
        sa.Column("amount_pence", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(one_of("kind", KINDS), name=op.f("ck_finding_group_kind")),
        sa.CheckConstraint(
            one_of("severity", ("block", "needs_reason", "note")), name=op.f("ck_finding_group_severity")
        ),
        sa.CheckConstraint("open_count between 0 and count", name=op.f("ck_finding_group_open")),
        to_body_row("finding_group", "payroll"),
        sa.PrimaryKeyConstraint("body_id", "payroll_id", "kind", name=op.f("pk_finding_group")),
    )
    op.create_table(
        "acceptance",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("build", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("accepted_by", sa.Uuid(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(one_of("kind", KINDS), name=op.f("ck_acceptance_kind")),
        sa.CheckConstraint("count > 0", name=op.f("ck_acceptance_count")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_acceptance_reason")),
        to_body_row("acceptance", "payroll"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_acceptance")),
    )
    op.create_index("ix_acceptance_payroll", "acceptance", ["body_id", "payroll_id", "build"])
    op.create_table(
        "first_use",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("brought", sa.String(40), nullable=False),
        sa.CheckConstraint(one_of("brought", ("bank_details", "money")), name=op.f("ck_first_use_brought")),
        to_body_row("first_use", "manifest"),
        sa.PrimaryKeyConstraint("body_id", "manifest_id", "person_id", "brought", name=op.f("pk_first_use")),
    )


def to_body_row(table: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["body_id", f"{other}_id"],
        [f"{other}.body_id", f"{other}.id"],
        name=op.f(f"fk_{table}_body_id_{other}_id"),
    )


def count_what_is_there() -> None:
    op.execute(
        """
        INSERT INTO finding_group (body_id, payroll_id, kind, severity, count, open_count, amount_pence)
        SELECT finding.body_id, finding.payroll_id, kind, severity, count(*),
            count(*) FILTER (WHERE severity <> 'note' AND accepted_at IS NULL), coalesce(sum(amount_pence), 0)
        FROM finding LEFT JOIN payment ON payment.body_id = finding.body_id AND payment.id = finding.payment_id
        GROUP BY 1, 2, 3, 4
        """
    )
    op.execute(
        """
        INSERT INTO acceptance (body_id, id, payroll_id, build, kind, count, reason, accepted_by, accepted_at)
        SELECT finding.body_id, gen_random_uuid(), payroll_id, build, kind, count(*), reason, accepted_by, accepted_at
        FROM finding JOIN payroll ON payroll.body_id = finding.body_id AND payroll.id = finding.payroll_id
        WHERE accepted_at IS NOT NULL
        GROUP BY finding.body_id, payroll_id, build, kind, reason, accepted_by, accepted_at
        """
    )
    for brought, table, person, same in (
        ("bank_details", "account", "proposed_by", "earlier.account_id = payment.account_id"),
        ("money", "award", "made_by", "earlier.award_id = payment.award_id"),
    ):
        op.execute(
            f"""
            INSERT INTO first_use (body_id, manifest_id, person_id, brought)
            SELECT DISTINCT payment.body_id, payroll.manifest_id, {table}.{person}, '{brought}'
            FROM payment
            JOIN payroll ON payroll.body_id = payment.body_id AND payroll.id = payment.payroll_id
            JOIN {table} ON {table}.body_id = payment.body_id AND {table}.id = payment.{table}_id
            WHERE payroll.manifest_id IS NOT NULL AND NOT {USED.format(same=same)}
            """
        )
