"""What other systems change: proposed by a machine, confirmed by people, done once however often it is asked for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, func, select, text

from payouts import api_reply
from payouts.api_reply import ApiReply
from payouts.app import create_app
from payouts.demo.harbour import seed
from schemes import one_off
from schemes.account import accounts_of
from schemes.api_key import Scope
from schemes.award import Award
from schemes.one_off_payment import OneOff, get_one_off
from schemes.payee import Payee
from schemes.person import Role
from tests.api.caller import PREFIX, Caller, problem
from tests.keys import a_key
from tests.office import Office

DETAILS = {"account_holder": "Mo Field", "sort_code": "20-29-59", "account_number": "63748472"}
PAYEE = {"reference": "CASE-1", "name": "Mo Field", "date_of_birth": "1980-02-29"}


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def registrar(caller) -> Caller:
    """A system that may write payees, and read everything."""
    return caller(Scope.READ, Scope.PAYEES)


@pytest.fixture
def awarder(caller) -> Caller:
    return caller(Scope.READ, Scope.AWARDS)


@pytest.fixture
def payer(caller) -> Caller:
    return caller(Scope.READ, Scope.PAYMENTS)


def pointers(answer):
    assert problem(answer) == "invalid", answer.json
    return [each["pointer"] for each in answer.json["errors"]]


def count(office, entity):
    with office.transaction() as session:
        return session.scalar(select(func.count()).select_from(entity))


def test_a_payee_is_added_and_their_bank_details_wait_for_a_person(office, registrar):
    answer = registrar.post("/payees", {**PAYEE, "bank_details": DETAILS})
    assert answer.status_code == 201, answer.json
    assert registrar.get(answer.headers["Location"].removeprefix(PREFIX)).json == answer.json
    (details,) = registrar.get("/payees/CASE-1/bank_details").json["data"]
    assert (details["state"], details["account_number_ends"]) == ("waiting", "8472")
    with office.transaction() as session:
        (account,) = accounts_of(session, session.scalars(select(Payee.id).where(Payee.reference == "CASE-1")).one())
        assert account.confirmed_at is None


def test_a_payee_for_somebody_else_says_whose_money_it_is_and_what_allows_it(registrar):
    payee = {**PAYEE, "capacity": "appointee"}
    assert pointers(registrar.post("/payees", payee)) == ["#/beneficiary"]
    payee["beneficiary"] = {"reference": "CASE-2", "name": "Ada Field"}
    assert pointers(registrar.post("/payees", payee)) == ["#/mandate/evidence"]
    answer = registrar.post("/payees", {**payee, "mandate": {"evidence": "DWP appointment"}})
    assert [whose["beneficiary"]["reference"] for whose in answer.json["beneficiaries"]] == ["CASE-2"]


WRONG_PAYEES = [
    ({"name": "1234"}, "#/name"),
    ({"reference": "a b"}, "#/reference"),
    ({"date_of_birth": "2999-01-01"}, "#/date_of_birth"),
    ({"date_of_birth": "20260101"}, "#/date_of_birth"),
    ({"surname": "Field"}, "#/surname"),
    ({"bank_details": {**DETAILS, "account_number": "12345678"}}, "#/bank_details/account_number"),
    ({"bank_details": {**DETAILS, "sort_code": "20295"}}, "#/bank_details/sort_code"),
    ({"bank_details": {**DETAILS, "account_holder": "李"}}, "#/bank_details/account_holder"),
    ({"contacts": [{"channel": "email", "value": "nobody"}], "contacts_source": "a form"}, "#/contacts"),
    ({"contacts": [{"channel": "email", "value": "mo@field.example"}]}, "#/contacts_source"),
    ({"name": "a\0b"}, "#/name"),
]


def test_each_field_that_cannot_be_is_pointed_at_and_nothing_is_kept(office, registrar):
    before = count(office, Payee)
    found = [pointers(registrar.post("/payees", {**PAYEE, **changes})) for changes, _ in WRONG_PAYEES]
    assert found == [[pointer] for _, pointer in WRONG_PAYEES]
    assert count(office, Payee) == before


def test_a_reference_that_is_taken_is_told_so(registrar):
    registrar.post("/payees", PAYEE)
    assert problem(registrar.post("/payees", {**PAYEE, "name": "Another"})) == "already-there"


def test_new_bank_details_are_written_and_wait_and_only_one_change_at_a_time(office, registrar):
    with office.transaction() as session:
        payee = session.scalars(select(Payee).order_by(Payee.id).limit(1)).one()
    answer = registrar.post(f"/payees/{payee.reference}/bank_details", DETAILS)
    assert (answer.status_code, answer.json["state"]) == (201, "waiting")
    assert "63748472" not in answer.get_data(as_text=True)
    again = registrar.post(f"/payees/{payee.reference}/bank_details", {**DETAILS, "account_holder": "Somebody"})
    assert problem(again) == "waiting-already"
    states = [each["state"] for each in registrar.get(f"/payees/{payee.id}/bank_details").json["data"]]
    assert states == ["waiting", "in_use"]


def test_a_payee_is_corrected_unless_somebody_else_was_first(registrar):
    made = registrar.post("/payees", PAYEE)
    change = {"name": "Mo Fields", "reason": "married"}
    first = registrar.patch("/payees/CASE-1", change, **{"If-Match": made.headers["ETag"]})
    assert (first.status_code, first.json["name"]) == (200, "Mo Fields")
    second = registrar.patch("/payees/CASE-1", {**change, "name": "M Field"}, **{"If-Match": made.headers["ETag"]})
    assert (second.status_code, problem(second)) == (412, "changed-since")
    assert registrar.get("/payees/CASE-1").headers["ETag"] == first.headers["ETag"]


def test_payments_are_stopped_at_once_by_a_system_and_never_let_go_on(office, awarder, registrar):
    registrar.post("/payees", PAYEE)
    hold = {"kind": "on_hold", "reason": "in hospital", "since": "2026-11-20"}
    assert pointers(awarder.post("/payees/CASE-1/holds", hold)) == ["#/review_on"]
    answer = awarder.post("/payees/CASE-1/holds", {**hold, "review_on": "2026-12-20"})
    assert answer.status_code == 201
    assert registrar.get("/payees/CASE-1").json["holds"][0]["lifted_at"] is None


def test_an_award_is_made_changed_suspended_and_ended_each_with_its_version(office, registrar, awarder):
    registrar.post("/payees", PAYEE)
    award = {"scheme": "HIL", "beneficiary": "CASE-1", "amount_pence": 12_50, "first_day": "2026-12-01"}
    made = awarder.post("/awards", award)
    assert made.status_code == 201, made.json
    assert (made.json["payee"]["reference"], made.json["amount_pence"]) == ("CASE-1", 1250)
    assert problem(awarder.post("/awards", award)) == "already-there"
    path = f"/awards/{made.json['id']}"
    change = {"from_day": "2027-01-01", "amount_pence": 2000, "reason": "a review"}
    changed = awarder.post(f"{path}/versions", change, **{"If-Match": made.headers["ETag"]})
    assert [each["amount_pence"] for each in changed.json["versions"]] == [1250, 2000]
    assert problem(awarder.post(f"{path}/versions", change, **{"If-Match": made.headers["ETag"]})) == "changed-since"
    suspended = awarder.post(
        f"{path}/suspensions", {"from_day": "2027-02-01", "review_on": "2027-02-10", "reason": "away"}
    )
    assert suspended.status_code == 201, suspended.json
    ended = awarder.post(f"{path}/end", {"last_day": "2027-03-31", "reason": "moved away"})
    assert ended.status_code == 200, ended.json
    assert ended.json["versions"][-1]["amount_pence"] is None


WRONG_AWARDS = [
    ({"scheme": "NOPE"}, "#/scheme"),
    ({"beneficiary": "NOBODY"}, "#/beneficiary"),
    ({"payee": "NOBODY"}, "#/payee"),
    ({"component": "nothing"}, "#/component"),
    ({"amount_pence": 0}, "#/amount_pence"),
    ({"amount_pence": 1.5}, "#/amount_pence"),
    ({"amount_pence": True}, "#/amount_pence"),
    ({"amount_pence": "1250"}, "#/amount_pence"),
    ({"amount_pence": 10**30}, "#/amount_pence"),
    ({"inputs": {"units": 1}}, "#"),
    ({"last_day": "2026-01-01"}, "#/last_day"),
]


def test_an_award_that_cannot_be_is_refused_by_the_field(office, registrar, awarder):
    registrar.post("/payees", PAYEE)
    award = {"scheme": "HIL", "beneficiary": "CASE-1", "amount_pence": 12_50, "first_day": "2026-12-01"}
    before = count(office, Award)
    found = [pointers(awarder.post("/awards", {**award, **changes})) for changes, _ in WRONG_AWARDS]
    assert found == [[pointer] for _, pointer in WRONG_AWARDS]
    assert count(office, Award) == before


@pytest.fixture
def grant(registrar):
    """A one-off payment to somebody without an award."""
    registrar.post("/payees", PAYEE)
    return {
        "scheme": "HIL",
        "beneficiary": "CASE-1",
        "amount_pence": 250_00,
        "about": "2026-11-05",
        "pay_from": "2026-11-25",
        "reason": "a grant for a wheelchair",
    }


def test_the_same_payment_asked_for_after_a_year_under_another_header_is_the_first_and_pays_nothing(
    office, app, clock, grant, payer
):
    first = payer.post("/one_off_payments", grant)
    assert (first.status_code, first.json["state"]) == (201, "waiting"), first.json
    with office.transaction() as session:
        one_off.confirm(
            session, get_one_off(session, first.json["id"], lock=True), by=office.person(Role.FINANCE), at=clock()
        )
    clock.advance(days=365)
    again = payer.post("/one_off_payments", grant)
    assert (again.status_code, again.json["id"], again.json["state"]) == (201, first.json["id"], "confirmed")
    another_amount = payer.post("/one_off_payments", {**grant, "amount_pence": 1})
    assert problem(another_amount) == "already-there"
    assert count(office, OneOff) == 1


def test_a_payment_is_entered_with_ten_questions_to_the_database_and_told_as_it_is_read_later(service, grant, payer):
    # the use of the key is noted, and the scheme's terms are read, by the first alone
    payer.post("/one_off_payments", grant)
    asked = []
    event.listen(service.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    entered = payer.post("/one_off_payments", {**grant, "reason": " a grant ", "further_because": " dearer "})
    assert len(asked) <= 10, "\n".join(asked)
    assert payer.get(entered.headers["Location"].removeprefix(PREFIX)).json == entered.json
    assert entered.json["payee"]["reference"] == grant["beneficiary"]


def test_a_further_payment_is_said_to_be_one_and_made_once_by_its_sequence(office, grant, payer):
    payer.post("/one_off_payments", grant)
    further = {**grant, "further_because": "the chair was dearer", "sequence": 2}
    ids = {payer.post("/one_off_payments", further).json["id"] for _ in range(2)}
    assert len(ids) == 1
    assert count(office, OneOff) == 2


def test_a_one_off_payment_is_withdrawn_by_the_system_that_entered_it(grant, payer):
    entered = payer.post("/one_off_payments", grant).json
    answer = payer.post(f"/one_off_payments/{entered['id']}/withdraw", {"reason": "sent twice"})
    assert (answer.status_code, answer.json["state"]) == (200, "rejected")
    assert [each["id"] for each in payer.all("/one_off_payments")] == [entered["id"]]


def test_the_reply_to_a_request_is_given_again_and_nothing_is_done_twice(office, registrar):
    first = registrar.post("/payees", PAYEE, once="k-1")
    before = count(office, Payee)
    again = registrar.post("/payees", dict(reversed(PAYEE.items())), once="k-1")
    assert (again.status_code, again.json, again.headers["Location"]) == (201, first.json, first.headers["Location"])
    assert again.headers["ETag"] == first.headers["ETag"]
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    assert count(office, Payee) == before


def test_another_request_under_the_same_idempotency_key_is_refused(registrar):
    registrar.post("/payees", PAYEE, once="k-1")
    for path, content in (("/payees", {**PAYEE, "name": "Other"}), ("/payees/CASE-1/bank_details", DETAILS)):
        answer = registrar.post(path, content, once="k-1")
        assert (answer.status_code, problem(answer)) == (409, "idempotency-key-reused")


def test_the_same_idempotency_key_of_another_system_is_another_one(caller):
    one, other = caller(Scope.PAYEES), caller(Scope.PAYEES)
    assert one.post("/payees", PAYEE, once="k-1").status_code == 201
    assert other.post("/payees", {**PAYEE, "reference": "CASE-9"}, once="k-1").status_code == 201


def test_a_refusal_is_not_kept_so_the_same_key_may_try_again(registrar):
    assert problem(registrar.post("/payees", {**PAYEE, "name": "1"}, once="k-1")) == "invalid"
    assert registrar.post("/payees", PAYEE, once="k-1").status_code == 201


def test_a_post_without_a_usable_idempotency_key_does_nothing(registrar):
    assert problem(registrar.send("POST", "/payees", PAYEE)) == "idempotency-key-missing"
    for given in ("ä", "a b", "x" * 201):
        assert (
            problem(registrar.send("POST", "/payees", PAYEE, **{"Idempotency-Key": given})) == "idempotency-key-missing"
        )


def test_of_ten_who_ask_the_same_at_once_one_does_it_and_all_get_its_reply(office, service):
    app = create_app(service)
    secret = a_key(office, Scope.PAYEES).written
    before = count(office, Payee)

    def ask(_):
        answer = Caller(app.test_client(), secret).post("/payees", PAYEE, once="k-1")
        return answer.status_code, answer.json.get("id")

    with ThreadPoolExecutor(10) as together:
        answers = set(together.map(ask, range(10)))
    assert len(answers) == 1, answers
    assert answers.pop()[0] == 201
    assert count(office, Payee) == before + 1


def test_what_failed_inside_leaves_no_reply_and_no_payee(office, registrar, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(api_reply, "keep", fail)
        assert problem(registrar.post("/payees", PAYEE, once="k-1")) == "broken"
    assert problem(registrar.get("/payees/CASE-1")) == "not-found"
    assert registrar.post("/payees", PAYEE, once="k-1").status_code == 201


def test_replies_are_forgotten_after_a_week(office, registrar, clock):
    registrar.post("/payees", PAYEE)
    clock.advance(days=6)
    for forgotten in (0, 1):
        with office.transaction() as session:
            assert api_reply.forget(session, at=clock()) == forgotten
        clock.advance(days=2)
    assert count(office, ApiReply) == 0


def test_no_reply_and_no_digest_tells_an_account_number(office, registrar, owner):
    registrar.post("/payees", {**PAYEE, "bank_details": DETAILS})
    with owner.connect() as connection:
        kept = "".join(connection.scalars(text("SELECT r::text FROM api_reply r")))
    assert "63748472" not in kept
    assert "202959" not in kept


def test_a_body_that_is_too_large_is_refused_before_it_is_read(registrar):
    answer = registrar.post("/payees", {**PAYEE, "name": "x" * 1_100_000})
    assert (answer.status_code, problem(answer)) == (413, "too-large")


def test_a_team_key_changes_something_for_the_payees_of_its_list_alone(office, app, owner, registrar):
    registrar.post("/payees", {**PAYEE, "reference": "CASE-2"})
    key = a_key(office, Scope.PAYEES)
    with owner.begin() as connection:
        # a sandbox has no team keys: as if this were a live body
        turn = "UPDATE api_key SET kind = 'team', payees = '[\"CASE-1\"]' WHERE id = :id"
        connection.execute(text(turn), {"id": key.id})
    team = Caller(app.test_client(), key.written)
    assert team.post("/payees", PAYEE).status_code == 201
    assert problem(team.post("/payees", {**PAYEE, "reference": "CASE-3"})) == "not-on-the-team-list"
    assert problem(team.post("/payees/CASE-2/bank_details", DETAILS)) == "not-on-the-team-list"
    assert team.post("/payees/CASE-1/bank_details", DETAILS).status_code == 201
    assert team.get("/payees/CASE-2").status_code == 200


def test_a_neighbour_s_payee_and_award_are_not_there_to_be_changed(office, app, registrar, awarder):
    other = Office(office.service, seed(office.service, name="Neighbour", domain="neighbour.example"))
    registrar.post("/payees", PAYEE)
    award = {"scheme": "HIL", "beneficiary": "CASE-1", "amount_pence": 1250, "first_day": "2026-12-01"}
    made = awarder.post("/awards", award).json
    neighbour = Caller(app.test_client(), a_key(other, Scope.PAYEES, Scope.AWARDS).written)
    payee_id = made["payee"]["id"]
    hold = {"kind": "closed", "reason": "x", "since": "2026-11-01"}
    for path, content in (
        (f"/payees/{payee_id}/bank_details", DETAILS),
        (f"/payees/{payee_id}/holds", hold),
        (f"/awards/{made['id']}/end", {"last_day": "2027-01-01", "reason": "x"}),
    ):
        assert problem(neighbour.post(path, content)) == "not-found"
    assert pointers(neighbour.post("/awards", {**award, "payee": payee_id})) == ["#/beneficiary"]
