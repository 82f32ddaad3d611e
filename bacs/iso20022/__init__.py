"""ISO 20022 messages between a payer and its bank: pain.001 out, pain.002 and camt back.

>>> from datetime import UTC, date, datetime
>>> payments = [Payment("HSF-1", "202959", "63748472", 12550, "A N OTHER", "HSF-2026-000101")]
>>> council = Party("EXAMPLE COUNCIL", "912345", "SUN")
>>> batch = Batch("HSF-417", Scheme.BACS, date(2026, 9, 17), council, "089999", "66374958", payments)
>>> message = Message("HSF-417-1", datetime(2026, 9, 14, 9, 30, tzinfo=UTC), council, [batch])
>>> len(b"".join(write(message, BankProfile.shipped("common"))).splitlines())
7
"""

from bacs.iso20022.message import Address, Batch, Message, Party, Payment
from bacs.iso20022.pain001 import Pieces, write
from bacs.iso20022.profile import (
    AccountForm,
    BankProfile,
    CharacterSet,
    Marker,
    MarkerPlace,
    ReferencePlace,
    Scheme,
    Version,
)
from bacs.iso20022.transfers import check_payment

__all__ = [
    "AccountForm",
    "Address",
    "BankProfile",
    "Batch",
    "CharacterSet",
    "Marker",
    "MarkerPlace",
    "Message",
    "Party",
    "Payment",
    "Pieces",
    "ReferencePlace",
    "Scheme",
    "Version",
    "check_payment",
    "write",
]
