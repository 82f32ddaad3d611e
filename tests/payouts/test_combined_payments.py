"""A provider with many clients gets one credit a payroll; each client's payment stays a payment of its own."""

from __future__ import annotations

import hashlib
import io

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from bacs.comparison import listed
from payouts.channels.release import not_as_approved
from payouts.checks.finding import Finding, Kind
from payouts.evidence.verifying import verify
from payouts.files import sealing
from payouts.files.payment_file import files_of
from payouts.files.regenerating import regenerate
from payouts.files.segment import blocks_of
from payouts.gates.manifest import manifest_of
from payouts.payment import Payment, PaymentStatus
from payouts.payment_item import PaymentItem, items_of, paid_with
from payouts.payment_search import find_payments
from payouts.payroll import get_payroll, rebuild
from payouts.remittance import advice_lines
from schemes.errors import NotAllowed, ReasonNotGiven
from schemes.payee import get_payee, payee_of_reference
from schemes.payee_details import set_payments_combined
from schemes.person import Role
from tests.payouts.test_evidence import take

PROVIDER = "PROV-001"


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def provider_id(office):
    """The provider of many clients, who wants one credit."""
    with office.transaction() as session:
        payee_id = payee_of_reference(session, PROVIDER).id
    combine(office, payee_id)
    return payee_id


def combine(office, payee_id, *, combined=True, by=Role.PREPARER, reason="they asked for it by letter"):
    with office.transaction() as session:
        set_payments_combined(
            session,
            office.service.seals,
            payee_id,
            combined=combined,
            reason=reason,
            by=office.person(by),
            at=office.service.now(),
        )


def built(office):
    payroll_id = office.create()
    office.work()
    return payroll_id


def sealed(office):
    payroll_id = built(office)
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    return payroll_id


def credits_in(office, payroll_id):
    """What the files of a payroll hold, as any bank reads them."""
    with office.transaction() as session:
        return [
            credit
            for file in files_of(session, payroll_id)
            for credit in listed(io.BytesIO(b"".join(blocks_of(session, office.service.seals, file))))
        ]


def theirs(office, payroll_id, payee_id):
    with office.transaction() as session:
        mine = select(Payment).where(Payment.payroll_id == payroll_id, Payment.payee_id == payee_id)
        return session.scalars(mine.order_by(Payment.ordinal)).all()


@pytest.mark.parametrize("file_format", ["standard18", "pain001"])
def test_several_payments_to_a_provider_are_one_credit_with_one_reference(office, provider_id, owner, file_format):
    with owner.begin() as connection:
        connection.execute(text("UPDATE bank_profile SET file_format = :form"), {"form": file_format})
    payroll_id = sealed(office)
    payments = theirs(office, payroll_id, provider_id)
    assert len(payments) > 1
    pence = sum(payment.amount_pence for payment in payments)
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        [item] = session.scalars(select(PaymentItem))
        [file] = files_of(session, payroll_id)
        assert (file.payment_count, file.total_pence) == (payroll.payment_count, payroll.total_pence)
        assert file.item_count == payroll.payment_count - len(payments) + 1
        content = b"".join(regenerate(session, office.service, payroll, file))
        assert hashlib.sha256(content).hexdigest() == file.sha256
        assert {payment.file_id for payment in session.scalars(select(Payment))} == {file.id}
        assert set(paid_with(session, payments[1])) == set(session.scalars(select(Payment).where(Payment.combined)))
        assert {
            line.statement_reference for line in advice_lines(session, payroll, get_payee(session, provider_id))
        } == {item.reference}
        found = find_payments(session, payroll_id, item.reference)
        assert {row.payment.id for row in found} >= {payment.id for payment in payments}
        assert items_of(session, payments)[payments[0].id].total_pence == pence
    sent = credits_in(office, payroll_id)
    assert len(sent) == file.item_count
    assert [credit.amount_pence for credit in sent if credit.reference == item.reference] == [pence]
    assert not {payment.reference for payment in payments[1:]} & {credit.reference for credit in sent}


