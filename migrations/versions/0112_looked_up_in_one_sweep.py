"""What many rows stand on is looked for first in one sweep over what came in last, then by itself what is not there.

Whoever brings in many rows has just written what they stand on, and ids rise: it lies side by side at the end of the
index. A sweep over it costs a third of a search for each row. It only saves the search where it finds the row itself.
"""

from alembic import op

revision = "looked_up_in_one_sweep"
down_revision = "payment_looked_for"

# by table: what each row names and has for itself, and what all rows of a statement mostly name alike
OF_EACH = {
    "payee": {"key_id": "sealing_key"},
    "contact": {"payee_id": "payee"},
    "mandate": {"beneficiary_id": "beneficiary", "payee_id": "payee"},
    "account": {"payee_id": "payee"},
    "award": {"beneficiary_id": "beneficiary", "payee_id": "payee"},
}
OF_ALL = {
    "payee": {"body_id": "body"},
    "account": {"import_id": "register_import"},
    "award": {"scheme_id": "scheme", "import_id": "register_import"},
}


def upgrade() -> None:
    for table, of_each in OF_EACH.items():
        of_all = OF_ALL.get(table, {})
        listed = ", ".join(dict.fromkeys(("body_id", *of_all)))
        alike = broken(table, of_all, f"(SELECT DISTINCT {listed} FROM made) AS made") if of_all else ""
        few = first_of(broken(table, of_each, "made"), alike)
        sweeps = " ".join(sweep(column, there) for column, there in of_each.items())
        many = first_of(broken(table, of_each, f"made {sweeps}", swept=True), alike)
        look_up_what_is_new(table, few=few, many=many)


def look_up_what_is_new(table: str, *, few: str, many: str) -> None:
    # Where PostgreSQL has not counted yet what was written a moment ago, it takes a large table for a small one, and
    # would look through all of it, or loop. Many rows are asked about by a plan of their own: one that was made while
    # a table was empty goes by any of its indexes.
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION {table}_stands_on_rows() RETURNS trigger LANGUAGE plpgsql
        SET enable_seqscan = off SET enable_bitmapscan = off SET enable_nestloop = off AS $$
        DECLARE
            rows bigint := (SELECT count(*) FROM made);
            key text;
        BEGIN
            IF rows = 0 THEN
                RETURN NULL;
            ELSIF rows > 20 THEN
                EXECUTE $question${many % ""}$question$ INTO key USING rows + rows / 4;
            ELSE
                {few % "INTO key"};
            END IF;
            IF key IS NOT NULL THEN
                RAISE EXCEPTION 'insert or update on table "{table}" violates foreign key constraint "%"', key
                USING ERRCODE = 'foreign_key_violation', CONSTRAINT = key, TABLE = '{table}';
            END IF;
            RETURN NULL;
        END $$
        """
    )


def first_of(*questions: str) -> str:
    asked = " UNION ALL ".join(filter(None, questions))
    return f"SELECT broken %s FROM ({asked}) AS asked WHERE broken IS NOT NULL LIMIT 1"


def broken(table: str, columns: dict[str, str], rows: str, *, swept: bool = False) -> str:
    """SQL: by row, the key of a column that names what is not there: a missing row is no row of the body."""
    cases = []
    for column, there in columns.items():
        key = f"fk_{table}_body_id" if column == "body_id" else f"fk_{table}_body_id_{column}"
        found = (
            "there.id = made.body_id"
            if there == "body"
            else f"there.body_id = made.body_id AND there.id = made.{column}"
        )
        # a lookup by the primary key for each row: joined, it could become a look through a whole table
        missing = f"(SELECT true FROM {there} AS there WHERE {found}) IS NULL"
        left = f"{column}_swept.id IS NULL AND " if swept else ""
        cases.append(f"WHEN made.{column} IS NOT NULL AND {left}{missing} THEN '{key}'")
    return f"SELECT CASE {' '.join(cases)} END AS broken FROM {rows}"


def sweep(column: str, there: str) -> str:
    """SQL: a join with the latest rows that may be named, so few that it costs little where they are not named."""
    lowest = f"(SELECT {column} FROM made ORDER BY {column} LIMIT 1)"
    return f"""
        LEFT JOIN (
            SELECT body_id, id FROM {there} WHERE body_id = (SELECT body_id FROM made LIMIT 1) AND id >= {lowest}
             ORDER BY id DESC LIMIT $1
        ) AS {column}_swept ON {column}_swept.body_id = made.body_id AND {column}_swept.id = made.{column}
    """
