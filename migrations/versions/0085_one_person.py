"""Beneficiaries who may be one; accounts of many settled as a group; and the way back from a merge that was wrong."""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "one_person"
down_revision = "wrong_totals"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
INSTANT = sa.DateTime(timezone=True)
HOLDERS = ("unknown", "provider", "public_body", "organisation", "household")


def upgrade() -> None:
    make_keys()
    make_pairs()
    settle_accounts()
    make_merges_undoable()
    for table in ("beneficiary_key", "beneficiary_pair", "shared_account_word"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute("GRANT DELETE ON beneficiary_key TO payouts_app")
    decided = "likelihood, evidence, status, decided_by, decided_at, because"
    op.execute(f"GRANT UPDATE ({decided}) ON beneficiary_pair TO payouts_app")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON shared_account_word "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    for kind in ("unmerge", "one_beneficiary", "two_beneficiaries"):
        add_word("change", "ck_change_changekind", "kind", kind)
    erase_with_the_rest()


def own(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    """A foreign key to a row of the same body."""
    name = op.f(f"fk_{table}_body_id_{column}")
    return sa.ForeignKeyConstraint(["body_id", column], [f"{other}.body_id", f"{other}.id"], name=name)


def make_keys() -> None:
    op.create_table(
        "beneficiary_key",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        own("beneficiary_key", "beneficiary_id", "beneficiary"),
        sa.PrimaryKeyConstraint("body_id", "value", "beneficiary_id", name=op.f("pk_beneficiary_key")),
    )
    op.create_index("ix_beneficiary_key_beneficiary", "beneficiary_key", ["body_id", "beneficiary_id"])


def make_pairs() -> None:
    sides = ["first_beneficiary_id", "second_beneficiary_id"]
    op.create_table(
        "beneficiary_pair",
        *(sa.Column(side, sa.Uuid(), nullable=False) for side in sides),
        sa.Column("likelihood", sa.String(40), nullable=False),
        sa.Column("evidence", JSONB(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("found_at", INSTANT, nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("because", sa.String(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("likelihood IN ('likely', 'possible')", name=op.f("ck_beneficiary_pair_likelihood")),
        sa.CheckConstraint(
            "status IN ('open', 'not_same', 'merged', 'no_longer_alike')", name=op.f("ck_beneficiary_pair_pairstatus")
        ),
        sa.CheckConstraint(" < ".join(sides), name=op.f("ck_beneficiary_pair_in_order")),
        sa.CheckConstraint(
            "status <> 'not_same' or coalesce(because, '') <> ''", name=op.f("ck_beneficiary_pair_reason")
        ),
        *(own("beneficiary_pair", side, "beneficiary") for side in sides),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_beneficiary_pair")),
        sa.UniqueConstraint("body_id", *sides, name=op.f(f"uq_beneficiary_pair_body_id_{'_'.join(sides)}")),
    )
    op.create_index("ix_beneficiary_pair_second", "beneficiary_pair", ["body_id", sides[1]])
    op.create_index("ix_beneficiary_pair_status", "beneficiary_pair", ["body_id", "status", "likelihood", "id"])


def settle_accounts() -> None:
    of_holder = f"holder IN ({', '.join(map(repr, HOLDERS))})"
    op.add_column("shared_account", sa.Column("holder", sa.String(40), server_default="unknown", nullable=False))
    op.create_check_constraint(op.f("ck_shared_account_holder"), "shared_account", of_holder)
    op.create_index("ix_shared_account_holder", "shared_account", ["body_id", "holder", "payee_count"])
    op.execute("GRANT UPDATE (holder) ON shared_account TO payouts_app")
    op.create_table(
        "shared_account_word",
        sa.Column("shared_account_id", sa.Uuid(), nullable=False),
        sa.Column("holder", sa.String(40), nullable=False),
        sa.Column("payee_count", sa.Integer(), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("said_by", sa.Uuid(), nullable=False),
        sa.Column("said_at", INSTANT, nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(of_holder, name=op.f("ck_shared_account_word_holder")),
        sa.CheckConstraint("because <> ''", name=op.f("ck_shared_account_word_because")),
        own("shared_account_word", "shared_account_id", "shared_account"),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_shared_account_word")),
    )
    op.create_index("ix_shared_account_word_account", "shared_account_word", ["body_id", "shared_account_id"])


def make_merges_undoable() -> None:
    """Mandates say which merge brought them; those of earlier merges were made at the instant of theirs."""
    op.add_column("mandate", sa.Column("merge_id", sa.Uuid(), nullable=True))
    op.add_column("mandate", sa.Column("parted_at", INSTANT, nullable=True))
    op.create_foreign_key(
        op.f("fk_mandate_body_id_merge_id"), "mandate", "change", ["body_id", "merge_id"], ["body_id", "id"]
    )
    op.create_index(
        "ix_mandate_merge", "mandate", ["body_id", "merge_id"], postgresql_where=sa.text("merge_id is not null")
    )
    op.execute("GRANT UPDATE (parted_at) ON mandate TO payouts_app")
    op.execute(
        "UPDATE mandate SET merge_id = change.id FROM change WHERE change.body_id = mandate.body_id "
        "AND change.kind = 'merge' AND change.confirmed_at = mandate.made_at "
        "AND change.after ->> 'payee_id' = mandate.payee_id::text"
    )


def add_word(table: str, constraint: str, column: str, word: str) -> None:
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": constraint}
    )
    words = ", ".join(repr(each) for each in [*re.findall(r"'([a-z_0-9]+)'", str(written)), word])
    op.drop_constraint(op.f(constraint), table, type_="check")
    op.create_check_constraint(op.f(constraint), table, f"{column} IN ({words})")


ERASE = """DELETE FROM beneficiary_key WHERE body_id = mine AND beneficiary_id = ANY (people);
            UPDATE beneficiary_pair SET because = 'erased' WHERE body_id = mine AND because IS NOT NULL
               AND (first_beneficiary_id = ANY (people) OR second_beneficiary_id = ANY (people));
            UPDATE change SET reason = 'erased', before = before - 'payee' - 'beneficiary',
                   after = after - 'payee' - 'beneficiary'
             WHERE body_id = mine AND (
                   (kind = 'unmerge' AND (subject_id = who OR before ->> 'merged_into' = who::text))
                OR (kind IN ('one_beneficiary', 'two_beneficiaries')
                    AND (subject_id = ANY (people) OR (after ->> 'beneficiary_id')::uuid = ANY (people))));
            """


def erase_with_the_rest() -> None:
    """Let an erasure take away the keys, and write over what was said of somebody."""
    op.execute("GRANT SELECT, DELETE ON beneficiary_key TO payouts_eraser")
    op.execute("GRANT SELECT, UPDATE (because) ON beneficiary_pair TO payouts_eraser")
    made = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('erase_payee(uuid, timestamptz)'::regprocedure)"))
    before, last, after = made.partition("RETURN cardinality(files);")
    assert last, "the end of the function has moved"
    op.execute("GRANT CREATE ON SCHEMA public TO payouts_eraser")
    op.get_bind().exec_driver_sql(f"{before}{ERASE}{last}{after}")
    op.execute("REVOKE CREATE ON SCHEMA public FROM payouts_eraser")
