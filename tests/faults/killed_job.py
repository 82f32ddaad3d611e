"""The main job in one process, in which whatever writes is killed at boundaries of its work before it may be done.

Each form that a person sends and each task of a worker is done in children that die, until one comes through. Between
them nothing may be half done, and a step that was done is done once: whoever asks again changes nothing.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pyotp
from flask import Flask
from rich.progress import Progress
from sqlalchemy import Engine, select
from werkzeug.datastructures import Headers, MultiDict

from payouts.app import Service
from payouts.demo.harbour import Harbour
from payouts.demo.main_job import MainJob
from payouts.demo.visitor import Form, Page, Visitor
from payouts.tasks import worker
from payouts.tasks.kinds import KINDS, OnDatabase
from payouts.tasks.outbox import Task, TaskState
from payouts.web.access import TOKEN
from schemes.person import Role
from schemes.sign_in import Proof, start_session
from tests.faults.dying import do_in_child
from tests.faults.whole import assert_nothing_is_half_done, everything

EACH_TIME = ("/download",)
"""Forms that add to what is known each time they are sent."""
MOST_TRIES = 3000


@dataclass
class Killing:
    """How steps are killed: at every `stride`-th boundary from the `first` on; with 0, not at all."""

    engine: Engine
    owner: Engine
    first: int = 1
    stride: int = 0
    payments: int = 0
    kills: Counter[str] = field(default_factory=Counter)

    def until_done(
        self, step: str, work: Callable[[], Any], *, once: bool = True, before_each: Callable[[], None] = bool
    ) -> Any:
        """Do a step, killed again and again; what it answered at last.

        once: the step commits what it does at once, so that it happened either wholly or not at all. before_each: what
        whoever tries it does before each try.
        """
        if not self.stride:
            before_each()
            return work()
        with self.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            before, changed = everything(connection), 0
            for die_at in range(self.first, MOST_TRIES, self.stride):
                before_each()
                end = do_in_child(self.engine, connection, work, die_at=die_at)
                now = everything(connection)
                changed += now != before
                if end.died_at:
                    self.kills[step] += 1
                assert_nothing_is_half_done(connection, payments=self.payments)
                assert not once or changed <= 1, f"{step} did more after {end}: {difference(before, now)}"
                before = now
                if not end.died_at:
                    return end.answer
        raise AssertionError(f"{step} never ends")


def difference(before: dict[str, str], now: dict[str, str]) -> list[str]:
    return [table for table in now if now[table] != before[table]]


@dataclass(frozen=True)
class Answer:
    """A page's answer, as the main job reads one."""

    url: str
    status_code: int
    content: bytes
    headers: Headers

    @property
    def text(self) -> str:
        return self.content.decode()

    def raise_for_status(self) -> None:
        assert self.status_code < 400, f"{self.url} answered {self.status_code}"


class KilledVisitor(Visitor):
    """A person whose site is killed at whatever they send."""

    def __init__(
        self, app: Flask, killing: Killing, token: str, code: Callable[[], str], wait_for_a_code: Callable[[], None]
    ) -> None:
        self.client, self.killing, self.code = app.test_client(), killing, code
        self.wait_for_a_code = wait_for_a_code
        with self.client.session_transaction() as cookie:
            cookie[TOKEN] = token

    def get(self, address: str) -> Page:
        answer = self.client.get(address, follow_redirects=True)
        address = answer.request.full_path.rstrip("?")
        return self.answered(Answer(address, answer.status_code, answer.data, Headers(answer.headers)))

    def post(self, page: Page, form: Form, *, files: dict[str, Any] | None = None, **values: Any) -> Any:
        address = form.action or page.url
        filled = [(name, value) for name, value in form.values if name not in values]
        uploads = {name: (file, content.read(), kind) for name, (file, content, kind) in (files or {}).items()}

        def send() -> Answer:
            data = MultiDict(filled)
            for name, value in values.items():
                data.setlist(name, value if isinstance(value, list) else [value])
            if "code" in values:
                data["code"] = self.code()
            for name, (file, content, kind) in uploads.items():
                data[name] = (io.BytesIO(content), file, kind)
            got = self.client.post(address, data=data, buffered=True)
            return Answer(got.headers.get("Location", address), got.status_code, got.data, Headers(got.headers))

        answer = self.killing.until_done(
            f"POST {shape_of(address)}",
            send,
            once=not address.endswith(EACH_TIME),
            before_each=self.wait_for_a_code if "code" in values else bool,
        )
        if answer.status_code in (302, 303):
            page = self.get(answer.url)
            return Answer(page.url, 200, page.text.encode(), answer.headers)
        return answer


def shape_of(address: str) -> str:
    """An address without its ids."""
    parts = urlsplit(address).path.split("/")
    return "/".join("…" if len(part) == 36 else part for part in parts)


class KilledJob(MainJob):
    """The main job's people and workers, in one process."""

    def __init__(self, service: Service, harbour: Harbour, app: Flask, killing: Killing, clock: Any) -> None:
        super().__init__(service, harbour, base_url="", progress=Progress(disable=True))
        self.app, self.killing, self.clock = app, killing, clock

    def visitor(self, role: Role) -> KilledVisitor:
        """Signed in anew each time: a test's hours pass in seconds."""
        with self.service.transaction(None) as session:
            person_id = self.harbour.people[role].person_id
            signed = start_session(session, person_id, Proof.CODE, browser="A test", at=self.clock())

        return KilledVisitor(
            self.app,
            self.killing,
            signed.token,
            lambda: self.code(role),
            # a code counts once, and whoever died may have used it up
            lambda: self.clock.advance(seconds=30),
        )

    def code(self, role: Role) -> str:
        return pyotp.TOTP(self.harbour.code_secrets[role]).at(self.clock())

    def code_to_decide(self, role: Role) -> str:
        return "the one of the moment"

    def follow(self, what: str, state: Callable[[], tuple[int, int, bool]]) -> None:
        self.work()

    def work(self) -> None:
        """Do every task that is due, and those that they add."""
        while tasks := self.waiting():
            for task_id, kind in tasks:
                self.killing.until_done(
                    kind,
                    lambda task_id=task_id: worker.perform(self.service, task_id, self.harbour.body_id),
                    once=isinstance(KINDS[kind], OnDatabase),
                )

    def waiting(self) -> list[tuple[UUID, str]]:
        with self.service.transaction(self.harbour.body_id) as session:
            waiting = select(Task.id, Task.kind).where(Task.state == TaskState.WAITING, Task.due_at <= self.clock())
            return [(task_id, kind) for task_id, kind in session.execute(waiting.order_by(Task.id))]

    def change(self, address: str, **values: Any) -> None:
        """Send a form that changes a sealed payroll, and have the work on it done."""
        preparer = self.visitor(Role.PREPARER)
        page = preparer.get(address)
        preparer.send(page, page.form(having="amendment_id"), **values)
        self.work()
