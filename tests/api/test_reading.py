"""What the API gives out: everything of the body and nothing of another, page by page, by id or by reference."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event, func, select, text

from payouts.demo.harbour import seed
from payouts.notices.notice import Notice
from payouts.payment import Payment
from payouts.payment_part import Overpayment
from payouts.payroll import Payroll, get_payroll
from schemes import recovery
from schemes.account import Account
from schemes.api_key import Scope
from schemes.award import Award
from schemes.database import new_id
from schemes.imports.register_import import RegisterImport
from schemes.payee import Beneficiary, Payee
from schemes.person import Role
from tests.answering import record_submission, release
from tests.api.caller import Caller, problem
from tests.keys import a_key
from tests.office import Office


@pytest.fixture
def start(sealed):
    return sealed


LISTS = {
    "/schemes": None,
    "/beneficiaries": Beneficiary,
    "/payees": Payee,
    "/awards": Award,
    "/payrolls": Payroll,
    "/payments": Payment,
    "/imports": RegisterImport,
}


def test_a_list_read_page_by_page_holds_everything_once(office, reader):
    for path, entity in LISTS.items():
        ids = [item["id"] for item in reader.all(path, limit=7)]
        assert ids, path
        assert len(ids) == len(set(ids))
        if entity is not None:
            with office.transaction() as session:
                assert len(ids) == session.scalar(select(func.count()).select_from(entity))


def test_a_list_asks_as_many_questions_for_many_rows_as_for_one(service, reader):
    asked = []
    event.listen(service.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    def questions(path, limit):
        asked.clear()
        assert reader.get(f"{path}?limit={limit}").status_code == 200
        return len(asked)

    for path in LISTS:
        questions(path, 1)
        assert questions(path, 1) == questions(path, 40), path


def first(office, entity, **facts):
    with office.transaction() as session:
        return session.scalars(select(entity).filter_by(**facts).order_by(entity.id).limit(1)).one()


def test_a_payee_is_found_by_id_and_by_reference(office, reader):
    payee = first(office, Payee)
    by_id = reader.get(f"/payees/{payee.id}")
    assert (
        by_id.json
        == reader.get(f"/payees/{payee.reference}").json
        == reader.get(f"/payees/{payee.reference.lower()}").json
    )
    assert by_id.json["name"] == payee.name
    assert by_id.json["beneficiaries"]
    (found,) = reader.get(f"/payees?reference={payee.reference}").json["data"]
    assert found["id"] == str(payee.id)


def test_bank_details_are_masked(office, reader, owner):
    account = first(office, Account)
    answer = reader.get(f"/payees/{account.payee_id}/bank_details")
    (told,) = answer.json["data"]
    assert told["state"] == "in_use"
    assert told["account_number_ends"] == account.last_four
    assert set(told) == {
        "id", "version", "state", "account_holder", "account_number_ends", "proposed_at", "confirmed_at",
        "confirmed_by_match", "usable_from", "rejected_because", "name_check",
    }  # fmt: skip


def test_a_payroll_tells_its_checks_and_its_gates(office, reader, sealed):
    with office.transaction() as session:
        number = get_payroll(session, sealed.payroll_id).number
    payroll = reader.get(f"/payrolls/{number}").json
    assert payroll["id"] == str(sealed.payroll_id)
    assert payroll["status"] == "sealed"
    assert [gate["state"] for gate in payroll["gates"]] == ["waiting", *["not_reached"] * 3]
    assert payroll["gates"][0]["lacks"] == {"preparer": 1}
    assert all(check["open_count"] == 0 for check in payroll["checks"])
    assert payroll["total_pence"] == sum(item["amount_pence"] for item in reader.all(f"/payments?payroll={number}"))


def test_a_payment_tells_what_happened_to_it(office, reader, sealed):
    payment = first(office, Payment)
    office.decide_all(sealed.payroll_id)
    told = reader.get(f"/payments/{payment.id}").json
    assert told["status"] == "released"
    happened = [step["what"] for step in told["timeline"]]
    assert (happened[0], "payroll.released" in happened) == ("payroll.created", True)
    by_payee = reader.get(f"/payments?payee={told['payee']['reference']}").json["data"]
    assert told["id"] in [item["id"] for item in by_payee]
    by_beneficiary = reader.get(f"/payments?beneficiary={told['beneficiary']['reference']}").json["data"]
    assert told["id"] in [item["id"] for item in by_beneficiary]


def test_awards_are_found_by_beneficiary_and_told_with_every_version(office, reader):
    award = first(office, Award)
    told = reader.get(f"/awards/{award.id}").json
    assert told["amount_pence"] == award.amount_pence == told["versions"][0]["amount_pence"]
    whose = told["beneficiary"]["reference"]
    assert [item["id"] for item in reader.get(f"/awards?beneficiary={whose}").json["data"]] == [str(award.id)]
    assert str(award.id) in [
        item["id"] for item in reader.get(f"/awards?payee={told['payee']['reference']}").json["data"]
    ]


def for_another_scheme(office, app, owner):
    """A system whose key is for another scheme than there is."""
    key = a_key(office, Scope.READ)
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE api_key SET schemes = jsonb_build_array(cast(:other AS text)) WHERE id = :id"),
            {"id": key.id, "other": str(new_id())},
        )
    return Caller(app.test_client(), key.written)


def test_what_a_payee_will_be_paid_is_told_by_award_and_period(office, app, owner, reader):
    award = first(office, Award)
    told = reader.get(f"/payees/{award.payee_id}/coming_payments").json
    mine = [one for one in told["data"] if one["award_id"] == str(award.id)]
    assert told["whole"] is True
    assert {one["amount_pence"] for one in mine} == {award.amount_pence}
    assert len({one["period_first_day"] for one in mine}) == len(mine) >= 12
    days = [one["pay_date"] or one["period_first_day"] for one in told["data"]]
    assert days == sorted(days)
    other = for_another_scheme(office, app, owner)
    assert other.get(f"/payees/{award.payee_id}/coming_payments").json["data"] == []


def test_what_a_payee_was_told_is_listed_without_its_words(office, app, owner, reader, sealed):
    release(office, sealed.payroll_id)
    record_submission(office, sealed.payroll_id)
    office.work()
    with office.transaction() as session:
        notice = session.scalars(select(Notice).order_by(Notice.id).limit(1)).one()
    (told,) = reader.all(f"/payees/{notice.payee_id}/messages", limit=1)
    assert (told["id"], told["event"], told["channel"]) == (str(notice.id), notice.event, notice.channel)
    assert (told["payroll_number"], told["total_pence"]) == (1, notice.total_pence)
    assert "subject" not in told
    assert for_another_scheme(office, app, owner).all(f"/payees/{notice.payee_id}/messages") == []


def test_what_an_award_was_paid_too_much_is_told_with_what_is_done_about_it(office, reader, sealed):
    award, at = first(office, Award), office.service.now()
    path = f"/awards/{award.id}/overpayments"
    assert reader.get(path).json == {"overpaid_pence": 0, "periods": [], "recoveries": [], "write_offs": []}
    with office.transaction() as session:
        days = {"about_first_day": date(2026, 10, 1), "about_last_day": date(2026, 10, 31)}
        facts = {"body_id": award.body_id, "id": new_id(), "award_id": award.id, "found_in": sealed.payroll_id}
        session.add(Overpayment(**facts, **days, paid_pence=5000, due_pence=2000, found_at=at))
        terms = {"total_pence": 3000, "instalment_pence": 1000, "share_percent": None, "least_left_pence": 0}
        recovery.propose(
            session, award, recovery_id=new_id(), **terms, from_day=date(2026, 12, 1), reason="paid too much",
            by=office.person(Role.PREPARER), at=at,
        )  # fmt: skip
    told = reader.get(path).json
    assert told["overpaid_pence"] == 3000
    assert (told["periods"][0]["paid_pence"], told["periods"][0]["period_first_day"]) == (5000, "2026-10-01")
    (proposed,) = told["recoveries"]
    assert (proposed["left_pence"], proposed["taken_pence"], proposed["confirmed_at"]) == (3000, 0, None)


def test_only_what_was_made_or_changed_since_is_given_to_whoever_asks_for_it(office, reader):
    everybody = reader.all("/payees", limit=200)
    assert reader.all("/payees?updated_since=2000-01-01T00:00:00Z", limit=20) == everybody
    payee, since = first(office, Payee), datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert reader.all(f"/payees?updated_since={since}") == []
    office.stop_payments(payee.id)
    assert [item["id"] for item in reader.all(f"/payees?updated_since={since}")] == [str(payee.id)]


def test_an_etag_spares_whoever_has_the_newest(office, reader):
    payee = first(office, Payee)
    answer = reader.get(f"/payees/{payee.id}")
    again = reader.get(f"/payees/{payee.id}", **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")
    office.stop_payments(payee.id)
    assert reader.get(f"/payees/{payee.id}", **{"If-None-Match": answer.headers["ETag"]}).status_code == 200


def test_a_cursor_that_is_not_ours_is_refused(reader):
    for cursor in ("x", "AAAA", "é", "", "a" * 500):
        assert problem(reader.get(f"/payees?cursor={cursor}")) == "invalid", cursor


def test_a_cursor_of_another_list_is_refused(reader):
    cursor = reader.get("/payees?limit=1").json["next_cursor"]
    assert reader.get(f"/payees?limit=1&cursor={cursor}").status_code == 200
    assert problem(reader.get(f"/awards?limit=1&cursor={cursor}")) == "invalid"
    assert problem(reader.get(f"/payees?limit=1&name=ab&cursor={cursor}")) == "invalid"


def test_a_neighbour_finds_nothing_of_ours_and_sees_none_of_it_in_lists(office, app, reader):
    other = Office(office.service, seed(office.service, name="Neighbour", domain="neighbour.example"))
    neighbour = Caller(app.test_client(), a_key(other, Scope.READ).written)
    for path in LISTS:
        mine = [item["id"] for item in reader.all(path)]
        theirs = [item["id"] for item in neighbour.all(path)]
        assert not set(mine) & set(theirs)
        if path != "/schemes":
            assert theirs == []
        assert problem(neighbour.get(f"{path}/{mine[0]}")) == "not-found"
    cursor = reader.get("/payees?limit=1").json["next_cursor"]
    assert problem(neighbour.get(f"/payees?limit=1&cursor={cursor}")) == "invalid"


def test_a_key_of_another_scheme_sees_no_payroll_payment_award_or_import_of_this_one(office, app, owner, reader):
    limited = for_another_scheme(office, app, owner)
    for path in ("/schemes", "/awards", "/payrolls", "/payments", "/imports"):
        assert limited.all(path) == []
        assert problem(limited.get(f"{path}/{reader.all(path)[0]['id']}")) == "not-found"
    assert limited.all("/payees"), "a payee is the body's, whichever scheme pays them"
