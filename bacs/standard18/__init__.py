"""Bacs Standard 18, the file that carries payments to Bacs: writing it, and reading it as it comes.

>>> from datetime import date
>>> account = OriginatingAccount("089999", "66374958", "EXAMPLE COUNCIL")
>>> credits = [Credit("202959", "63748472", 12550, "A N OTHER", "HSF-2026-000101")]
>>> section = Section(account, date(2026, 9, 16), credits, narrative="HSF PAYRUN 417")
>>> user_file = UserFile("912345", "EXAMPLE COUNCIL", 417, [section])
>>> submission = Submission("000417", "912345", date(2026, 9, 14), [user_file])
>>> data = b"".join(write(submission))
>>> len(data.splitlines()), read_submission(data) == submission.as_sent()
(9, True)
"""

from bacs.standard18.faults import Fault, FaultKind, Rules, Severity
from bacs.standard18.readback import read_submission
from bacs.standard18.reader import Item, Kind, Line, read
from bacs.standard18.submission import Credit, OriginatingAccount, Practice, Section, Submission, UserFile
from bacs.standard18.validator import validate
from bacs.standard18.writer import Pieces, check_credit, write

__all__ = [
    "Credit",
    "Fault",
    "FaultKind",
    "Item",
    "Kind",
    "Line",
    "OriginatingAccount",
    "Pieces",
    "Practice",
    "Rules",
    "Section",
    "Severity",
    "Submission",
    "UserFile",
    "check_credit",
    "read",
    "read_submission",
    "validate",
    "write",
]
