"""Looking at one-off payments before they are entered: one by one or a file of them, by the same rules.

Everything that the rules ask of the register is read at once, for however many, and each is then looked at alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from schemes.award import FARTHEST
from schemes.database import ask
from schemes.errors import NotFound
from schemes.one_off_payment import OneOffFault, OneOffRefused
from schemes.period import NoPeriod, Period
from schemes.scheme_version import Terms, period_about, terms_of

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
    """Who is paid for a beneficiary, and when; the payee's reference and name."""

    payee_id: UUID
    first_day: date | None
    end: date | None
    reference: str
    name: str

    def is_in_force(self, day: date) -> bool:
        return (self.first_day is None or self.first_day <= day) and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class Known:
    """What the register says of some beneficiaries in a scheme. highest: of each thing the last number, also ended."""

    versions: Sequence[Terms]
    mandated: Mapping[UUID, Sequence[Mandated]]
    awarded: Set[tuple[UUID, str]]
    entered: dict[tuple[Thing, int], Entered] = field(default_factory=dict)
    highest: dict[Thing, int] = field(default_factory=dict)


class Resolved(NamedTuple):
    """What an entry comes to. same: the one that is there already."""

    thing: Thing
    period: Period
    sequence: int
    payee: Mandated
    same: Entered | None

    @property
    def payee_id(self) -> UUID:
        return self.payee.payee_id


def known_about(session: Session, scheme_id: UUID, beneficiary_ids: Collection[UUID]) -> Known:
    """Read what has to be known of some beneficiaries: two questions, however many there are. Raises NotFound."""
    terms = terms_of(session, scheme_id)
    if not terms:
        raise NotFound("scheme", scheme_id)
    mandated: dict[UUID, list[Mandated]] = defaultdict(list)
    awarded: set[tuple[UUID, str]] = set()
    known = Known(terms, mandated, awarded)
    ids = list(beneficiary_ids)
    # of one, PostgreSQL keeps its plan; for a list it makes another each time, which takes longer than to look
    question, these = (OF_ONE, ids[0]) if len(ids) == 1 else (OF_MANY, ids)
    for row in ask(session, question, scheme_id=scheme_id, these=these):
        if row.kind == "mandate":
            told = Mandated(row.payee_id, row.first_day, row.last_day, row.reference, row.name)
            mandated[row.beneficiary_id].append(told)
        elif row.kind == "award":
            awarded.add((row.beneficiary_id, row.component))
        else:
            thing = Thing(row.beneficiary_id, row.first_day, row.component)
            known.highest[thing] = max(known.highest.get(thing, 1), row.sequence)
            if row.kind == "entered":
                known.entered[thing, row.sequence] = Entered(row.id, row.amount_pence, row.payee_id)
    return known


# one-off payments that ended stand in an index of their own, so each kind is asked for by itself
ABOUT = """
    SELECT 'mandate' AS kind, mandate.beneficiary_id, mandate.payee_id, mandate.first_day,
        least(mandate.last_day, mandate.ended_on) AS last_day, payee.reference, payee.name,
        NULL AS component, NULL::int AS sequence, NULL::uuid AS id, NULL::bigint AS amount_pence
    FROM mandate JOIN payee ON payee.body_id = mandate.body_id AND payee.id = mandate.payee_id
    WHERE mandate.beneficiary_id = {these} AND payee.merged_into IS NULL
    UNION ALL
    SELECT 'award', beneficiary_id, NULL, NULL, NULL, NULL, NULL, component, NULL, NULL, NULL
    FROM award WHERE scheme_id = %(scheme_id)s AND beneficiary_id = {these}
    UNION ALL
    SELECT 'entered', beneficiary_id, payee_id, period_first_day, NULL, NULL, NULL, component, sequence, id,
        amount_pence
    FROM one_off WHERE scheme_id = %(scheme_id)s AND beneficiary_id = {these} AND ended_at IS NULL
    UNION ALL
    SELECT 'ended', beneficiary_id, NULL, period_first_day, NULL, NULL, NULL, component, sequence, NULL, NULL
    FROM one_off WHERE scheme_id = %(scheme_id)s AND beneficiary_id = {these} AND ended_at IS NOT NULL
    """
OF_ONE = ABOUT.format(these="%(these)s")
OF_MANY = ABOUT.format(these="ANY(%(these)s)")


def resolve(wanted: Wanted, known: Known) -> Resolved:
    """What an entry comes to, by what is known. Raises OneOffRefused."""
    if wanted.about > FARTHEST:
        raise OneOffRefused("about", OneOffFault.TOO_FAR)
    try:
        version, period = period_about(known.versions, wanted.about)
    except NoPeriod:
        raise OneOffRefused("about", OneOffFault.NO_PERIOD) from None
    component = component_of(version, wanted)
    payee = payee_for(wanted, known)
    thing = Thing(wanted.beneficiary_id, period.first_day, component)
    sequence = number_of(wanted, known, thing)
    same = known.entered.get((thing, sequence))
    if same is not None and (same.amount_pence, same.payee_id) != (wanted.amount_pence, payee.payee_id):
        raise OneOffRefused("about", OneOffFault.ENTERED_ALREADY, one_off=str(same.id))
    return Resolved(thing, period, sequence, payee, same)


def component_of(version: Terms, wanted: Wanted) -> str:
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


def payee_for(wanted: Wanted, known: Known) -> Mandated:
    """Who receives it: the one who was named, or the only one with a mandate on the day. Raises OneOffRefused."""
    mandates = known.mandated.get(wanted.beneficiary_id, ())
    found = {one.payee_id: one for one in mandates if one.is_in_force(wanted.pay_from)}
    if wanted.payee_id is None and len(found) == 1:
        return next(iter(found.values()))
    if wanted.payee_id is None:
        raise OneOffRefused("payee", OneOffFault.PAYEE_NOT_SAID, payees=len(found))
    if wanted.payee_id not in found:
        raise OneOffRefused("payee", OneOffFault.NOT_THEIR_PAYEE)
    return found[wanted.payee_id]


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
