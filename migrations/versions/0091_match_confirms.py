"""A body may decide that a match of the bank's stands for the second person at a payee's first bank details."""

import sqlalchemy as sa
from alembic import op

revision = "match_confirms"
down_revision = "news"

WAIVER = (
    "(waived_by is null) = (waived_at is null) and (waived_by is null or "
    "(waived_by <> proposed_by and {confirmed} is not null and coalesce(waived_because, '') <> ''))"
)
REJECTION = (
    "(rejected_by is null) = (rejected_at is null) and (rejected_by is null or "
    "({confirmed} is null and coalesce(rejected_because, '') <> ''))"
)


def upgrade() -> None:
    op.add_column("name_policy", sa.Column("match_confirms", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("account", sa.Column("confirmed_under", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_account_body_id_confirmed_under_name_policy"),
        "account",
        "name_policy",
        ["body_id", "confirmed_under"],
        ["body_id", "id"],
    )
    replace("confirmed", "(confirmed_at is null) = (confirmed_by is null and confirmed_under is null)")
    op.create_check_constraint(
        op.f("ck_account_one_confirmation"), "account", "confirmed_by is null or confirmed_under is null"
    )
    replace("waiver", WAIVER.format(confirmed="confirmed_at"))
    replace("rejection", REJECTION.format(confirmed="confirmed_at"))
    op.execute("GRANT UPDATE (confirmed_under) ON account TO payouts_app")
    # no second person looks at it, so the database itself asks for what stands in for one
    op.execute(
        """
        CREATE FUNCTION match_must_stand_for_a_person() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.version <> 1 OR NEW.import_id IS NOT NULL OR NOT EXISTS (
                SELECT FROM name_policy p WHERE p.body_id = NEW.body_id AND p.id = NEW.confirmed_under
                AND p.match_confirms
            ) OR NOT EXISTS (
                SELECT FROM confirmation c WHERE c.body_id = NEW.body_id AND c.account_id = NEW.id
                AND c.outcome = 'match'
            ) THEN
                RAISE EXCEPTION 'no match under a rule confirms this account' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER match_confirmed BEFORE INSERT OR UPDATE OF confirmed_under ON account FOR EACH ROW "
        "WHEN (NEW.confirmed_under IS NOT NULL) EXECUTE FUNCTION match_must_stand_for_a_person()"
    )


def replace(name: str, check: str) -> None:
    op.drop_constraint(op.f(f"ck_account_{name}"), "account", type_="check")
    op.create_check_constraint(op.f(f"ck_account_{name}"), "account", check)
