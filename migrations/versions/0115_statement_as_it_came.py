"""A refused statement is kept as it came, and one that came among the bank's other answers is kept once, by these."""

import sqlalchemy as sa
from alembic import op

revision = "statement_as_it_came"
down_revision = "held_copy"

FAULTS = (
    "not_readable",
    "hostile",
    "other_message",
    "other_account",
    "other_currency",
    "does_not_add_up",
    "bad_row",
    "bad_table",
)


def upgrade() -> None:
    op.add_column("statement_file", sa.Column("response_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_statement_file_body_id_response_id"),
        "statement_file",
        "response",
        ["body_id", "response_id"],
        ["body_id", "id"],
    )
    op.drop_constraint(op.f("ck_statement_file_content"), "statement_file", type_="check")
    op.create_check_constraint(
        op.f("ck_statement_file_content"),
        "statement_file",
        "status = 'unreadable' or (status <> 'read' and response_id is null) = (sealed_content is not null)",
    )
    op.drop_constraint(op.f("ck_statement_file_statementfault"), "statement_file", type_="check")
    op.create_check_constraint(
        op.f("ck_statement_file_statementfault"), "statement_file", f"fault IN ({', '.join(map(repr, FAULTS))})"
    )
