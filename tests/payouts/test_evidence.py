"""The evidence pack: it proves with a public key alone what was approved, and whatever is changed in it is named."""

from __future__ import annotations

import base64
import io
import json
import zipfile

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from payouts.cli import payouts
from payouts.evidence.pack import write_pack
from payouts.evidence.verifying import NotAPack, verify
from payouts.files.payment_file import files_of
from payouts.gates.decision import Verdict
from payouts.payment import Payment
from payouts.payroll import get_payroll
from schemes.audit import trail
from schemes.errors import NotAllowed, NotNow, ReasonNotGiven
from schemes.person import Role
from schemes.signer import Signer, canonical


@pytest.fixture
def start(sealed):
    return sealed


def take(office, payroll_id, *, redacted=False, reason="The auditor asks", by=Role.RELEASER):
    to = io.BytesIO()
    with office.transaction() as session:
        write_pack(
            session,
            office.service.seals,
            office.service.signer,
            get_payroll(session, payroll_id),
            to=to,
            redacted=redacted,
            reason=reason,
            by=office.person(by),
            at=office.service.now(),
        )
    return to


@pytest.fixture
def pack(office, sealed):
    """The complete pack of a payroll that was once refused at a gate, then released and submitted."""
    office.decide_all(sealed.payroll_id, upto=1)
    finance = office.person(Role.FINANCE)
    office.decide(sealed.payroll_id, 2, by=finance, verdict=Verdict.NO_GO, reason="the money comes tomorrow")
    office.seal(sealed.payroll_id)
    office.decide_all(sealed.payroll_id)
    office.download(sealed.payroll_id)
    office.record_submission(sealed.payroll_id)
    return take(office, sealed.payroll_id)


@pytest.fixture
def ours(office):
    return frozenset({office.service.signer.public_key})


def test_a_pack_holds_what_was_approved_and_proves_it_with_the_public_key_alone(pack, ours, office, sealed):
    report = verify(pack, trusted_keys=ours)
    assert report.faults == []
    assert report.keys == ours
    assert sum("is signed" in line and "gate" in line for line in report.holds) == 6, "two of them void"
    assert sum("has the go of" in line for line in report.holds) == 4
    with office.transaction() as session:
        [file] = files_of(session, sealed.payroll_id)
        taken = trail(session, subject_id=sealed.payroll_id, limit=1)[0]
    with zipfile.ZipFile(pack) as archive:
        assert len(archive.read(f"files/{file.name}")) == file.byte_count
        assert any(link.get("event", {}).get("id") == str(taken.id) for link in json.loads(archive.read("audit.json")))
    assert taken.action == "evidence.taken"


def test_a_redacted_pack_proves_the_decisions_and_holds_nobodys_details(pack, ours, office, sealed):
    redacted = take(office, sealed.payroll_id, redacted=True, reason="", by=Role.FINANCE)
    assert verify(redacted, trusted_keys=ours).faults == []
    with zipfile.ZipFile(pack) as complete, zipfile.ZipFile(redacted) as archive:
        names = [line.split('","')[7] for line in complete.read("payments.jsonl").decode().splitlines()]
        everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert len(names) > 40
    assert not any(name in everything for name in names)


def rewritten(pack, change):
    """The same archive with its parts changed: what a forger without the key can do."""
    to = io.BytesIO()
    with zipfile.ZipFile(pack) as old, zipfile.ZipFile(to, "w") as new:
        kept = change({name: old.read(name) for name in old.namelist()})
        for name, content in kept.items():
            new.writestr(name, content)
    return to


def reindexed(pack, change, signer=None):
    """A forgery by somebody who makes the index anew as well, with another key if they have one."""

    def all_of_it(parts):
        import hashlib

        parts = change(parts)
        index = json.loads(parts["pack.json"])
        index["members"] = {
            name: hashlib.sha256(content).hexdigest() for name, content in parts.items() if not name.startswith("pack.")
        }
        parts["pack.json"] = canonical(index)
        if signer:
            signature = base64.b64encode(signer.private_key.sign(parts["pack.json"])).decode()
            parts["pack.sig"] = canonical({"signature": signature, "public_key": signer.public_key})
        return parts

    return rewritten(pack, all_of_it)


def replaced(name, old, new):
    def change(parts):
        found = next(part for part in parts if part.startswith(name))
        assert old in parts[found]
        return parts | {found: parts[found].replace(old, new, 1)}

    return change


