"""The log: one line for each request and task, by ids; nobody's name, account, address or reference in any of them."""

from __future__ import annotations

import csv
import io
import json
import logging
import re

import pytest
from sqlalchemy import select

from payouts import logs
from payouts.config import SettingsWrong
from payouts.tasks import outbox, worker
from payouts.tasks.kinds import KINDS, OnDatabase
from payouts.tasks.outbox import Task
from payouts.web import payee_search
from schemes.person import Role
from tests.api.caller import Caller
from tests.keys import a_key
from tests.web.one_app import app_on

PERSONAL = (
    "reference", "beneficiary_name", "payee_reference", "payee_name", "email", "account_name", "sort_code",
    "account_number", "roll_number",
)  # fmt: skip
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
HOSTILE = 'Tracey %s {x} "Ward"'


@pytest.fixture
def start(seeded):
    return seeded


@pytest.fixture
def register(small_register):
    return small_register.decode().replace("Tracey Ward", HOSTILE.replace('"', '""').join('""')).encode()


@pytest.fixture
def written():
    """The lines of the log as a process writes them, those of every library at every level among them."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonLine("web"))
    level = logging.root.level
    logging.root.addHandler(handler)
    logging.root.setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.root.removeHandler(handler)
    logging.root.setLevel(level)


@pytest.fixture
def app(service):
    return app_on(service, PROPAGATE_EXCEPTIONS=False)


def of_event(lines, event):
    return [line for line in lines if line["event"] == event]


def personal_words(register):
    rows = csv.DictReader(io.StringIO(register.decode()))
    words = {row[column] for row in rows for column in PERSONAL if row[column]}
    return words | {word.replace("-", "") for word in words if re.fullmatch(r"\d\d-\d\d-\d\d", word)}


def fail_with(words):
    def failing(*_, **__):
        raise ValueError(f"Key (name)=({words}) already exists")

    return failing


def test_no_line_of_a_whole_journey_holds_anybodys_details(
    office, service, harbour, register, written, visitor, signed_in, app, monkeypatch
):
    import_id = office.bring_in(register)
    office.keep(import_id)
    office.confirm(import_id)
    payroll_id = office.create()
    office.work()
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id)
    office.work()
    reader = signed_in(Role.PREPARER)
    for path in ("/payees", "/payees?search=HILF-00001", f"/{HOSTILE}?{HOSTILE}=x", "/payments?search=HILF-00002"):
        reader.get(path)
    visitor.get("/sign-in")
    visitor.press("Sign in", email="tracey.ward1@example.org", password="HILF-00001", code="33395932")
    caller = Caller(app.test_client(), a_key(office).written)
    caller.get("/payees/HILF-00001")
    caller.get("/payees?reference=HILF-00001")
    caller.post("/payees", {"name": "Caoimhe Ó Briain", "reference": "HILF-00002", "email": "no"})
    monkeypatch.setattr(payee_search, "render_template", fail_with("Caoimhe Ó Briain"))
    assert reader.get("/payees").status == 500
    monkeypatch.setitem(KINDS, "ledger.control", OnDatabase(fail_with("tracey.ward1@example.org")))
    with service.transaction(harbour.body_id) as session:
        outbox.add(session, "ledger.control", once="fails", at=service.now())
        task_id = session.scalars(select(Task.id).where(Task.once == "fails")).one()
    worker.perform(service, task_id, harbour.body_id)

    lines = written()
    told = ID.sub("ID", json.dumps([{**line, "pid": 0} for line in lines], ensure_ascii=False))
    assert [word for word in personal_words(register) if json.dumps(word, ensure_ascii=False)[1:-1] in told] == []
    assert harbour.people[Role.PREPARER].email not in told
    assert len(of_event(lines, "request")) > 8
    assert len(of_event(lines, "task")) > 5
    assert of_event(lines, "request.failed")[0]["error"] == "ValueError"
    assert of_event(lines, "task")[-1]["outcome"] == "failed"


def test_a_request_is_told_by_its_route_and_by_whom_with_the_number_that_its_answer_carries(
    office, harbour, written, signed_in
):
    reader = signed_in(Role.FINANCE)
    answer = reader.client.get("/payees/019aab00-0000-7000-8000-000000000000?from=here")
    line = of_event(written(), "request")[-1]
    assert line["request_id"] == answer.headers["Request-Id"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/payees/<uuid:payee_id>", 404)
    assert line["person"] == str(harbour.people[Role.FINANCE].person_id)
    assert line["body"] == str(harbour.body_id)
    assert {"at", "level", "process", "pid", "ms", "part"} <= line.keys()


def test_whoever_meets_a_fault_is_given_the_number_by_which_it_is_found(signed_in, written, monkeypatch):
    reader = signed_in(Role.FINANCE)
    monkeypatch.setattr(payee_search, "render_template", fail_with("somebody"))
    page = reader.get("/payees")
    failed = of_event(written(), "request.failed")[-1]
    assert failed["request_id"] in page.text
    assert any("fail_with" not in frame and frame.endswith("failing") for frame in failed["raised_at"])


def test_the_work_that_a_request_asked_for_is_found_by_its_number(office, app, written):
    with app.test_request_context("/"):
        app.preprocess_request()
        with office.transaction() as session:
            outbox.add(session, "ledger.control", once="asked", at=office.service.now())
    asked = of_event(written(), "task.asked")[-1]
    assert asked["body"] == str(office.harbour.body_id)
    assert ID.fullmatch(asked["request_id"])


def test_a_plain_line_is_for_a_persons_eyes():
    record = logging.LogRecord(logs.EVENTS, logging.INFO, "", 1, "request", (), None)
    record.facts = {"route": "/payees", "status": 200}
    assert logs.formatter(logs.Form.PLAIN, "web").format(record)[9:] == "event=request route=/payees status=200"


def test_a_form_that_there_is_not_is_refused(monkeypatch):
    monkeypatch.setenv("PAYOUTS_LOG", "xml")
    with pytest.raises(SettingsWrong, match="json or plain"):
        logs.form_wanted()
