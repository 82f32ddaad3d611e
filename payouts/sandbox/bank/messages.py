"""The simulated bank's ISO 20022 messages: pain.002 on the day of input, statements and notifications after it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import NamedTuple
from xml.sax.saxutils import escape

from payouts.sandbox.bank.bacs_reports import RETURN_DESCRIPTIONS, pounds
from payouts.sandbox.bank.fate import Fate, Struck
from payouts.sandbox.bank.submitted import Submitted

REASONS = {"0": "AC01", "2": "MD07", "3": "AC15", "5": "BE06", "B": "AC04", "C": "FOCR"}
"""The ISO reason nearest to each of ARUCS's."""
REJECTED_REASON = "AC01"
RECALLED_REASON = "DS02"
REFUSED_REASON = "FF01"


class Booking(NamedTuple):
    """One booking on the account, in pence and positive. `struck` is the credit that came back, if it is one."""

    day: date
    amount_pence: int
    reference: str
    bank_code: str
    proprietary_code: str
    text: str
    batch_id: str = ""
    is_credit: bool = False
    struck: Struck | None = None


def tag(name: str, *content: str) -> str:
    return f"<{name}>{''.join(content)}</{name}>"


def text(name: str, value: str) -> str:
    return tag(name, escape(value)) if value else ""


def message(kind: str, content: str) -> bytes:
    space = f"urn:iso:std:iso:20022:tech:xsd:{kind}"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{space}">{content}</Document>\n'.encode()


def header(message_id: str, day: date) -> str:
    return tag(
        "GrpHdr", text("MsgId", message_id), text("CreDtTm", f"{datetime.combine(day, time(6)):%Y-%m-%dT%H:%M:%S}")
    )


def status_report(
    about: Submitted, rejected: Sequence[Struck], *, day: date, refused: str = "", cancelled: bool = False
) -> bytes:
    """A pain.002: the whole file accepted, accepted in part with each rejected payment, cancelled, or refused."""
    status = "RJCT" if refused else "CANC" if cancelled else "PART" if rejected else "ACCP"
    reason = reason_of(REFUSED_REASON, refused) if refused else ""
    group = tag(
        "OrgnlGrpInfAndSts",
        text("OrgnlMsgId", about.message_id),
        text("OrgnlMsgNmId", "pain.001.001.09"),
        text("OrgnlNbOfTxs", str(about.count)),
        text("GrpSts", status),
        reason,
    )
    batch = ""
    if not refused and not cancelled:
        batch = tag(
            "OrgnlPmtInfAndSts",
            text("OrgnlPmtInfId", about.batch_id),
            text("PmtInfSts", status),
            *(
                tag(
                    "TxInfAndSts",
                    text("OrgnlEndToEndId", each.item.payment_id),
                    text("TxSts", "CANC" if each.fate is Fate.RECALLED else "RJCT"),
                    reason_of(RECALLED_REASON if each.fate is Fate.RECALLED else REJECTED_REASON, "SANDBOX"),
                )
                for each in rejected
            ),
        )
    return message(
        "pain.002.001.03", tag("CstmrPmtStsRpt", header(f"SB{day:%Y%m%d}-{about.message_id}"[:35], day), group, batch)
    )


def settled_report(about: Submitted, *, day: date) -> bytes:
    """The bank's second pain.002, on the entry day: the batch was settled, whatever it had rejected of it before."""
    group = tag("OrgnlGrpInfAndSts", text("OrgnlMsgId", about.message_id), text("OrgnlMsgNmId", "pain.001.001.09"))
    batch = tag("OrgnlPmtInfAndSts", text("OrgnlPmtInfId", about.batch_id), text("PmtInfSts", "ACSC"))
    message_id = f"SE{day:%Y%m%d}-{about.message_id}"[:35]
    return message("pain.002.001.03", tag("CstmrPmtStsRpt", header(message_id, day), group, batch))


def reason_of(code: str, words: str) -> str:
    return tag("StsRsnInf", tag("Rsn", text("Cd", code)), text("AddtlInf", words[:105]))


