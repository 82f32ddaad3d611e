"""Where the bank wants it, a file goes as an OpenPGP message: made once, of the approved bytes, and found again."""

from __future__ import annotations

import hashlib
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from payouts.channels import certificate_warning, collecting, sending
from payouts.channels.dispatch import DispatchStatus, Trouble
from payouts.channels.message import DispatchMessage
from payouts.notices.staff import StaffEvent, StaffMessage
from payouts.payroll import PayrollStatus
from payouts.responses import opening
from payouts.responses.response import Response, ResponseFault, ResponseKind, ResponseStatus, get_response
from payouts.sandbox.bank.sftp_server import Trouble as Fault
from payouts.tasks.outbox import Task
from schemes import openpgp
from schemes.audit import AuditEvent
from schemes.bank_connection import BankConnection, connection_of
from schemes.bank_profile import bank_profiles
from schemes.openpgp import Signature
from schemes.person import Role, people
from tests.answering import receive
from tests.openpgp import BANK, BANK_KEY, FINGERPRINT, GOLDEN, SUITE, ending, from_bank, read_by_bank
from tests.payouts.channels.servers import openssh, sshd
from tests.payouts.channels.test_sending import Killed, bank, line, start  # noqa: F401 - fixtures

AWACS = (GOLDEN.parent / "reports" / "awacs.xml").read_bytes()


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch):
    monkeypatch.setattr(openpgp, "SUITE", SUITE)


def messages(line):  # noqa: F811
    with line.office.transaction() as session:
        return session.scalars(select(DispatchMessage).order_by(DispatchMessage.id)).all()


def counting(line) -> BankConnection:  # noqa: F811
    with line.office.transaction() as session:
        connection = connection_of(session, bank_profiles(session)[0].line_id)
        assert connection is not None
        return connection


def test_the_bank_alone_reads_the_file_and_both_digests_are_kept(line) -> None:  # noqa: F811
    line.connect(pgp_certificate=BANK)
    line.release()
    line.try_sending()
    assert line.status is PayrollStatus.SUBMITTED
    [(name, message)] = line.arrived.items()
    [(plain_name, approved)] = line.approved().items()
    assert name == f"{plain_name}.pgp"
    assert approved[:80] not in message
    assert read_by_bank(message) == approved
    [made] = messages(line)
    assert made.sha256 == hashlib.sha256(message).hexdigest()
    assert (made.encrypted_to, made.id) == (FINGERPRINT, line.way.message_id)
    with line.office.transaction() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "file.encrypted")).one()
    facts = {"sha256": hashlib.sha256(approved).hexdigest(), "message_sha256": made.sha256}
    assert facts.items() <= event.facts.items()


def test_a_worker_that_dies_between_encrypting_and_storing_leaves_the_message_to_be_sent(line, monkeypatch) -> None:  # noqa: F811
    def dying(*_):
        raise Killed

    line.connect(pgp_certificate=BANK)
    line.release()
    monkeypatch.setattr(sending, "deliver", dying)
    with pytest.raises(Killed):
        line.try_sending()
    monkeypatch.undo()
    assert line.arrived == {}
    [made] = messages(line)
    line.try_sending()
    [message] = line.arrived.values()
    assert hashlib.sha256(message).hexdigest() == made.sha256
    assert len(messages(line)) == 1


def test_the_message_whose_name_was_asked_for_is_looked_for_whatever_the_connection_says_now(line, clock) -> None:  # noqa: F811
    line.connect(pgp_certificate=BANK)
    line.release()
    line.bank.trouble.append(Fault.CUT_AFTER_RENAME)
    line.try_sending()
    before = line.arrived
    line.connect(days_ago=0, pgp_certificate=ending(datetime.now(UTC) + timedelta(days=900), datetime.now(UTC)))
    clock.advance(minutes=1)
    line.try_sending()
    assert line.arrived == before
    assert line.way.status is DispatchStatus.SENT
    assert len(messages(line)) == 1


def test_after_the_certificate_has_ended_nothing_goes_until_there_is_another(line, clock) -> None:  # noqa: F811
    last = max(clock(), datetime.now(UTC)) + timedelta(hours=1)
    line.connect(pgp_certificate=ending(last, datetime.now(UTC)))
    line.release()
    clock.time = last + timedelta(minutes=1)
    line.try_sending()
    assert line.arrived == {}
    assert (line.way.status, line.way.trouble) == (DispatchStatus.REFUSED, Trouble.CERTIFICATE_OVER)
    assert messages(line) == []


def test_a_certificate_that_nothing_can_be_encrypted_to_any_more_stops_the_file(line, monkeypatch) -> None:  # noqa: F811
    line.connect(pgp_certificate=BANK)
    line.release()
    monkeypatch.setattr(openpgp, "PROCESS", Path("/dev/null/none"))
    line.try_sending()
    assert (line.way.status, line.way.trouble) == (DispatchStatus.REFUSED, Trouble.NOT_ENCRYPTED)
    assert (line.arrived, messages(line)) == ({}, [])


@pytest.mark.parametrize("whose", ["simulated", *(["openssh"] if sshd() else [])])
def test_a_servers_folder_holds_the_very_message_that_was_made_with_the_signature_of_our_key(line, tmp_path, whose):  # noqa: F811
    with openssh(tmp_path) if whose == "openssh" else nullcontext((None, None)) as (server, home):
        facts = {"port": server.port, "username": server.username, "host_key": server.host_key} if server else {}
        line.connect(pgp_certificate=BANK, signs=True, **facts)
        connection = counting(line)
        if server:
            (tmp_path / "authorized").write_text(connection.public_key)
        line.release()
        line.try_sending()
        [message] = [each.read_bytes() for each in (home / "in" if home else line.inbox).iterdir()]
    assert line.status is PayrollStatus.SUBMITTED
    assert read_by_bank(message, signed_by=connection.our_certificate) in line.approved().values()
    assert messages(line)[0].signed_by == openpgp.fingerprint(connection.our_certificate)


