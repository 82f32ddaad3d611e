"""Versions of schemes: each scheme of before is its own first version, and its gates move into it."""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "scheme_versions"
down_revision = "award_history"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
NOW = (
    "name, pays_for, component, frequency, first_period_day, payment_limit_pence, payroll_limit_pence, bank_profile_id"
)


def upgrade() -> None:
    op.create_table(
        "scheme_version",
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("definition", JSONB(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "scheme_id"], ["scheme.body_id", "scheme.id"], name=op.f("fk_scheme_version_body_id_scheme_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "change_id"], ["change.body_id", "change.id"], name=op.f("fk_scheme_version_body_id_change_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_scheme_version")),
        sa.UniqueConstraint("body_id", "scheme_id", "number", name=op.f("uq_scheme_version_body_id_scheme_id_number")),
    )
    keep_what_is_there()
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON scheme_version "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute("ALTER TABLE scheme_version ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE scheme_version FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON scheme_version TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON scheme_version USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(f"GRANT UPDATE ({NOW}, version) ON scheme TO payouts_app")
    op.drop_table("gate_rule")
    op.drop_constraint(op.f("ck_change_changekind"), "change", type_="check")
    op.create_check_constraint(op.f("ck_change_changekind"), "change", "kind IN ('cooling_off', 'duties', 'scheme')")


def keep_what_is_there() -> None:
    """Version 1 of each scheme, from its first period or, if a payroll paid one before it, from that."""
    connection = op.get_bind()
    gates = connection.execute(sa.text("SELECT * FROM gate_rule ORDER BY position")).mappings().all()
    add = sa.text(
        "INSERT INTO scheme_version (body_id, id, scheme_id, number, effective_from, definition, made_at) "
        "VALUES (:body_id, uuidv7(), :scheme_id, :number, least(CAST(:first AS date), (SELECT min(period_first_day) "
        "FROM payroll WHERE body_id = :body_id AND scheme_id = :scheme_id)), CAST(:definition AS jsonb), :made_at)"
    )
    for scheme in connection.execute(sa.text("SELECT * FROM scheme")).mappings().all():
        own = [gate for gate in gates if (gate["body_id"], gate["scheme_id"]) == (scheme["body_id"], scheme["id"])]
        connection.execute(
            add,
            {
                "body_id": scheme["body_id"],
                "scheme_id": scheme["id"],
                "number": scheme["version"],
                "first": scheme["first_period_day"],
                "definition": json.dumps(definition_of(scheme, own)),
                "made_at": scheme["made_at"],
            },
        )


def definition_of(scheme: sa.RowMapping, gates: list[sa.RowMapping]) -> dict[str, object]:
    """What a scheme said before it had versions: an amount on each award, paid whole, on any day of the period."""
    return {
        "code": scheme["code"],
        "name": scheme["name"],
        "pays_for": scheme["pays_for"],
        "schedule": {
            "frequency": scheme["frequency"],
            "first_day": scheme["first_period_day"].isoformat(),
            "pay_day": "chosen",
            "pay_days": 0,
            "non_working": "earlier",
            "listed": [],
        },
        "components": [
            {
                "code": scheme["component"],
                "name": scheme["component"].capitalize(),
                "rule": {"kind": "fixed", "part_period": "whole"},
                "finance": {"fund": "", "cost_centre": "", "account": "", "vat": ""},
            }
        ],
        "payment_limit_pence": scheme["payment_limit_pence"],
        "payroll_limit_pence": scheme["payroll_limit_pence"],
        "reference": "{scheme}-{payroll}-{number}",
        "bank_profile_id": str(scheme["bank_profile_id"]),
        "gates": [
            {name: gate[name] for name in ("kind", "name", "question", "role", "people_needed", "evidence_asked")}
            for gate in gates
        ],
        "examples": [],
    }
