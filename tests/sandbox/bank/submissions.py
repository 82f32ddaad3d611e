"""Small files to submit to the simulated bank, written by our own writers."""

from __future__ import annotations

from datetime import UTC, date, datetime

from bacs import iso20022, standard18
from bacs.iso20022 import BankProfile, Batch, Message, Party, Payment, Scheme
from bacs.standard18 import Credit, OriginatingAccount, Section, Submission, UserFile

INPUT, PROCESSING, ENTRY = date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3)
Simple = tuple[str, str, int, str]
"""Sort code, account number, pence, reference."""


def standard18_of(credits: list[Simple], *, serial: str = "000417") -> bytes:
    account = OriginatingAccount("089999", "66374958", "EXAMPLE COUNCIL")
    section = Section(account, PROCESSING, [Credit(s, a, pence, "A N OTHER", ref) for s, a, pence, ref in credits])
    user_file = UserFile("912345", "EXAMPLE COUNCIL", 417, [section])
    return b"".join(standard18.write(Submission(serial, "912345", INPUT, [user_file])))


def pain001_of(credits: list[Simple]) -> bytes:
    payments = [
        Payment(f"0007-{place:07d}", sort_code, account, pence, "A N OTHER", reference)
        for place, (sort_code, account, pence, reference) in enumerate(credits, start=1)
    ]
    council = Party("EXAMPLE COUNCIL", "912345", "SUN")
    batch = Batch("P0007-000417", Scheme.BACS, PROCESSING, council, "089999", "66374958", payments)
    message = Message("P0007-000417", datetime(2026, 12, 1, 9, tzinfo=UTC), council, [batch])
    return b"".join(iso20022.write(message, BankProfile.shipped("common")))
