"""Why money came back or never left, in the few reasons that somebody acts on differently.

From ARUCS (its letters), from the Input report (its error letters), and from ISO 20022 (external codes); the codes of
Faster Payments that some banks give instead mean the same (Bacs messages; status and statements, reason codes).
"""

from __future__ import annotations

from enum import StrEnum

from bacs.reports import ReturnReason
from bacs.reports.arucs import reason_of


class Reason(StrEnum):
    """The first one counts where a bank gives several: the gravest comes first."""

    DECEASED = "deceased"
    CLOSED = "closed"
    TRANSFERRED = "transferred"
    NO_ACCOUNT = "no_account"
    INVALID_DETAILS = "invalid_details"
    NAME = "name"
    BLOCKED = "blocked"
    REFUSED_BY_PAYEE = "refused_by_payee"
    REQUESTED = "requested"
    OURS = "ours"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"


BAD_DETAILS = frozenset(
    {Reason.CLOSED, Reason.TRANSFERRED, Reason.NO_ACCOUNT, Reason.INVALID_DETAILS, Reason.NAME, Reason.BLOCKED}
)
"""Nothing more is paid into an account of which a bank says this."""

OF_ARUCS = {
    ReturnReason.INVALID_DETAILS: Reason.INVALID_DETAILS,
    ReturnReason.DECEASED: Reason.DECEASED,
    ReturnReason.TRANSFERRED: Reason.TRANSFERRED,
    ReturnReason.NO_ACCOUNT: Reason.NO_ACCOUNT,
    ReturnReason.CLOSED: Reason.CLOSED,
    ReturnReason.REQUESTED_BY_REMITTER: Reason.REQUESTED,
    ReturnReason.UNKNOWN: Reason.UNKNOWN,
}

# letters that concern the payee's account; the others concern the originator's, or the file
OF_INPUT_LETTERS = dict.fromkeys("CDEHIJKLM", Reason.INVALID_DETAILS) | {"S": Reason.REQUESTED, "Y": Reason.BLOCKED}

OF_ISO = {
    "MD07": Reason.DECEASED,
    "AC04": Reason.CLOSED,
    "AC07": Reason.CLOSED,
    "AC15": Reason.TRANSFERRED,
    "AC01": Reason.NO_ACCOUNT,
    "BE06": Reason.NO_ACCOUNT,
    "AC03": Reason.INVALID_DETAILS,
    "AC14": Reason.INVALID_DETAILS,
    "RC01": Reason.INVALID_DETAILS,
    "RC04": Reason.INVALID_DETAILS,
    "RC10": Reason.INVALID_DETAILS,
    "CNOR": Reason.INVALID_DETAILS,
    "BE01": Reason.NAME,
    "BE22": Reason.NAME,
    "AC06": Reason.BLOCKED,
    "AG01": Reason.BLOCKED,
    "AG03": Reason.BLOCKED,
    "NOAS": Reason.REFUSED_BY_PAYEE,
    "UPAY": Reason.REFUSED_BY_PAYEE,
    "FOCR": Reason.REQUESTED,
    "CUST": Reason.REQUESTED,
    "DS02": Reason.REQUESTED,
    "AM05": Reason.DUPLICATE,
    "DUPL": Reason.DUPLICATE,
    "DU01": Reason.DUPLICATE,
    "DU02": Reason.DUPLICATE,
    "DU03": Reason.DUPLICATE,
    "DU04": Reason.DUPLICATE,
    "DU05": Reason.DUPLICATE,
}
# beginnings of codes that are about us or our file
OURS = ("AM", "FF", "CH", "DT", "TM", "RR", "AG07", "AG08", "AC02", "CURR", "NARR")

# Faster Payments: rejects of four digits, returns of eight
OF_FASTER_PAYMENTS = {
    "1114": Reason.NO_ACCOUNT,
    "1160": Reason.CLOSED,
    "1161": Reason.BLOCKED,
    "1162": Reason.NAME,
    "1166": Reason.TRANSFERRED,
    "1167": Reason.DECEASED,
    "1171": Reason.NAME,
    "1181": Reason.DUPLICATE,
    "00000001": Reason.NO_ACCOUNT,
    "00000002": Reason.CLOSED,
    "00000003": Reason.BLOCKED,
    "00000004": Reason.DECEASED,
    "00000006": Reason.NAME,
    "00000007": Reason.REQUESTED,
    "00000009": Reason.REFUSED_BY_PAYEE,
    "00000012": Reason.TRANSFERRED,
}


# some banks give the letter of ARUCS as a code of their own
ARUCS = "ARUCS"


def of_iso(code: str) -> Reason:
    """The reason of an ISO 20022 code, or of the UK scheme's code that stands in its place.

    >>> of_iso("AC04").value, of_iso("AM04").value, of_iso("00000004").value, of_iso("ARUCS-5").value
    ('closed', 'ours', 'deceased', 'no_account')
    >>> of_iso("ZZ99").value
    'unknown'
    """
    if code.upper().startswith(ARUCS):
        return OF_ARUCS[reason_of(code[len(ARUCS) :].strip(" -:"), "")]
    known = OF_ISO.get(code) or OF_FASTER_PAYMENTS.get(code)
    if known is not None:
        return known
    return Reason.OURS if code.startswith(OURS) else Reason.UNKNOWN
