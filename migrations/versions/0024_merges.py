"""Merging two payees who are one person; nothing is paid for what they were paid under the other record."""

import re

import sqlalchemy as sa
from alembic import op

revision = "merges"
down_revision = "payment_parts"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    op.add_column("payee", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.add_column("beneficiary", sa.Column("same_as", sa.Uuid(), nullable=True))
    for table, column in (("payee", "merged_into"), ("beneficiary", "same_as")):
        op.create_foreign_key(
            op.f(f"fk_{table}_body_id_{column}"), table, table, ["body_id", column], ["body_id", "id"]
        )
        op.create_index(
            f"ix_{table}_{column}", table, ["body_id", column], postgresql_where=sa.text(f"{column} is not null")
        )
        op.execute(f"GRANT UPDATE ({column}) ON {table} TO payouts_app")
    op.execute("GRANT UPDATE (payee_id) ON award TO payouts_app")
    make_merged_award()
    allow("change", "ck_change_changekind", "kind", "merge")
    for table in ("finding", "finding_group", "acceptance"):
        allow(table, f"ck_{table}_kind", "kind", "possibly_one_person")
    refuse_second_payment()


def allow(table: str, name: str, column: str, value: str) -> None:
    """Add a word to those that a column may hold."""
    there = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    words = [*re.findall(r"'([a-z_0-9]+)'", there), value]
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({', '.join(repr(word) for word in words)})")


def make_merged_award() -> None:
    op.create_table(
        "merged_award",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("paid_before", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "change_id"], ["change.body_id", "change.id"], name=op.f("fk_merged_award_body_id_change_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "award_id"], ["award.body_id", "award.id"], name=op.f("fk_merged_award_body_id_award_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "paid_before"], ["payee.body_id", "payee.id"], name=op.f("fk_merged_award_body_id_paid_before")
        ),
        sa.PrimaryKeyConstraint("body_id", "change_id", "award_id", name=op.f("pk_merged_award")),
    )
    op.create_index("ix_merged_award_award", "merged_award", ["body_id", "award_id"])
    op.execute("ALTER TABLE merged_award ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE merged_award FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON merged_award TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON merged_award USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON merged_award "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def refuse_second_payment() -> None:
    """A payment whose key is taken under another record of the same person is left out, as if its own key were."""
    op.execute(
        """
        CREATE FUNCTION paid_under_another_record() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            person uuid;
        BEGIN
            SELECT same_as INTO person FROM beneficiary WHERE body_id = NEW.body_id AND id = NEW.beneficiary_id;
            IF person IS NULL AND NOT EXISTS (SELECT FROM beneficiary
                                               WHERE body_id = NEW.body_id AND same_as = NEW.beneficiary_id) THEN
                RETURN NEW;
            END IF;
            person := coalesce(person, NEW.beneficiary_id);
            IF EXISTS (SELECT FROM beneficiary other
                         JOIN payment ON payment.body_id = other.body_id AND payment.beneficiary_id = other.id
                        WHERE other.body_id = NEW.body_id AND (other.id = person OR other.same_as = person)
                          AND other.id <> NEW.beneficiary_id AND payment.scheme_id = NEW.scheme_id
                          AND payment.period_first_day = NEW.period_first_day AND payment.component = NEW.component
                          AND payment.sequence = NEW.sequence
                          AND payment.status NOT IN ('cancelled', 'returned')) THEN
                RETURN NULL;
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER paid_under_another_record BEFORE INSERT ON payment "
        "FOR EACH ROW EXECUTE FUNCTION paid_under_another_record()"
    )
