"""Release recomputes everything that was signed: whatever an intruder with the owner's password changed is named."""

from __future__ import annotations

import base64
import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from payouts.channels.release import ReleaseRefused, TooLate
from payouts.files.payment_file import files_of
from payouts.files.segment import open_content, place_of
from payouts.gates.decision import Verdict, decisions_of
from payouts.gates.manifest import statements_of
from payouts.ledger.balance import whereabouts
from payouts.ledger.entry import LedgerEntry
from payouts.payment import Payment, PaymentStatus
from payouts.payroll import PayrollStatus, get_payroll
from schemes.errors import NotNow
from schemes.person import Role
from schemes.seal import get_key
from schemes.signer import Signer, canonical, digest


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def payroll_id(sealed):
    return sealed.payroll_id


@pytest.fixture
def tamper(owner):
    """Runs statements as the owner with every trigger and foreign key off."""

    def run(statement, **values):
        with owner.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            assert connection.execute(text(statement), values).rowcount > 0

    return run


def last_go(office, payroll_id):
    return office.decide(payroll_id, 4, by=office.person(Role.RELEASER))


def refused(office, payroll_id):
    """What the last go is refused for. Nothing may have moved: no status, no ledger, no decision."""
    with pytest.raises(ReleaseRefused) as error:
        last_go(office, payroll_id)
    with office.transaction() as session:
        assert get_payroll(session, payroll_id).status is PayrollStatus.SEALED
        assert session.scalar(select(func.count()).select_from(LedgerEntry)) == 0
        assert len(decisions_of(session, payroll_id)) == 3
    return error.value.differences


TAMPERED = {
    "a payment's amount": ("UPDATE payment SET amount_pence = amount_pence + 1 WHERE ordinal = 7", "payments"),
    "amounts swapped": (
        """UPDATE payment p SET amount_pence = o.amount_pence FROM payment o
            WHERE p.ordinal + o.ordinal = 7 AND p.ordinal IN (3, 4)""",
        "payments",
    ),
    "a payment's account": (
        "UPDATE payment SET account_id = (SELECT account_id FROM payment WHERE ordinal = 1) WHERE ordinal = 2",
        "payments",
    ),
    "a payment's payee": (
        "UPDATE payment SET payee_id = (SELECT payee_id FROM payment WHERE ordinal = 1) WHERE ordinal = 2",
        "payments",
    ),
    "a payment's reference": ("UPDATE payment SET reference = 'X' WHERE ordinal = 1", "payments"),
    "a payment taken away": ("DELETE FROM payment WHERE ordinal = 5", "payments"),
    "a payment put in": (
        """INSERT INTO payment SELECT (jsonb_populate_record(payment,
               jsonb_build_object('id', uuidv7(), 'ordinal', 9000, 'sequence', 2))).*
             FROM payment WHERE ordinal = 1""",
        "payments",
    ),
    "an account's bank details": (
        """UPDATE account SET sealed_details = (SELECT min(sealed_details) FROM account)
            WHERE sealed_details <> (SELECT min(sealed_details) FROM account)""",
        "payments",
    ),
    "an account's fingerprint": ("UPDATE account SET fingerprint = 'x'", "payments"),
    "an account's holder": ("UPDATE account SET holder_name = 'M ALLORY'", "payments"),
    "who confirmed an account": ("UPDATE account SET confirmed_by = body_id", "payments"),
    "the payroll's total": ("UPDATE payroll SET total_pence = total_pence + 1", "total_pence"),
    "the pay date": ("UPDATE payroll SET pay_date = pay_date + 1", "pay_date"),
    "the processing day": ("UPDATE payroll SET processing_day = processing_day + 1", "processing_day"),
    "the service user number": ("UPDATE bank_profile SET service_user_number = '123456'", "service_user_number"),
    "a finding's reason": ("UPDATE finding SET reason = 'other' WHERE reason IS NOT NULL", "check_results"),
    "who accepted a finding": ("UPDATE finding SET accepted_by = id WHERE reason IS NOT NULL", "check_results"),
    "a finding's facts": ("UPDATE finding SET facts = '{}' WHERE kind = 'unusually_large'", "check_results"),
    "a finding taken away": ("DELETE FROM finding WHERE kind = 'unusually_large'", "check_results"),
    "by which rules it was checked": ("UPDATE payroll SET check_rules = '1999-01.1'", "check_rules"),
    "what a gate asks": ("UPDATE gate SET kind = 'funds' WHERE position = 3", "gates"),
    "a gate's role": ("UPDATE gate SET role = 'finance' WHERE position = 3", "gates"),
    "a file's digest": ("UPDATE payment_file SET sha256 = repeat('0', 64)", "files"),
    "a file's name": ("UPDATE payment_file SET name = 'other.txt'", "files"),
    "a file withdrawn": ("UPDATE payment_file SET withdrawn_at = now()", "files"),
    "the manifest's digest": ("UPDATE manifest SET digest = repeat('0', 64)", "manifest"),
    "the manifest's statements": ("UPDATE manifest SET document = replace(document, '2026', '2027')", "manifest"),
}