FORGERIES = {
    "a payment file": replaced("files/", b"66374958", b"66374959"),
    "an amount": replaced("payments.jsonl", b'"1","', b'"2","'),
    "the manifest": replaced("manifest.json", b'"total_pence":', b'"total_pence":1'),
    "who decided": replaced("decisions.json", b'"person":"0', b'"person":"1'),
    "a reason": replaced("decisions.json", b"the money comes tomorrow", b"the money is here"),
    "a finding": replaced("findings.jsonl", b"first_payment", b"name_cut"),
    "an event": replaced("audit.json", b'"action":"payroll.', b'"action":"pay.'),
    "a decision left out": lambda parts: (
        parts | {"decisions.json": canonical(json.loads(parts["decisions.json"])[:-1])}
    ),
    "a link left out": lambda parts: parts | {"audit.json": canonical(json.loads(parts["audit.json"])[:-3])},
    "a part left out": lambda parts: {name: parts[name] for name in parts if name != "audit.json"},
    "a part put in": lambda parts: parts | {"files/other.txt": b"x"},
}


@pytest.mark.parametrize("what", FORGERIES)
def test_whatever_is_changed_in_a_pack_is_found(pack, ours, what):
    assert verify(rewritten(pack, FORGERIES[what]), trusted_keys=ours).faults
    assert verify(reindexed(pack, FORGERIES[what]), trusted_keys=ours).faults


@pytest.mark.parametrize("what", ["a payment file", "an amount", "the manifest", "who decided", "a reason", "an event"])
def test_a_pack_signed_by_a_stranger_is_found_and_most_of_it_even_without_knowing_our_key(pack, ours, what):
    stranger = Signer.parse(base64.b64encode(b"s" * 32).decode())
    forged = reindexed(pack, FORGERIES[what], stranger)
    assert stranger.public_key in verify(forged).keys
    assert verify(forged).faults
    assert any("one of the service's" in fault for fault in verify(forged, trusted_keys=ours).faults)


FORGERIES_OF_CHANGES = {
    "a payment that left": replaced("taken_out.json", b'\\",\\"', b'\\",\\"1'),
    "nobody left": lambda parts: parts | {"taken_out.json": b"{}"},
    "an earlier manifest": replaced("earlier_manifests.json", b'"check_rules":"', b'"check_rules":"x'),
    "an earlier manifest left out": lambda parts: parts | {"earlier_manifests.json": b"[]"},
}


def test_after_payments_were_taken_out_the_pack_still_proves_what_each_decision_was_about(office, sealed, ours):
    office.decide_all(sealed.payroll_id, upto=3)
    with office.transaction() as session:
        leaving = list(session.scalars(select(Payment.id).limit(2)))
    office.take_out(sealed.payroll_id, leaving)
    office.work()
    for position, role in ((3, Role.APPROVER), (4, Role.RELEASER)):
        office.decide(sealed.payroll_id, position, by=office.person(role))
    pack = take(office, sealed.payroll_id)
    report = verify(pack, trusted_keys=ours)
    assert report.faults == []
    assert "the payments that stay and those that left are the earlier ones" in report.holds
    assert sum("is bound to this manifest" in line for line in report.holds) == 4
    redacted = take(office, sealed.payroll_id, redacted=True, reason="", by=Role.FINANCE)
    assert verify(redacted, trusted_keys=ours).faults == []
    ours_again = office.service.signer
    for what, change in FORGERIES_OF_CHANGES.items():
        assert verify(reindexed(pack, change, ours_again), trusted_keys=ours).faults, what


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 torn"])
def test_what_is_no_pack_says_so(content):
    with pytest.raises(NotAPack):
        verify(io.BytesIO(content))


def test_a_complete_pack_is_for_those_who_may_have_the_files_and_says_why(office, sealed):
    with pytest.raises(NotAllowed):
        take(office, sealed.payroll_id, by=Role.FINANCE)
    with pytest.raises(ReasonNotGiven):
        take(office, sealed.payroll_id, reason=" ")


def test_a_payroll_without_files_has_nothing_to_prove(office):
    with pytest.raises(NotNow):
        take(office, office.create())


def test_the_command_verifies_a_pack_anywhere(pack, ours, tmp_path):
    path = tmp_path / "pack.zip"
    path.write_bytes(pack.getvalue())
    [key] = ours
    held = CliRunner().invoke(payouts, ["evidence", "verify", str(path), "--key", key])
    assert (held.exit_code, "Nothing is wrong" in held.output) == (0, True), held.output
    path.write_bytes(rewritten(pack, FORGERIES["a payment file"]).getvalue())
    broken = CliRunner().invoke(payouts, ["evidence", "verify", str(path), "--key", key])
    assert broken.exit_code == 1
    assert "is as it was packed" in broken.output
    path.write_bytes(b"hello")
    assert CliRunner().invoke(payouts, ["evidence", "verify", str(path)]).exit_code == 2
