"""Whoever confirms new bank details knows who silenced the warnings about them, and which of them arrived."""

from __future__ import annotations

import pytest

from payouts.notices import warning
from payouts.notices.notice import NoticeStatus
from payouts.notices.receipts import take_receipt
from schemes import bank_details, before_body, risk
from schemes.database import new_id
from schemes.errors import SamePerson
from schemes.person import Role
from tests.contacting import mark_safe
from tests.payouts.notices.test_notices import notify, office
from tests.payouts.notices.test_warnings import CALL, act, payee, propose

__all__ = ["notify", "office", "payee", "propose"]


@pytest.fixture
def start(landed):
    return landed


def test_whoever_said_lately_whom_nobody_writes_to_does_not_confirm_the_change(office, payee, propose, clock):
    both = office.person_with(Role.PREPARER, Role.FINANCE)
    mark_safe(office, payee.id, by=both)
    account_id, told = propose()
    assert told == 0, "they have silenced the warnings"

    def confirming(session, account, **said):
        found = risk.assess(session, account, at_the_bank=(), at=office.service.now())
        assert risk.RiskReason.SAFE_CONTACT_CHANGED in found.reasons
        bank_details.confirm(session, office.service.calendar, account, call=CALL, at_the_bank=(), **said)

    with pytest.raises(SamePerson):
        act(office, payee, confirming, account_id, by=both)
    act(office, payee, confirming, account_id)


@pytest.mark.parametrize("said", ["delivered", "permanent-failure"])
def test_a_receipt_tells_the_second_person_whether_a_warning_arrived(office, owner, payee, propose, said):
    account_id, _ = propose()
    office.work()
    with office.transaction() as session:
        [(sent_one, _)] = warning.warnings_of(session, [account_id])[account_id]
    with office.service.transaction(None) as session:
        assert before_body.body_of_notice(session, sent_one.id) == office.harbour.body_id
    with office.transaction() as session:
        facts = {"notify_id": new_id(), "at": office.service.now()}
        assert take_receipt(session, office.service, sent_one.id, status=said, **facts)
        assert not take_receipt(session, office.service, sent_one.id, status="delivered", **facts), (
            "the first receipt counts"
        )
    with office.transaction() as session:
        [(found, _)] = warning.warnings_of(session, [account_id])[account_id]
        expected = NoticeStatus.DELIVERED if said == "delivered" else NoticeStatus.FAILED
        assert (found.status, found.error) == (expected, None if said == "delivered" else said)
