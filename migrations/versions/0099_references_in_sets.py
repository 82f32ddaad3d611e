"""What a row of the register stands on is looked up once for all rows of a statement, no longer row by row.

A foreign key that PostgreSQL enforces asks a query of its own for each row and each key: of the time that a register
took to come in, half. The keys stay declared (NOT ENFORCED, PostgreSQL 18); a trigger of each statement asks the same
of all its rows together. What others stand on is never deleted and never gets another id, whoever asks.
"""

from alembic import op

revision = "references_in_sets"
down_revision = "one_offs_ended"

# by table: what each row names and has for itself, and what all rows of a statement mostly name alike
OF_EACH = {
    "beneficiary": {},
    "payee": {"key_id": "sealing_key"},
    "contact": {"payee_id": "payee"},
    "mandate": {"beneficiary_id": "beneficiary", "payee_id": "payee"},
    "account": {"payee_id": "payee"},
    "award": {"beneficiary_id": "beneficiary", "payee_id": "payee"},
    "import_row": {},
}
OF_ALL = {
    "beneficiary": {"body_id": "body"},
    "payee": {"body_id": "body"},
    "account": {"import_id": "register_import"},
    "award": {"scheme_id": "scheme", "import_id": "register_import"},
    "import_row": {"import_id": "register_import"},
}
# an award moves to the payee who stays, of two found to be one person
MOVES = {"award": "payee_id"}
STOOD_ON = ("body", "sealing_key", "beneficiary", "payee", "scheme", "register_import")


def upgrade() -> None:
    keep_what_others_stand_on()
    for table, of_each in OF_EACH.items():
        of_all = OF_ALL.get(table, {})
        for column in of_each | of_all:
            op.execute(f"ALTER TABLE {table} ALTER CONSTRAINT {key_of(table, column)} NOT ENFORCED")
        look_up_what_is_new(table, of_each, of_all)
        kept = [column for column in ("body_id", *of_each, *of_all) if column != MOVES.get(table)]
        keep(table, list(dict.fromkeys(kept)), "stands_on_the_same")
    for table, column in MOVES.items():
        look_up_what_moves(table, column, OF_EACH[table][column])


def key_of(table: str, column: str) -> str:
    return f"fk_{table}_body_id" if column == "body_id" else f"fk_{table}_body_id_{column}"


def missing(table: str, column: str, where: str) -> str:
    """SQL: whether what a row `made` names in a column is not there. A missing row is no row of the body."""
    found = "there.id = made.body_id" if table == "body" else f"there.body_id = made.body_id AND there.id = {where}"
    # a lookup by the primary key for each row: joined, it could become a look through a whole table
    asked = f"(SELECT true FROM {table} there WHERE {found}) IS NULL"
    return f"made.{column} IS NOT NULL AND {asked}"


def look_up_what_is_new(table: str, of_each: dict[str, str], of_all: dict[str, str]) -> None:
    questions = []
    for columns, rows in ((of_each, "made"), (of_all, f"(SELECT DISTINCT {listed(of_all)} FROM made) AS made")):
        if columns:
            cases = " ".join(
                f"WHEN {missing(there, column, f'made.{column}')} THEN '{key_of(table, column)}'"
                for column, there in columns.items()
            )
            questions.append(f"SELECT CASE {cases} END AS broken FROM {rows}")
    question = f"SELECT broken %s FROM ({' UNION ALL '.join(questions)}) AS asked WHERE broken IS NOT NULL LIMIT 1"
    # A plan that was made while a table was empty goes by any of its indexes, and would look at a million rows for each
    # of a million: many rows are asked about by a plan of their own, which knows how large the tables are by now.
    op.execute(
        f"""
        CREATE FUNCTION {table}_stands_on_rows() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
        DECLARE
            rows integer := (SELECT count(*) FROM (SELECT FROM made LIMIT 21) AS first);
            key text;
        BEGIN
            IF rows = 0 THEN
                RETURN NULL;
            ELSIF rows > 20 THEN
                EXECUTE $question${question % ""}$question$ INTO key;
            ELSE
                {question % "INTO key"};
            END IF;
            IF key IS NOT NULL THEN
                {refusal(table)}
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER stands_on_rows AFTER INSERT ON {table} REFERENCING NEW TABLE AS made "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_stands_on_rows()"
    )


def listed(columns: dict[str, str]) -> str:
    return ", ".join(dict.fromkeys(("body_id", *columns)))


def look_up_what_moves(table: str, column: str, there: str) -> None:
    op.execute(
        f"""
        CREATE FUNCTION {table}_moves_to_a_row() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE key text := '{key_of(table, column)}';
        BEGIN
            IF NOT EXISTS (SELECT FROM {there} there WHERE there.body_id = NEW.body_id AND there.id = NEW.{column}) THEN
                {refusal(table)}
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER moves_to_a_row AFTER UPDATE OF {column} ON {table} FOR EACH ROW "
        f"WHEN (OLD.{column} IS DISTINCT FROM NEW.{column}) EXECUTE FUNCTION {table}_moves_to_a_row()"
    )


def refusal(table: str) -> str:
    """SQL: refused as PostgreSQL itself refuses it, so that whoever asked learns the same."""
    return (
        f"""RAISE EXCEPTION 'insert or update on table "{table}" violates foreign key constraint "%"', key """
        f"USING ERRCODE = 'foreign_key_violation', CONSTRAINT = key, TABLE = '{table}';"
    )


def keep_what_others_stand_on() -> None:
    op.execute(
        """
        CREATE FUNCTION refuse_to_let_go() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'what other rows stand on stays: %', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in STOOD_ON:
        op.execute(
            f"CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_let_go()"
        )
        keep(table, ["id"] if table == "body" else ["body_id", "id"], "stays_the_same")


def keep(table: str, columns: list[str], name: str) -> None:
    """Refuse another value; none at all, where the column takes that, names nothing that would have to be there."""
    changed = " OR ".join(f"(OLD.{each} IS DISTINCT FROM NEW.{each} AND NEW.{each} IS NOT NULL)" for each in columns)
    op.execute(
        f"CREATE TRIGGER {name} BEFORE UPDATE OF {', '.join(columns)} ON {table} FOR EACH ROW "
        f"WHEN ({changed}) EXECUTE FUNCTION refuse_to_let_go()"
    )
