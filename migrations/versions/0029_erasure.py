"""Erasing a person: one function writes over what is no longer needed, for a proposal that two people confirmed."""

import re

import sqlalchemy as sa
from alembic import op

revision = "erasure"
down_revision = "bank_profile_versions"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"

# what stands in the clear of somebody, and what is written over it. `who`, `people` (whose money it was, where nobody
# else is paid for them) and `files` (old payrolls' files) are the function's own
OVER = {
    "payee": (("name = 'Erased', search_name = 'erased', reference = 'erased ' || id, email = NULL, "
              "date_of_birth = NULL, preferred_channel = NULL, erased_at = moment"), "id = who"),
    "beneficiary": (("name = 'Erased', search_name = 'erased', reference = 'erased ' || id, date_of_birth = NULL, "
                    "erased_at = moment"), "id = ANY (people)"),
    "contact": (("value = 'erased', postcode = NULL, added_because = 'erased', "
                "ended_because = CASE WHEN ended_because IS NOT NULL THEN 'erased' END"), "payee_id = who"),
    "revision": ("reason = 'erased', sealed_values = ''", "payee_id = who OR beneficiary_id = ANY (people)"),
    "account": (("holder_name = 'Erased', last_four = '', fingerprint = uuid_send(id), sealed_details = '', "
                "waived_because = CASE WHEN waived_because IS NOT NULL THEN 'erased' END, "
                "rejected_because = CASE WHEN rejected_because IS NOT NULL THEN 'erased' END"), "payee_id = who"),
    "call_back": ("spoke_to = 'erased', contact = 'erased'", "account_id = ANY (accounts)"),
    "unmasking": ("reason = 'erased'", "account_id = ANY (accounts)"),
    "hold": ("reason = 'erased', lifted_because = CASE WHEN lifted_because IS NOT NULL THEN 'erased' END",
             "payee_id = who OR beneficiary_id = ANY (people)"),
    "suspension": ("reason = 'erased', lifted_because = CASE WHEN lifted_because IS NOT NULL THEN 'erased' END",
                   "award_id IN (SELECT a.id FROM award a WHERE a.body_id = mine AND a.beneficiary_id = ANY (people))"),
    "notice": ("last_four = '', error = NULL", "payee_id = who"),
    "duplicate_pair": ("because = 'erased'", "because IS NOT NULL AND who IN (first_payee_id, second_payee_id)"),
    "correction_line": ("reference = '', old_last_four = '', new_last_four = ''", "payee_id = who"),
    "import_row": ("reference = '', faults = '[]', repairs = '[]', sealed_cells = ''", "reference = ANY (refs)"),
    "finding": ("facts = facts - 'carried' - 'others'",
                "payment_id IN (SELECT p.id FROM payment p WHERE p.body_id = mine AND p.payee_id = who)"),
    "change": ("reason = 'erased', before = before - 'payee', after = after - 'payee'",
               "kind = 'merge' AND (subject_id = who OR after ->> 'payee_id' = who::text)"),
    "sealing_key": ("wrapped = NULL, destroyed_at = moment", "id = ANY (keys) AND wrapped IS NOT NULL"),
}  # fmt: skip


def upgrade() -> None:
    for table in ("payee", "beneficiary"):
        op.add_column(table, sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "due_for_erasure",
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "id"], ["payee.body_id", "payee.id"], name=op.f("fk_due_for_erasure_body_id_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_due_for_erasure")),
    )
    op.execute("ALTER TABLE due_for_erasure ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE due_for_erasure FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT, DELETE ON due_for_erasure TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON due_for_erasure USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    allow("change", "ck_change_changekind", "kind", "erasure")
    make_role()
    make_function()


def allow(table: str, name: str, column: str, value: str) -> None:
    """Add a word to those that a column may hold."""
    there = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    words = [*re.findall(r"'([a-z_0-9]+)'", there), value]
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({', '.join(repr(word) for word in words)})")


def make_role() -> None:
    op.execute(
        """
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'payouts_eraser') THEN
                CREATE ROLE payouts_eraser NOLOGIN BYPASSRLS;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$
        """
    )
    op.execute("GRANT USAGE ON SCHEMA public TO payouts_eraser")
    for table, (values, _) in OVER.items():
        columns = ", ".join(re.findall(r"(?:^|, )(\w+) =", values))
        op.execute(f"GRANT SELECT, UPDATE ({columns}) ON {table} TO payouts_eraser")
    op.execute("GRANT SELECT ON award, payment, payroll, payment_file, mandate TO payouts_eraser")
    op.execute("GRANT SELECT, DELETE ON match_key TO payouts_eraser")


def make_function() -> None:
    updates = "\n".join(
        f"UPDATE {table} SET {values} WHERE body_id = mine AND ({whose});" for table, (values, whose) in OVER.items()
    )
    op.execute("GRANT CREATE ON SCHEMA public TO payouts_eraser")
    op.execute(
        f"""
        CREATE FUNCTION erase_payee(who uuid, moment timestamptz) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $body$
        DECLARE
            mine uuid := nullif(current_setting('payouts.body_id', true), '')::uuid;
            people uuid[]; accounts uuid[]; keys uuid[]; files uuid[]; refs text[];
        BEGIN
            IF NOT EXISTS (SELECT FROM change c WHERE c.body_id = mine AND c.kind = 'erasure' AND c.subject_id = who
                              AND c.confirmed_by <> c.proposed_by) THEN
                RAISE EXCEPTION 'nobody is erased before a second person confirmed it';
            END IF;
            people := ARRAY (SELECT m.beneficiary_id FROM mandate m WHERE m.body_id = mine AND m.payee_id = who
                AND NOT EXISTS (SELECT FROM mandate o JOIN payee p ON p.body_id = o.body_id AND p.id = o.payee_id
                                 WHERE o.body_id = mine AND o.beneficiary_id = m.beneficiary_id
                                   AND o.payee_id <> who AND p.erased_at IS NULL));
            accounts := ARRAY (SELECT a.id FROM account a WHERE a.body_id = mine AND a.payee_id = who);
            files := ARRAY (SELECT DISTINCT f.key_id FROM payment p JOIN payment_file f
                ON f.body_id = p.body_id AND f.payroll_id = p.payroll_id
                WHERE p.body_id = mine AND p.payee_id = who);
            keys := files || ARRAY (SELECT p.key_id FROM payee p WHERE p.body_id = mine AND p.id = who);
            refs := ARRAY (SELECT p.reference FROM payee p WHERE p.body_id = mine AND p.id = who)
                 || ARRAY (SELECT b.reference FROM beneficiary b WHERE b.body_id = mine AND b.id = ANY (people));
            DELETE FROM match_key WHERE body_id = mine AND payee_id = who;
            {updates}
            RETURN cardinality(files);
        END $body$
        """
    )
    op.execute("ALTER FUNCTION erase_payee(uuid, timestamptz) OWNER TO payouts_eraser")
    op.execute("REVOKE ALL ON FUNCTION erase_payee(uuid, timestamptz) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION erase_payee(uuid, timestamptz) TO payouts_app")
    op.execute("REVOKE CREATE ON SCHEMA public FROM payouts_eraser")
