"""Decisions that passkeys sign: what was signed is what was approved, and even the service can't make one up."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from payouts.cancelling import cancel
from payouts.channels.release import ReleaseRefused
from payouts.evidence.pack import write_pack
from payouts.evidence.passkeys import passkey_lines
from payouts.evidence.verifying import verify
from payouts.gates.deciding import PasskeyNeeded
from payouts.gates.decision import Verdict, decisions_of
from payouts.gates.gate import gates_of
from payouts.gates.passkey_proof import is_proved
from payouts.payroll import get_payroll
from schemes.errors import NotAllowed
from schemes.gate_rule import GateKind
from schemes.passkey import PasskeyRefused
from schemes.passkey_signature import PasskeyFault
from schemes.person import Role
from schemes.signer import canonical
from tests.passkeys import answer_with, ask_for_passkeys, asked, decide_with, give_passkey, remove_passkeys


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def preparer(office):
    return office.person(Role.PREPARER)


@pytest.fixture
def key(office, preparer):
    return give_passkey(office, preparer)


def live(office, payroll_id):
    with office.transaction() as session:
        return decisions_of(session, payroll_id)


def refused(call, *arguments, **more):
    with pytest.raises(PasskeyRefused) as found:
        call(*arguments, **more)
    return found.value.fault


def a_new_payroll(office):
    payroll_id = office.create()
    office.work()
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    return payroll_id


def test_a_decision_that_a_passkey_signed_keeps_what_it_signed_and_releases(office, sealed, preparer, key):
    decide_with(office, sealed.payroll_id, 1, key, by=preparer)
    [decision] = live(office, sealed.payroll_id)
    assert decision.is_genuine()
    assert decision.passkey["site"] == "localhost"
    for position, role in ((2, Role.FINANCE), (3, Role.APPROVER)):
        office.decide(sealed.payroll_id, position, by=office.person(role))
    assert office.decide(sealed.payroll_id, 4, by=office.person(Role.RELEASER))


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": Verdict.NO_GO, "reason": "stop"},
        {"reason": "another"},
        {"evidence": "another"},
        {"shown": {"total_pence": 1}},
    ],
)
def test_what_was_signed_counts_for_no_other_word(office, sealed, preparer, key, changes):
    answer = key.sign(asked(office, sealed.payroll_id, 1, by=preparer))
    fault = refused(answer_with, office, sealed.payroll_id, 1, answer, by=preparer, **changes)
    assert fault is PasskeyFault.OTHER_STATEMENT
    assert live(office, sealed.payroll_id) == []


def test_line_ends_are_signed_in_one_form(office, sealed, preparer, key):
    answer = key.sign(asked(office, sealed.payroll_id, 1, by=preparer, reason="one\r\ntwo "))
    answer_with(office, sealed.payroll_id, 1, answer, by=preparer, reason="one\ntwo")
    assert live(office, sealed.payroll_id)[0].reason == "one\ntwo"


def test_nobody_signs_for_a_colleague(office, sealed, preparer, key):
    other = office.person_with(Role.PREPARER)
    answer = key.sign(asked(office, sealed.payroll_id, 1, by=preparer))
    assert refused(answer_with, office, sealed.payroll_id, 1, answer, by=other) is PasskeyFault.CHALLENGE_GONE
    with pytest.raises(NotAllowed):
        asked(office, sealed.payroll_id, 1, by=office.person(Role.RELEASER))


def test_an_answer_is_not_used_again_for_the_same_files_after_a_no_go(office, sealed, preparer, key):
    answer = key.sign(asked(office, sealed.payroll_id, 1, by=preparer))
    answer_with(office, sealed.payroll_id, 1, answer, by=preparer)
    finance = office.person(Role.FINANCE)
    office.decide(sealed.payroll_id, 2, by=finance, verdict=Verdict.NO_GO, reason="the money comes tomorrow")
    office.seal(sealed.payroll_id)
    assert refused(answer_with, office, sealed.payroll_id, 1, answer, by=preparer) is PasskeyFault.CHALLENGE_GONE


def test_where_two_people_agreed_a_go_takes_a_passkey_and_a_no_go_does_not(office, sealed, preparer):
    ask_for_passkeys(office, GateKind.READY)
    office.decide(sealed.payroll_id, 1, by=preparer)
    assert len(live(office, sealed.payroll_id)) == 1, "a payroll keeps the rule that it was created under"
    with office.transaction() as session:
        payroll, at = get_payroll(session, sealed.payroll_id, lock=True), office.service.now()
        cancel(session, payroll, reason="another one", by=preparer, at=at)
    payroll_id = a_new_payroll(office)
    with pytest.raises(PasskeyNeeded):
        office.decide(payroll_id, 1, by=preparer)
    decide_with(office, payroll_id, 1, give_passkey(office, preparer), by=preparer)
    [decision] = live(office, payroll_id)
    with office.transaction() as session:
        [gate, *others] = gates_of(session, payroll_id)
        assert is_proved(session, decision, gate)
        decision.passkey = None
        assert not is_proved(session, decision, gate), "taken away, and signed anew with the service's key"
        assert not any(other.needs_passkey for other in others)
    office.decide(payroll_id, 2, by=office.person(Role.FINANCE), verdict=Verdict.NO_GO, reason="not yet")
    office.seal(payroll_id)
    office.decide(payroll_id, 1, by=preparer, verdict=Verdict.NO_GO, reason="my key is at home, and this is wrong")


def intruder(owner, sql, **values):
    """The database's owner goes around every rule that the app's role is held to."""
    with owner.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text(sql), values)


def release_refuses(office, payroll_id):
    with pytest.raises(ReleaseRefused) as found:
        office.decide(payroll_id, 4, by=office.person(Role.RELEASER))
    return found.value.differences


@pytest.fixture
def three_of_four(office, sealed, preparer, key):
    """A payroll with everybody's go but the releaser's, the preparer's signed with a passkey."""
    decide_with(office, sealed.payroll_id, 1, key, by=preparer)
    for position, role in ((2, Role.FINANCE), (3, Role.APPROVER)):
        office.decide(sealed.payroll_id, position, by=office.person(role))
    return sealed.payroll_id


