"""Every code of the scheme over real HTTP, and everything that is not an answer: none of it becomes a match."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from payouts.app import make_service
from payouts.confirmation.client import CORRELATION, HttpProvider, Unreadable, read
from payouts.confirmation.codes import RULES, TELLS_NAME, Code, Outcome, Use
from payouts.confirmation.confirmation import Confirmation, told_of
from payouts.confirmation.provider import AccountType, ConfirmationNotSetUp, Silence
from payouts.sandbox.confirmation_names import HELD_NAME, MAGIC_ACCOUNTS
from schemes import bank_details
from schemes.account import Account, BankDetails, get_account
from schemes.errors import NotAllowed, NotFound, NotNow, SealBroken
from schemes.payee import Payee
from schemes.person import Role
from schemes.seal import destroy, get_key
from tests.payouts.confirmation.conftest import TOKEN

DETAILS = BankDetails("202959", "63748472", "")
PERSON, BUSINESS = AccountType.PERSONAL, AccountType.BUSINESS


@pytest.fixture
def provider(bank):
    return HttpProvider(bank.url, TOKEN, timeout=0.5, through_proxy=False)


@pytest.mark.parametrize("code", [code for code in Code if code is not Code.NO_ANSWER])
def test_each_code_of_the_scheme_comes_back_by_a_magic_name(provider, code):
    answer = provider.verify(f"Jo {code}", PERSON, DETAILS)
    assert (answer.code, answer.silence) == (code, None)
    assert answer.name == (HELD_NAME if code in TELLS_NAME else "")


@pytest.mark.parametrize(("number", "code"), sorted(MAGIC_ACCOUNTS.items()))
def test_each_code_comes_back_by_a_magic_account(provider, number, code):
    assert provider.verify("Jo Bloggs", PERSON, BankDetails("123456", number, "")).code == code


@pytest.mark.parametrize(
    ("held", "asked", "kind", "code"),
    [
        ("Siân O’Connor", "SIAN OCONNOR", PERSON, Code.MATC),
        ("Mr John Smith", "Smith, John", PERSON, Code.ANNM),
        ("John Smith", "J Smith", PERSON, Code.MBAM),
        ("Jon Smithe", "John Smith", PERSON, Code.MBAM),
        ("Jane Brown", "John Smith", PERSON, Code.ANNM),
        ("John Smith", "John Smith", BUSINESS, Code.PANM),
        ("John Smith", "J Smith", BUSINESS, Code.PAMM),
        ("John Smith", "Quayside Support Ltd", BUSINESS, Code.ANNM),
    ],
)
def test_a_bank_compares_the_name_it_holds_with_the_name_asked(bank, provider, held, asked, kind, code):
    bank.holds(DETAILS.sort_code, DETAILS.account_number, held)
    assert provider.verify(asked, kind, DETAILS).code is code


@pytest.mark.parametrize(
    ("asked", "kind", "code"),
    [
        ("Quayside Support Limited", BUSINESS, Code.MATC),
        ("Quayside Support Ltd", PERSON, Code.BANM),
        ("Quayside Suport Ltd", PERSON, Code.BAMM),
    ],
)
def test_a_business_account_is_told_apart_from_a_personal_one(bank, provider, asked, kind, code):
    bank.holds(DETAILS.sort_code, DETAILS.account_number, "Quayside Support Ltd", account_type="Business")
    assert provider.verify(asked, kind, DETAILS).code is code


def test_an_account_that_goes_by_a_roll_number_is_found_by_it_only(bank, provider):
    bank.holds(DETAILS.sort_code, DETAILS.account_number, "John Smith", secondary="A123")
    assert provider.verify("John Smith", PERSON, DETAILS).code is Code.IVCR
    assert provider.verify("John Smith", PERSON, DETAILS._replace(roll_number="A123")).code is Code.MATC


@pytest.mark.parametrize(
    ("fault", "silence"),
    [
        ("answer_503", Silence.SERVER_ERROR),
        ("answer_429", Silence.BUSY),
        ("lose_replies", Silence.UNREACHABLE),
        ("answer_nonsense", Silence.UNREADABLE),
        ("answer_another", Silence.UNREADABLE),
    ],
)
def test_trouble_is_no_answer_is_asked_once_and_the_next_question_is_answered(bank, provider, fault, silence):
    bank.faults(**{fault: 1})
    answer = provider.verify("Jo Bloggs", PERSON, DETAILS)
    assert (answer.code, answer.silence) == (Code.NO_ANSWER, silence)
    assert provider.verify("Jo Bloggs", PERSON, DETAILS).code is Code.MATC
    assert bank.count()["asked"] == (1 if fault in ("answer_503", "answer_429") else 2)


@pytest.mark.parametrize(("name", "silence"), [("Jo TIMEOUT", Silence.TIMED_OUT), ("Jo ERROR", Silence.SERVER_ERROR)])
def test_a_bank_that_does_not_answer_is_not_a_match(provider, name, silence):
    answer = provider.verify(name, PERSON, DETAILS)
    assert (answer.code, answer.silence) == (Code.NO_ANSWER, silence)


def test_a_wrong_token_is_refused_and_nobody_is_asked(bank):
    stranger = HttpProvider(bank.url, "another token", timeout=0.5, through_proxy=False)
    assert stranger.verify("Jo Bloggs", PERSON, DETAILS).silence is Silence.REFUSED
    assert bank.count()["asked"] == 0


def test_a_provider_that_is_not_there_is_no_answer():
    nobody = HttpProvider("http://127.0.0.1:9", TOKEN, timeout=0.5, through_proxy=False)
    assert nobody.verify("Jo Bloggs", PERSON, DETAILS).silence is Silence.UNREACHABLE


def report(**fields):
    return {"Data": {"VerificationReport": fields}}


@pytest.mark.parametrize(
    "body",
    [
        None, [], "yes", {}, {"Data": {}}, {"Data": {"VerificationReport": []}}, report(),
        report(Matched=1), report(Matched="true"), report(Matched=False), report(Matched=False, ReasonCode=""),
        report(Matched=False, ReasonCode="CMTC"), report(Matched=False, ReasonCode="no_answer"),
        report(Matched=False, ReasonCode=7), report(Matched=False, ReasonCode="MATC"),
        report(Matched=True, ReasonCode="ANNM"), report(Matched=True, ReasonCode="MBAM", Name="Jo"),
        report(Matched=False, ReasonCode="MBAM", Name=["Jo"]), report(Matched=False, ReasonCode="MBAM", Name="x" * 141),
    ],
)  # fmt: skip
def test_what_is_not_plainly_an_answer_is_unreadable(body):
    with pytest.raises(Unreadable):
        read(body)


def test_the_name_that_a_bank_holds_is_not_taken_with_a_no_match_even_if_it_is_sent():
    assert read(report(Matched=False, ReasonCode="ANNM", Name="The Real Holder")).name == ""
    assert read(report(Matched=False, ReasonCode="MBAM", Name=" Jo Bloggs ")).name == "Jo Bloggs"
    assert read(report(Matched=True, ReasonCode="MATC")).code is Code.MATC


@pytest.mark.parametrize("sent", ["redirect", "endless", "not json"])
def test_an_answer_that_leads_elsewhere_or_never_ends_is_no_answer(sent):
    asked = []

    class Strange(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(307 if sent == "redirect" else 200)
            self.send_header("Location", "/elsewhere")
            self.send_header(CORRELATION, self.headers[CORRELATION])
            self.end_headers()
            good = json.dumps(report(Matched=True)).encode()
            self.wfile.write({"redirect": good, "endless": good + b" " * 100_000, "not json": b"<p>Match</p>"}[sent])

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Strange)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    provider = HttpProvider(f"http://127.0.0.1:{server.server_port}", TOKEN, timeout=2, through_proxy=False)
    answer = provider.verify("Jo Bloggs", PERSON, DETAILS)
    server.shutdown()
    thread.join()
    server.server_close()
    assert answer.code is Code.NO_ANSWER
    assert asked == ["/name-verification"]


def test_every_code_has_a_class_and_only_a_match_lets_the_payment_through_unseen():
    assert RULES.keys() == set(Code)
    assert {code for code, rule in RULES.items() if rule.outcome is Outcome.MATCH} == {Code.MATC}
    assert {code for code, rule in RULES.items() if rule.use is Use.PROCEED} == {Code.MATC}
    assert {code for code, rule in RULES.items() if rule.use is Use.BLOCK} == {Code.AC01, Code.IVCR}


def test_an_answer_is_kept_with_who_asked_when_and_of_whom(office, clock):
    payee_id, account_id = office.propose("Jo Bloggs")
    office.ask(payee_id, account_id, by=Role.FINANCE)
    (kept,) = office.answers()
    assert (kept.account_id, kept.code, kept.outcome) == (account_id, Code.MATC, Outcome.MATCH)
    assert (kept.asked_by, kept.asked_at) == (office.person(Role.FINANCE).person_id, clock())
    assert (kept.provider, kept.account_type, kept.sealed_name) == ("127.0.0.1", PERSON, None)


def test_silence_is_kept_too_and_does_not_take_away_what_was_answered_before(office, bank, clock):
    payee_id, account_id = office.propose("Jo ANNM")
    office.ask(payee_id, account_id)
    clock.advance(hours=1)
    bank.faults(answer_503=1)
    assert office.ask(payee_id, account_id).silence is Silence.SERVER_ERROR
    with office.transaction() as session:
        told = told_of(session, office.service.seals, [get_account(session, payee_id, account_id)])[account_id]
    assert told.answer.code is Code.ANNM
    assert told.no_answer_since == clock()


def test_a_later_answer_takes_the_place_of_an_earlier_one(office, bank, clock):
    payee_id, account_id = office.propose("John Smith")
    bank.holds(DETAILS.sort_code, DETAILS.account_number, "Jane Brown")
    office.ask(payee_id, account_id)
    clock.advance(hours=1)
    bank.holds(DETAILS.sort_code, DETAILS.account_number, "John Smith")
    office.ask(payee_id, account_id)
    with office.transaction() as session:
        told = told_of(session, office.service.seals, [get_account(session, payee_id, account_id)])[account_id]
    assert (told.answer.code, told.no_answer_since) == (Code.MATC, None)


def test_the_name_a_bank_holds_is_sealed_under_the_payee_s_key_and_goes_with_it(office, owner):
    payee_id, account_id = office.propose("Jo MBAM")
    kept = office.ask(payee_id, account_id)
    with owner.connect() as connection:
        assert HELD_NAME not in str(connection.execute(text("SELECT * FROM confirmation")).all())
        assert HELD_NAME not in str(connection.execute(text("SELECT * FROM audit_event")).all())
    seals = office.service.seals
    with office.transaction() as session:
        payee = session.get_one(Payee, (office.harbour.body_id, payee_id))
        key = seals.open_row(get_key(session, payee.body_id, payee.key_id))
        assert key.open(kept.sealed_name, "confirmation", kept.id).decode() == HELD_NAME
        with pytest.raises(SealBroken):
            key.open(kept.sealed_name, "confirmation", account_id)
        account = get_account(session, payee_id, account_id)
        assert told_of(session, seals, [account])[account_id].name == HELD_NAME
        destroy(session, payee.body_id, payee.key_id, at=office.service.now())
        session.expire_all()
        told = told_of(session, seals, [account])[account_id]
    assert (told.answer.code, told.name) == (Code.MBAM, "")


def test_an_answer_never_changes_not_even_for_the_owner_of_the_tables(office, owner):
    office.ask(*office.propose("Jo ANNM"))
    with pytest.raises(DBAPIError, match="permission denied"), office.transaction() as session:
        session.execute(update(Confirmation).values(code=Code.MATC))
    for act in ("UPDATE confirmation SET code = 'MATC'", "DELETE FROM confirmation"):
        with pytest.raises(DBAPIError, match="append-only"), owner.begin() as connection:
            connection.execute(text(act))


def test_an_answer_is_old_after_ninety_days(office, clock):
    kept = office.ask(*office.propose("Jo Bloggs"))
    assert not kept.is_old(clock() + timedelta(days=90), timedelta(days=90))
    assert kept.is_old(clock() + timedelta(days=90, seconds=1), timedelta(days=90))


def test_only_a_preparer_or_finance_asks_and_only_about_what_can_be_paid_to(office, bank):
    payee_id, account_id = office.propose("Jo Bloggs")
    for role in (Role.APPROVER, Role.RELEASER):
        with pytest.raises(NotAllowed):
            office.ask(payee_id, account_id, by=role)
    with pytest.raises(NotFound):
        office.ask(office.payee_id(1), account_id)
    with office.transaction() as session:
        account = get_account(session, payee_id, account_id, lock=True)
        by, at = office.person(Role.PREPARER), office.service.now()
        bank_details.reject(session, account, reason="typed wrong", by=by, at=at)
    with pytest.raises(NotNow):
        office.ask(payee_id, account_id)
    assert bank.count()["asked"] == 0
    assert office.answers() == []


def test_a_provider_of_care_is_asked_about_as_a_business(office):
    with office.transaction() as session:
        found = session.execute(text("SELECT payee_id FROM mandate WHERE capacity = 'provider' LIMIT 1")).scalar_one()
        account = session.query(Account).filter_by(payee_id=found).one()
    assert office.ask(found, account.id).account_type is BUSINESS


def test_without_anybody_to_ask_that_is_said(make_settings, office, clock):
    payee_id, account_id = office.propose("Jo Bloggs")
    bare = make_service(make_settings(), now=clock)
    with pytest.raises(ConfirmationNotSetUp):
        type(office)(bare, office.harbour).ask(payee_id, account_id)
    bare.engine.dispose()
