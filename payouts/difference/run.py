"""Explaining a payroll's difference to the last one, chunk by chunk of the scheme's awards, in any worker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from payouts import building
from payouts.arrears import SETTLED
from payouts.awarded import FIRST_TERMS, first_terms_of
from payouts.difference import one_offs
from payouts.difference.comparison import Comparison, add_to_causes, comparison_of, forget, paid_in_all
from payouts.difference.explanation import Basis, Cause, Line, Side, Story, explain
from payouts.entitlement import Due, entitlement
from payouts.payment import BACK, LIVE, Payment, Unpaid, UnpaidReason
from payouts.payment_part import PartKind, PaymentPart
from payouts.payroll import Payroll, PayrollKind, get_payroll
from payouts.tasks import outbox
from schemes.amount_rule import Rules, rules_of
from schemes.award import Award
from schemes.award_version import AwardVersion, later_terms
from schemes.database import copy_rows, one_of
from schemes.period import Period
from schemes.scheme_version import version_of
from schemes.suspension import Suspension, spells

if TYPE_CHECKING:
    from payouts.app import Service

LINE_COLUMNS = ("body_id", "payroll_id", "cause", "award_id", "pence", "then_pence", "now_pence", "why")


def last_comparable(session: Session, payroll: Payroll) -> Payroll | None:
    """The payroll that this one is compared with: of the scheme, released, and of the period before.

    None for one of another kind, in which everybody is an exception; and none of these is compared with.
    Of several of that period it is the largest: the others paid those who came too late for it.
    """
    if payroll.kind is not PayrollKind.REGULAR:
        return None
    return session.scalars(
        select(Payroll)
        .where(
            Payroll.scheme_id == payroll.scheme_id,
            Payroll.kind == PayrollKind.REGULAR,
            Payroll.status.in_(SETTLED),
            Payroll.period_last_day < payroll.period_first_day,
        )
        .order_by(Payroll.period_last_day.desc(), Payroll.payment_count.desc(), Payroll.number)
        .limit(1)
    ).one_or_none()


def plan(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Choose what a payroll is compared with, and cut the scheme's awards into chunks."""
    payroll = get_payroll(session, UUID(args["payroll_id"]), lock=True)
    if building.stale(payroll, args):
        return
    forget(session, payroll.id)
    last = last_comparable(session, payroll)
    comparison = Comparison(
        body_id=payroll.body_id,
        payroll_id=payroll.id,
        against_id=last.id if last else None,
        build=payroll.build,
    )
    session.add(comparison)
    bounds = building.chunk_bounds(session, payroll)
    comparison.chunks_total = len(bounds)
    session.flush()
    for number, (first, last_id) in enumerate(bounds):
        outbox.add(
            session,
            "payroll.compare",
            once=f"payroll.compare/{payroll.id}/{payroll.build}/{number}",
            at=service.now(),
            payroll_id=str(payroll.id),
            build=payroll.build,
            first=str(first),
            last=str(last_id),
        )
    if not bounds:
        finish(session, service, payroll, comparison)


@dataclass(frozen=True)
class Compared:
    """The two payrolls of a comparison, each with its period and the rules that it was built by."""

    payroll: Payroll
    last: Payroll | None
    rules: Rules
    last_rules: Rules

    @property
    def period(self) -> Period:
        return period_of(self.payroll)

    @property
    def last_period(self) -> Period:
        return period_of(self.last or self.payroll)

    def bases(self, component: str) -> tuple[Basis, Basis]:
        """Of the last payroll, and of this one."""
        then = Basis(self.last_period, self.last_rules.of(component, self.last_period))
        return then, Basis(self.period, self.rules.of(component, self.period))


def period_of(payroll: Payroll) -> Period:
    return Period(payroll.period_first_day, payroll.period_last_day)


def compared(session: Session, payroll: Payroll, comparison: Comparison) -> Compared:
    last = get_payroll(session, comparison.against_id) if comparison.against_id else None
    rules = rules_of(session, payroll.scheme_id)

    def own(of: Payroll) -> Rules:
        return rules.with_own(period_of(of), version_of(session, of.scheme_id, of.scheme_version).definition)

    return Compared(payroll, last, own(payroll), own(last) if last else rules)


