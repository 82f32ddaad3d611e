"""What a file's credits come to, against what the file itself says that they do."""

from __future__ import annotations

import io

import pytest

from bacs.balance import Balance, balance_of
from bacs.comparison import AmountUnreadable, NotPayments
from bacs.standard18 import write
from tests.bacs.test_comparison import ALL, submission, written
from tests.bacs.test_comparison import Credit as Pay

ITEMS = [Pay(one.sort_code, one.account_number, one.amount_pence, one.name, one.reference) for one in ALL]
BACS = b"".join(write(submission(ITEMS)))
TOTAL = sum(one.amount_pence for one in ALL)


def test_files_as_they_are_written_take_what_their_credits_come_to(tmp_path):
    assert balance_of(io.BytesIO(BACS)) == Balance(len(ALL), TOTAL, TOTAL)
    assert balance_of(io.BytesIO(written(tmp_path, "pain.001.001.09").read_bytes())).holds


@pytest.mark.parametrize("said", [TOTAL - 1, TOTAL + 1, TOTAL * 10])
def test_a_contra_that_is_a_penny_off_is_found(said):
    changed = BACS.replace(f"{TOTAL:011d}".encode(), f"{said:011d}".encode())
    assert balance_of(io.BytesIO(changed)) == Balance(len(ALL), TOTAL, said)
    assert not balance_of(io.BytesIO(changed)).holds


def test_a_file_without_its_contra_takes_nothing(tmp_path):
    lines = [line for line in BACS.splitlines(keepends=True) if b"CONTRA" not in line]
    assert balance_of(io.BytesIO(b"".join(lines))).said_pence == 0


def test_a_control_sum_that_is_a_penny_off_is_found(tmp_path):
    content = written(tmp_path, "pain.001.001.09").read_bytes()
    balance = balance_of(io.BytesIO(content))
    pounds = f"{balance.pence // 100}.{balance.pence % 100:02d}"
    wrong = f"{balance.pence // 100}.{(balance.pence + 1) % 100:02d}"
    changed = content.replace(f"<CtrlSum>{pounds}".encode(), f"<CtrlSum>{wrong}".encode())
    assert balance_of(io.BytesIO(changed)) == balance._replace(said_pence=balance.pence + 1)


def test_what_cannot_be_read_is_no_balance():
    with pytest.raises(NotPayments):
        balance_of(io.BytesIO(b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"/>'))
    with pytest.raises(AmountUnreadable):
        balance_of(io.BytesIO(BACS.replace(b"00000012550", b"0000001255O")))
