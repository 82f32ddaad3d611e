"""The main job, done by the demo's four people on the site itself: from a register in CSV to notices sent."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pyotp
from rich.progress import Progress
from sqlalchemy import func, select

from payouts.app import Service
from payouts.checks.finding import groups_of
from payouts.commands.ground import follow
from payouts.demo.harbour import Harbour
from payouts.demo.visitor import Page, Visitor
from payouts.ledger.balance import Whereabouts, whereabouts
from payouts.ledger.control_run import newest_run
from payouts.notices.notice import NoticeStatus, counts_of
from payouts.payroll import Payroll, get_payroll
from payouts.tasks.outbox import Task, TaskState
from schemes.imports.register_import import get_import
from schemes.person import DEMO_PASSWORD, Role

REASONS = {
    "unusually_large": "A year of arrears agreed by the fund's panel on 3 November.",
    "modulus_not_checkable": "Both payees showed a bank statement with these details.",
    "one_account_several_payees": "A couple with a joint account; both awards were looked at.",
}
RETURNED = 3
ANSWERS = ("sandbox.bank_day", "response.read", "response.apply", "statement.read")
ANY_OTHER_REASON = "Looked at one by one and right."


@dataclass
class Outcome:
    """What the demo has to tell. Amounts in pence."""

    rows: int = 0
    kept: int = 0
    refused: int = 0
    payments: int = 0
    total_pence: int = 0
    unpaid: int = 0
    findings: dict[str, int] = field(default_factory=dict)
    file: Path | None = None
    sha256: str = ""
    notices: dict[str, int] = field(default_factory=dict)
    came_back: int = 0
    paid_again: int = 0
    money: Whereabouts | None = None
    differences: int | None = None
    payroll_id: UUID | None = None
    seconds: float = 0.0


class MainJob:
    """Runs the job over HTTP as four people, and follows the workers' progress in the database.

    Each person's one-time codes come from the secret that the seed made for them, as from their authenticator app.
    """

    def __init__(self, service: Service, harbour: Harbour, *, base_url: str, progress: Progress) -> None:
        self.service = service
        self.harbour = harbour
        self.base_url = base_url
        self.progress = progress
        self.visitors: dict[Role, Visitor] = {}
        self.decided_with: dict[Role, int] = {}
        self.outcome = Outcome()

    def run(self, register: Path, files: Path) -> Outcome:
        """The whole job. register: the CSV to upload. files: the folder into which the payment file is downloaded."""
        started = time.monotonic()
        import_id = self.bring_in(register)
        self.confirm_bank_details(import_id)
        payroll_id = self.create_payroll()
        self.outcome.findings = self.accept_findings(payroll_id)
        self.outcome.file, self.outcome.sha256 = self.pay(payroll_id, files)
        self.follow_notices(payroll_id)
        self.outcome.payroll_id = payroll_id
        self.outcome.seconds = time.monotonic() - started
        return self.outcome

    def pay(self, payroll_id: UUID, files: Path) -> tuple[Path, str]:
        """From the findings on: seal, decide at each gate, download, and record that it was submitted."""
        self.seal(payroll_id)
        for role, evidence in (
            (Role.PREPARER, ""),
            (Role.FINANCE, "Balance of 23 November covers it: treasury reference T-1182"),
            (Role.APPROVER, ""),
            (Role.RELEASER, ""),
        ):
            self.decide(payroll_id, role, evidence)
        got = self.download(payroll_id, files)
        self.record_submission(payroll_id)
        return got

    def visitor(self, role: Role) -> Visitor:
        """The browser of the person of a role, signed in."""
        if role not in self.visitors:
            visitor = Visitor(self.base_url)
            visitor.sign_in(self.harbour.people[role].email, DEMO_PASSWORD, self.code(role))
            self.visitors[role] = visitor
        return self.visitors[role]

    def code(self, role: Role) -> str:
        return pyotp.TOTP(self.harbour.code_secrets[role]).at(datetime.now().astimezone())

    def code_to_decide(self, role: Role) -> str:
        """A code that this person has not decided with yet: the next one where this one was, or one a little later."""
        codes = pyotp.TOTP(self.harbour.code_secrets[role])
        counter = max(self.decided_with.get(role, 0) + 1, codes.timecode(datetime.now().astimezone()))
        while counter > codes.timecode(datetime.now().astimezone()) + 1:
            time.sleep(1)
        self.decided_with[role] = counter
        return codes.generate_otp(counter)

    def bring_in(self, register: Path) -> UUID:
        preparer = self.visitor(Role.PREPARER)
        page = preparer.get("/imports/new")
        form = page.form(having="import_id")
        with register.open("rb") as content:
            page = preparer.send(
                page,
                form,
                files={"file": (register.name, content, "text/csv")},
                scheme=str(self.harbour.scheme_id),
            )
        import_id = UUID(page.url.rsplit("/", 1)[1].partition("?")[0])
        self.follow("Reading the register", lambda: self.import_state(import_id))
        page = preparer.get(f"/imports/{import_id}")
        preparer.send(page, page.form(having="decision"), decision="keep")
        self.follow("Writing the good rows", lambda: self.import_state(import_id))
        with self.service.transaction(self.harbour.body_id) as session:
            brought = get_import(session, import_id)
        self.outcome.rows, self.outcome.kept = brought.rows, brought.rows_good
        self.outcome.refused = brought.rows_refused
        return import_id

    def import_state(self, import_id: UUID) -> tuple[int, int, bool]:
        state = self.visitor(Role.PREPARER).json(f"/imports/{import_id}/progress")
        return int(state["done"]), int(state["total"]), bool(state["finished"])

    def confirm_bank_details(self, import_id: UUID) -> None:
        finance = self.visitor(Role.FINANCE)
        page = finance.get(f"/imports/{import_id}")
        finance.send(page, page.form(to="/confirm"))

    def create_payroll(self) -> UUID:
        preparer = self.visitor(Role.PREPARER)
        page = preparer.get(f"/schemes/{self.harbour.scheme_id}/payrolls/new")
        page = preparer.send(page, page.form(having="payroll_id"))
        payroll_id = UUID(page.url.rsplit("/", 1)[1].partition("?")[0])
        self.follow("Building and checking payments", lambda: self.payroll_state(payroll_id))
        payroll = self.payroll(payroll_id)
        self.outcome.payments, self.outcome.total_pence = payroll.payment_count, payroll.total_pence
        self.outcome.unpaid = payroll.unpaid_count
        return payroll_id

    def payroll(self, payroll_id: UUID) -> Payroll:
        with self.service.transaction(self.harbour.body_id) as session:
            return get_payroll(session, payroll_id)

    def payroll_state(self, payroll_id: UUID) -> tuple[int, int, bool]:
        state = self.visitor(Role.PREPARER).json(f"/payrolls/{payroll_id}/progress")
        return int(state["done"]), int(state["total"]), bool(state["finished"])

    def accept_findings(self, payroll_id: UUID) -> dict[str, int]:
        """Read every kind of finding, accept those that need a reason with one, and tell how many there are of each."""
        preparer = self.visitor(Role.PREPARER)
        page = preparer.get(f"/payrolls/{payroll_id}/checks")
        for address in page.links(rf"/payrolls/{payroll_id}/checks/[a-z_]+"):
            kind = address.rsplit("/", 1)[1]
            found = preparer.get(address)
            one_by_one = found.links(rf"/payrolls/{payroll_id}/findings/[0-9a-f-]+")
            if one_by_one and not has_form(found, "/accept"):
                found = preparer.get(one_by_one[0])
            # accepting one leads to the next that is open, and from the last to the list, which has no such form
            while has_form(found, "/accept"):
                found = preparer.send(found, found.form(to="/accept"), reason=REASONS.get(kind, ANY_OTHER_REASON))
        return self.finding_counts(payroll_id)

    def finding_counts(self, payroll_id: UUID) -> dict[str, int]:
        with self.service.transaction(self.harbour.body_id) as session:
            return {group.kind.value: group.count for group in groups_of(session, payroll_id)}

    def seal(self, payroll_id: UUID) -> None:
        preparer = self.visitor(Role.PREPARER)
        page = preparer.get(f"/payrolls/{payroll_id}")
        preparer.send(page, page.form(to=f"/payrolls/{payroll_id}/files"))
        self.follow("Building and sealing the file", lambda: self.payroll_state(payroll_id))

    def decide(self, payroll_id: UUID, role: Role, evidence: str) -> None:
        visitor = self.visitor(role)
        page = self.look_through(visitor, payroll_id)
        visitor.send(page, page.form(having="verdict"), verdict="go", evidence=evidence, code=self.code_to_decide(role))

    def look_through(self, visitor: Visitor, payroll_id: UUID) -> Page:
        """The page of the gate that waits, once everything is opened that somebody who approves has to open."""
        page = self.open_gate(visitor, payroll_id)
        if not has_form(page, "/open"):
            return page
        while has_form(page, "/open"):
            page = visitor.send(page, page.form(to="/open"))
        return self.open_gate(visitor, payroll_id)

    def open_gate(self, visitor: Visitor, payroll_id: UUID) -> Page:
        page = visitor.get(f"/payrolls/{payroll_id}")
        [address] = page.links(rf"/payrolls/{payroll_id}/gates/[0-9a-f-]+")
        return visitor.get(address)

    def download(self, payroll_id: UUID, files: Path) -> tuple[Path, str]:
        """The file that was kept, and its SHA-256."""
        releaser = self.visitor(Role.RELEASER)
        page = releaser.get(f"/payrolls/{payroll_id}")
        answer = releaser.post(page, page.form(to="/download"))
        answer.raise_for_status()
        name = re.search(r"filename=\"?([^\";]+)", answer.headers["Content-Disposition"])
        assert name is not None
        files.mkdir(parents=True, exist_ok=True)
        file = files / Path(name[1]).name
        file.write_bytes(answer.content)
        return file, hashlib.sha256(answer.content).hexdigest()

    def record_submission(self, payroll_id: UUID) -> None:
        releaser = self.visitor(Role.RELEASER)
        page = releaser.get(f"/payrolls/{payroll_id}/submission")
        releaser.send(page, page.form(having="reference"), reference="SANDBOX-0001")

    def follow_notices(self, payroll_id: UUID) -> None:
        """Until every notice is sent or refused; receipts of delivery come in afterwards."""

        def state() -> tuple[int, int, bool]:
            counts = self.notice_counts(payroll_id)
            total = sum(counts.values())
            left = counts.get(NoticeStatus.PLANNED, 0) + counts.get(NoticeStatus.SENDING, 0)
            return total - left, total, bool(total) and not left

        self.follow("Sending notices", state)
        self.outcome.notices = {status.value: count for status, count in self.notice_counts(payroll_id).items()}

    def notice_counts(self, payroll_id: UUID) -> dict[NoticeStatus, int]:
        with self.service.transaction(self.harbour.body_id) as session:
            return counts_of(session, payroll_id)

    def hear_the_bank(self, payroll_id: UUID, *, returned: int) -> None:
        """Let the sandbox's bank's days pass until it has said everything; so many payments come back."""
        finance = self.visitor(Role.FINANCE)
        while True:
            page = finance.get(f"/payrolls/{payroll_id}")
            try:
                form = page.form(to="/bank-day")
            except LookupError:
                break
            if "returned" in form.fields:
                finance.send(page, form, returned=str(returned))
            else:
                finance.send(page, form)
            self.follow("The bank answers", self.answers_state)

    def hold_the_books(self) -> None:
        """The daily control, asked for now: ledger, files and bank agree."""
        finance = self.visitor(Role.FINANCE)
        page = finance.get("/ledger/control")
        finance.send(page, page.form(to="/ledger/control"))
        self.follow("Holding the books against the bank", self.control_state)
        with self.service.transaction(self.harbour.body_id) as session:
            self.outcome.money = whereabouts(session)
            control = newest_run(session)
            self.outcome.differences = control.difference_count if control else None

    def control_state(self) -> tuple[int, int, bool]:
        with self.service.transaction(self.harbour.body_id) as session:
            done = newest_run(session) is not None
        return int(done), 1, done

    def answers_state(self) -> tuple[int, int, bool]:
        """How much of the work on the bank's answers is done."""
        with self.service.transaction(self.harbour.body_id) as session:
            counts = select(Task.state, func.count()).where(Task.kind.in_(ANSWERS)).group_by(Task.state)
            states: dict[TaskState, int] = dict(session.execute(counts).tuples().all())
        return states.get(TaskState.DONE, 0), sum(states.values()), not states.get(TaskState.WAITING, 0)

    def follow(self, what: str, state: Callable[[], tuple[int, int, bool]]) -> None:
        follow(self.progress, what, state, patience=timedelta(minutes=3).total_seconds())


def has_form(page: Page, to: str) -> bool:
    """Whether a page has a form that leads to an address ending so."""
    try:
        page.form(to=to)
    except LookupError:
        return False
    return True
