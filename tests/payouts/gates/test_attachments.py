"""Evidence at a gate: words, a reference or a file, as the rule asks; a file is what its bytes say, and is signed."""

from __future__ import annotations

import hashlib
import io
import zipfile

import pytest

from payouts.evidence.pack import write_pack
from payouts.evidence.verifying import verify
from payouts.gates import attachment
from payouts.gates.attachment import AttachmentFault, AttachmentRefused, EvidenceNeeded, Medium, medium_of, safe_name
from payouts.gates.decision import Verdict, decisions_of
from payouts.gates.gate import gates_of
from payouts.payroll import get_payroll
from schemes.audit import trail
from schemes.database import new_id
from schemes.errors import NotAllowed, NotFound
from schemes.gate_rule import FIRST_GATES, EvidenceForm
from schemes.person import Role

PREPARER, FINANCE, APPROVER, RELEASER = Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER
READY, FUNDS, APPROVE, RELEASE = FIRST_GATES
STATEMENT = b"%PDF-1.7 the balance of the account"


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def payroll_id(office):
    """A payroll at its second gate, which asks for a file."""
    asked = FUNDS._replace(evidence_form=EvidenceForm.FILE, evidence_asked="Bank statement")
    office.set_gates(READY, asked, APPROVE, RELEASE)
    payroll_id = office.create()
    office.work()
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id, upto=1)
    return payroll_id


def attach(office, payroll_id, content=STATEMENT, *, by=FINANCE, position=2, name="statement.pdf"):
    person, service = office.person(by), office.service
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        gate = gates_of(session, payroll_id)[position - 1]
        facts = {"attachment_id": new_id(), "gate_id": gate.id, "file_name": name, "content": content}
        return attachment.attach(session, service.seals, payroll, **facts, by=person, at=service.now())


def decide_with(office, payroll_id, **changes):
    person = office.person(FINANCE)
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        gate = gates_of(session, payroll_id)[1]
        attached = attachment.attached_by(session, payroll, gate.id, person.person_id)
        office.decide_in(session, payroll_id, 2, by=person, attached=attached, **changes)


def test_where_a_file_is_asked_for_words_are_not_enough_and_the_file_is_signed(office, payroll_id):
    with pytest.raises(EvidenceNeeded):
        decide_with(office, payroll_id, evidence="I saw it")
    attach(office, payroll_id, b"%PDF-1.7 the wrong one")
    office.service.now.advance(seconds=5)
    attach(office, payroll_id)
    decide_with(office, payroll_id, evidence="")
    with office.transaction() as session:
        word = decisions_of(session, payroll_id)[1]
        assert word.record()["attached"]["sha256"] == hashlib.sha256(STATEMENT).hexdigest()
        assert word.is_genuine()
        session.expunge(word)
    word.attached = {**word.attached, "sha256": "0" * 64}
    assert not word.is_genuine()


def test_a_file_attached_by_somebody_else_or_for_other_files_of_the_payroll_is_not_one_s_evidence(office, payroll_id):
    with pytest.raises(NotAllowed):
        attach(office, payroll_id, by=APPROVER)
    attach(office, payroll_id)
    office.decide(payroll_id, 2, by=office.person(FINANCE), verdict=Verdict.NO_GO, reason="one more to be paid")
    office.seal(payroll_id)
    office.decide_all(payroll_id, upto=1)
    with pytest.raises(EvidenceNeeded):
        decide_with(office, payroll_id)


def test_whoever_reads_everything_takes_the_file_as_it_was_and_that_is_on_the_record(office, payroll_id):
    attached = attach(office, payroll_id)
    auditor, at = office.person_with(Role.AUDITOR), office.service.now()
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        taken, content = attachment.take(session, office.service.seals, payroll, attached.id, by=auditor, at=at)
        assert (taken.name, content) == ("statement.pdf", STATEMENT)
        assert trail(session, subject_id=payroll_id, limit=1)[0].action == "gate.evidence_taken"
        enquiry = office.person_with(Role.ENQUIRY)
        with pytest.raises(NotAllowed):
            attachment.take(session, office.service.seals, payroll, attached.id, by=enquiry, at=at)
        with pytest.raises(NotFound):
            attachment.take(session, office.service.seals, payroll, new_id(), by=auditor, at=at)


def test_a_complete_pack_holds_the_file_and_tells_when_it_was_exchanged(office, payroll_id):
    attach(office, payroll_id)
    decide_with(office, payroll_id)
    packed, service = io.BytesIO(), office.service
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        facts = {"to": packed, "redacted": False, "reason": "asked", "by": office.person(RELEASER), "at": service.now()}
        write_pack(session, service.seals, service.signer, payroll, **facts)
    report = verify(packed)
    assert report.faults == []
    assert "the attached files are those that the decisions and submissions name" in report.holds
    name = f"attachments/{hashlib.sha256(STATEMENT).hexdigest()}.pdf"
    assert zipfile.ZipFile(packed).read(name) == STATEMENT


def test_a_reference_is_one_line(office):
    office.set_gates(READY, FUNDS._replace(evidence_form=EvidenceForm.REFERENCE), APPROVE, RELEASE)
    payroll_id = office.create()
    office.work()
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id, upto=1)
    with pytest.raises(EvidenceNeeded):
        office.decide(payroll_id, 2, by=office.person(FINANCE), evidence="a\nb")
    office.decide(payroll_id, 2, by=office.person(FINANCE), evidence="FUND 2026/11")


def workbook(*names):
    to = io.BytesIO()
    with zipfile.ZipFile(to, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return to.getvalue()


BOOK = ("[Content_Types].xml", "xl/workbook.xml")


@pytest.mark.parametrize(
    ("content", "medium"),
    [
        (STATEMENT, Medium.PDF),
        (b"\x89PNG\r\n\x1a\n rest", Medium.PNG),
        (b"\xff\xd8\xff\xe0 rest", Medium.JPEG),
        ("date,balance\n1/11/2026,£4,000\n".encode("cp1252"), Medium.CSV),
        (workbook(*BOOK), Medium.XLSX),
    ],
)
def test_a_file_is_known_by_its_bytes(content, medium):
    assert medium_of(content) is medium


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", AttachmentFault.EMPTY),
        (STATEMENT + b"x" * attachment.LARGEST, AttachmentFault.TOO_LARGE),
        (b"MZ\x90\x00 a program", AttachmentFault.OTHER_KIND),
        (b"<html>,<script>alert(1)</script>", AttachmentFault.OTHER_KIND),
        (b"<svg onload=alert(1)>,", AttachmentFault.OTHER_KIND),
        (b"just words", AttachmentFault.OTHER_KIND),
        (workbook("word/document.xml"), AttachmentFault.OTHER_KIND),
        (workbook(*BOOK, "xl/vbaProject.bin"), AttachmentFault.OTHER_KIND),
        (b"PK\x03\x04 broken", AttachmentFault.OTHER_KIND),
    ],
)
def test_what_is_none_of_these_is_refused_whatever_it_is_called(content, fault):
    with pytest.raises(AttachmentRefused) as refused:
        medium_of(content)
    assert refused.value.fault is fault


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\me\\Bank statement (11).pdf", "Bank statement 11.pdf"),
        ("letter.pdf.exe", "letter.pdf"),
        ("£££.pdf", "evidence.pdf"),
        ('"; rm -rf.pdf', "rm -rf.pdf"),
        ("a" * 300, "a" * 80 + ".pdf"),
    ],
)
def test_the_name_of_a_file_is_only_a_name(given, kept):
    assert safe_name(given, Medium.PDF) == kept