def test_the_app_cannot_change_what_a_passkey_signed(office, three_of_four):
    for sql in ("UPDATE decision SET passkey = NULL", "SELECT * FROM passkey", "DELETE FROM passkey_challenge"):
        with pytest.raises(DBAPIError, match="permission denied"), office.transaction() as session:
            session.execute(text(sql))


def test_a_passkey_removed_after_its_holder_decided_signed_all_the_same(office, three_of_four, preparer, clock):
    clock.advance(seconds=1)
    remove_passkeys(office, preparer)
    assert office.decide(three_of_four, 4, by=office.person(Role.RELEASER))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE passkey SET public_key = credential_id",
        "UPDATE passkey SET person_id = (SELECT person_id FROM membership WHERE role = 'auditor')",
        "UPDATE passkey SET signs_from = signs_from + interval '1 day'",
        "DELETE FROM passkey",
    ],
)
def test_release_refuses_and_names_a_decision_whose_passkey_is_not_the_persons(office, owner, three_of_four, sql):
    [decision] = [one for one in live(office, three_of_four) if one.passkey]
    intruder(owner, sql)
    assert release_refuses(office, three_of_four) == [f"passkey {decision.id}"]


def resigned(office, decision, **changes):
    """A decision's record with changes, signed anew by somebody who stole the service's own key."""
    record = decision.record() | changes
    return record, office.service.signer.sign(record)


def test_the_services_own_key_makes_no_decision_of_a_passkey_up(office, owner, three_of_four):
    """Whoever has the database and the service's key can still not say what somebody's passkey did not sign."""
    [decision] = [one for one in live(office, three_of_four) if one.passkey]
    _, signature = resigned(office, decision, reason="made up")
    intruder(
        owner,
        "UPDATE decision SET reason = 'made up', signature = :signature WHERE id = :id",
        signature=signature,
        id=decision.id,
    )
    assert release_refuses(office, three_of_four) == [f"decision {decision.id}", f"passkey {decision.id}"]


@pytest.fixture
def pack(office, three_of_four):
    office.decide(three_of_four, 4, by=office.person(Role.RELEASER))
    to = io.BytesIO()
    with office.transaction() as session:
        write_pack(
            session,
            office.service.seals,
            office.service.signer,
            get_payroll(session, three_of_four),
            to=to,
            redacted=True,
            reason="",
            by=office.person(Role.AUDITOR),
            at=office.service.now(),
        )
    return to


