"""What the bank said of people goes when their records do: by age, and when somebody is erased."""

import sqlalchemy as sa
from alembic import op

revision = "answers_forgotten"
down_revision = "export_profiles"

LINE = (
    "reference = '', last_four = '', words = '', beside = '{}', fingerprint = NULL, roll_fingerprint = NULL, "
    "sealed_details = NULL"
)
LINE_COLUMNS = "reference, last_four, words, beside, fingerprint, roll_fingerprint, sealed_details"
THEIRS = "SELECT p.id FROM payment p WHERE p.body_id = mine AND p.payee_id = who"
OF_SOMEBODY = f"""
            UPDATE response_line SET {LINE} WHERE body_id = mine AND NOT about_file AND digest IN
                (SELECT m.digest FROM line_match m WHERE m.body_id = mine AND m.payment_id IN ({THEIRS}));
            UPDATE bank_entry SET reference = '', sealed_text = '' WHERE body_id = mine AND payment_id IN ({THEIRS});
            UPDATE notice SET facts = '{{}}' WHERE body_id = mine AND payee_id = who;
            UPDATE trace SET said = 'erased', said_last_four = NULL, sealed_said = NULL
                WHERE body_id = mine AND payee_id = who;
            UPDATE trace_step SET words = 'erased' WHERE body_id = mine AND trace_id IN
                (SELECT t.id FROM trace t WHERE t.body_id = mine AND t.payee_id = who);
            """
GONE = "SELECT k.id FROM sealing_key k WHERE k.body_id = mine AND k.wrapped IS NULL"


def upgrade() -> None:
    for table, columns in (
        ("response_line", LINE_COLUMNS),
        ("bank_entry", "reference, sealed_text"),
        ("correction_line", "reference, old_last_four, new_last_four"),
        ("notice", "facts"),
        ("trace", "said, said_last_four, sealed_said"),
        ("trace_step", "words"),
    ):
        op.execute(f"GRANT SELECT, UPDATE ({columns}) ON {table} TO payouts_eraser")
    for table in ("line_match", "response", "statement_file", "correction_report"):
        op.execute(f"GRANT SELECT ON {table} TO payouts_eraser")
    op.execute(
        """
        CREATE FUNCTION refuse_change_but_erasing() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'UPDATE' OR current_user <> 'payouts_eraser' THEN
                RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute("DROP TRIGGER append_only ON response_line")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON response_line "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_but_erasing()"
    )
    erase_lines_too()
    forget_by_age()


def erase_lines_too() -> None:
    made = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('erase_payee(uuid, timestamptz)'::regprocedure)"))
    end = "RETURN cardinality(files);"
    assert made.count(end) == 1, "the function is not the one that this migration knows"
    op.execute("GRANT CREATE ON SCHEMA public TO payouts_eraser")
    op.get_bind().exec_driver_sql(made.replace(end, f"{OF_SOMEBODY}{end}"))
    op.execute("REVOKE CREATE ON SCHEMA public FROM payouts_eraser")


def forget_by_age() -> None:
    """Only what came in files whose keys are destroyed: nothing that could still be opened is written over."""
    op.execute("GRANT CREATE ON SCHEMA public TO payouts_eraser")
    op.execute(
        f"""
        CREATE FUNCTION forget_answers() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $body$
        DECLARE
            mine uuid := nullif(current_setting('payouts.body_id', true), '')::uuid;
            forgotten integer;
            more integer;
        BEGIN
            UPDATE response_line SET {LINE} WHERE body_id = mine AND response_id IN
                (SELECT r.id FROM response r WHERE r.body_id = mine AND r.key_id IN ({GONE}))
                AND (reference, last_four, words) IS DISTINCT FROM ('', '', '');
            GET DIAGNOSTICS forgotten = ROW_COUNT;
            UPDATE bank_entry SET reference = '', sealed_text = '' WHERE body_id = mine AND file_id IN
                (SELECT f.id FROM statement_file f WHERE f.body_id = mine AND f.key_id IN ({GONE}))
                AND sealed_text <> '';
            GET DIAGNOSTICS more = ROW_COUNT;
            forgotten := forgotten + more;
            UPDATE correction_line SET reference = '', old_last_four = '', new_last_four = '' WHERE body_id = mine
                AND report_id IN (SELECT c.id FROM correction_report c WHERE c.body_id = mine AND c.key_id IN ({GONE}))
                AND (reference, old_last_four, new_last_four) IS DISTINCT FROM ('', '', '');
            GET DIAGNOSTICS more = ROW_COUNT;
            RETURN forgotten + more;
        END $body$
        """
    )
    op.execute("ALTER FUNCTION forget_answers() OWNER TO payouts_eraser")
    op.execute("REVOKE ALL ON FUNCTION forget_answers() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION forget_answers() TO payouts_app")
    op.execute("REVOKE CREATE ON SCHEMA public FROM payouts_eraser")