@pytest.mark.parametrize(("statement", "named"), TAMPERED.values(), ids=TAMPERED.keys())
def test_release_refuses_and_names_what_was_changed_behind_its_back(office, payroll_id, tamper, statement, named):
    office.decide_all(payroll_id, upto=3)
    tamper(statement)
    assert named in refused(office, payroll_id)


@pytest.mark.parametrize(
    "change",
    [
        "reason = 'well'",
        "evidence = 'none'",
        "decided_at = decided_at + interval '1 hour'",
        "shown = '{}'",
        "signature = decode(repeat('00', 64), 'hex')",
    ],
)
def test_release_refuses_and_names_a_decision_that_is_not_as_it_was_signed(office, payroll_id, tamper, change):
    office.decide_all(payroll_id, upto=3)
    with office.transaction() as session:
        first = decisions_of(session, payroll_id)[0]
    tamper(f"UPDATE decision SET {change} WHERE id = '{first.id}'")
    assert refused(office, payroll_id) == [f"decision {first.id}"]


def test_a_no_go_turned_into_a_go_is_named(office, payroll_id, tamper):
    office.decide_all(payroll_id, upto=2)
    office.decide(payroll_id, 3, by=office.person(Role.APPROVER), verdict=Verdict.NO_GO, reason="no")
    office.seal(payroll_id)
    office.decide_all(payroll_id, upto=2)
    tamper(
        """
        UPDATE decision d SET verdict = 'go', voided_at = NULL, manifest_id = m.id, manifest_digest = m.digest
          FROM manifest m JOIN payroll p ON p.manifest_id = m.id WHERE d.reason = 'no'
        """
    )
    (named,) = refused(office, payroll_id)
    assert named.startswith("decision ")


def test_a_decision_signed_with_an_intruders_own_key_is_named(office, payroll_id, tamper):
    """The row says by which key it was signed: a row that names another key than the service's proves nothing."""
    office.decide_all(payroll_id, upto=3)
    with office.transaction() as session:
        approval = decisions_of(session, payroll_id)[-1]
        session.expunge(approval)
    intruder = Signer.parse(base64.b64encode(b"i" * 32).decode())
    approval.person_id = office.harbour.body_id
    tamper(
        "UPDATE decision SET person_id = :person, signature = :signature, public_key = :key WHERE id = :id",
        person=approval.person_id,
        signature=intruder.sign(approval.record()),
        key=intruder.public_key,
        id=approval.id,
    )
    assert refused(office, payroll_id) == [f"decision {approval.id}"]


def with_another_key(office, *, given_up):
    """The office once its signing key was given up for another at an instant."""
    old = office.service.signer
    fresh = Signer.parse(base64.b64encode(b"n" * 32).decode(), f"{old.public_key}@{given_up.isoformat()}")
    return replace(office, service=replace(office.service, signer=fresh))


def test_decisions_signed_before_the_key_was_changed_still_count(office, payroll_id, clock):
    office.decide_all(payroll_id, upto=3)
    clock.advance(minutes=1)
    renewed = with_another_key(office, given_up=clock())
    clock.advance(minutes=1)
    last_go(renewed, payroll_id)
    with office.transaction() as session:
        assert get_payroll(session, payroll_id).status is PayrollStatus.RELEASED


def test_a_decision_signed_with_a_key_that_was_given_up_before_proves_nothing(office, payroll_id, clock):
    renewed = with_another_key(office, given_up=clock() - timedelta(minutes=1))
    office.decide_all(payroll_id, upto=3)
    assert [named.split()[0] for named in refused(renewed, payroll_id)] == ["decision"] * 3


