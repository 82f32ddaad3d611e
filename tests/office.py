"""A body's people and workers, doing what the pages and the processes would have them do."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts import redating, registering, reopening, subject_access, taking_out
from payouts.app import Service
from payouts.channels import download, release, submission
from payouts.confirmation import confirmation, run
from payouts.confirmation.codes import TELLS_NAME, Code
from payouts.confirmation.provider import AccountType, Answer, Silence
from payouts.demo.harbour import Harbour
from payouts.files import sealing
from payouts.files.payment_file import files_of
from payouts.files.segment import blocks_of
from payouts.gates import deciding, decision
from payouts.gates.amendment import Amendment
from payouts.gates.manifest import manifest_of
from payouts.parallel_run.parallel_run import begin
from payouts.payroll import PayrollStatus, create_payroll, get_payroll
from payouts.responses import correction
from payouts.tasks import worker
from payouts.tasks.outbox import Task, TaskState
from schemes import bank_details, change_applied, contact, cooling_off, hold
from schemes.account import CameBy, accounts_of, get_account
from schemes.body import DutyPattern
from schemes.call_back import Call
from schemes.change import get_change
from schemes.contact_value import Channel
from schemes.cooling_off import CoolingOff
from schemes.database import new_id
from schemes.duplicates import merge, pair
from schemes.duplicates.likeness import Likelihood
from schemes.duties import propose_duties
from schemes.gate_rule import GateKind, GateRule
from schemes.hold import HoldKind
from schemes.imports import register_import
from schemes.payee import get_payee
from schemes.person import DEMO_PASSWORD, Actor, Role, add_person
from schemes.scheme import get_scheme
from schemes.scheme_version import add_version, newest
from schemes.seal import get_key
from schemes.unmasking import unmask
from tests.opening import accept_everything, open_everything

# more than any work has steps: a test whose tasks are never done must fail, not hang
MOST_ROUNDS = 500


@dataclass(frozen=True)
class Office:
    """A body's four people and its workers, doing what pages and processes would have them do."""

    service: Service
    harbour: Harbour

    def transaction(self) -> AbstractContextManager[Session]:
        return self.service.transaction(self.harbour.body_id)

    def person(self, role: Role) -> Actor:
        return self.harbour.people[role]

    def person_with(self, *roles: Role) -> Actor:
        """Somebody new, with these roles."""
        email = f"{new_id().hex}@harbour.example"
        with self.transaction() as session:
            added, _ = add_person(
                session,
                self.service.seals.ring,
                email=email,
                name="Somebody New",
                password=DEMO_PASSWORD,
                roles=frozenset(roles),
                at=self.service.now(),
            )
        return Actor(added.id, self.harbour.body_id, added.name, email, frozenset(roles))

    def set_duties(self, pattern: DutyPattern, **terms: Any) -> None:
        """An administrator proposes how many people run a payroll, and another confirms it."""
        at = self.service.now()
        by, other = self.person_with(Role.ADMINISTRATOR), self.person_with(Role.ADMINISTRATOR)
        with self.transaction() as session:
            proposed = propose_duties(
                session, pattern, change_id=new_id(), reason="Two are away", by=by, at=at, **terms
            )
            change_applied.confirm(session, proposed, by=other, at=at)

    def set_gates(self, *gates: GateRule) -> None:
        """A version of the scheme with these gates, for payrolls created from now on."""
        with self.transaction() as session:
            scheme = get_scheme(session, self.harbour.scheme_id, lock=True)
            before = newest(session, scheme.id)
            definition = replace(before.definition, gates=gates)
            facts = {"effective_from": before.effective_from, "change_id": None, "by": None, "at": self.service.now()}
            add_version(session, scheme.id, definition, number=before.number + 1, **facts)
            scheme.take_over(definition, before.number + 1)

    def work(self, *, leave: str = "") -> None:
        """Do every task that waits, and those that they add, but for the kind to `leave`.

        Messages stay where there is no Notify to send them through.
        """
        left = [leave] if self.service.settings.sandbox_notify_url else [leave, "staff.send", "notices.send"]
        for _ in range(MOST_ROUNDS):
            with self.transaction() as session:
                due = (Task.state == TaskState.WAITING, Task.due_at <= self.service.now(), Task.kind.not_in(left))
                tasks = list(session.scalars(select(Task.id).where(*due).order_by(Task.id)))
                errors = list(session.scalars(select(Task.error).where(Task.error.is_not(None))))
            assert not errors, errors
            if not tasks:
                return
            for task_id in tasks:
                worker.perform(self.service, task_id, self.harbour.body_id)
        raise AssertionError("tasks wait that are never done")

    def bring_in(self, content: bytes, *, by: Role = Role.PREPARER) -> UUID:
        """Send a register file, and have it read."""
        import_id = new_id()
        with self.transaction() as session:
            registering.begin_import(
                session,
                self.service,
                import_id=import_id,
                scheme_id=self.harbour.scheme_id,
                file_name="register.csv",
                content=content,
                by=self.person(by),
                at=self.service.now(),
            )
        self.work()
        return import_id

    def keep(self, import_id: UUID) -> None:
        with self.transaction() as session:
            brought = register_import.get_import(session, import_id, lock=True)
            registering.keep_rows(session, brought, by=self.person(Role.PREPARER), at=self.service.now())
        self.work()

    def confirm(self, import_id: UUID) -> int:
        with self.transaction() as session:
            brought = register_import.get_import(session, import_id, lock=True)
            return register_import.confirm(
                session, self.service.calendar, brought, by=self.person(Role.FINANCE), at=self.service.now()
            )

    def change_bank_details(self, payee_id: UUID) -> UUID:
        """Propose new bank details for a payee, and have the finance officer call back, look and confirm."""
        account_id, at = new_id(), self.service.now()
        with self.transaction() as session:
            bank_details.propose(
                session,
                self.service.seals,
                account_id=account_id,
                payee_id=payee_id,
                holder_name="M Changed",
                sort_code="20-29-59",
                account_number="63748472",
                roll_number="",
                came_by=CameBy.LETTER,
                by=self.person(Role.PREPARER),
                at=at,
            )
        by, call = self.person(Role.FINANCE), Call("The payee", "01234 567890", date(2026, 1, 5))
        with self.transaction() as session:
            account = get_account(session, payee_id, account_id, lock=True)
            unmask(session, self.service.seals, account, reason="compare with the letter", by=by, at=at)
            bank_details.confirm(session, self.service.calendar, account, call=call, at_the_bank=(), by=by, at=at)
        return account_id

    def propose_a_change(self) -> UUID:
        """The finance officer, as an administrator, proposes that changed bank details wait for 5 days."""
        by = replace(self.person(Role.FINANCE), roles=frozenset({Role.ADMINISTRATOR}))
        wanted, change_id, at = CoolingOff(0, 5, 5), new_id(), self.service.now()
        with self.transaction() as session:
            return cooling_off.propose(session, wanted, change_id=change_id, reason="fraud near us", by=by, at=at).id

    def compare(self, payroll_id: UUID, content: bytes, **terms: Any) -> UUID:
        """The preparer holds another system's file against a payroll."""
        run_id, by, at = new_id(), self.person(Role.PREPARER), self.service.now()
        with self.transaction() as session:
            payroll = get_payroll(session, payroll_id)
            seals = self.service.seals
            begin(session, seals, payroll, run_id=run_id, file_name="old.csv", content=content, by=by, at=at, **terms)
        self.work()
        return run_id

    def take_corrections(self) -> UUID:
        """The preparer sends an AWACS report without a line."""
        content = (
            b'<BACSDocument><Data><MessagingAdvices><MessagingHeader advice-type="AWACS" user-number="000000"/>'
            b"</MessagingAdvices></Data></BACSDocument>"
        )
        by, at = self.person(Role.PREPARER), self.service.now()
        with self.transaction() as session:
            return correction.take(
                session, self.service, report_id=new_id(), file_name="awacs.xml", content=content, by=by, at=at
            ).id

    def ask_for_everything(self, payee_id: UUID) -> UUID:
        """The finance officer asks for everything about a payee."""
        by, at = self.person(Role.FINANCE), self.service.now()
        with self.transaction() as session:
            return subject_access.ask(
                session, access_id=new_id(), payee_id=payee_id, beneficiary_id=None, reason="a letter", by=by, at=at
            ).id

    def pair(self, first: UUID, second: UUID) -> UUID:
        """Note that two payees may be one person, unless that is known."""
        first, second = sorted((first, second))
        with self.transaction() as session:
            for row in pair.pairs_of(session, first):
                if row.second.id == second:
                    return row.pair.id
            found = pair.DuplicatePair(
                body_id=self.harbour.body_id,
                id=new_id(),
                first_payee_id=first,
                second_payee_id=second,
                likelihood=Likelihood.LIKELY,
                evidence={"name": 100, "same": ["account"], "different": []},
                status=pair.PairStatus.OPEN,
                found_at=self.service.now(),
            )
            session.add(found)
            return found.id

    def propose_merge(self, pair_id: UUID, *, kept_id: UUID, by: Actor | None = None) -> UUID:
        """The preparer, or somebody else, proposes that of a pair one stays."""
        with self.transaction() as session:
            return merge.propose(
                session,
                pair.get_pair(session, pair_id, lock=True),
                change_id=new_id(),
                kept_id=kept_id,
                reason="seen at the counter with both letters",
                by=by or self.person(Role.PREPARER),
                at=self.service.now(),
            ).id

    def confirm_change(self, change_id: UUID, *, by: Actor | None = None) -> None:
        """The finance officer, or somebody else, confirms a change."""
        with self.transaction() as session:
            waiting = get_change(session, change_id, lock=True)
            change_applied.confirm(session, waiting, by=by or self.person(Role.FINANCE), at=self.service.now())

    def note_confirmation(self, payee_id: UUID, code: Code = Code.ANNM) -> None:
        """Keep an answer about a payee's newest bank details as if their bank had given it, in a run of its own."""
        name = "M Changed" if code in TELLS_NAME else ""
        silence = Silence.TIMED_OUT if code is Code.NO_ANSWER else None
        by, at = self.person(Role.FINANCE), self.service.now()
        with self.transaction() as session:
            run.begin(session, None, total=1, by=by, at=at)
            account = accounts_of(session, payee_id)[0]
            payee = get_payee(session, payee_id)
            key = self.service.seals.open_row(get_key(session, payee.body_id, payee.key_id))
            answer = Answer(code, name=name, silence=silence)
            kind = AccountType.PERSONAL
            confirmation.note(session, key, account.id, kind, answer, provider="a bank", asked_by=by.person_id, at=at)

    def add_contact(self, payee_id: UUID, typed: str = "somebody@example.com") -> UUID:
        """The preparer keeps an email address of a payee."""
        contact_id, by = new_id(), self.person(Role.PREPARER)
        facts = {"channel": Channel.EMAIL, "typed": typed, "because": "a letter", "by": by, "at": self.service.now()}
        with self.transaction() as session:
            contact.add_contact(session, contact_id=contact_id, payee_id=payee_id, **facts)
        return contact_id

    def stop_payments(
        self, payee_id: UUID, kind: HoldKind = HoldKind.ON_HOLD, *, by: Actor | None = None, **changes: Any
    ) -> UUID:
        """The preparer, or somebody else, stops payments to a payee."""
        facts: dict[str, Any] = {
            "hold_id": new_id(),
            "payee_id": payee_id,
            "beneficiary_id": None,
            "reason": "a neighbour called",
            "since": self.service.now().date(),
            "review_on": self.service.now().date() + timedelta(days=14),
            **changes,
        }
        with self.transaction() as session:
            return hold.place(session, kind, by=by or self.person(Role.PREPARER), at=self.service.now(), **facts).id

    def let_go_on(self, payee_id: UUID, hold_id: UUID, *, by: Actor | None = None, reason: str = "seen") -> None:
        """Somebody else than the preparer lifts a hold."""
        with self.transaction() as session:
            payee, row = get_payee(session, payee_id), hold.get_hold(session, payee_id, hold_id, lock=True)
            who = by or self.person(Role.FINANCE)
            hold.lift(session, row.hold, payee, reason=reason, by=who, at=self.service.now())

    def create(
        self, pay_date: date = date(2026, 11, 25), *, payroll_id: UUID | None = None, by: Actor | None = None
    ) -> UUID:
        with self.transaction() as session:
            return create_payroll(
                session,
                self.service.calendar,
                payroll_id=payroll_id or new_id(),
                scheme_id=self.harbour.scheme_id,
                pay_date=pay_date,
                by=by or self.person(Role.PREPARER),
                at=self.service.now(),
            ).id

    def accept_findings(self, payroll_id: UUID, *, reason: str = "looked at", by: Actor | None = None) -> None:
        with self.transaction() as session:
            who, at = by or self.person(Role.PREPARER), self.service.now()
            accept_everything(session, payroll_id, reason=reason, by=who, at=at)

    def seal(self, payroll_id: UUID) -> None:
        with self.transaction() as session:
            payroll = get_payroll(session, payroll_id, lock=True)
            sealing.ask_for_files(session, payroll, by=self.person(Role.PREPARER), at=self.service.now())
        self.work()

    def decide(self, payroll_id: UUID, position: int, *, by: Actor, **changes: object) -> bool:
        """Say go at a gate, as the page does: the last go releases. Returns whether it did."""
        with self.transaction() as session:
            return self.decide_in(session, payroll_id, position, by=by, **changes)

    def decide_in(self, session: Session, payroll_id: UUID, position: int, *, by: Actor, **changes: object) -> bool:
        service = self.service
        payroll = get_payroll(session, payroll_id, lock=True)
        manifest = manifest_of(session, payroll)
        gate = decision.gates_of(session, payroll_id)[position - 1]
        if gate.kind is GateKind.APPROVE and payroll.status is PayrollStatus.SEALED:
            open_everything(session, payroll, by=by, at=service.now())
        said: dict[str, object] = {
            "verdict": decision.Verdict.GO,
            "reason": "",
            "evidence": "balance seen",
            "manifest_digest": manifest.digest if manifest else "",
            "shown": {"total_pence": payroll.total_pence},
            **changes,
        }
        deciding.decide(session, service.signer, payroll, gate_id=gate.id, by=by, at=service.now(), **said)  # type: ignore[arg-type]
        return release.release_if_passed(
            session, service.seals, service.signer, service.calendar, payroll, by=by, at=service.now()
        )

    def decide_all(self, payroll_id: UUID, *, upto: int = 4) -> None:
        """The four people say go, each at their own gate."""
        for position, role in enumerate((Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER)[:upto], start=1):
            self.decide(payroll_id, position, by=self.person(role))

    def take_out(
        self, payroll_id: UUID, payment_ids: Sequence[UUID], *, by: Actor | None = None, **changes: Any
    ) -> Amendment | None:
        """The preparer takes payments out of a sealed payroll; no task is done yet."""
        with self.transaction() as session:
            payroll = get_payroll(session, payroll_id, lock=True)
            facts: dict[str, Any] = {"amendment_id": new_id(), "reason": "died yesterday", **changes}
            who, at = by or self.person(Role.PREPARER), self.service.now()
            return taking_out.take_out(session, payroll, payment_ids=payment_ids, by=who, at=at, **facts)

    def re_date(self, payroll_id: UUID, pay_date: date, *, by: Actor | None = None, **changes: Any) -> Amendment | None:
        """The preparer moves a payroll to another pay date; no task is done yet."""
        with self.transaction() as session:
            payroll, calendar = get_payroll(session, payroll_id, lock=True), self.service.calendar
            facts: dict[str, Any] = {"amendment_id": new_id(), "reason": "the cut-off was missed", **changes}
            who, at = by or self.person(Role.PREPARER), self.service.now()
            return redating.re_date(session, calendar, payroll, pay_date=pay_date, by=who, at=at, **facts)

    def reopen(self, payroll_id: UUID, *, by: Actor | None = None, **changes: Any) -> Amendment:
        """The preparer takes a sealed payroll back."""
        with self.transaction() as session:
            payroll = get_payroll(session, payroll_id, lock=True)
            facts: dict[str, Any] = {"amendment_id": new_id(), "reason": "an award is wrong", **changes}
            who, at = by or self.person(Role.PREPARER), self.service.now()
            return reopening.reopen(session, payroll, by=who, at=at, **facts)

    def download(self, payroll_id: UUID) -> bytes:
        with self.transaction() as session:
            payroll = get_payroll(session, payroll_id)
            file = files_of(session, payroll_id)[0]
            by, at = self.person(Role.RELEASER), self.service.now()
            download.download(session, self.service.seals, payroll, file.id, by=by, at=at)
            return b"".join(blocks_of(session, self.service.seals, file))

    def record_submission(self, payroll_id: UUID) -> None:
        """Say that the file went to Bacs; no task is done yet."""
        with self.transaction() as session:
            payroll = get_payroll(session, payroll_id, lock=True)
            by, at = self.person(Role.RELEASER), self.service.now()
            submission.record_submission(session, payroll, reference="S-1", submitted_at=at, by=by, at=at)