def compare_chunk(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Explain the awards of one chunk; the last chunk to finish asks for the checks."""
    payroll = get_payroll(session, UUID(args["payroll_id"]))
    comparison = comparison_of(session, payroll.id)
    if building.stale(payroll, args) or comparison is None:
        return
    both = compared(session, payroll, comparison)
    figures = Figures()
    found = []
    for award_id, then, now, lines in explained(session, both, UUID(args["first"]), UUID(args["last"])):
        figures.add(then, now, lines)
        if lines:
            found.append((award_id, then, now, lines))
    keep_lines(session, both, found)
    add_to_causes(session, payroll, sums_of(line for one in found for line in one[3]))
    end_chunk(session, service, payroll, figures)


def sums_of(lines: Iterable[Line]) -> dict[Cause, tuple[int, int, int]]:
    """By cause: how many lines, and the pence that they add and take away, both from 0 up."""
    sums: dict[Cause, list[int]] = defaultdict(lambda: [0, 0, 0])
    for cause, pence, _ in lines:
        counted = sums[cause]
        counted[0] += 1
        counted[1 if pence > 0 else 2] += abs(pence)
    return {cause: (count, more, less) for cause, (count, more, less) in sums.items()}


def keep_lines(session: Session, both: Compared, found: Iterable[Explained]) -> None:
    """Keep the lines of some awards. Against no payroll none of whoever starts: they are the payments."""
    payroll = both.payroll
    rows = (
        (payroll.body_id, payroll.id, cause.value, award_id, pence, then.side.paid_pence, now.side.paid_pence, why)
        for award_id, then, now, lines in found
        for cause, pence, why in lines
        if both.last is not None or cause is not Cause.STARTERS
    )
    copy_rows(session, "comparison_line", LINE_COLUMNS, rows)


@dataclass
class Figures:
    """What a chunk adds to the figures of its comparison."""

    then_count: int = 0
    then_pence: int = 0
    now_count: int = 0
    now_pence: int = 0
    unchanged_count: int = 0

    def add(self, then: Paid, now: Paid, lines: list[Line]) -> None:
        self.then_count += then.payments
        self.then_pence += then.side.paid_pence
        self.now_count += now.payments
        self.now_pence += now.side.paid_pence
        self.unchanged_count += bool(now.payments and not lines)


def end_chunk(session: Session, service: Service, payroll: Payroll, figures: Figures) -> None:
    """Add a chunk to the figures. One short row lock at the end: chunks run side by side until here."""
    done, total = session.execute(
        update(Comparison)
        .where(Comparison.payroll_id == payroll.id)
        .values(
            chunks_done=Comparison.chunks_done + 1,
            **{name: getattr(Comparison, name) + value for name, value in vars(figures).items()},
        )
        .returning(Comparison.chunks_done, Comparison.chunks_total)
        .execution_options(synchronize_session=False)
    ).one()
    if done == total:
        comparison = comparison_of(session, payroll.id, lock=True)
        assert comparison is not None
        session.refresh(comparison)
        finish(session, service, payroll, comparison)


def finish(session: Session, service: Service, payroll: Payroll, comparison: Comparison) -> None:
    """Hold what was found award by award against the payrolls' payments as they stand, and ask for the checks."""
    one_offs.account_for(session, payroll, comparison)
    now = paid_in_all(session, payroll.id)
    then = paid_in_all(session, comparison.against_id) if comparison.against_id else (0, 0)
    comparison.stray_pence = (now[1] - comparison.now_pence) - (then[1] - comparison.then_pence)
    comparison.stray_count = abs(now[0] - comparison.now_count) + abs(then[0] - comparison.then_count)
    if comparison.stray_pence and not comparison.stray_count:
        comparison.stray_count = 1
    (comparison.now_count, comparison.now_pence), (comparison.then_count, comparison.then_pence) = now, then
    session.flush()
    building.ask_for_checks(session, service, payroll)


class Paid(NamedTuple):
    """What a payroll made of an award, and in how many payments."""

    side: Side = Side()
    payments: int = 0


NOTHING = Paid()

Explained = tuple[UUID, Paid, Paid, list[Line]]
"""An award with what the last payroll and this one made of it, and the lines between them."""


def explained(session: Session, both: Compared, first: UUID, last: UUID) -> Iterator[Explained]:
    """Each award in a range of ids with what the two payrolls made of it, and the lines between them."""
    sides = {one.id: sides_of(session, one, first, last) for one in (both.last, both.payroll) if one is not None}
    paid_now, paid_then = sides[both.payroll.id], sides[both.last.id] if both.last else {}
    since = both.last.made_at if both.last else None
    for award_id, component, story in stories(session, both.payroll.scheme_id, first, last):
        then, now = paid_then.get(award_id, NOTHING), paid_now.get(award_id, NOTHING)
        basis_then, basis_now = both.bases(component)
        if since is not None and is_as_before(story, then, now, basis_then, basis_now):
            yield award_id, then, now, []
        else:
            before = (basis_then, then.side, since) if since is not None else None
            yield award_id, then, now, explain(story, before, (basis_now, now.side))


def is_as_before(story: Story, then: Paid, now: Paid, basis_then: Basis, basis_now: Basis) -> bool:
    """Whether nothing happened to an award that is paid for two whole periods by one rule: nearly all of a million.

    What it is paid is still held against what it should be.
    """
    if not story.is_plain or then.side != now.side or basis_then.rule != basis_now.rule:
        return False
    [terms] = story.terms
    if not now.payments or now.side != Side(now.side.paid_pence):
        return False
    if not (terms.covers(basis_then.period) and terms.covers(basis_now.period)):
        return False
    due = entitlement(story.now(), basis_now.rule, basis_now.period)
    return isinstance(due, Due) and due.amount_pence == now.side.paid_pence


def stories(session: Session, scheme_id: UUID, first: UUID, last: UUID) -> Iterator[tuple[UUID, str, Story]]:
    """The component of each award of a scheme in a range, and everything that was ever said of it: three queries."""

    def mine(award_id: Any) -> ColumnElement[bool]:
        in_scheme = select(Award.id).where(Award.scheme_id == scheme_id, Award.id.between(first, last))
        clause: ColumnElement[bool] = award_id.between(first, last) & award_id.in_(in_scheme)
        return clause

    later = later_terms(session, mine(AwardVersion.award_id))
    suspended = spells(session, mine(Suspension.award_id))
    rows = session.execute(
        select(Award.id, Award.component, *FIRST_TERMS)
        .where(Award.scheme_id == scheme_id, Award.id.between(first, last))
        .order_by(Award.id)
    ).all()
    for award_id, component, *terms in rows:
        yield (
            award_id,
            component,
            Story((first_terms_of(*terms), *later.get(award_id, ())), suspended.get(award_id, ())),
        )


def sides_of(session: Session, payroll: Payroll, first: UUID, last: UUID) -> dict[UUID, Paid]:
    """What a payroll made of the awards in a range: by the permanent key's index, and by those of unpaid and parts."""
    paid: dict[UUID, tuple[int, int]] = {}
    for award_id, count, pence in payments_between(session, payroll, first, last):
        already = paid.get(award_id, (0, 0))
        paid[award_id] = (already[0] + count, already[1] + int(pence))
    unpaid: dict[Any, UnpaidReason] = dict(
        session.execute(
            select(Unpaid.award_id, Unpaid.reason).where(
                Unpaid.payroll_id == payroll.id, Unpaid.award_id.between(first, last)
            )
        ).all()
    )
    parts: dict[UUID, dict[PartKind, int]] = defaultdict(dict)
    sums = (
        select(PaymentPart.award_id, PaymentPart.kind, func.sum(PaymentPart.pence))
        .where(
            PaymentPart.payroll_id == payroll.id,
            PaymentPart.award_id.between(first, last),
            PaymentPart.freed.is_(False),
        )
        .group_by(PaymentPart.award_id, PaymentPart.kind)
    )
    for award_id, kind, pence in session.execute(sums):
        parts[award_id][kind] = int(pence)
    return {
        award_id: paid_side(paid.get(award_id, (0, 0)), parts.get(award_id, {}), unpaid.get(award_id))
        for award_id in paid.keys() | parts.keys() | unpaid.keys()
    }


def paid_side(paid: tuple[int, int], parts: Mapping[PartKind, int], unpaid: UnpaidReason | None) -> Paid:
    count, pence = paid
    return Paid(Side(pence, parts.get(PartKind.ARREARS, 0), parts.get(PartKind.RECOVERY, 0), unpaid), count)


def payments_between(session: Session, payroll: Payroll, first: UUID, last: UUID) -> Iterable[Any]:
    """Award, count and pence of a payroll's payments to the awards in a range, by two indexes that there are."""
    of_payroll = (Payment.payroll_id == payroll.id, Payment.award_id.between(first, last))
    counted = select(Payment.award_id, func.count(), func.sum(Payment.amount_pence)).group_by(Payment.award_id)
    # told one by one: of rows that were written a moment ago PostgreSQL knows too little to join them well
    awarded = select(Award.beneficiary_id).where(Award.scheme_id == payroll.scheme_id, Award.id.between(first, last))
    beneficiaries = set(session.scalars(awarded))
    by_key = counted.where(
        Payment.scheme_id == payroll.scheme_id,
        Payment.beneficiary_id == one_of(beneficiaries),
        Payment.period_first_day == payroll.period_first_day,
        LIVE,
        *of_payroll,
    )
    yield from session.execute(by_key)
    yield from session.execute(counted.where(*of_payroll, BACK))
