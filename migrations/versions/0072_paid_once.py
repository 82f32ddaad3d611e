"""One person under two records is looked for once for all payments of a statement, and by two chunks at once too."""

from alembic import op

revision = "paid_once"
down_revision = "answers_collected"

LIVE = "NOT IN ('cancelled', 'taken_out', 'returned')"

# every record of those who have several, with the one that stands for all
PERSON = """person AS (
                    SELECT body_id, id, same_as AS root FROM beneficiary WHERE same_as IS NOT NULL
                    UNION SELECT body_id, same_as, same_as FROM beneficiary WHERE same_as IS NOT NULL
                )"""


def upgrade() -> None:
    op.execute("DROP TRIGGER paid_under_another_record ON payment")
    op.execute("DROP FUNCTION paid_under_another_record()")
    op.execute(
        f"""
        CREATE FUNCTION paid_under_another_record() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            people record;
        BEGIN
            -- whoever pays such people for the same period waits here, and then sees what was paid
            FOR people IN
                WITH {PERSON}
                SELECT DISTINCT touched.body_id, touched.scheme_id, touched.period_first_day
                  FROM touched
                  JOIN person ON person.body_id = touched.body_id AND person.id = touched.beneficiary_id
                 ORDER BY 1, 2, 3
            LOOP
                PERFORM pg_advisory_xact_lock(hashtextextended(
                    concat_ws(' ', 'one person', people.body_id, people.scheme_id, people.period_first_day), 0));
            END LOOP;
            IF FOUND AND EXISTS (
                WITH {PERSON}
                SELECT FROM touched
                  JOIN person ON person.body_id = touched.body_id AND person.id = touched.beneficiary_id
                  JOIN person other
                    ON other.body_id = person.body_id AND other.root = person.root AND other.id <> person.id
                  JOIN payment ON payment.body_id = other.body_id AND payment.scheme_id = touched.scheme_id
                   AND payment.beneficiary_id = other.id AND payment.period_first_day = touched.period_first_day
                   AND payment.component = touched.component AND payment.sequence = touched.sequence
                 WHERE payment.status {LIVE}
            ) THEN
                RAISE EXCEPTION 'one person is paid twice, under two records';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER paid_under_another_record AFTER INSERT ON payment REFERENCING NEW TABLE AS touched "
        "FOR EACH STATEMENT EXECUTE FUNCTION paid_under_another_record()"
    )
