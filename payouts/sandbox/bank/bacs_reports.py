"""The simulated Bacs's reports, in the shape of the real ones (Bacs messages: envelope, Input report, ARUCS, AWACS).

What is not public of them is written as this service's readers expect it by analogy; the reports say SANDBOX.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from xml.sax.saxutils import quoteattr

from payouts.sandbox.bank.fate import Fate, Struck
from payouts.sandbox.bank.submitted import Submitted

SPONSOR = "SANDBOX BANK"
RETURN_DESCRIPTIONS = {
    "0": "Invalid details",
    "2": "Beneficiary deceased",
    "3": "Account transferred",
    "5": "No account",
    "B": "Account closed",
    "C": "Requested by remitter",
}
OUTCOMES = {Fate.REJECTED: "REJECTED", Fate.RECALLED: "REJECTED", Fate.AMENDED: "AMENDED"}
NOT_TAKEN = (Fate.REJECTED, Fate.RECALLED)
"""Credits that Bacs does not process: they are in the figures of what it rejected."""
# where accounts move to when the bank corrects or transfers them: accounts of no bank, like the magic ones
NEW_SORT_CODE = "00-00-98"


def element(name: str, content: str = "", /, **values: str) -> str:
    """An element whose data stands in its attributes, as everywhere in these reports."""
    head = name + "".join(f" {key.replace('_', '-')}={quoteattr(value)}" for key, value in values.items())
    return f"<{head}>{content}</{name}>" if content else f"<{head}/>"


def document(schema: str, data: str) -> bytes:
    """The envelope. Nobody signs for Bacs here, and an empty signature is allowed."""
    where = f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="{schema}"'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<BACSDocument{where}>\n<Data>\n{data}\n</Data>\n'
        "<SignatureMethod>Vanilla</SignatureMethod>\n<Signature/>\n</BACSDocument>\n"
    ).encode()


def pounds(pence: int) -> str:
    return f"{pence // 100}.{pence % 100:02d}"


def hyphened(sort_code: str) -> str:
    return f"{sort_code[:2]}-{sort_code[2:4]}-{sort_code[4:]}"


def records(name: str, count: int, pence: int) -> str:
    return element(name, numberOf=str(count), currency="GBP", valueOf=pounds(pence))


def input_report(
    about: Submitted, listed: Sequence[Struck], *, kind: str, produced_on: date, refused: str = ""
) -> bytes:
    """An Arrival or Input report, by `kind`. `refused` is why nothing of the file was processed, "" otherwise."""
    day = f"{about.processing_day}" if about.processing_day else ""
    header = element(
        "Header",
        element("ProducedOn", date=f"{produced_on}", time="15:02:11") + element("ProcessingDate", date=day),
        reportNumber=about.serial.lstrip("0") or "1",
        reportType="REFT2013",
    )
    submission = element(
        "Submission",
        element(
            "SubmissionInformation",
            submissionReferenceNumber=reference_of(about, produced_on),
            media="BACSTEL-IP",
            volumeSerialNumber=about.serial,
        )
        + element("UserFile", user_file(about, listed, refused=bool(refused)), fileLevelMessage=refused),
    )
    return document("newbacs-reports.xsd", element(kind, header + submission))


def reference_of(about: Submitted, received_on: date) -> str:
    """The submission reference: year, day of the year, S and the serial number's last five digits."""
    return f"{received_on:%Y%j}S{about.serial[-5:]}"


def user_file(about: Submitted, listed: Sequence[Struck], *, refused: bool) -> str:
    rejected = [each for each in listed if each.fate in NOT_TAKEN]
    out = (len(rejected), sum(each.item.amount_pence for each in rejected))
    if refused:
        out = (about.count, about.total_pence)
    kept = (about.count - out[0], about.total_pence - out[1])
    information = element(
        "UserFileInformation",
        userNumber=about.user_number,
        userName=about.user_name or SPONSOR,
        userFileNumber=about.file_number,
        sequenceNumber="0001",
        fileCurrency="GBP",
        uhl1WorkCode="1 DAILY",
        uhl1ProcessingDate=f"{about.processing_day or ''}",
        fileReferenceNumber="1",
        userSponsor=SPONSOR,
    )
    credit, debit = records("Credit", about.count, about.total_pence), records("Contra", 1, about.total_pence)
    section = element(
        "DaySection",
        element(
            "DaySectionRecord",
            credit + element("Debit", debit, numberOf="0", currency="GBP", valueOf="0.00"),
            dayRef="1",
            processingDate=f"{about.processing_day or ''}",
        ),
        daySectionLevelErrorMessage="",
    )
    errors = "".join(map(error_of, listed))
    rows = records("AcceptedRecords", *kept) + records("RejectedRecords", *out)
    account = element(
        "AccountTotal",
        element("CreditEntry", rows + records("TotalsRecords", about.count, about.total_pence)),
        number=about.account_number,
        sortCode=about.sort_code,
        type="Individual",
    )
    agreement = element("CreditEntry", rows + records("UserTrailerTotals", about.count, about.total_pence))
    summary = element("AccountTotals", account) + element("AgreementOfFileTotals", agreement)
    return element(
        "InputUserFile",
        information + section + (element("Errors", errors) if errors else "") + element("InputReportSummary", summary),
    )


