"""What tells alike bookings apart while a statement goes by, kept by the database: a file may have any number of them.

Two temporary tables, which end with the transaction: how often each wording came, and how many bookings of one day,
amount and direction there are on days that other files tell of too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Alike(NamedTuple):
    """What bookings have in common in whatever words."""

    booked_on: date
    amount_pence: int
    is_credit: bool


MAKE = (
    "CREATE TEMPORARY TABLE came_before (wording bigint PRIMARY KEY, bookings integer NOT NULL) ON COMMIT DROP",
    """
    CREATE TEMPORARY TABLE told_again (
        booked_on date, amount_pence bigint, is_credit boolean, bookings integer NOT NULL, others bigint,
        PRIMARY KEY (booked_on, amount_pence, is_credit)
    ) ON COMMIT DROP
    """,
)
CAME = text(
    """
    WITH came AS (
        INSERT INTO came_before (wording, bookings)
        SELECT wording, count(*) FROM unnest(CAST(:wordings AS bigint[])) AS now (wording) GROUP BY wording
            ON CONFLICT (wording) DO UPDATE SET bookings = came_before.bookings + excluded.bookings
        RETURNING wording, old.bookings AS before
    )
    SELECT wording, before FROM came WHERE before IS NOT NULL
    """
)
TOLD = text(
    """
    INSERT INTO told_again (booked_on, amount_pence, is_credit, bookings)
    SELECT *, count(*)
      FROM unnest(CAST(:days AS date[]), CAST(:pence AS bigint[]), CAST(:sides AS boolean[])) AS now (day, pence, side)
     GROUP BY day, pence, side
        ON CONFLICT (booked_on, amount_pence, is_credit)
        DO UPDATE SET bookings = told_again.bookings + excluded.bookings
    """
)


def begin(session: Session) -> None:
    """Make room for one file, whose transaction this is."""
    for table in MAKE:
        session.execute(text(table))


def end(session: Session) -> None:
    session.execute(text("DROP TABLE came_before, told_again"))


def numbered(session: Session, wordings: Sequence[int]) -> list[int]:
    """Of each of some wordings the how manieth it is in the file, from 0."""
    rows = session.execute(CAME, {"wordings": list(wordings)})
    before: Counter[int] = Counter({row.wording: row.before for row in rows})
    numbers = []
    for wording in wordings:
        numbers.append(before[wording])
        before[wording] += 1
    return numbers


def tell_again(session: Session, some: Iterable[Alike]) -> None:
    """Count bookings on days that other files tell of too."""
    days, pence, sides = list(zip(*some, strict=True)) or ((), (), ())
    if days:
        session.execute(TOLD, {"days": list(days), "pence": list(pence), "sides": list(sides)})
