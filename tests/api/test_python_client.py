"""The Python client and the real service over HTTP: its examples to the letter, and whether it knows all there is."""

from __future__ import annotations

import ast
import re
import threading
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from payouts_client import (
    AlreadyThere,
    ChangedSince,
    HoldKind,
    IdempotencyKeyReused,
    KeyRefused,
    NewBankDetails,
    NotFound,
    Payouts,
    Row,
    StillGoing,
    Tries,
    answers,
    one_off_answers,
    overpaid_answers,
    payroll_answers,
    problems,
    returns,
    sandbox,
    webhooks,
)
from werkzeug.serving import make_server

from payouts.api import problem
from payouts.api.application import description
from payouts.sandbox.connection import QuietHandler
from payouts.tasks import clock as ticking
from payouts.webhooks import sending
from schemes.api_key import Scope
from tests.api.test_getting_started import confirm_details
from tests.keys import a_key

README = Path(__file__).parents[2] / "clients" / "python" / "README.md"
# where the client has another name for what is told
NAMES = {"Terms": "AwardVersion"}


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def address(app):
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def payouts(address, office):
    """`payouts(Scope.READ, …)` is a client with a key of its own; while it waits, the workers work."""
    made = []

    def make(*scopes):
        client = Payouts(address, a_key(office, *scopes).written, tries=Tries(sleep=lambda seconds: office.work()))
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


def test_the_examples_of_its_page_do_what_they_say(office, address, monkeypatch, capsys):
    monkeypatch.setenv("CASES", a_key(office, Scope.READ, Scope.PAYEES).written)
    monkeypatch.setenv("GRANTS", a_key(office, Scope.READ, Scope.PAYMENTS).written)
    monkeypatch.setenv("FILES", a_key(office, Scope.PAYEES, Scope.AWARDS).written)
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(blocks) > 8
    names = {}
    for block in blocks:
        code = block.replace("http://localhost:5000", address).replace(
            'os.environ["FILES"])', 'os.environ["FILES"], tries=working)'
        )
        names["working"] = Tries(sleep=lambda seconds: office.work())
        exec(compile(ast.parse(code), str(README), "exec"), names)
        if "cases.payees.create" in block and "bank_details" in block:
            confirm_details(office)
            ticking.link_audit(office.service)
    printed = capsys.readouterr().out
    for told in ("waiting", "#/name", "There is no payee", "CASE-1001", "landed", "payee.added"):
        assert told in printed, printed
    assert "8472" not in printed
    assert names["received"](b"{}", {}) == 400
    for name in ("cases", "grants", "files"):
        names[name].close()


def test_a_change_of_an_award_that_was_read_is_made_by_whoever_was_first(payouts):
    registrar, awarder = payouts(Scope.PAYEES), payouts(Scope.AWARDS)
    registrar.payees.create(reference="CASE-1", name="Mo Field")
    terms = {"scheme": "HIL", "beneficiary": "CASE-1", "amount_pence": 1250, "first_day": date(2026, 12, 1)}
    award = awarder.awards.create(**terms, idempotency_key="one")
    assert awarder.awards.create(**terms, idempotency_key="one") == award
    with pytest.raises(AlreadyThere):
        awarder.awards.create(**terms)
    with pytest.raises(IdempotencyKeyReused):
        awarder.awards.create(**{**terms, "amount_pence": 1251}, idempotency_key="one")
    raised = awarder.awards.change(award, from_day=date(2027, 1, 1), amount_pence=2000, reason="a review")
    with pytest.raises(ChangedSince):
        awarder.awards.end(award, last_day=date(2027, 3, 31), reason="moved away")
    ended = awarder.awards.end(raised, last_day=date(2027, 3, 31), reason="moved away")
    assert [each.amount_pence for each in ended.versions] == [1250, 2000, None]
    suspended = awarder.awards.suspend(
        ended, from_day=date(2026, 12, 1), review_on=date(2026, 12, 20), reason="a doubt"
    )
    assert awarder.awards.get(suspended).etag == suspended.etag
    hold = awarder.payees.hold("CASE-1", kind=HoldKind.DECEASED, reason="told by the family", since=date(2026, 11, 20))
    assert hold.lifted_at is None