def error_of(struck: Struck) -> str:
    item = struck.item
    return element(
        "Error",
        element(
            "ErrorItem",
            reference=item.reference,
            valueOf=pounds(item.amount_pence),
            destinationSortCode=hyphened(item.sort_code),
            destinationAccountNumber=item.account_number,
            errorCode=struck.code,
        )
        + element("ErrorMessage", type=OUTCOMES[struck.fate]),
    )


def arucs(about: Submitted, returned: Sequence[Struck], *, produced_on: date) -> bytes:
    """Returned credits, one by one, with what they come to."""
    items = "".join(
        element(
            "ReturnedCreditItem",
            element(
                "BeneficiaryAccount",
                number=each.item.account_number,
                ref=each.item.reference,
                name=each.item.name,
                sortCode=hyphened(each.item.sort_code),
                bankName=SPONSOR,
                branchName="SANDBOX",
            ),
            ref=each.item.reference,
            transCode="99",
            returnCode=each.code,
            returnDescription=RETURN_DESCRIPTIONS[each.code],
            originalProcessingDate=f"{about.processing_day}",
            valueOf=pounds(each.item.amount_pence),
            currency="GBP",
        )
        for each in returned
    )
    account = element(
        "OriginatingAccount",
        name=about.user_name or SPONSOR,
        number=about.account_number,
        sortCode=hyphened(about.sort_code),
        type="0",
        bankName=SPONSOR,
        branchName="SANDBOX",
    )
    total = records("Totals", len(returned), sum(each.item.amount_pence for each in returned))
    advice = element("OriginatingAccountRecords", element("OriginatingAccountRecord", account + items + total))
    return document(
        "newbacs-advices.xsd",
        element(
            "ARUCS",
            element(
                "Header",
                reportType="REFT1027",
                adviceNumber=advice_number(about, produced_on),
                currentProcessingDate=f"{produced_on}",
            )
            + element("AddresseeInformation", name=about.user_name or SPONSOR)
            + element("ServiceLicenseInformation", userName=about.user_name or SPONSOR, userNumber=about.user_number)
            + element("Advice", advice),
        ),
    )


def advice_number(about: Submitted, produced_on: date) -> str:
    """Numbers of reports on one file differ by their day, those of one day by the file."""
    return f"{produced_on:%j}{about.serial[-4:]}"


def awacs(about: Submitted, corrected: Sequence[Struck], *, produced_on: date) -> bytes:
    """Credits that were applied to corrected details: each new account is one of no bank."""
    first = produced_on.toordinal() % 100_000 * 10_000
    advices = "".join(
        element(
            "MessagingAdvice",
            user_number=about.user_number,
            record_type="W",
            reference=each.item.reference,
            reason_code=each.code,
            effective_date=f"{produced_on}",
            aosn=str(first + place),
            payer_name=each.item.name,
            payer_sort_code=hyphened(each.item.sort_code),
            payer_account_number=each.item.account_number,
            payer_new_sort_code=NEW_SORT_CODE,
            payer_new_account_number=each.item.account_number[::-1],
        )
        for place, each in enumerate(corrected)
    )
    header = element(
        "MessagingHeader",
        advice_type="AWACS",
        user_number=about.user_number,
        user_name=about.user_name or SPONSOR,
        report_type="7002",
        report_generation_date=f"{produced_on}",
        document_number=advice_number(about, produced_on),
        subject_first_aosn=str(first),
        subject_last_aosn=str(first + len(corrected) - 1),
    )
    name = element("AddresseeInformation", name=about.user_name or SPONSOR)
    return document("newbacs-advices.xsd", element("MessagingAdvices", header + name + advices))
