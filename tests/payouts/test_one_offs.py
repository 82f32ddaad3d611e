"""One-off payments: two people agree, a payroll collects each once, and it is listed, explained and bound."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from payouts.checks.finding import Kind, groups_of
from payouts.difference.comparison import causes_of, comparison_of, must_be_explained
from payouts.difference.explanation import Cause
from payouts.gates.deciding import DecisionRefused
from payouts.gates.manifest import manifest_of
from payouts.gates.separation import Bar
from payouts.payment import Payment, PaymentStatus, UnpaidReason, unpaid_counts
from payouts.payroll import PayrollKind, PayrollStatus, get_payroll, rebuild
from payouts.subject_access import about_beneficiary
from schemes.database import new_id
from schemes.errors import NotNow, ReasonNotGiven, SamePerson
from schemes.one_off import reject
from schemes.one_off_payment import OneOff, OneOffFault, OneOffRefused, get_one_off
from schemes.person import Role
from tests.entering import entering, pay_one_offs

DECEMBER = date(2026, 12, 23)


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def anna(office):
    """Somebody with an award for November."""
    return entering(office)


def paid(office, payroll_id):
    """Amount, sequence and status of the one-off payments in a payroll."""
    with office.transaction() as session:
        rows = select(Payment.amount_pence, Payment.sequence, Payment.status)
        return session.execute(rows.where(Payment.payroll_id == payroll_id, Payment.one_off_id.is_not(None))).all()


def causes(office, payroll_id):
    with office.transaction() as session:
        must_be_explained(session, get_payroll(session, payroll_id))
        return {cause.cause: (cause.count, cause.pence) for cause in causes_of(session, payroll_id)}


def test_what_one_person_enters_waits_for_another_and_then_for_a_payroll_of_its_day(office, anna):
    made = anna.propose(pay_from=date(2026, 11, 26))
    with pytest.raises(SamePerson):
        anna.confirm(made.id, by=replace(office.person(Role.PREPARER), roles=frozenset({Role.FINANCE})))
    first = pay_one_offs(office)
    anna.confirm(made.id)
    anna.confirm(made.id)
    second = pay_one_offs(office)
    assert (paid(office, first), paid(office, second)) == ([], [])
    third = pay_one_offs(office, date(2026, 11, 26))
    assert paid(office, third) == [(4000, 2, PaymentStatus.PREPARED)]
    fourth = pay_one_offs(office, date(2026, 11, 27))
    assert paid(office, fourth) == []
    with office.transaction() as session:
        payroll = get_payroll(session, third)
        assert (payroll.kind, payroll.status, payroll.payment_count) == (PayrollKind.ONE_OFF, PayrollStatus.CHECKED, 1)
        groups = {group.kind: group.open_count for group in groups_of(session, third)}
    assert groups[Kind.ONE_OFF_PAYMENT] == 1


def test_a_regular_payroll_pays_them_beside_the_awards_and_explains_each_to_the_penny(office, anna):
    anna.agreed()
    other = entering(office, offset=1)
    other.agreed(amount_pence=55)
    november = office.create()
    office.work()
    assert sorted(paid(office, november)) == [
        (55, 2, PaymentStatus.PREPARED),
        (4000, 2, PaymentStatus.PREPARED),
    ]
    assert causes(office, november)[Cause.ONE_OFFS] == (2, 4055)
    with office.transaction() as session:
        kinds = {group.kind for group in groups_of(session, november)}
        comparison = comparison_of(session, november)
    assert not kinds & {Kind.TOTALS_DIFFER, Kind.DIFFERENCE_UNEXPLAINED}
    assert comparison.stray_count == 0
    office.accept_findings(november)
    office.seal(november)
    office.decide_all(november)
    december = office.create(DECEMBER)
    office.work()
    said = causes(office, december)
    assert said[Cause.ONE_OFFS_LAST_TIME] == (2, -4055)
    assert not said.keys() & {Cause.ONE_OFFS, Cause.UNEXPLAINED}


def test_the_same_key_is_entered_once_and_another_amount_for_it_is_refused(office, anna):
    made = anna.propose(sequence=2)
    again = anna.propose(sequence=2, reason="the same call, sent again")
    assert again.id == made.id
    with pytest.raises(OneOffRefused) as refused:
        anna.propose(sequence=2, amount_pence=4001)
    assert (refused.value.fault, refused.value.facts) == (OneOffFault.ENTERED_ALREADY, {"one_off": str(made.id)})
    assert anna.propose(one_off_id=made.id, amount_pence=1).amount_pence == 4000
    assert anna.propose().sequence == 3
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(OneOff)) == 2


def test_what_an_award_pays_already_is_entered_only_as_a_further_payment_with_a_reason(office, anna):
    for changes, field, fault in (
        ({"further_because": " "}, "further_because", OneOffFault.AWARD_PAYS_THIS),
        ({"further_because": "", "sequence": 2}, "further_because", OneOffFault.FURTHER_WITHOUT_REASON),
        ({"amount_pence": 0}, "amount", OneOffFault.AMOUNT),
        ({"amount_pence": 10**9}, "amount", OneOffFault.AMOUNT),
        ({"component": "nothing_such"}, "component", OneOffFault.NO_SUCH_COMPONENT),
        ({"reason": " "}, "reason", OneOffFault.REASON_MISSING),
        ({"payee_id": entering(office, offset=1).payee_id}, "payee", OneOffFault.NOT_THEIR_PAYEE),
    ):
        with pytest.raises(OneOffRefused) as refused:
            anna.propose(**changes)
        assert (refused.value.field, refused.value.fault) == (field, fault)


def test_whoever_entered_a_payment_does_not_approve_the_payroll_that_pays_it(office, anna):
    keyed_by = office.person_with(Role.PREPARER, Role.APPROVER)
    anna.confirm(anna.propose(by=keyed_by).id)
    payroll_id = pay_one_offs(office)
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id, upto=2)
    with pytest.raises(DecisionRefused) as refused:
        office.decide(payroll_id, 3, by=keyed_by)
    assert refused.value.why is Bar.KEYED_MONEY


def test_the_manifest_binds_what_was_entered(office, anna):
    one_off_id = anna.agreed()
    payroll_id = pay_one_offs(office)
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    with office.transaction() as session:
        said = manifest_of(session, get_payroll(session, payroll_id)).read()
    assert (said["kind"], len(said["one_offs"])) == ("one_off", 64)
    with pytest.raises(DBAPIError, match="permission denied"), office.transaction() as session:
        session.execute(text("UPDATE one_off SET amount_pence = 1 WHERE id = :id"), {"id": one_off_id})


def test_one_that_is_taken_out_leaves_the_difference_and_waits_for_the_next_payroll(office, anna):
    anna.agreed()
    entering(office, offset=1).agreed(amount_pence=55)
    payroll_id = pay_one_offs(office)
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    with office.transaction() as session:
        leaving = session.scalars(select(Payment.id).where(Payment.amount_pence == 4000)).one()
    office.take_out(payroll_id, [leaving])
    office.work()
    assert causes(office, payroll_id)[Cause.ONE_OFFS] == (1, 55)
    with office.transaction() as session:
        assert unpaid_counts(session, payroll_id) == {UnpaidReason.TAKEN_OUT: 1}
    office.decide_all(payroll_id)
    assert [row.amount_pence for row in paid(office, pay_one_offs(office))] == [4000]


def test_a_payroll_that_is_built_again_keeps_the_reason_of_a_one_off_payment(office, anna):
    anna.agreed()
    payroll_id = pay_one_offs(office)
    office.accept_findings(payroll_id, reason="the panel's letter")
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        rebuild(session, payroll, by=office.person(Role.PREPARER), at=office.service.now())
    office.work()
    with office.transaction() as session:
        assert {group.kind: group.open_count for group in groups_of(session, payroll_id)}[Kind.ONE_OFF_PAYMENT] == 0


def test_whoever_cannot_be_paid_is_listed_and_their_payment_waits(office, anna):
    anna.agreed()
    hold_id = office.stop_payments(anna.payee_id)
    payroll_id = pay_one_offs(office)
    with office.transaction() as session:
        assert unpaid_counts(session, payroll_id) == {UnpaidReason.ON_HOLD: 1}
    office.let_go_on(anna.payee_id, hold_id)
    assert len(paid(office, pay_one_offs(office))) == 1


def test_one_is_withdrawn_while_no_payroll_has_it_and_rejected_before_it_is_confirmed(office, anna):
    one_off_id = anna.agreed(sequence=2)
    payroll_id = pay_one_offs(office)
    with pytest.raises(NotNow):
        anna.withdraw(one_off_id)
    assert len(paid(office, payroll_id)) == 1
    other = entering(office, offset=1)
    withdrawn = other.agreed(sequence=2)
    with pytest.raises(ReasonNotGiven):
        other.withdraw(withdrawn, reason=" ")
    other.withdraw(withdrawn)
    other.withdraw(withdrawn)
    again = other.propose(sequence=2, amount_pence=5)
    assert again.id != withdrawn
    with office.transaction() as session:
        by, at = office.person(Role.FINANCE), office.service.now()
        reject(session, get_one_off(session, again.id, lock=True), reason="no letter", by=by, at=at)
    with pytest.raises(NotNow):
        other.confirm(again.id)


def test_the_database_refuses_a_second_payment_of_one_and_a_payment_that_nothing_makes_due(office, anna):
    anna.agreed()
    payroll_id = pay_one_offs(office)
    names = "body_id, payroll_id, scheme_id, beneficiary_id, payee_id, account_id, period_first_day, period_last_day"
    copy = (
        f"INSERT INTO payment (id, {names}, component, sequence, ordinal, amount_pence, reference, status, one_off_id) "
        f"SELECT :id, {names}, component, :sequence, 7, amount_pence, reference, status, {{}} FROM payment "
        "WHERE payroll_id = :payroll"
    )
    facts = {"id": new_id(), "payroll": payroll_id, "sequence": 9}
    for what, words in (("one_off_id", "uq_payment_one_off"), ("NULL", "ck_payment_made_due_by")):
        with pytest.raises(DBAPIError, match=words):
            paid_again(office, copy.format(what), facts)


def paid_again(office, statement, facts):
    with office.transaction() as session:
        session.execute(text("UPDATE payroll SET status = 'building' WHERE id = :payroll"), facts)
        session.execute(text(statement), facts)


def test_a_beneficiary_who_asks_is_shown_what_was_entered_for_them(office, anna):
    one_off_id = anna.agreed()
    with office.transaction() as session:
        records = about_beneficiary(session, anna.beneficiary_id)
    assert [row["id"] for row in records["one-off payments"]] == [str(one_off_id)]
