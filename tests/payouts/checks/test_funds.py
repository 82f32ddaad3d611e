"""The money on the account: recorded by finance, held against all payrolls of the day, and again at release."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, text

from payouts.channels import release
from payouts.checks.acceptance import accept
from payouts.checks.finding import Finding, FindingGroup, Kind, Severity
from payouts.checks.funds import FundsDayPassed, record_funds
from payouts.funds import funds_for
from payouts.gates.release_funds import FundsLacking
from payouts.payroll import PayrollStatus, get_payroll
from schemes.bank_profile import bank_profiles
from schemes.check_settings import Check, CheckSettings, Weight, propose
from schemes.database import new_id
from schemes.errors import NotAllowed, ReasonNotGiven
from schemes.person import Role

DAY = date(2026, 11, 25)


@pytest.fixture
def start(landed):
    return landed


def weigh(office, clock, **weights):
    """Two people set what findings mean, before the payroll is made."""
    with office.transaction() as session:
        wanted = CheckSettings({Check(name): weight for name, weight in weights.items()})
        by, at = office.person(Role.FINANCE), clock()
        scheme_id = office.harbour.scheme_id
        change_id = propose(session, scheme_id, wanted, change_id=new_id(), reason="treasury", by=by, at=at).id
    office.confirm_change(change_id, by=office.person(Role.APPROVER))
    clock.advance(minutes=1)


def build(office):
    payroll_id = office.create()
    office.work()
    return payroll_id


def record(office, pence, *, day=DAY, role=Role.FINANCE, seen_in="the forecast", funds_id=None):
    with office.transaction() as session:
        return record_funds(
            session,
            funds_id=funds_id or new_id(),
            bank_profile_id=bank_profiles(session)[0].id,
            day=day,
            available_pence=pence,
            seen_in=seen_in,
            by=office.person(role),
            at=office.service.now(),
        )


def total_of(office, payroll_id):
    with office.transaction() as session:
        return get_payroll(session, payroll_id).total_pence


def found(office, payroll_id):
    """What the checks found of the account: kind, and how much is missing."""
    with office.transaction() as session:
        rows = session.scalars(
            select(Finding).where(
                Finding.payroll_id == payroll_id, Finding.kind.in_([Kind.FUNDS_NOT_RECORDED, Kind.FUNDS_SHORT])
            )
        ).all()
        groups = {group.kind for group in session.scalars(select(FindingGroup))}
        assert {row.kind for row in rows} <= groups
        return [(row.kind, row.facts.get("short_pence")) for row in rows]


def test_as_long_as_nobody_records_what_the_account_has_the_checks_say_so(office):
    payroll_id = build(office)
    assert found(office, payroll_id) == [(Kind.FUNDS_NOT_RECORDED, None)]
    record(office, total_of(office, payroll_id), day=None)
    assert found(office, payroll_id) == []


def test_what_is_missing_is_told_to_the_penny_and_looked_at_again_with_each_record(office):
    payroll_id = build(office)
    total = total_of(office, payroll_id)
    record(office, total - 1)
    assert found(office, payroll_id) == [(Kind.FUNDS_SHORT, 1)]
    with office.transaction() as session:
        by, at = office.person(Role.PREPARER), office.service.now()
        payroll = get_payroll(session, payroll_id, lock=True)
        assert accept(session, payroll, Kind.FUNDS_SHORT, reason="promised", by=by, at=at) == 1
    # the same again keeps the reason, and worse asks for another
    record(office, total - 1)
    with office.transaction() as session:
        assert session.scalars(select(Finding.reason).where(Finding.kind == Kind.FUNDS_SHORT)).one() == "promised"
    record(office, total - 2)
    with office.transaction() as session:
        assert session.scalars(select(Finding.reason).where(Finding.kind == Kind.FUNDS_SHORT)).one() is None
    record(office, total)
    assert found(office, payroll_id) == []


def test_every_payroll_that_draws_on_the_account_that_day_counts(office, owner):
    first = build(office)
    record(office, 2 * total_of(office, first) - 1)
    assert found(office, first) == []
    second = new_id()
    columns = "kind, scheme_id, scheme_version, bank_profile_id, duty_pattern, pay_date, processing_day, input_day"
    more = "deadline_at, period_first_day, period_last_day, status, build, total_pence, made_by, built_by, made_at"
    with owner.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(
            text(
                f"INSERT INTO payroll (body_id, id, number, {columns}, {more}, progress_done, progress_total, "
                f"payment_count, unpaid_count, version) SELECT body_id, :id, 99, {columns}, {more}, 0, 0, "
                "payment_count, 0, 1 FROM payroll WHERE id = :first"
            ),
            {"id": second, "first": first},
        )
    with office.transaction() as session:
        funds = funds_for(session, get_payroll(session, first))
        assert ([draw.number for draw in funds.draws], funds.short_pence) == ([1, 99], 1)
    with owner.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text("UPDATE payroll SET status = 'cancelled' WHERE id = :id"), {"id": second})
    with office.transaction() as session:
        assert funds_for(session, get_payroll(session, first)).short_pence == 0


def through(office, payroll_id):
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id, upto=3)


def test_where_the_scheme_blocks_nothing_is_released_while_money_is_missing(office, clock):
    weigh(office, clock, funds_short=Weight.BLOCK)
    payroll_id = build(office)
    total = total_of(office, payroll_id)
    record(office, total)
    through(office, payroll_id)
    record(office, total - 50_00)
    with pytest.raises(FundsLacking) as refused:
        office.decide(payroll_id, 4, by=office.person(Role.RELEASER), reason="do it anyway")
    assert (refused.value.short_pence, refused.value.reason_allowed) == (50_00, False)
    record(office, total)
    assert office.decide(payroll_id, 4, by=office.person(Role.RELEASER))


def test_where_it_asks_for_a_reason_whoever_releases_gives_one_for_what_nobody_accepted(office):
    payroll_id = build(office)
    record(office, total_of(office, payroll_id) - 10_00)
    through(office, payroll_id)
    record(office, total_of(office, payroll_id) - 20_00)
    with pytest.raises(FundsLacking) as refused:
        office.decide(payroll_id, 4, by=office.person(Role.RELEASER))
    assert refused.value.reason_allowed
    assert office.decide(payroll_id, 4, by=office.person(Role.RELEASER), reason="the treasurer has moved it")


def test_what_was_accepted_before_needs_no_second_reason(office):
    payroll_id = build(office)
    record(office, total_of(office, payroll_id) - 10_00)
    through(office, payroll_id)
    assert office.decide(payroll_id, 4, by=office.person(Role.RELEASER))
    with office.transaction() as session:
        assert get_payroll(session, payroll_id).status is PayrollStatus.RELEASED


def test_a_day_to_which_a_payroll_was_moved_needs_money_of_its_own(office, clock):
    weigh(office, clock, funds_not_recorded=Weight.BLOCK)
    payroll_id = build(office)
    with office.transaction() as session:
        group = session.scalars(select(FindingGroup).where(FindingGroup.kind == Kind.FUNDS_NOT_RECORDED)).one()
        assert (group.severity, group.open_count) == (Severity.BLOCK, 1)
    record(office, total_of(office, payroll_id))
    through(office, payroll_id)
    office.re_date(payroll_id, date(2026, 11, 26))
    office.work()
    for position, role in ((2, Role.FINANCE), (3, Role.APPROVER)):
        office.decide(payroll_id, position, by=office.person(role))
    with pytest.raises(FundsLacking) as refused:
        office.decide(payroll_id, 4, by=office.person(Role.RELEASER))
    assert (refused.value.day, refused.value.short_pence) == (date(2026, 11, 26), None)


def test_only_finance_records_money_for_today_or_later_once_and_for_good(office, owner):
    with pytest.raises(NotAllowed):
        record(office, 1, role=Role.PREPARER)
    with pytest.raises(FundsDayPassed):
        record(office, 1, day=date(2026, 11, 22))
    with pytest.raises(ReasonNotGiven):
        record(office, 1, seen_in=" ")
    mine = new_id()
    assert record(office, 5, funds_id=mine).id == record(office, 6, funds_id=mine).id
    with owner.connect() as connection:
        assert connection.scalar(text("SELECT sum(available_pence) FROM cleared_funds")) == 5


def test_a_record_of_money_is_not_what_people_sign(office):
    """It changes hourly: no decision becomes void by it, and release looks for itself."""
    payroll_id = build(office)
    record(office, total_of(office, payroll_id))
    through(office, payroll_id)
    record(office, total_of(office, payroll_id) + 1)
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        service = office.service
        assert release.not_as_approved(session, service.seals, payroll, signer=service.signer) == []
