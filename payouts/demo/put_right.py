"""What came back in the demo, put right by two people and paid again, on the site itself."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select

from payouts.demo.accounts import Accounts
from payouts.demo.dice import Dice
from payouts.demo.main_job import MainJob
from payouts.returns.case import CaseRow, Next, account_of, cases, next_of
from payouts.returns.returned import CaseStatus, ReturnedPayment
from schemes.person import Role

SEED = 26
HELD_SINCE = ["5", "1", "2026"]


def put_right(job: MainJob, files: Path) -> None:
    """Put every case right, pay all of them again in one payroll, and hear of that from the bank too."""
    accounts = Accounts(Dice(SEED))
    with job.service.transaction(job.harbour.body_id) as session:
        rows = cases(session)
        work = [(row, next_of(session, row, at=job.service.now()), account_of(session, row.payment)) for row in rows]
    job.outcome.came_back = len(work)
    for row, wanted, account in work:
        if wanted in (Next.CONFIRM_DEATH, Next.LIFT_HOLD):
            let_go_on(job, row)
        elif wanted is Next.ASK_FOR_DETAILS:
            change_details(job, row, accounts, account.holder_name if account else row.payee.name)
    payroll_id = pay_again(job)
    job.accept_findings(payroll_id)
    job.pay(payroll_id, files)
    job.hear_the_bank(payroll_id, returned=0)
    with job.service.transaction(job.harbour.body_id) as session:
        ended = select(func.count()).where(ReturnedPayment.status == CaseStatus.REISSUED)
        job.outcome.paid_again = session.scalar(ended) or 0


def let_go_on(job: MainJob, row: CaseRow) -> None:
    """The bank took one customer for another: nobody has died, and somebody who did not stop the payments says so."""
    approver = job.visitor(Role.APPROVER)
    page = approver.get(f"/payees/{row.payee.id}")
    for address in page.links(rf"/payees/{row.payee.id}/holds/[0-9a-f-]+/lift"):
        lifting = approver.get(address)
        approver.send(lifting, lifting.form(having="reason"), reason="The bank took another customer for the payee.")


def change_details(job: MainJob, row: CaseRow, accounts: Accounts, holder_name: str) -> None:
    """One proposes the details of the payee's new letter; another calls them back, looks, and confirms."""
    details = accounts.ordinary()
    preparer, finance = job.visitor(Role.PREPARER), job.visitor(Role.FINANCE)
    page = preparer.get(f"/payees/{row.payee.id}/bank-details/new")
    page = preparer.send(
        page,
        page.form(having="came_by"),
        holder_name=holder_name,
        sort_code=details.sort_code,
        account_number=details.account_number,
        came_by="letter",
    )
    page = finance.get(f"/payees/{row.payee.id}/bank-details")
    [address] = page.links(rf"/payees/{row.payee.id}/bank-details/[0-9a-f-]+/decide")
    full = finance.get(address.replace("/decide", "/full"))
    finance.send(full, full.form(having="reason"), reason="To compare with the letter")
    page = finance.get(address)
    finance.send(
        page,
        page.form(having="decision"),
        spoke_to=row.payee.name,
        contact="01632 960 017",
        decision="urgent" if 'value="urgent"' in page.text else "confirm",
        reason="They have waited for their money since it came back.",
        because="A statement of the new account was seen.",
        held_since=HELD_SINCE,
    )


def pay_again(job: MainJob) -> UUID:
    preparer = job.visitor(Role.PREPARER)
    page = preparer.get(f"/schemes/{job.harbour.scheme_id}/payrolls/new/returned")
    page = preparer.send(page, page.form(having="payroll_id"))
    found = re.search(r"/payrolls/([0-9a-f-]{36})", page.url)
    assert found is not None, "creating the payroll leads to its page"
    payroll_id = UUID(found[1])
    job.follow("Building what is paid again", lambda: job.payroll_state(payroll_id))
    return payroll_id
