"""Files of one-off payments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "one_off_files"
down_revision = "passkeys"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"
STATUSES = ("read", "entered", "confirmed", "rejected", "discarded")
MAY_UPDATE = (
    "status, sealed_content, rows_good, rows_unchanged, rows_refused, good_pence, faults, confirmed_by, confirmed_at"
)


def upgrade() -> None:
    status = sa.Enum(*STATUSES, name="oneofffilestatus", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "one_off_file",
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=True),
        sa.Column("status", status, nullable=False),
        sa.Column("rows_good", sa.Integer(), nullable=False),
        sa.Column("rows_unchanged", sa.Integer(), nullable=False),
        sa.Column("rows_refused", sa.Integer(), nullable=False),
        sa.Column("good_pence", sa.BigInteger(), nullable=False),
        sa.Column("faults", JSONB(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("confirmed_by is null or confirmed_by <> made_by", name=op.f("ck_one_off_file_two_people")),
        sa.ForeignKeyConstraint(
            ["body_id", "scheme_id"], ["scheme.body_id", "scheme.id"], name=op.f("fk_one_off_file_body_id_scheme_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id", "key_id"],
            ["sealing_key.body_id", "sealing_key.id"],
            name=op.f("fk_one_off_file_body_id_key_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "id", name=op.f("pk_one_off_file")),
    )
    op.create_index("ix_one_off_file_made", "one_off_file", ["body_id", "made_at"])
    op.execute("ALTER TABLE one_off_file ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE one_off_file FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON one_off_file TO payouts_app")
    op.execute(f"GRANT UPDATE ({MAY_UPDATE}) ON one_off_file TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON one_off_file USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.add_column("one_off", sa.Column("file_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_one_off_body_id_file_id"), "one_off", "one_off_file", ["body_id", "file_id"], ["body_id", "id"]
    )
    op.create_index(
        "ix_one_off_file", "one_off", ["body_id", "file_id"], postgresql_where=sa.text("file_id is not null")
    )