def statement(account: str, day: date, number: int, opening_pence: int, bookings: Iterable[Booking]) -> bytes:
    """A camt.053 of one day of one account (sort code and account number); `number` counts the account's statements."""
    entries = list(bookings)
    closing = opening_pence + sum(each.amount_pence if each.is_credit else -each.amount_pence for each in entries)
    body = tag(
        "Stmt",
        text("Id", f"S-{account}-{number}"),
        text("ElctrncSeqNb", str(number)),
        text("CreDtTm", f"{day}T23:00:00"),
        account_of(account),
        balance("OPBD", opening_pence, day),
        balance("CLBD", closing, day),
        tag("TxsSummry", tag("TtlNtries", text("NbOfNtries", str(len(entries))))),
        *(entry(each, place) for place, each in enumerate(entries, start=1)),
    )
    return message("camt.053.001.08", tag("BkToCstmrStmt", header(f"SB{day:%Y%m%d}-{number}", day), body))


def notification(account: str, day: date, message_id: str, bookings: Iterable[Booking]) -> bytes:
    """A camt.054: some bookings, told before the statement is."""
    entries = list(bookings)
    body = tag(
        "Ntfctn",
        text("Id", f"N-{message_id}"),
        text("CreDtTm", f"{day}T09:00:00"),
        account_of(account),
        *(entry(each, place) for place, each in enumerate(entries, start=1)),
    )
    return message(
        "camt.054.001.08", tag("BkToCstmrDbtCdtNtfctn", header(f"SN{day:%Y%m%d}-{message_id}"[:35], day), body)
    )


def account_of(account: str) -> str:
    return tag("Acct", tag("Id", tag("Othr", text("Id", account))), text("Ccy", "GBP"))


def balance(code: str, pence: int, day: date) -> str:
    sign = "CRDT" if pence >= 0 else "DBIT"
    return tag(
        "Bal",
        tag("Tp", tag("CdOrPrtry", text("Cd", code))),
        f'<Amt Ccy="GBP">{pounds(abs(pence))}</Amt>',
        text("CdtDbtInd", sign),
        tag("Dt", text("Dt", f"{day}")),
    )


def entry(booking: Booking, place: int) -> str:
    domain, family, sub_family = booking.bank_code.split("/")
    code = tag("Domn", text("Cd", domain), tag("Fmly", text("Cd", family), text("SubFmlyCd", sub_family)))
    if booking.proprietary_code:
        code += tag("Prtry", text("Cd", booking.proprietary_code))
    details = ""
    if booking.struck is not None:
        details = tag("NtryDtls", returned(booking))
    elif booking.batch_id:
        details = tag("NtryDtls", tag("Btch", text("PmtInfId", booking.batch_id)))
    return tag(
        "Ntry",
        text("NtryRef", str(place)),
        f'<Amt Ccy="GBP">{pounds(booking.amount_pence)}</Amt>',
        text("CdtDbtInd", "CRDT" if booking.is_credit else "DBIT"),
        text("RvslInd", "true") if booking.struck is not None else "",
        tag("Sts", text("Cd", "BOOK")),
        tag("BookgDt", text("Dt", f"{booking.day}")),
        tag("ValDt", text("Dt", f"{booking.day}")),
        text("AcctSvcrRef", booking.reference),
        tag("BkTxCd", code),
        details,
        text("AddtlNtryInf", booking.text),
    )


def returned(booking: Booking) -> str:
    assert booking.struck is not None
    item, code = booking.struck.item, booking.struck.code
    return tag(
        "TxDtls",
        tag("Refs", text("EndToEndId", item.payment_id or "NOTPROVIDED")),
        f'<Amt Ccy="GBP">{pounds(item.amount_pence)}</Amt>',
        text("CdtDbtInd", "CRDT"),
        tag(
            "RltdPties",
            tag("Cdtr", tag("Pty", text("Nm", item.name))),
            tag("CdtrAcct", tag("Id", tag("Othr", text("Id", item.account_number)))),
        ),
        tag("RltdAgts", tag("CdtrAgt", tag("FinInstnId", tag("ClrSysMmbId", text("MmbId", item.sort_code))))),
        tag("RmtInf", text("Ustrd", item.reference)) if item.reference else "",
        tag(
            "RtrInf",
            tag("Rsn", text("Cd", REASONS[code])),
            text("AddtlInf", f"ARUCS {code} {RETURN_DESCRIPTIONS[code]}"),
        ),
    )
