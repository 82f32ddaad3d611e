"""Finding awards by whose they are, however many there are."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from schemes.award import Award
from schemes.hold import is_listed
from schemes.payee import Beneficiary, Payee
from schemes.payee_search import between
from schemes.scheme import Scheme


class AwardOf(NamedTuple):
    """An award with whose it is, and under which scheme."""

    award: Award
    beneficiary: Beneficiary
    scheme: Scheme


def awards_called(session: Session, search: str, *, limit: int = 50) -> list[AwardOf]:
    """The awards of the first beneficiaries whose reference begins like that. Of restricted payees none."""
    start = search.strip().upper()
    if not start:
        return []
    whose = select(Beneficiary.id).where(between(Beneficiary.reference, start)).order_by(Beneficiary.reference)
    ids = session.scalars(whose.limit(limit)).all()
    # an award has an index by scheme and beneficiary, and of schemes a body has few
    rows = session.execute(
        select(Award, Beneficiary, Scheme)
        .join(Scheme, (Scheme.body_id == Award.body_id) & (Scheme.id == Award.scheme_id))
        .join(Beneficiary, (Beneficiary.body_id == Award.body_id) & (Beneficiary.id == Award.beneficiary_id))
        .join(Payee, (Payee.body_id == Award.body_id) & (Payee.id == Award.payee_id))
        .where(
            Award.scheme_id.in_(session.scalars(select(Scheme.id)).all()), Award.beneficiary_id.in_(ids), is_listed()
        )
        .order_by(Beneficiary.reference, Award.first_day)
        .limit(limit)
    )
    return [AwardOf(*row) for row in rows]