def forged(office, pack, change):
    """The pack with its decisions changed by somebody who stole the service's key, and signs everything anew."""
    signer, to = office.service.signer, io.BytesIO()
    with zipfile.ZipFile(pack) as old, zipfile.ZipFile(to, "w") as new:
        parts = {name: old.read(name) for name in old.namelist()}
        decisions = json.loads(parts["decisions.json"])
        change(decisions)
        for decision in decisions:
            decision["signature"] = base64.b64encode(signer.sign(decision["record"])).decode()
        parts["decisions.json"] = canonical(decisions)
        index = json.loads(parts["pack.json"])
        index["members"]["decisions.json"] = hashlib.sha256(parts["decisions.json"]).hexdigest()
        parts["pack.json"] = canonical(index)
        signature = base64.b64encode(signer.private_key.sign(parts["pack.json"])).decode()
        parts["pack.sig"] = canonical({"signature": signature, "public_key": signer.public_key})
        for name, content in parts.items():
            new.writestr(name, content)
    return to


def test_a_pack_proves_offline_what_a_passkey_signed(office, pack, preparer):
    ours = frozenset({office.service.signer.public_key})
    report = verify(pack, trusted_keys=ours, sites=frozenset({"localhost"}))
    assert report.faults == []
    said = f"the go at gate 1 by {preparer.person_id}"
    assert f"{said} is what their passkey for localhost signed" in report.holds
    elsewhere = verify(pack, trusted_keys=ours, sites=frozenset({"payouts.example"}))
    assert elsewhere.faults == [f"{said} was signed for a site of the service"]


def the_first(**changes):
    def change(decisions):
        decisions[0]["record"].update(changes)

    return change


def with_passkey(part, old, new):
    def change(decisions):
        signed = decisions[0]["record"]["passkey"]
        raw = base64.urlsafe_b64decode(signed[part] + "==")
        assert old in raw
        signed[part] = base64.urlsafe_b64encode(raw.replace(old, new, 1)).decode().rstrip("=")

    return change


def flipped(part):
    def change(decisions):
        signed = decisions[0]["record"]["passkey"]
        raw = bytearray(base64.urlsafe_b64decode(signed[part] + "=="))
        raw[-1] ^= 1
        signed[part] = base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("=")

    return change


ANOTHER = "0192c0de-0000-7000-8000-000000000000"
FORGERIES = {
    "a no-go made of the go": (the_first(verdict="no_go"), "the passkey signed another decision than this"),
    "another manifest": (the_first(manifest="0" * 64), "the passkey signed another decision than this"),
    "another person": (the_first(person=ANOTHER), "the passkey signed another decision than this"),
    "another gate": (the_first(gate=ANOTHER), "the passkey signed another decision than this"),
    "what was shown": (the_first(shown={}), "the passkey signed another decision than this"),
    "where it was signed": (with_passkey("client_data", b":5000", b":5001"), "the passkey signed for another site"),
    "a byte of the count": (flipped("authenticator_data"), "the passkey's signature is wrong"),
    "a byte of the signature": (flipped("signature"), "the passkey's signature is wrong"),
    "a byte of the public key": (flipped("public_key"), "what the passkey signed cannot be read"),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forger_with_the_services_key_is_found_and_the_forgery_named(office, pack, what):
    change, why = FORGERIES[what]
    report = verify(forged(office, pack, change), trusted_keys=frozenset({office.service.signer.public_key}))
    assert any(fault.endswith(f": {why}") for fault in report.faults), report.faults


def test_one_persons_passkey_counts_for_nobody_else(office, sealed, key, preparer, pack):
    def change(decisions):
        decisions[1]["record"]["passkey"] = decisions[0]["record"]["passkey"]

    report = verify(forged(office, pack, change))
    assert any(fault.endswith(f"is signed with the passkey of {preparer.person_id}") for fault in report.faults)


def test_a_gate_that_takes_a_passkey_is_proved_by_the_pack(office, pack):
    def without(decisions):
        del decisions[0]["record"]["passkey"]

    manifest = {"gates": [{"position": 1, "kind": "ready", "passkey": True}]}
    with zipfile.ZipFile(pack) as archive:
        decisions = json.loads(archive.read("decisions.json"))
    what = "every go at gate 1 (ready) is signed with a passkey"
    assert (what, True) in passkey_lines(decisions, manifest, frozenset())
    without(decisions)
    assert passkey_lines(decisions, manifest, frozenset()) == [(what, False)]
