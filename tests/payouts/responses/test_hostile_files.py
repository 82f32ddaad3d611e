"""Files that no bank sends: each is refused with its reason, changes nothing, and is kept sealed to be looked at."""

from __future__ import annotations

import io
import zipfile

import pytest

from payouts.responses.response import ResponseFault, ResponseStatus, get_response, take_out
from payouts.sandbox.bank.cycle import statements
from payouts.sandbox.bank.fate import Script
from schemes.errors import NotAllowed
from schemes.person import Role
from tests.answering import at_the_bank, receive, record_submission, release, statuses


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def bank(office, sealed):
    release(office, sealed.payroll_id)
    record_submission(office, sealed.payroll_id)
    return at_the_bank(office, sealed.payroll_id)


def entity_bomb(report: bytes) -> bytes:
    """A billion laughs before a true report, one of whose attributes has them."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    head, _, rest = report.partition(b"?>\n")
    bomb = f'<!DOCTYPE BACSDocument [<!ENTITY l0 "ha">{laughs}]>'.encode()
    return head + b"?>\n" + bomb + rest.replace(b'transCode="99"', b'transCode="&l9;"', 1)


def outside_entity(report: bytes) -> bytes:
    return report.replace(b"?>\n", b'?>\n<!DOCTYPE BACSDocument SYSTEM "file:///etc/passwd">', 1)


def zip_bomb(report: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as into:
        into.writestr("report.xml", report + b" " * 10_000_000)
    return packed.getvalue()


def other_total(report: bytes) -> bytes:
    at = report.index(b"<Totals")
    return report[:at] + report[at:].replace(b'valueOf="', b'valueOf="1', 1)


def one_item_more(report: bytes) -> bytes:
    first, last = report.index(b"<ReturnedCreditItem"), report.index(b"</ReturnedCreditItem>") + 21
    return report[:last] + report[first:last] + report[last:]


SPOILT = [
    (entity_bomb, ResponseFault.HOSTILE),
    (outside_entity, ResponseFault.HOSTILE),
    (zip_bomb, ResponseFault.UNREADABLE),
    (other_total, ResponseFault.WRONG_TOTALS),
    (one_item_more, ResponseFault.WRONG_TOTALS),
    (lambda report: report[: len(report) // 2], ResponseFault.UNREADABLE),
    (lambda report: report[:-30], ResponseFault.UNREADABLE),
    (lambda report: report.replace(b'userNumber="000000"', b'userNumber="123456"'), ResponseFault.ANOTHER_SERVICE_USER),
    (lambda report: report.replace(b"ARUCS", b"ARUDD"), ResponseFault.OF_DIRECT_DEBIT),
    (lambda _: b"", ResponseFault.EMPTY),
]


def test_each_is_refused_with_its_reason_changes_nothing_and_is_kept_as_it_came(office, bank):
    report = bank.arucs((bank.items[0], "B"), (bank.items[1], "5"))
    before = statuses(office)
    for spoil, fault in SPOILT:
        content = spoil(report)
        got = receive(office, content)
        assert got.status in (ResponseStatus.REFUSED, ResponseStatus.QUARANTINED), fault
        assert got.fault is fault
        assert statuses(office) == before
        with office.transaction() as session:
            kept = get_response(session, got.id)
            by, at = office.person(Role.FINANCE), office.service.now()
            assert take_out(session, office.service.seals, kept, by=by, at=at).read() == content
            assert not content or content not in bytes(kept.sealed_content)
            with pytest.raises(NotAllowed):
                take_out(session, office.service.seals, kept, by=office.person(Role.PREPARER), at=at)
    receive(office, report)
    assert statuses(office) != before, "the report itself is a good one"


def test_a_statement_of_another_body_s_account_is_refused(office, bank):
    course = at_the_bank(office, bank.payroll_id, Script()).course
    [statement, *_] = statements([course], through=course.entry_day)
    other = statement.content.replace(course.about.account_number.encode(), b"12345678")
    got = receive(office, other)
    assert (got.status, got.fault) == (ResponseStatus.REFUSED, ResponseFault.ANOTHER_ACCOUNT)
