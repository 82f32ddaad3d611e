"""Files as pain.001: the same payments in either form read back as the same, and go the same way to the bank."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from bacs import charset
from bacs.comparison import Part, listed
from bacs.standard18 import Credit
from payouts.files import sealing
from payouts.files.facts import FileCredit, ReadBackDiffers
from payouts.files.file_check import CheckOutcome, check_file
from payouts.files.forms import FORMS
from payouts.files.payment_file import files_of
from payouts.files.regenerating import regenerate
from payouts.payment import Payment, in_payroll
from payouts.payroll import get_payroll
from schemes.file_format import FileFormat
from schemes.person import Role
from tests.payouts.files.test_standard18 import CREDITS, FACTS

MESSAGES = [each for each in FileFormat if each.is_message]
# the one sign that Standard 18 carries and a bank may not take in a message: it becomes a plus sign there
words = st.text(charset.BACS.strip().replace("&", ""), min_size=1, max_size=18)
credits_ = st.builds(
    Credit,
    sort_code=st.from_regex(r"[0-9]{6}", fullmatch=True),
    account_number=st.from_regex(r"[0-9]{7}[1-9]", fullmatch=True),
    amount_pence=st.integers(1, 2_000_000_00),
    account_name=words,
    reference=words,
    roll_number=st.one_of(st.just(""), words),
)


def placed(payments):
    return [FileCredit(ordinal, credit) for ordinal, credit in enumerate(payments, start=1)]


def build(file_format, facts, payments, size=1000):
    """A file's bytes, from some of its payments at a time, each part read back."""
    form, each = FORMS[file_format], placed(payments)
    parts = [each[start : start + size] for start in range(0, len(each), size)]
    records = [b"".join(form.records(facts, part)) for part in parts]
    for part, written in zip(parts, records, strict=True):
        form.read_back(facts, part, written)
    return form.opening(facts) + b"".join(records) + form.closing(facts)


@given(st.lists(credits_, min_size=1, max_size=6), st.integers(1, 6))
def test_the_same_payments_in_every_form_read_back_as_the_same(payments, size):
    facts = replace(FACTS, count=len(payments), total_pence=sum(each.amount_pence for each in payments))
    first, *others = (list(listed(io.BytesIO(build(each, facts, payments, size)))) for each in FileFormat)
    assert len(first) == len(payments)
    for other in others:
        assert other == first


def test_an_ampersand_is_carried_as_the_bank_takes_it():
    payments = [CREDITS[0]._replace(reference="R&D 1")]
    facts = replace(FACTS, count=1, total_pence=CREDITS[0].amount_pence)
    found = {each: next(listed(io.BytesIO(build(each, facts, payments)))).reference for each in FileFormat}
    assert found.pop(FileFormat.PAIN001_GOLDMAN_SACHS) == "R+D 1"
    assert set(found.values()) == {"R&D 1"}


@pytest.mark.parametrize("file_format", MESSAGES)
def test_a_sandbox_message_cannot_be_taken_for_a_real_one(file_format):
    assert build(file_format, FACTS, CREDITS).count(b"<Nm>SANDBOX HARBOUR") == 2
    assert b"SANDBOX" not in build(file_format, replace(FACTS, sandbox=False), CREDITS)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b">66374958<", b">66374959<"),
        (b">089999<", b">089998<"),
        (b"J BLOGGS", b"J BLOGGE"),
        (b">123.45<", b">123.46<"),
    ],
    ids=["account", "sort code", "name", "amount"],
)
def test_a_byte_that_is_not_as_it_was_meant_is_caught_before_the_file_is_given_out(written, meant):
    form, each = FORMS[FileFormat.PAIN001], placed(CREDITS)
    records = b"".join(form.records(FACTS, each))
    assert written in records
    with pytest.raises(ReadBackDiffers):
        form.read_back(FACTS, each, records.replace(written, meant))
    with pytest.raises(ReadBackDiffers):
        form.read_back(FACTS, each[:1], records)


class TestOfAPayroll:
    """A payroll whose bank takes pain.001."""

    @pytest.fixture
    def start(self, landed):
        return landed

    @pytest.fixture
    def payroll_id(self, office, owner, monkeypatch):
        monkeypatch.setattr(sealing, "CHUNK", 7)
        with owner.begin() as connection:
            connection.execute(
                text("UPDATE bank_profile SET file_format = 'pain001', file_naming = '{day}.{serial}.xml'")
            )
        payroll_id = office.create()
        office.work()
        office.accept_findings(payroll_id)
        office.seal(payroll_id)
        return payroll_id

    def test_it_is_released_downloaded_checked_and_built_anew_like_any_other(self, office, payroll_id):
        office.decide_all(payroll_id)
        content = office.download(payroll_id)
        with office.transaction() as session:
            [file] = files_of(session, payroll_id)
            payroll = get_payroll(session, payroll_id)
            assert (file.format, file.name) == ("pain001", "SANDBOX-20261124.000001.xml")
            assert file.sha256 == hashlib.sha256(content).hexdigest()
            assert b"".join(regenerate(session, office.service, payroll, file)) == content
            paid = list(listed(io.BytesIO(content)))
            assert (len(paid), sum(each.amount_pence for each in paid)) == (payroll.payment_count, payroll.total_pence)
            ids = session.query(Payment.ordinal).where(in_payroll(payroll_id)).order_by(Payment.ordinal)
            assert [f"0001-{ordinal:07d}".encode() for (ordinal,) in ids] == ends_of(content)
        assert check(office, payroll_id, content).check.outcome is CheckOutcome.SAME_BYTES
        one, other = (f"<Id><Othr><Id>{each.account_number}<".encode() for each in paid[:2])
        swapped = content.replace(one, b"@@").replace(other, one).replace(b"@@", other)
        checked = check(office, payroll_id, swapped)
        assert checked.check.outcome is CheckOutcome.DIFFERS
        assert set(checked.comparison.sums()) == {Part.ACCOUNT}


def ends_of(content):
    return [piece.partition(b"<")[0] for piece in content.split(b"<EndToEndId>")[1:]]


def check(office, payroll_id, content):
    by, at = office.person(Role.RELEASER), office.service.now()
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        given_file = {"file_name": "bank.xml", "content": io.BytesIO(content)}
        return check_file(session, office.service.seals, payroll, by=by, at=at, **given_file)
