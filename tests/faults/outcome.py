"""What must be true of a payroll in the end, whatever was done to the processes on its way."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date
from uuid import UUID

import requests
from sqlalchemy import func, select

from payouts.app import Service
from payouts.demo.harbour import Harbour
from payouts.files.payment_file import PaymentFile, files_of
from payouts.files.regenerating import regenerate
from payouts.files.segment import open_content
from payouts.ledger.balance import prove, whereabouts
from payouts.ledger.entry import LedgerAccount, LedgerEntry
from payouts.notices.notice import Notice, NoticeStatus
from payouts.payment import Payment, PaymentStatus
from payouts.payroll import Payroll, PayrollStatus, get_payroll
from payouts.tasks.outbox import TaskState
from schemes import audit
from schemes.payee import Beneficiary
from tests.faults.installation import Installation, wait_until

Keys = dict[tuple[str, date, date, str, int], int]
TOLD = (NoticeStatus.SENT, NoticeStatus.DELIVERED, NoticeStatus.FAILED)


def keys_of(service: Service, harbour: Harbour, payroll_id: UUID) -> Keys:
    """The permanent keys of a payroll's payments, with their amounts; the beneficiary as the register names them."""
    with service.transaction(harbour.body_id) as session:
        rows = session.execute(
            select(
                Beneficiary.reference,
                Payment.period_first_day,
                Payment.period_last_day,
                Payment.component,
                Payment.sequence,
                Payment.amount_pence,
            )
            .join(Beneficiary, (Beneficiary.body_id == Payment.body_id) & (Beneficiary.id == Payment.beneficiary_id))
            .where(Payment.payroll_id == payroll_id)
        ).all()
    found = {tuple(row[:5]): row[5] for row in rows}
    assert len(found) == len(rows)
    return found  # type: ignore[return-value]


def assert_same_payments(installation: Installation, harbour: Harbour, payroll_id: UUID, calm: Keys) -> None:
    """The payroll's payments are those of a payroll that nobody disturbed, and so are its figures."""
    assert keys_of(installation.service, harbour, payroll_id) == calm
    with installation.service.transaction(harbour.body_id) as session:
        payroll = get_payroll(session, payroll_id)
        assert (payroll.payment_count, payroll.total_pence) == (len(calm), sum(calm.values()))
        assert session.scalar(select(func.count()).select_from(Payroll)) == 1


def assert_one_file(installation: Installation, harbour: Harbour, payroll_id: UUID, downloaded: str = "") -> None:
    """One file was ever made, it opens as its SHA-256 says, and it comes out the same when made anew."""
    service = installation.service
    with service.transaction(harbour.body_id) as session:
        payroll = get_payroll(session, payroll_id)
        assert session.scalar(select(func.count()).select_from(PaymentFile)) == 1
        [file] = files_of(session, payroll_id)
        content = open_content(session, service.seals, file).read()
        assert hashlib.sha256(content).hexdigest() == file.sha256
        assert b"".join(regenerate(session, service, payroll, file)) == content
        assert downloaded in ("", file.sha256)
        assert (file.payment_count, file.total_pence) == (payroll.payment_count, payroll.total_pence)


def assert_one_message_each(installation: Installation, harbour: Harbour, payroll_id: UUID) -> None:
    """Each payee has one notice, and each notice with an address is one message at Notify, none twice."""
    with installation.service.transaction(harbour.body_id) as session:
        payees = set(session.scalars(select(Payment.payee_id).where(Payment.payroll_id == payroll_id)))
        notices = session.scalars(select(Notice)).all()
    assert sorted(notice.payee_id for notice in notices) == sorted(payees)
    assert {notice.status for notice in notices} <= {*TOLD, NoticeStatus.NO_ADDRESS}
    assert installation.notify("count")["repeated_references"] == []
    messages = Counter(messages_at(installation))
    assert {str(notice.id): messages[str(notice.id)] for notice in notices if notice.status in TOLD} == {
        str(notice.id): 1 for notice in notices if notice.status is not NoticeStatus.NO_ADDRESS
    }


def messages_at(installation: Installation) -> list[str]:
    """The references of all messages that the simulator took."""
    references: list[str] = []
    url: str = f"{installation.settings.sandbox_notify_url}/_sandbox/outbox"
    asked: dict[str, str] = {}
    while page := requests.get(url, params=asked, timeout=10).json()["notifications"]:
        references += [message["reference"] for message in page]
        asked = {"older_than": page[-1]["id"]}
    return references


def assert_ledger(installation: Installation, harbour: Harbour, payroll_id: UUID, *, submitted: bool = True) -> None:
    """Every payment went once through the ledger, and every pound released is in one place."""
    with installation.service.transaction(harbour.body_id) as session:
        payroll = get_payroll(session, payroll_id)
        found = whereabouts(session)
        proven = prove(session, payroll_id)
        entries = session.scalar(select(func.count()).select_from(LedgerEntry))
    assert proven.is_proven
    assert found.released_pence == found.placed_pence == found.on_its_way_pence == payroll.total_pence
    held_by = LedgerAccount.WITH_BACS if submitted else LedgerAccount.APPROVED_TO_PAY
    assert {account: count for account, count in found.payments.items() if count} == {held_by: payroll.payment_count}
    assert entries == payroll.payment_count * (2 if submitted else 1)


def assert_audit_whole(installation: Installation, harbour: Harbour) -> None:
    """Every event is linked, the published heads agree, and verify finds nothing."""
    service, body_id = installation.service, harbour.body_id

    def verdict() -> audit.Verdict:
        with service.transaction(body_id) as session:
            heads = list(audit.published(service.settings.audit_heads, body_id, signer=service.signer))
            assert all(genuine for _, genuine in heads)
            return audit.verify(session, body_id, heads)

    wait_until("the clock to link every event", lambda: verdict().pending == 0)
    assert verdict().faults == []


def assert_work_done(installation: Installation, harbour: Harbour) -> None:
    """Nothing waits that is due, and nothing stopped."""

    def states() -> set[TaskState]:
        now = installation.service.now()
        later = {
            task.id
            for task in installation.tasks(harbour, TaskState.WAITING)
            if task.due_at > now and not task.attempts
        }
        return {task.state for task in installation.tasks(harbour) if task.id not in later}

    wait_until("every task to be done", lambda: states() == {TaskState.DONE})


def assert_ended_well(
    installation: Installation, harbour: Harbour, payroll_id: UUID, calm: Keys, downloaded: str = ""
) -> None:
    """All of it, for a payroll whose notices are out."""
    assert_work_done(installation, harbour)
    assert_same_payments(installation, harbour, payroll_id, calm)
    with installation.service.transaction(harbour.body_id) as session:
        assert get_payroll(session, payroll_id).status is PayrollStatus.SUBMITTED
        assert set(session.scalars(select(Payment.status))) == {PaymentStatus.SUBMITTED}
    assert_one_file(installation, harbour, payroll_id, downloaded)
    assert_one_message_each(installation, harbour, payroll_id)
    assert_ledger(installation, harbour, payroll_id)
    assert_audit_whole(installation, harbour)
