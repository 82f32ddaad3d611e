"""Payment files in sealed segments, and several files to a payroll."""

import sqlalchemy as sa
from alembic import op

revision = "file_segments"
down_revision = "gate_evidence"

MINE = "(SELECT nullif(current_setting('payouts.body_id', true), '')::uuid)"


def upgrade() -> None:
    make_segments()
    # files from before are one piece, and stay as they are: only who has the keys could seal them anew
    op.add_column("payment_file", sa.Column("first", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("payment_file", sa.Column("last", sa.Integer(), nullable=False, server_default="2147483647"))
    op.add_column("payment_file", sa.Column("segment_count", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("payment_file", sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE payment_file SET sealed_at = made_at")
    for column in ("first", "last", "segment_count"):
        op.alter_column("payment_file", column, server_default=None)
    op.alter_column("payment_file", "sealed_content", nullable=True)
    op.create_check_constraint(op.f("ck_payment_file_sealed"), "payment_file", "(sealed_at is null) = (sha256 = '')")
    op.execute("GRANT UPDATE (sha256, byte_count, sealed_at) ON payment_file TO payouts_app")
    op.execute(
        """
        CREATE FUNCTION sealed_for_good() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'what a sealed file is never changes';
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER sealed_for_good BEFORE UPDATE OF sha256, byte_count, sealed_at ON payment_file FOR EACH ROW
        WHEN (OLD.sealed_at IS NOT NULL) EXECUTE FUNCTION sealed_for_good()
        """
    )


def make_segments() -> None:
    op.create_table(
        "file_segment",
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("payment_count", sa.Integer(), nullable=False),
        sa.Column("total_pence", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "file_id"],
            ["payment_file.body_id", "payment_file.id"],
            name=op.f("fk_file_segment_body_id_file_id"),
        ),
        sa.PrimaryKeyConstraint("body_id", "file_id", "number", name=op.f("pk_file_segment")),
    )
    # what is sealed cannot be compressed: not trying saves a third of the time
    op.execute("ALTER TABLE file_segment ALTER COLUMN sealed SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE file_segment ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE file_segment FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON file_segment TO payouts_app")
    op.execute(f"CREATE POLICY own_body ON file_segment USING (body_id = {MINE}) WITH CHECK (body_id = {MINE})")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON file_segment "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
