"""Looking at one-off payments before they are entered: one by one or a file of them, by the same rules.

Everything that the rules ask of the register is read at once, for however many, and each is then looked at alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from schemes.award import FARTHEST, Award
from schemes.one_off_payment import OneOff, OneOffFault, OneOffRefused
from schemes.payee import Mandate, Payee
from schemes.period import NoPeriod, Period
from schemes.scheme import get_scheme
from schemes.scheme_version import SchemeVersion, period_about, versions_of

MOST_SEQUENCE = 999


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody enters, before it is looked at. about: a day of the period that it is for.

    payee_id: None for the one payee who is paid for the beneficiary. component: None for the scheme's first.
    further_because: why it is paid besides what is paid for this already. sequence: None for the next that is free.
    """

    scheme_id: UUID
    beneficiary_id: UUID
    amount_pence: int
    about: date
    pay_from: date
    reason: str
    component: str | None = None
    payee_id: UUID | None = None
    further_because: str = ""
    sequence: int | None = None


class Thing(NamedTuple):
    """What is paid for, whichever payment of it: to whom, for the period that begins on a day, and of what."""

    beneficiary_id: UUID
    period_first_day: date
    component: str


class Entered(NamedTuple):
    """A one-off payment that is there, in pence."""

    id: UUID
    amount_pence: int
    payee_id: UUID


class Mandated(NamedTuple):
    """Who is paid for a beneficiary, and when."""

    payee_id: UUID
    first_day: date | None
    end: date | None

    def is_in_force(self, day: date) -> bool:
        return (self.first_day is None or self.first_day <= day) and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class Known:
    """What the register says of some beneficiaries in a scheme. highest: of each thing the last number, also ended."""

    versions: Sequence[SchemeVersion]
    mandated: Mapping[UUID, Sequence[Mandated]]
    awarded: frozenset[tuple[UUID, str]]
    entered: dict[tuple[Thing, int], Entered] = field(default_factory=dict)
    highest: dict[Thing, int] = field(default_factory=dict)


class Resolved(NamedTuple):
    """What an entry comes to. same: the one that is there already."""

    thing: Thing
    period: Period
    sequence: int
    payee_id: UUID
    same: Entered | None


def known_about(session: Session, scheme_id: UUID, beneficiary_ids: Collection[UUID]) -> Known:
    """Read what has to be known of some beneficiaries: five queries, however many there are. Raises NotFound."""
    # of one, PostgreSQL keeps its plan; for a list it makes another each time, which takes longer than to look
    ids = list(beneficiary_ids)
    these: Any = ids[0] if len(ids) == 1 else any_(literal(ids, ARRAY(Uuid)))
    mandated: dict[UUID, list[Mandated]] = defaultdict(list)
    end = func.least(Mandate.last_day, Mandate.ended_on)
    for beneficiary_id, *told in session.execute(
        select(Mandate.beneficiary_id, Mandate.payee_id, Mandate.first_day, end)
        .join(Payee, (Payee.body_id == Mandate.body_id) & (Payee.id == Mandate.payee_id))
        .where(Mandate.beneficiary_id == these, Payee.merged_into.is_(None))
    ):
        mandated[beneficiary_id].append(Mandated(*told))
    awards = select(Award.beneficiary_id, Award.component).where(
        Award.scheme_id == scheme_id, Award.beneficiary_id == these
    )
    awarded = frozenset((beneficiary_id, component) for beneficiary_id, component in session.execute(awards))
    known = Known(versions_of(session, get_scheme(session, scheme_id).id), mandated, awarded)
    for row in session.execute(
        select(
            OneOff.beneficiary_id,
            OneOff.period_first_day,
            OneOff.component,
            OneOff.sequence,
            OneOff.ended_at.is_(None),
            OneOff.id,
            OneOff.amount_pence,
            OneOff.payee_id,
        ).where(OneOff.scheme_id == scheme_id, OneOff.beneficiary_id == these)
    ):
        thing, sequence, is_live = Thing(*row[:3]), row[3], row[4]
        known.highest[thing] = max(known.highest.get(thing, 1), sequence)
        if is_live:
            known.entered[thing, sequence] = Entered(*row[5:])
    return known


def resolve(wanted: Wanted, known: Known) -> Resolved:
    """What an entry comes to, by what is known. Raises OneOffRefused."""
    if wanted.about > FARTHEST:
        raise OneOffRefused("about", OneOffFault.TOO_FAR)
    try:
        version, period = period_about(known.versions, wanted.about)
    except NoPeriod:
        raise OneOffRefused("about", OneOffFault.NO_PERIOD) from None
    component = component_of(version, wanted)
    payee_id = payee_for(wanted, known)
    thing = Thing(wanted.beneficiary_id, period.first_day, component)
    sequence = number_of(wanted, known, thing)
    same = known.entered.get((thing, sequence))
    if same is not None and (same.amount_pence, same.payee_id) != (wanted.amount_pence, payee_id):
        raise OneOffRefused("about", OneOffFault.ENTERED_ALREADY, one_off=str(same.id))
    return Resolved(thing, period, sequence, payee_id, same)


def component_of(version: SchemeVersion, wanted: Wanted) -> str:
    """The code of the component. Raises OneOffRefused for whatever of it the scheme does not pay."""
    terms = version.definition
    component = wanted.component or terms.components[0].code
    if component not in {one.code for one in terms.components}:
        raise OneOffRefused("component", OneOffFault.NO_SUCH_COMPONENT)
    if not 1 <= wanted.amount_pence <= terms.payment_limit_pence:
        raise OneOffRefused("amount", OneOffFault.AMOUNT, limit_pence=terms.payment_limit_pence)
    if wanted.pay_from > FARTHEST:
        raise OneOffRefused("pay_from", OneOffFault.TOO_FAR)
    if not wanted.reason.strip():
        raise OneOffRefused("reason", OneOffFault.REASON_MISSING)
    return component


def payee_for(wanted: Wanted, known: Known) -> UUID:
    """Who receives it: the one who was named, or the only one with a mandate on the day. Raises OneOffRefused."""
    mandates = known.mandated.get(wanted.beneficiary_id, ())
    found = {one.payee_id for one in mandates if one.is_in_force(wanted.pay_from)}
    if wanted.payee_id is None and len(found) == 1:
        return found.pop()
    if wanted.payee_id is None:
        raise OneOffRefused("payee", OneOffFault.PAYEE_NOT_SAID, payees=len(found))
    if wanted.payee_id not in found:
        raise OneOffRefused("payee", OneOffFault.NOT_THEIR_PAYEE)
    return wanted.payee_id


def number_of(wanted: Wanted, known: Known, thing: Thing) -> int:
    """Its number among the payments of one thing: 1, unless somebody says that it is a further one, and why.

    Raises OneOffRefused.
    """
    if not wanted.further_because.strip():
        if (wanted.sequence or 1) > 1:
            raise OneOffRefused("further_because", OneOffFault.FURTHER_WITHOUT_REASON)
        if (thing.beneficiary_id, thing.component) in known.awarded:
            raise OneOffRefused("further_because", OneOffFault.AWARD_PAYS_THIS)
        return 1
    if wanted.sequence is None:
        return known.highest.get(thing, 1) + 1
    if not 2 <= wanted.sequence <= MOST_SEQUENCE:
        raise OneOffRefused("sequence", OneOffFault.NUMBER)
    return wanted.sequence
