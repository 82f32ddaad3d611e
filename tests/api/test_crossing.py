"""Calls that cross each other or a person's work, and what keys may not: what is promised all the same."""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from sqlalchemy import text

from payouts.api import door
from payouts.app import create_app
from schemes.amount import Inputs
from schemes.api_key import Scope
from schemes.award import get_award
from schemes.award_version import change_award
from schemes.database import new_id
from schemes.imports.register_import import ImportStatus, get_import
from schemes.person import Role
from tests.api.caller import PREFIX, Caller, problem
from tests.keys import a_key


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def somebody_waits(owner):
    """Wait until a transaction waits for another one."""

    def wait() -> None:
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND database = "
                       "(SELECT oid FROM pg_database WHERE datname = current_database())")  # fmt: skip
        for _ in range(2000):
            with owner.connect() as connection:
                if connection.scalar(waiting):
                    return
            time.sleep(0.005)
        raise AssertionError("nobody waits")

    return wait


def test_of_two_who_change_the_version_of_an_award_that_both_read_the_second_is_refused(
    office, service, caller, somebody_waits
):
    registrar, awarder = caller(Scope.PAYEES), caller(Scope.READ, Scope.AWARDS)
    registrar.post("/payees", {"reference": "CASE-1", "name": "Mo Field"})
    award = {"scheme": "HIL", "beneficiary": "CASE-1", "amount_pence": 12_50, "first_day": "2026-12-01"}
    made = awarder.post("/awards", award)
    path, read = f"/awards/{made.json['id']}", made.headers["ETag"]
    there = Caller(create_app(service).test_client(), awarder.secret)
    with ThreadPoolExecutor(1) as elsewhere:
        with office.transaction() as session:
            found = get_award(session, made.json["id"])
            at, by = service.now(), office.person(Role.PREPARER)
            terms = {"from_day": date(2027, 1, 1), "last_day": None, "inputs": Inputs(3000), "payee_id": found.payee_id}
            change_award(session, found, version_id=new_id(), **terms, reason="a person was first", by=by, at=at)
            late = {"from_day": "2027-01-01", "amount_pence": 2000, "reason": "a review"}
            second = elsewhere.submit(there.post, f"{path}/versions", late, **{"If-Match": read})
            somebody_waits()
        assert problem(second.result()) == "changed-since"
    assert [each["amount_pence"] for each in awarder.get(path).json["versions"]] == [1250, 3000]


def test_a_team_key_neither_keeps_nor_discards_a_file_that_somebody_else_sent(office, app, owner, small_register):
    import_id = office.bring_in(small_register.replace(b"ILF-", b"NEW-"))
    key = a_key(office, Scope.PAYEES, Scope.AWARDS)
    with owner.begin() as connection:
        # a sandbox has no team keys: as if this were a live body
        turn = "UPDATE api_key SET kind = 'team', payees = '[\"CASE-1\"]' WHERE id = :id"
        connection.execute(text(turn), {"id": key.id})
    team = Caller(app.test_client(), key.written)
    for act in ("keep", "discard"):
        assert problem(team.post(f"/imports/{import_id}/{act}", {})) == "not-on-the-team-list"
    with office.transaction() as session:
        assert get_import(session, import_id).status is ImportStatus.READ


class Broken(BytesIO):
    """A body whose chunks are none, as gunicorn tells it."""

    def read(self, *size: int) -> bytes:
        raise OSError

    readinto = read


def send_in_chunks(system, stream):
    headers = {
        "Authorization": f"Bearer {system.secret}",
        "Idempotency-Key": "chunks",
        "Content-Type": "text/csv",
        "Transfer-Encoding": "chunked",
    }
    whole = {"wsgi.input_terminated": True}
    return system.client.post(
        f"{PREFIX}/imports?scheme=HIL", input_stream=stream, headers=headers, environ_overrides=whole
    )


def test_a_file_that_comes_in_chunks_is_taken_whole_or_not_at_all(office, caller, small_register, monkeypatch):
    system = caller(Scope.READ, Scope.PAYEES, Scope.AWARDS)
    before = len(system.all("/imports"))
    with monkeypatch.context() as tight:
        tight.setattr(door, "service", lambda: replace(office.service, settings=replace(
            office.service.settings, upload_limit=len(small_register) - 7)))  # fmt: skip
        answer = send_in_chunks(system, BytesIO(small_register))
        assert (answer.status_code, problem(answer)) == (413, "too-large")
    assert problem(send_in_chunks(system, Broken())) == "bad-request"
    assert len(system.all("/imports")) == before
    sent = send_in_chunks(system, BytesIO(small_register))
    assert (sent.status_code, sent.json["sha256"]) == (202, hashlib.sha256(small_register).hexdigest())


def test_a_body_that_is_packed_is_not_unpacked(caller):
    answer = caller(Scope.PAYEES).post("/payees", {"reference": "CASE-1"}, **{"Content-Encoding": "gzip"})
    assert problem(answer) == "unsupported-media-type"
    assert answer.headers["Accept-Encoding"] == "identity"