def test_lists_go_on_to_their_end_and_narrow(payouts):
    reader = payouts(Scope.READ)
    everybody = [each.reference for each in reader.payees.list()]
    assert len(everybody) > 40
    assert [each.reference for each in reader.payees.list(limit=7)] == everybody
    assert len(list(reader.payees.list(limit=7).pages())) == -(-len(everybody) // 7)
    assert reader.payees.list(reference=everybody[3]).first().reference == everybody[3]
    assert reader.payees.list(updated_since=datetime(2026, 12, 1, tzinfo=UTC)).first() is None
    award = reader.awards.list(payee=everybody[3]).first()
    assert reader.beneficiaries.get(award.beneficiary.reference).payees[0].reference == everybody[3]
    assert reader.schemes.get("HIL").components
    with pytest.raises(KeyRefused):
        reader.payees.create(reference="CASE-1", name="Mo")


def row(number, **changes):
    return Row(
        reference=f"CASE-{number}",
        beneficiary_name="Mo Field",
        start_date=date(2026, 12, 1),
        amount="12.50",
        account_name="Mo Field",
        sort_code="20-29-59",
        account_number=changes.get("account_number", "63748472"),
    )


def test_rows_are_streamed_waited_for_and_told_of_one_by_one(payouts):
    files = payouts(Scope.PAYEES, Scope.AWARDS)
    sent = files.imports.send("HIL", (row(n) if n else row(n, account_number="12345678") for n in range(900)))
    with pytest.raises(StillGoing):
        files.imports.wait(sent, timeout=0)
    steps = []
    read = files.imports.wait(sent, progress=lambda found: steps.append(found.rows_done))
    assert (read.rows_good, read.rows_refused, steps[0]) == (899, 1, 0)
    (refused,) = files.imports.refused_rows(read)
    assert (refused.line, refused.faults[0].reason) == (2, "modulus")
    files.imports.discard(read)


def test_a_file_is_sent_as_it_is(payouts, tmp_path, small_register):
    path = tmp_path / "register.csv"
    path.write_bytes(small_register)
    assert payouts(Scope.PAYEES, Scope.AWARDS).imports.send("HIL", path).file_name == "register.csv"


def test_bank_details_are_proposed_and_stopped(payouts):
    registrar = payouts(Scope.PAYEES)
    payee = registrar.payees.create(reference="CASE-1", name="Mo Field")
    details = NewBankDetails(account_holder="Mo Field", sort_code="20-29-59", account_number="63748472")
    assert registrar.payees.propose_bank_details(payee, details).state == "waiting"
    payee = registrar.payees.list().first()
    (used,) = registrar.payees.bank_details(payee)
    assert registrar.payees.stop_bank_details(payee, used, stopped_as="closed").state == "closed"


def test_a_webhook_is_set_up_tried_changed_and_removed(office, payouts):
    reader = payouts(Scope.READ)
    made = reader.webhooks.create("https://cases.invalid/payouts", events=["payee."], idempotency_key="hook")
    assert made.secret.startswith("whsec_")
    assert made.secret not in repr(made)
    hook = reader.webhooks.get(made)
    wider = reader.webhooks.change(hook, events=["payee.", "return."])
    with pytest.raises(ChangedSince):
        reader.webhooks.change(hook, payload="full")
    assert [each.events for each in reader.webhooks.list()] == [wider.events]
    sent = reader.webhooks.test(hook)
    sending.ask_due(office.service)
    office.work()
    (listed,) = reader.webhooks.deliveries(hook)
    tried = reader.webhooks.delivery(hook, listed)
    assert (listed.id, tried.log[0].trouble) == (sent.id, "name_unknown")
    assert reader.webhooks.replay(hook, tried).status == "waiting"
    assert reader.webhooks.replay_failed(hook, since=sent.created_at) == 0
    assert reader.webhooks.replace_secret(hook) != made.secret
    assert reader.webhooks.pause(hook).paused_because == "person"
    reader.webhooks.remove(hook)
    with pytest.raises(NotFound):
        reader.webhooks.get(hook)


def test_it_knows_every_kind_of_problem():
    assert set(problems.PROBLEMS) == set(problem.PROBLEMS)


def schemas():
    """What is told, as the client has it."""
    for name, schema in description()["components"]["schemas"].items():
        for module in (answers, one_off_answers, overpaid_answers, payroll_answers, returns, sandbox, webhooks):
            kind = getattr(module, NAMES.get(name, name), None)
            if kind is not None and kind.__module__ == module.__name__:
                yield kind, schema


def test_it_knows_every_field_and_every_word_that_is_told():
    held = list(schemas())
    assert len(held) > 34
    assert {"OneReturn", "MadeWebhook", "OneDelivery", "Advanced", "OneOffPayment"} <= {
        kind.__name__ for kind, _ in held
    }
    for kind, schema in held:
        told = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        assert set(told) - {"etag"} == set(schema["properties"]), kind
        for name, described in schema["properties"].items():
            words = getattr(told[name].type, "__members__", None)
            if words is not None:
                assert {word.value for word in words.values()} == set(described["enum"]), (kind, name)