def test_a_manifest_rewritten_whole_does_not_match_what_people_signed(office, payroll_id, tamper):
    office.decide_all(payroll_id, upto=3)
    tamper("UPDATE payroll SET total_pence = total_pence + 1")
    with office.transaction() as session:
        forged = statements_of(session, get_payroll(session, payroll_id))
    tamper(
        "UPDATE manifest SET document = :document, digest = :digest",
        document=canonical(forged).decode(),
        digest=digest(forged),
    )
    assert len(refused(office, payroll_id)) == 3, "the three decisions, each on another manifest"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE file_segment SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) WHERE number = 1",
        "UPDATE file_segment f SET sealed = g.sealed FROM file_segment g WHERE f.number + g.number = 2",
        "DELETE FROM file_segment WHERE number = 1",
        "DELETE FROM file_segment WHERE number = 2; UPDATE payment_file SET segment_count = 2",
        "UPDATE payment_file SET id = uuidv7()",
        "UPDATE sealing_key SET wrapped = NULL WHERE id = (SELECT key_id FROM payment_file)",
        "UPDATE sealing_key SET ring_key_id = 'k9' WHERE id = (SELECT key_id FROM payment_file)",
    ],
    ids=[
        "a bit turned",
        "segments swapped",
        "a segment left out",
        "the end cut off",
        "taken from another row",
        "its key destroyed",
        "its key wrapped by a stranger",
    ],
)
def test_a_file_whose_bytes_do_not_open_is_named(office, payroll_id, tamper, statement):
    office.decide_all(payroll_id, upto=3)
    tamper(statement)
    with office.transaction() as session:
        name = files_of(session, payroll_id)[0].name
    assert refused(office, payroll_id) == [f"file {name}"]


def test_a_file_sealed_anew_with_other_bytes_under_the_right_key_is_named(office, payroll_id, tamper):
    """Somebody who has the keys too, and forgets the digest."""
    office.decide_all(payroll_id, upto=3)
    with office.transaction() as session:
        file = files_of(session, payroll_id)[0]
        key = office.service.seals.open_row(get_key(session, file.body_id, file.key_id))
        other = open_content(session, office.service.seals, file).read().replace(b"00000", b"00001", 1)
    for number, content in enumerate((b"", other, b"")):
        sealed = key.seal(content, "file_segment", place_of(file, number))
        tamper("UPDATE file_segment SET sealed = :sealed WHERE number = :number", sealed=sealed, number=number)
    assert refused(office, payroll_id) == [f"file {file.name}"]


def test_after_the_cut_off_nothing_is_released_and_before_it_everything_is(office, payroll_id, clock):
    office.decide_all(payroll_id, upto=3)
    with office.transaction() as session:
        deadline = get_payroll(session, payroll_id).deadline_at
    assert deadline == datetime.fromisoformat("2026-11-23T21:00:00+00:00")
    clock.time = deadline + timedelta(microseconds=1)
    with pytest.raises(TooLate):
        last_go(office, payroll_id)
    with office.transaction() as session:
        assert len(decisions_of(session, payroll_id)) == 3, "the decision that came too late does not stand"
    clock.time = deadline
    assert last_go(office, payroll_id)


def test_a_release_moves_every_payment_and_posts_each_once(office, payroll_id):
    office.decide_all(payroll_id)
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        assert set(session.scalars(select(Payment.status))) == {PaymentStatus.RELEASED}
        assert session.scalar(select(func.count()).select_from(LedgerEntry)) == payroll.payment_count > 0
        found = whereabouts(session, payroll_id=payroll_id)
        assert found.released_pence == found.on_its_way_pence == payroll.total_pence


def test_two_last_goes_racing_release_once_and_post_the_ledger_once(office, payroll_id):
    office.decide_all(payroll_id, upto=3)
    start, outcomes = threading.Barrier(4), []

    def go():
        start.wait()
        try:
            outcomes.append(last_go(office, payroll_id))
        except NotNow as late:
            outcomes.append(late)

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(outcome is True for outcome in outcomes) == 1
    assert len(outcomes) == 4
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        assert payroll.status is PayrollStatus.RELEASED
        assert session.scalar(select(func.count()).select_from(LedgerEntry)) == payroll.payment_count
        assert len(decisions_of(session, payroll_id)) == 4


def test_a_file_cannot_be_downloaded_before_release_nor_by_anybody_but_a_releaser(office, payroll_id):
    with pytest.raises(NotNow):
        office.download(payroll_id)
    office.decide_all(payroll_id)
    assert office.download(payroll_id).startswith(b"VOL1")