def test_a_payment_that_leaves_lowers_its_credit_and_the_last_one_takes_it_along(office, provider_id):
    payroll_id = sealed(office)
    office.decide_all(payroll_id, upto=3)
    first, *others = theirs(office, payroll_id, provider_id)
    before = credits_in(office, payroll_id)
    office.take_out(payroll_id, [first.id])
    office.work()
    with office.transaction() as session:
        payroll, [item] = get_payroll(session, payroll_id), session.scalars(select(PaymentItem))
        assert items_of(session, others)[others[0].id].payments == len(others)
        assert {payment.id for payment in paid_with(session, others[0])} == {payment.id for payment in others}
        # the earlier decisions stand on what the manifests prove, the item's place and reference among it
        assert not_as_approved(session, office.service.seals, payroll, signer=office.service.signer) == []
    [credit] = [credit for credit in credits_in(office, payroll_id) if credit.reference == item.reference]
    assert credit.amount_pence == sum(payment.amount_pence for payment in others)
    office.take_out(payroll_id, [payment.id for payment in others])
    office.work()
    after = credits_in(office, payroll_id)
    assert len(after) == len(before) - 1
    assert item.reference not in {credit.reference for credit in after}
    office.decide(payroll_id, 3, by=office.person(Role.APPROVER))
    assert office.decide(payroll_id, 4, by=office.person(Role.RELEASER))
    with office.transaction() as session:
        assert set(session.scalars(select(Payment.status))) == {PaymentStatus.RELEASED, PaymentStatus.TAKEN_OUT}
    assert verify(take(office, payroll_id)).faults == []


def test_the_evidence_proves_that_each_credit_is_what_its_payments_add_up_to(office, provider_id):
    payroll_id = sealed(office)
    report = verify(take(office, payroll_id))
    assert report.faults == []
    assert "each credit of the files is what its payments add up to" in report.holds
    with office.transaction() as session:
        [said] = manifest_of(session, get_payroll(session, payroll_id)).read()["files"]
    assert said["items"] == len(credits_in(office, payroll_id)) < said["payments"]


def test_an_item_changed_after_approval_is_noticed_at_release(office, provider_id, owner):
    payroll_id = sealed(office)
    with pytest.raises(DBAPIError, match="append-only"), owner.begin() as connection:
        connection.execute(text("UPDATE payment_item SET reference = 'ANOTHER'"))
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE payment_item SET reference = 'ANOTHER'"))
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        assert not_as_approved(session, office.service.seals, payroll, signer=office.service.signer) == ["payments"]


def test_items_are_counted_split_and_cut_into_parts_as_the_bank_counts(office, provider_id, owner, monkeypatch):
    monkeypatch.setattr(sealing, "CHUNK", 3)
    with owner.begin() as connection:
        connection.execute(text("UPDATE bank_profile SET items_per_file = 8"))
    payroll_id = sealed(office)
    with office.transaction() as session:
        payroll, files = get_payroll(session, payroll_id), files_of(session, payroll_id)
        assert [file.item_count for file in files[:-1]] == [8] * (len(files) - 1)
        assert sum(file.payment_count for file in files) == payroll.payment_count
        in_files = select(Payment.file_id, func.count(), func.sum(Payment.amount_pence)).group_by(Payment.file_id)
        assert {row[0]: tuple(row[1:]) for row in session.execute(in_files)} == {
            file.id: (file.payment_count, file.total_pence) for file in files
        }
        [together] = session.execute(select(Payment.file_id).where(Payment.combined).distinct())
        assert together[0] in {file.id for file in files}
        finding = session.scalars(select(Finding).where(Finding.kind == Kind.TOO_MANY_ITEMS)).one()
        assert finding.facts["count"] == sum(file.item_count for file in files)


def test_a_credit_over_the_banks_limit_blocks_until_each_payment_goes_by_itself(office, provider_id, owner):
    payroll_id = built(office)
    pence = [payment.amount_pence for payment in theirs(office, payroll_id, provider_id)]
    with owner.begin() as connection:
        connection.execute(text("UPDATE bank_profile SET item_limit_pence = :most"), {"most": sum(pence) - 1})
    again(office, payroll_id)
    with office.transaction() as session:
        over = select(Finding).where(Finding.kind == Kind.COMBINED_OVER_BANK_LIMIT)
        found = session.scalars(over).all()
        assert len(found) == len(pence)
        assert {finding.facts["item_pence"] for finding in found} == {sum(pence)}
    combine(office, provider_id, combined=False)
    again(office, payroll_id)
    with office.transaction() as session:
        assert session.scalars(over).all() == []
        assert session.scalars(select(PaymentItem)).all() == []


def again(office, payroll_id):
    with office.transaction() as session:
        rebuild(
            session,
            get_payroll(session, payroll_id, lock=True),
            by=office.person(Role.PREPARER),
            at=office.service.now(),
        )
    office.work()


def test_how_several_payments_go_is_changed_for_a_reason_by_who_keeps_the_register(office, provider_id):
    with pytest.raises(ReasonNotGiven):
        combine(office, provider_id, combined=False, reason=" ")
    with pytest.raises(NotAllowed):
        combine(office, provider_id, combined=False, by=Role.FINANCE)
    combine(office, provider_id, reason="")
    with office.transaction() as session:
        assert get_payee(session, provider_id).payments_combined