def collect(line) -> list[Response]:  # noqa: F811
    with line.office.transaction() as session:
        collecting.ask_now(session, at=line.office.service.now())
    line.office.work(leave="notices.send")
    with line.office.transaction() as session:
        return list(session.scalars(select(Response).order_by(Response.received_at, Response.id)))


def test_answers_to_our_key_are_opened_before_they_are_recognised_and_the_same_report_is_one(line, clock) -> None:  # noqa: F811
    line.connect(days_ago=0, opens_answers=True, collects=True, incoming_folder="out")
    first = counting(line).our_certificate
    folder = line.bank.folder("harbour", "out")
    (folder / "awacs.xml.pgp").write_bytes(from_bank(AWACS, first))
    (folder / "awacs-again.xml.asc").write_bytes(from_bank(AWACS, first, armor=True))
    [response] = collect(line)
    assert response.kind is ResponseKind.AWACS
    assert response.sha256 == hashlib.sha256(AWACS).hexdigest()
    assert response.message_sha256 != ""
    # a bank goes on with the old key for a while
    clock.advance(minutes=1)
    line.connect(days_ago=0, opens_answers=True, collects=True, incoming_folder="out", makes_pgp_key=True)
    assert counting(line).our_certificate != first
    (folder / "late.pgp").write_bytes(from_bank(AWACS + b"\n", first))
    (folder / "stranger.pgp").write_bytes(from_bank(AWACS, BANK))
    clock.advance(minutes=1)
    _, late, stranger = sorted(collect(line), key=lambda each: each.file_name)
    assert (late.file_name, late.kind) == ("late.pgp", ResponseKind.AWACS)
    assert (stranger.status, stranger.fault) == (ResponseStatus.QUARANTINED, ResponseFault.ENCRYPTED)


def test_where_only_signed_answers_count_any_other_is_kept_until_it_comes_signed_or_by_hand(line, clock):  # noqa: F811
    terms = {"pgp_certificate": BANK, "opens_answers": True, "requires_signature": True, "collects": True}
    line.connect(days_ago=0, incoming_folder="out", **terms)
    ours = counting(line).our_certificate
    folder = line.bank.folder("harbour", "out")
    (folder / "signed.pgp").write_bytes(from_bank(AWACS, ours))
    (folder / "unsigned.pgp").write_bytes(from_bank(AWACS + b"\n", ours, signed=False))
    (folder / "plain.xml").write_bytes(AWACS + b"\n\n")
    plain, signed, unsigned = sorted(collect(line), key=lambda each: each.file_name)
    assert (signed.signature, signed.signed_by) == (Signature.VERIFIED, FINGERPRINT)
    assert signed.kind is ResponseKind.AWACS
    assert signed.fault not in (ResponseFault.NOT_SIGNED, ResponseFault.SIGNATURE_BROKEN)
    for lacking, proves in ((unsigned, Signature.NONE), (plain, None)):
        assert (lacking.signature, lacking.must_be_signed) == (proves, True)
        assert (lacking.status, lacking.fault) == (ResponseStatus.QUARANTINED, ResponseFault.NOT_SIGNED)
    # the same content with the signature, and the other one by the hand of somebody who answers for it
    (folder / "signed-at-last.pgp").write_bytes(from_bank(AWACS + b"\n", ours))
    clock.advance(minutes=1)
    by_hand = receive(line.office, AWACS + b"\n\n")
    assert len(collect(line)) == 3, "they are the files that there were"
    assert by_hand.id == plain.id
    with line.office.transaction() as session:
        for each, proves in ((unsigned, Signature.VERIFIED), (plain, None)):
            now = get_response(session, each.id)
            assert (now.fault, now.signature) == (signed.fault, proves)


def test_a_signature_in_the_banks_name_that_is_not_good_is_never_believed(line, monkeypatch) -> None:  # noqa: F811
    line.connect(days_ago=0, pgp_certificate=BANK, opens_answers=True)
    # as if the bank's certificate were our own: a forged message to it was made with another program
    monkeypatch.setattr(opening, "open_pgp_key", lambda *_: BANK_KEY)
    got = receive(line.office, (GOLDEN / "forged.asc").read_bytes())
    assert (got.status, got.fault) == (ResponseStatus.QUARANTINED, ResponseFault.SIGNATURE_BROKEN)
    assert (got.signature, got.signed_by) == (Signature.BROKEN, FINGERPRINT)


def test_the_administrators_are_warned_a_month_and_a_week_before_and_when_it_is_over_each_once(line, clock) -> None:  # noqa: F811
    last = max(clock(), datetime.now(UTC)) + timedelta(days=90)
    line.connect(days_ago=0, pgp_certificate=ending(last, datetime.now(UTC)))
    asked = select(func.count()).where(Task.kind == "connection.warn")
    told = []
    for days in (60, 29, 28, 6, 5, -1, -2):
        clock.time = last - timedelta(days=days)
        with line.office.transaction() as session:
            certificate_warning.ask_daily(session, at=clock())
            told.append(session.scalar(asked))
    assert told == [0, 1, 1, 2, 2, 3, 3]
    line.office.work()
    with line.office.transaction() as session:
        warned = select(func.count()).where(StaffMessage.event == StaffEvent.CERTIFICATE_ENDS)
        administrators = sum(Role.ADMINISTRATOR in roles for _, roles in people(session))
        assert session.scalar(warned) == 3 * administrators
