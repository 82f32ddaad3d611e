"""Row security, what the app's role may do, and what nobody may do."""

from alembic import op

revision = "0002"
down_revision = "0001"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"

BODY_TABLES = (
    "account",
    "audit_event",
    "audit_link",
    "audit_pending",
    "award",
    "bank_profile",
    "beneficiary",
    "decision",
    "finding",
    "gate",
    "gate_rule",
    "import_row",
    "ledger_entry",
    "mandate",
    "manifest",
    "membership",
    "notice",
    "payee",
    "payment",
    "payment_file",
    "payroll",
    "register_import",
    "scheme",
    "sealing_key",
    "submission",
    "task",
    "unpaid",
)

# beyond SELECT and INSERT: only what really changes, column by column
MAY_UPDATE = {
    "account": "confirmed_by, confirmed_at",
    "bank_profile": "next_serial",
    "decision": "voided_at, voided_because",
    "finding": "accepted_by, accepted_at, reason",
    "import_row": "outcome, faults",
    "notice": "status, notify_id, error, sent_at, ended_at",
    "payment": "status, file_id",
    "payment_file": "withdrawn_at, first_downloaded_at",
    "payroll": "status, build, progress_done, progress_total, payment_count, total_pence, unpaid_count, manifest_id, "
    "given_up_because, built_by, version",
    "register_import": "sealed_content, header, status, fault, rows_done, rows_good, rows_unchanged, rows_refused, "
    "confirmed_by, confirmed_at",
    "sealing_key": "ring_key_id, wrapped, destroyed_at",
    "task": "state, attempts, due_at, pushed_at, error, ended_at",
}
MAY_DELETE = ("audit_pending", "finding", "payment", "unpaid")


def make_roles() -> None:
    for role, rights in (("payouts_app", "LOGIN NOBYPASSRLS"), ("payouts_threshold", "NOLOGIN BYPASSRLS")):
        op.execute(
            f"""
            DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} {rights}; END IF;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END $$
            """
        )
        op.execute(f"GRANT USAGE ON SCHEMA public TO {role}")


def upgrade() -> None:
    make_roles()
    for table in (*BODY_TABLES, "body", "person"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO payouts_app")
    for table in BODY_TABLES:
        op.execute(f"CREATE POLICY own_body ON {table} USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(f"CREATE POLICY own_body ON body USING (id = {MINE}) WITH CHECK (id = {MINE})")
    # a person belongs to no body: seen by the bodies they are a member of, and added from within any
    op.execute(
        "CREATE POLICY own_people ON person FOR SELECT "
        "USING (EXISTS (SELECT FROM membership WHERE membership.person_id = person.id))"
    )
    op.execute(f"CREATE POLICY added ON person FOR INSERT WITH CHECK ({MINE} IS NOT NULL)")
    for table, columns in MAY_UPDATE.items():
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO payouts_app")
    for table in MAY_DELETE:
        op.execute(f"GRANT DELETE ON {table} TO payouts_app")
    guard_audit()
    guard_payments()


def guard_audit() -> None:
    """Append-only for everybody, the owner included."""
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
        END $$
        """
    )
    for table in ("audit_event", "audit_link", "ledger_entry", "manifest"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def guard_payments() -> None:
    """Payments come and go only while their payroll is built; what they say never changes."""
    op.execute(
        """
        CREATE FUNCTION only_while_building() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM touched JOIN payroll USING (body_id)
                        WHERE payroll.id = touched.payroll_id AND payroll.status <> 'building') THEN
                RAISE EXCEPTION 'the payments of a payroll change only while it is built';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    for event, rows in (("INSERT", "NEW"), ("DELETE", "OLD")):
        op.execute(
            f"CREATE TRIGGER only_while_building_{event.lower()} AFTER {event} ON payment "
            f"REFERENCING {rows} TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION only_while_building()"
        )
    op.execute(
        """
        CREATE FUNCTION keep_payment() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'what a payment says never changes: only its status and its file move';
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER keep_payment BEFORE UPDATE ON payment FOR EACH ROW
        WHEN ((OLD.body_id, OLD.id, OLD.payroll_id, OLD.scheme_id, OLD.beneficiary_id, OLD.payee_id, OLD.account_id,
               OLD.award_id, OLD.period_first_day, OLD.period_last_day, OLD.component, OLD.sequence, OLD.ordinal,
               OLD.amount_pence, OLD.reference)
              IS DISTINCT FROM
              (NEW.body_id, NEW.id, NEW.payroll_id, NEW.scheme_id, NEW.beneficiary_id, NEW.payee_id, NEW.account_id,
               NEW.award_id, NEW.period_first_day, NEW.period_last_day, NEW.component, NEW.sequence, NEW.ordinal,
               NEW.amount_pence, NEW.reference))
        EXECUTE FUNCTION keep_payment()
        """
    )
