"""The four people of the main job, who try again when the site fails them, as people do."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier, Lock
from typing import Any, TypeVar, cast
from urllib.parse import urljoin
from uuid import UUID

import pyotp
import requests
from sqlalchemy import select

from payouts.commands import ground
from payouts.demo.main_job import MainJob
from payouts.demo.visitor import Form, Page, PageRefused, Visitor
from payouts.gates.decision import Decision
from schemes.person import DEMO_PASSWORD, Role

PATIENCE_SECONDS = 40
Answer = TypeVar("Answer")


def again(ask: Callable[[], Answer]) -> Answer:
    """Ask until the site answers with something else than an error of its own."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answer = ask()
            if not isinstance(answer, requests.Response) or answer.status_code < 500:
                return answer
            failed: Exception = AssertionError(f"{answer.url} answered {answer.status_code}")
        except requests.ConnectionError as lost:
            failed = lost
        if time.monotonic() > until:
            raise failed
        time.sleep(0.1)


class PatientVisitor(Visitor):
    """Sends a form again that got no answer: what it makes has its id in the form."""

    def get(self, address: str) -> Page:
        return self.answered(again(lambda: self.http.get(urljoin(self.base_url, address), timeout=30)))

    def json(self, address: str) -> dict[str, Any]:
        answer = again(lambda: self.http.get(urljoin(self.base_url, address), timeout=30))
        answer.raise_for_status()
        read: dict[str, Any] = answer.json()
        return read

    def post(self, page: Page, form: Form, *, files: dict[str, Any] | None = None, **values: str) -> requests.Response:
        def send() -> requests.Response:
            for _, content, _ in (files or {}).values():
                content.seek(0)
            return super(PatientVisitor, self).post(page, form, files=files, **values)

        return again(send)

    def twin(self) -> PatientVisitor:
        """The same person in a second window: their requests do not wait for one another."""
        other = PatientVisitor(self.base_url)
        other.http.cookies.update(self.http.cookies)
        return other


def at_once(*acts: Callable[[], requests.Response]) -> list[requests.Response]:
    """Do all of it at the same moment; what each was answered."""
    together = Barrier(len(acts))

    def act(one: Callable[[], requests.Response]) -> requests.Response:
        together.wait(10)
        return one()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(act, acts))


class PatientJob(MainJob):
    """The main job, whatever happens. `calm` is held by a person who signs again: whoever makes trouble waits."""

    payroll_id: UUID
    codes_from_now = 0

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.calm = Lock()

    def visitor(self, role: Role) -> PatientVisitor:
        if role not in self.visitors:
            visitor = PatientVisitor(self.base_url)
            visitor.sign_in(self.harbour.people[role].email, DEMO_PASSWORD, self.code(role))
            self.visitors[role] = visitor
        return cast(PatientVisitor, self.visitors[role])

    def sign_everybody_in(self) -> None:
        """Before there is trouble: a code whose answer was lost cannot be used again."""
        for role in (Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER):
            self.visitor(role)

    def code(self, role: Role) -> str:
        at = datetime.now().astimezone() + timedelta(seconds=30 * self.codes_from_now)
        return pyotp.TOTP(self.harbour.code_secrets[role]).at(at)

    def decide(self, payroll_id: UUID, role: Role, evidence: str) -> None:
        try:
            super().decide(payroll_id, role, evidence)
        except (PageRefused, LookupError, ValueError):
            # the first answer was lost: either the decision stands, or its code is used up and it did not count
            with self.calm:
                if not self.has_decided(payroll_id, role):
                    self.codes_from_now = 1
                    super().decide(payroll_id, role, evidence)
                    self.codes_from_now = 0

    def create_payroll(self) -> UUID:
        self.payroll_id = super().create_payroll()
        return self.payroll_id

    def has_decided(self, payroll_id: UUID, role: Role) -> bool:
        with self.service.transaction(self.harbour.body_id) as session:
            decided = select(Decision.id).where(
                Decision.payroll_id == payroll_id, Decision.person_id == self.harbour.people[role].person_id
            )
            return session.scalars(decided).first() is not None

    def follow(self, what: str, state: Callable[[], tuple[int, int, bool]]) -> None:
        ground.follow(self.progress, what, state, patience=PATIENCE_SECONDS)
