"""Bank profiles with the form of their files; a name of which the file carries nothing."""

import re

import sqlalchemy as sa
from alembic import op

revision = "file_format"
down_revision = "deadlines"

FORMATS = ("standard18", "pain001", "pain001-03", "pain001-hsbc", "pain001-goldman-sachs")


def upgrade() -> None:
    op.add_column(
        "bank_profile",
        sa.Column(
            "file_format",
            sa.Enum(*FORMATS, name="fileformat", native_enum=False, create_constraint=True, length=40),
            nullable=False,
            server_default="standard18",
        ),
    )
    for table in ("finding", "finding_group", "acceptance"):
        add_word(table, f"ck_{table}_kind", "kind", "name_empty")


def add_word(table: str, constraint: str, column: str, word: str) -> None:
    written = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": constraint}
    )
    words = ", ".join(repr(each) for each in [*re.findall(r"'([a-z_]+)'", str(written)), word])
    op.drop_constraint(op.f(constraint), table, type_="check")
    op.create_check_constraint(op.f(constraint), table, f"{column} IN ({words})")
