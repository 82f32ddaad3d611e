"""The tables of a first payroll."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "audit_event",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_audit_event")),
    )
    op.create_index("ix_audit_event_subject", "audit_event", ["body_id", "subject_id", "id"], unique=False)
    op.create_table(
        "audit_link",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("event_digest", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("body_id", "position", name=op.f("pk_audit_link")),
        sa.UniqueConstraint("body_id", "event_id", name=op.f("uq_audit_link_body_id_event_id")),
    )
    op.create_table(
        "body",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("sandbox", "live", name="bodykind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("colour", sa.String(), nullable=False),
        sa.Column("contact_email", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_body")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("code_ring_key_id", sa.String(), nullable=False),
        sa.Column("code_secret", sa.LargeBinary(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
    )
    op.create_table(
        "sealing_key",
        sa.Column("ring_key_id", sa.String(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_sealing_key")),
    )
    op.create_table(
        "sign_in_wait",
        sa.Column("address_digest", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("address_digest", name=op.f("pk_sign_in_wait")),
    )
    op.create_table(
        "task",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("once", sa.String(), nullable=False),
        sa.Column("args", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting", "done", "stopped", name="taskstate", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pushed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_task")),
        sa.UniqueConstraint("body_id", "once", name=op.f("uq_task_body_id_once")),
    )
    op.create_index("ix_task_due", "task", ["due_at"], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.create_table(
        "audit_pending",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "event_id"],
            ["audit_event.body_id", "audit_event.id"],
            name=op.f("fk_audit_pending_body_id_event_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "event_id", name=op.f("pk_audit_pending")),
    )
    op.create_table(
        "bank_profile",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("service_user_number", sa.String(), nullable=False),
        sa.Column("service_user_name", sa.String(), nullable=False),
        sa.Column("account_name", sa.String(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_account", sa.LargeBinary(), nullable=False),
        sa.Column("last_four", sa.String(), nullable=False),
        sa.Column("cut_off", sa.Time(), nullable=False),
        sa.Column("item_limit_pence", sa.BigInteger(), nullable=False),
        sa.Column("file_limit_pence", sa.BigInteger(), nullable=False),
        sa.Column("items_per_file", sa.Integer(), nullable=False),
        sa.Column("next_serial", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "item_limit_pence > 0 and file_limit_pence > 0 and items_per_file > 0", name=op.f("ck_bank_profile_limits")
        ),
        sa.CheckConstraint("next_serial between 1 and 1000000", name=op.f("ck_bank_profile_serial")),
        sa.ForeignKeyConstraint(
            ["body_id", "key_id"],
            ["sealing_key.body_id", "sealing_key.id"],
            name=op.f("fk_bank_profile_body_id_key_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_bank_profile")),
    )
    op.create_table(
        "beneficiary",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(collation="C"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("search_name", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_beneficiary_body_id")),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_beneficiary")),
        sa.UniqueConstraint("body_id", "reference", name=op.f("uq_beneficiary_body_id_reference")),
    )
    op.create_table(
        "membership",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "administrator",
                "preparer",
                "finance",
                "approver",
                "releaser",
                "auditor",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_membership_body_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_membership_person_id")),
        sa.PrimaryKeyConstraint("body_id", "person_id", "role", name=op.f("pk_membership")),
    )
    op.create_table(
        "payee",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(collation="C"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("search_name", sa.String(collation="C"), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "key_id"], ["sealing_key.body_id", "sealing_key.id"], name=op.f("fk_payee_body_id_key_id")
        ),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_payee_body_id")),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_payee")),
        sa.UniqueConstraint("body_id", "reference", name=op.f("uq_payee_body_id_reference")),
    )
    op.create_index("ix_payee_search_name", "payee", ["body_id", "search_name"], unique=False)
    op.create_table(
        "used_code",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_used_code_person_id")),
        sa.PrimaryKeyConstraint("person_id", "purpose", name=op.f("pk_used_code")),
    )
    op.create_table(
        "web_session",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_web_session_person_id")),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_web_session")),
    )
    op.create_index(op.f("ix_web_session_person_id"), "web_session", ["person_id"], unique=False)
    op.create_table(
        "mandate",
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column(
            "capacity",
            sa.Enum(
                "self",
                "appointee",
                "parent",
                "provider",
                name="capacity",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "beneficiary_id"],
            ["beneficiary.body_id", "beneficiary.id"],
            name=op.f("fk_mandate_body_id_beneficiary_id"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "payee_id"], ["payee.body_id", "payee.id"], name=op.f("fk_mandate_body_id_payee_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_mandate")),
        sa.UniqueConstraint(
            "body_id", "beneficiary_id", "payee_id", name=op.f("uq_mandate_body_id_beneficiary_id_payee_id")
        ),
    )
    op.create_index("ix_mandate_payee", "mandate", ["body_id", "payee_id"], unique=False)
    op.create_table(
        "scheme",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("pays_for", sa.String(), nullable=False),
        sa.Column("component", sa.String(), nullable=False),
        sa.Column(
            "frequency",
            sa.Enum(
                "weekly",
                "four_weekly",
                "monthly",
                name="frequency",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("first_period_day", sa.Date(), nullable=False),
        sa.Column("payment_limit_pence", sa.BigInteger(), nullable=False),
        sa.Column("payroll_limit_pence", sa.BigInteger(), nullable=False),
        sa.Column("bank_profile_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("code ~ '^[A-Z0-9]{2,5}$'", name=op.f("ck_scheme_code")),
        sa.CheckConstraint("payment_limit_pence > 0 and payroll_limit_pence > 0", name=op.f("ck_scheme_limits")),
        sa.ForeignKeyConstraint(
            ["body_id", "bank_profile_id"],
            ["bank_profile.body_id", "bank_profile.id"],
            name=op.f("fk_scheme_body_id_bank_profile_id"),
        ),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_scheme_body_id")),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_scheme")),
        sa.UniqueConstraint("body_id", "code", name=op.f("uq_scheme_body_id_code")),
    )
    op.create_table(
        "gate_rule",
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "ready",
                "funds",
                "approve",
                "release",
                name="gatekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "administrator",
                "preparer",
                "finance",
                "approver",
                "releaser",
                "auditor",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("people_needed", sa.Integer(), nullable=False),
        sa.Column("evidence_asked", sa.String(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("people_needed >= 1", name=op.f("ck_gate_rule_people_needed")),
        sa.ForeignKeyConstraint(
            ["body_id", "scheme_id"], ["scheme.body_id", "scheme.id"], name=op.f("fk_gate_rule_body_id_scheme_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_gate_rule")),
        sa.UniqueConstraint("body_id", "scheme_id", "position", name=op.f("uq_gate_rule_body_id_scheme_id_position")),
    )
    op.create_table(
        "payroll",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("scheme_version", sa.Integer(), nullable=False),
        sa.Column("bank_profile_id", sa.Uuid(), nullable=False),
        sa.Column("pay_date", sa.Date(), nullable=False),
        sa.Column("processing_day", sa.Date(), nullable=False),
        sa.Column("input_day", sa.Date(), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("period_first_day", sa.Date(), nullable=False),
        sa.Column("period_last_day", sa.Date(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "building",
                "checked",
                "sealing",
                "sealed",
                "released",
                "submitted",
                "cancelled",
                name="payrollstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("build", sa.Integer(), nullable=False),
        sa.Column("progress_done", sa.Integer(), nullable=False),
        sa.Column("progress_total", sa.Integer(), nullable=False),
        sa.Column("payment_count", sa.Integer(), nullable=False),
        sa.Column("total_pence", sa.BigInteger(), nullable=False),
        sa.Column("unpaid_count", sa.Integer(), nullable=False),
        sa.Column("manifest_id", sa.Uuid(), nullable=True),
        sa.Column("given_up_because", sa.String(), nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("built_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("total_pence >= 0 and payment_count >= 0", name=op.f("ck_payroll_totals")),
        sa.ForeignKeyConstraint(
            ["body_id", "bank_profile_id"],
            ["bank_profile.body_id", "bank_profile.id"],
            name=op.f("fk_payroll_body_id_bank_profile_id"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "scheme_id"], ["scheme.body_id", "scheme.id"], name=op.f("fk_payroll_body_id_scheme_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_payroll")),
        sa.UniqueConstraint("body_id", "number", name=op.f("uq_payroll_body_id_number")),
    )
    op.create_table(
        "register_import",
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("byte_count", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=True),
        sa.Column("header", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "reading",
                "unreadable",
                "read",
                "landing",
                "landed",
                "confirmed",
                "discarded",
                name="importstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("fault", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("rows_good", sa.Integer(), nullable=False),
        sa.Column("rows_unchanged", sa.Integer(), nullable=False),
        sa.Column("rows_refused", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "key_id"],
            ["sealing_key.body_id", "sealing_key.id"],
            name=op.f("fk_register_import_body_id_key_id"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "scheme_id"], ["scheme.body_id", "scheme.id"], name=op.f("fk_register_import_body_id_scheme_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_register_import")),
    )
    op.create_index("ix_register_import_made", "register_import", ["body_id", "made_at"], unique=False)
    op.create_table(
        "account",
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("holder_name", sa.String(), nullable=False),
        sa.Column("sealed_details", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("last_four", sa.String(), nullable=False),
        sa.Column(
            "modulus_outcome",
            sa.Enum(
                "pass",
                "fail",
                "not_checkable",
                "foreign_currency",
                "bad_input",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("modulus_rule", sa.String(), nullable=False),
        sa.Column("weight_table", sa.String(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(confirmed_by is null) = (confirmed_at is null)", name=op.f("ck_account_confirmed")),
        sa.CheckConstraint("confirmed_by is null or confirmed_by <> proposed_by", name=op.f("ck_account_two_people")),
        sa.ForeignKeyConstraint(
            ["body_id", "import_id"],
            ["register_import.body_id", "register_import.id"],
            name=op.f("fk_account_body_id_import_id"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "payee_id"], ["payee.body_id", "payee.id"], name=op.f("fk_account_body_id_payee_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_account")),
        sa.UniqueConstraint("body_id", "payee_id", "version", name=op.f("uq_account_body_id_payee_id_version")),
    )
    op.create_index("ix_account_fingerprint", "account", ["body_id", "fingerprint"], unique=False)
    op.create_index("ix_account_import", "account", ["body_id", "import_id"], unique=False)
    op.create_table(
        "award",
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("component", sa.String(), nullable=False),
        sa.Column("amount_pence", sa.BigInteger(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_pence > 0", name=op.f("ck_award_amount_pence")),
        sa.CheckConstraint("last_day is null or last_day >= first_day", name=op.f("ck_award_days")),
        sa.ForeignKeyConstraint(
            ["body_id", "beneficiary_id"],
            ["beneficiary.body_id", "beneficiary.id"],
            name=op.f("fk_award_body_id_beneficiary_id"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "import_id"],
            ["register_import.body_id", "register_import.id"],
            name=op.f("fk_award_body_id_import_id"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "payee_id"], ["payee.body_id", "payee.id"], name=op.f("fk_award_body_id_payee_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "scheme_id"], ["scheme.body_id", "scheme.id"], name=op.f("fk_award_body_id_scheme_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_award")),
        sa.UniqueConstraint(
            "body_id",
            "scheme_id",
            "beneficiary_id",
            "component",
            "first_day",
            name=op.f("uq_award_body_id_scheme_id_beneficiary_id_component_first_day"),
        ),
    )
    op.create_index("ix_award_payee", "award", ["body_id", "payee_id"], unique=False)
    op.create_index("ix_award_scheme", "award", ["body_id", "scheme_id", "id"], unique=False)
    op.create_table(
        "gate",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "ready",
                "funds",
                "approve",
                "release",
                name="gatekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "administrator",
                "preparer",
                "finance",
                "approver",
                "releaser",
                "auditor",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("people_needed", sa.Integer(), nullable=False),
        sa.Column("evidence_asked", sa.String(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("people_needed >= 1", name=op.f("ck_gate_people_needed")),
        sa.ForeignKeyConstraint(
            ["body_id", "payroll_id"], ["payroll.body_id", "payroll.id"], name=op.f("fk_gate_body_id_payroll_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_gate")),
        sa.UniqueConstraint("body_id", "payroll_id", "position", name=op.f("uq_gate_body_id_payroll_id_position")),
    )
    op.create_table(
        "import_row",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "good", "unchanged", "refused", name="outcome", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("faults", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sealed_cells", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "import_id"],
            ["register_import.body_id", "register_import.id"],
            name=op.f("fk_import_row_body_id_import_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "import_id", "line", name=op.f("pk_import_row")),
    )
    op.create_index("ix_import_row_outcome", "import_row", ["body_id", "import_id", "outcome", "line"], unique=False)
    op.create_table(
        "manifest",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "payroll_id"], ["payroll.body_id", "payroll.id"], name=op.f("fk_manifest_body_id_payroll_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_manifest")),
    )
    op.create_index("ix_manifest_payroll", "manifest", ["body_id", "payroll_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column(
            "event",
            sa.Enum("payment_on_its_way", name="noticeevent", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "planned",
                "sending",
                "sent",
                "delivered",
                "failed",
                "refused",
                "no_address",
                name="noticestatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("payment_count", sa.Integer(), nullable=False),
        sa.Column("total_pence", sa.BigInteger(), nullable=False),
        sa.Column("last_four", sa.String(), nullable=False),
        sa.Column("notify_id", sa.Uuid(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "payee_id"], ["payee.body_id", "payee.id"], name=op.f("fk_notice_body_id_payee_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "payroll_id"], ["payroll.body_id", "payroll.id"], name=op.f("fk_notice_body_id_payroll_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_notice")),
        sa.UniqueConstraint(
            "body_id",
            "payroll_id",
            "payee_id",
            "event",
            "channel",
            name=op.f("uq_notice_body_id_payroll_id_payee_id_event_channel"),
        ),
    )
    op.create_index("ix_notice_reference", "notice", ["id"], unique=False)
    op.create_index("ix_notice_status", "notice", ["body_id", "payroll_id", "status"], unique=False)
    op.create_table(
        "payment_file",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("created_on", sa.Date(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("payment_count", sa.Integer(), nullable=False),
        sa.Column("total_pence", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_downloaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "key_id"],
            ["sealing_key.body_id", "sealing_key.id"],
            name=op.f("fk_payment_file_body_id_key_id"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "payroll_id"],
            ["payroll.body_id", "payroll.id"],
            name=op.f("fk_payment_file_body_id_payroll_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_payment_file")),
    )
    op.create_index("ix_payment_file_payroll", "payment_file", ["body_id", "payroll_id"], unique=False)
    op.create_table(
        "submission",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "payroll_id"], ["payroll.body_id", "payroll.id"], name=op.f("fk_submission_body_id_payroll_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_submission")),
        sa.UniqueConstraint("body_id", "payroll_id", name=op.f("uq_submission_body_id_payroll_id")),
    )
    op.create_table(
        "decision",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("gate_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum("go", "no_go", name="verdict", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("manifest_digest", sa.String(), nullable=False),
        sa.Column("shown", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_because", sa.String(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("verdict = 'go' or reason <> ''", name=op.f("ck_decision_reason")),
        sa.ForeignKeyConstraint(
            ["body_id", "gate_id"], ["gate.body_id", "gate.id"], name=op.f("fk_decision_body_id_gate_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "manifest_id"],
            ["manifest.body_id", "manifest.id"],
            name=op.f("fk_decision_body_id_manifest_id"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "payroll_id"], ["payroll.body_id", "payroll.id"], name=op.f("fk_decision_body_id_payroll_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_decision")),
    )
    op.create_index("ix_decision_payroll", "decision", ["body_id", "payroll_id"], unique=False)
    op.create_index(
        "uq_decision_live",
        "decision",
        ["body_id", "gate_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("voided_at is null"),
    )
    op.create_table(
        "payment",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("period_first_day", sa.Date(), nullable=False),
        sa.Column("period_last_day", sa.Date(), nullable=False),
        sa.Column("component", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("amount_pence", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "prepared",
                "released",
                "submitted",
                "cancelled",
                "returned",
                name="paymentstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_pence > 0", name=op.f("ck_payment_amount_pence")),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_payment_sequence")),
        sa.ForeignKeyConstraint(
            ["body_id", "account_id"], ["account.body_id", "account.id"], name=op.f("fk_payment_body_id_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "award_id"], ["award.body_id", "award.id"], name=op.f("fk_payment_body_id_award_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "beneficiary_id"],
            ["beneficiary.body_id", "beneficiary.id"],
            name=op.f("fk_payment_body_id_beneficiary_id"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "file_id"], ["payment_file.body_id", "payment_file.id"], name=op.f("fk_payment_body_id_file_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "payee_id"], ["payee.body_id", "payee.id"], name=op.f("fk_payment_body_id_payee_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "payroll_id"], ["payroll.body_id", "payroll.id"], name=op.f("fk_payment_body_id_payroll_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_payment")),
        sa.UniqueConstraint("body_id", "payroll_id", "ordinal", name=op.f("uq_payment_body_id_payroll_id_ordinal")),
    )
    op.create_index("ix_payment_payee", "payment", ["body_id", "payee_id", "id"], unique=False)
    op.create_index("ix_payment_reference", "payment", ["body_id", "reference"], unique=False)
    op.create_index(
        "uq_payment_permanent_key",
        "payment",
        ["body_id", "scheme_id", "beneficiary_id", "period_first_day", "component", "sequence"],
        unique=True,
        postgresql_where=sa.text("status not in ('cancelled', 'returned')"),
    )
    op.create_table(
        "unpaid",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "not_started",
                "ended",
                "no_confirmed_bank_details",
                "paid_already",
                name="unpaidreason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "award_id"], ["award.body_id", "award.id"], name=op.f("fk_unpaid_body_id_award_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "beneficiary_id"],
            ["beneficiary.body_id", "beneficiary.id"],
            name=op.f("fk_unpaid_body_id_beneficiary_id"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "payroll_id"], ["payroll.body_id", "payroll.id"], name=op.f("fk_unpaid_body_id_payroll_id")
        ),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_unpaid_body_id")),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_unpaid")),
    )
    op.create_index("ix_unpaid_payroll", "unpaid", ["body_id", "payroll_id", "reason", "id"], unique=False)
    op.create_table(
        "finding",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "nothing_to_pay",
                "totals_differ",
                "too_many_items",
                "payroll_over_limit",
                "file_over_limit",
                "payment_over_limit",
                "item_over_bank_limit",
                "unusually_large",
                "cut_off_passed",
                "modulus_failed",
                "modulus_not_checkable",
                "foreign_currency_account",
                "bank_details_unconfirmed",
                "one_account_several_payees",
                "one_payee_several_payments",
                "name_cut",
                "name_rewritten",
                "first_payment",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "severity",
            sa.Enum(
                "block", "needs_reason", "note", name="severity", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(accepted_by is null) = (accepted_at is null)", name=op.f("ck_finding_accepted")),
        sa.ForeignKeyConstraint(
            ["body_id", "payment_id"], ["payment.body_id", "payment.id"], name=op.f("fk_finding_body_id_payment_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "payroll_id"], ["payroll.body_id", "payroll.id"], name=op.f("fk_finding_body_id_payroll_id")
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_finding")),
    )
    op.create_index("ix_finding_payroll", "finding", ["body_id", "payroll_id", "kind", "id"], unique=False)
    op.create_table(
        "ledger_entry",
        sa.Column("payroll_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column(
            "debit",
            sa.Enum(
                "scheme_expenditure",
                "approved_to_pay",
                "with_bacs",
                name="debit",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "credit",
            sa.Enum(
                "scheme_expenditure",
                "approved_to_pay",
                "with_bacs",
                name="credit",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("amount_pence", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_pence > 0", name=op.f("ck_ledger_entry_amount_pence")),
        sa.CheckConstraint("debit <> credit", name=op.f("ck_ledger_entry_two_accounts")),
        sa.ForeignKeyConstraint(
            ["body_id", "payment_id"],
            ["payment.body_id", "payment.id"],
            name=op.f("fk_ledger_entry_body_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "payroll_id"],
            ["payroll.body_id", "payroll.id"],
            name=op.f("fk_ledger_entry_body_id_payroll_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_ledger_entry")),
    )
    op.create_index("ix_ledger_entry_once", "ledger_entry", ["body_id", "payment_id", "debit", "credit"], unique=True)
    op.create_index("ix_ledger_entry_payroll", "ledger_entry", ["body_id", "payroll_id"], unique=False)
