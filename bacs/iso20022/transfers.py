"""The payments of a batch as XML, a block at a time: checked over whole columns, laid out by one template."""

import re
from collections.abc import Sequence
from functools import cache
from itertools import chain, islice, repeat
from xml.sax.saxutils import escape

from bacs import iban
from bacs.errors import (
    AmountReason,
    AmountRefused,
    BacsError,
    FieldReason,
    FieldRefused,
    ItemRefused,
    MessageReason,
    MessageRefused,
)
from bacs.iso20022.elements import account_of, address_of, agent_of, digits_of, payment_type_of, pounds_of, text_of
from bacs.iso20022.message import Payment
from bacs.iso20022.profile import AccountForm, BankProfile, MarkerPlace, ReferencePlace, Scheme, Version

ID_WIDTH = 35

_DIGITS = {"sort_code": 6, "account_number": 8}
_UETR = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_SORT_CODES = re.compile(r"(?:[0-9]{6}\n)*+")
_ACCOUNT_NUMBERS = re.compile(r"(?:[0-9]{8}\n)*+")


def check_payment(payment: Payment, profile: BankProfile, limit_pence: int) -> None:
    """Raise what `write` would refuse this payment for, but for an end-to-end id used twice."""
    text_of("end_to_end_id", payment.end_to_end_id, profile.end_to_end_width, profile, required=True)
    amount = payment.amount_pence
    if type(amount) is not int:
        raise AmountRefused(amount, AmountReason.NOT_WHOLE_PENCE)
    if amount <= 0:
        raise AmountRefused(amount, AmountReason.NEGATIVE if amount else AmountReason.ZERO)
    if amount > limit_pence:
        raise AmountRefused(amount, AmountReason.TOO_LARGE)
    text_of("name", payment.name, profile.name_width, profile, required=True)
    text_of("reference", payment.roll_number or payment.reference, profile.reference_width, profile)
    if profile.account_form is AccountForm.IBAN:
        iban.validate(payment.iban)
    else:
        for name, width in _DIGITS.items():
            digits_of(name, getattr(payment, name), width)
    text_of("instruction_id", payment.instruction_id, ID_WIDTH, profile)
    if payment.uetr:
        if profile.version is Version.V03:
            raise MessageRefused(MessageReason.NOT_IN_VERSION, "uetr")
        if not _UETR.fullmatch(payment.uetr):
            raise FieldRefused("uetr", payment.uetr, FieldReason.OUT_OF_RANGE)
    if payment.address:
        address_of(payment.address, profile)


class Identifiers:
    """Whether an id was used before. Ids in ascending order, the usual case, cost only their characters."""

    def __init__(self) -> None:
        self._last = ""
        self._all: set[str] | None = None
        self._ascending: list[bytes] = []

    def first_repeated(self, ids: list[str]) -> int | None:
        """The place of the first id that was seen before, `None` when all are new."""
        if self._all is None and ids[0] > self._last and all(map(str.__lt__, ids, islice(ids, 1, None))):
            self._last = ids[-1]
            self._ascending.append("\n".join(ids).encode("ascii"))
            return None
        if self._all is None:
            self._all = {each for block in self._ascending for each in block.decode("ascii").split("\n")}
            self._ascending = []
        for place, each in enumerate(ids):
            if each in self._all:
                return place
            self._all.add(each)
        return None


class Transfers:
    """The payments of a batch's scheme for one bank, laid out block by block."""

    def __init__(self, profile: BankProfile, scheme: Scheme, seen: Identifiers) -> None:
        self._profile, self._limit, self._seen = profile, scheme.limit_pence, seen
        self._template = _template(profile, scheme)
        # most payments have none of the rarer elements, and a reference: what stands between theirs never changes
        remittance = "<RmtInf><Ustrd>%s</Ustrd></RmtInf>"
        plain = self._template % ("", "%s", "", "%s", "%s", "%s", "", "%s", remittance)
        self._between = plain.split("%s")
        self._can_be_plain = (
            profile.account_form is AccountForm.SORT_CODE and profile.reference_place is ReferencePlace.REMITTANCE
        )

    def lay_out(self, block: list[Payment], before: int) -> bytes:
        """One line for each payment. Raises `ItemRefused`, numbered on from the payments `before`."""
        texts = self._plain_columns(block)
        if texts is None:
            for number, payment in enumerate(block, before + 1):
                try:
                    check_payment(payment, self._profile, self._limit)
                except BacsError as cause:
                    raise ItemRefused(number, cause) from None
        repeated = self._seen.first_repeated([payment[0] for payment in block])
        if repeated is not None:
            again = MessageRefused(MessageReason.IDENTIFIER_TWICE, block[repeated].end_to_end_id)
            raise ItemRefused(before + repeated + 1, again)
        if texts is None:
            return "".join([self._lay_out_one(payment) for payment in block]).encode("ascii")
        ids, sort_codes, names, numbers, references = texts
        amounts = [pounds_of(payment[3]) for payment in block]
        columns = (ids, amounts, sort_codes, names, numbers, references)
        # joining all pieces of a block at once takes half the time of filling a template for each payment
        first, *others = self._between
        pieces = chain.from_iterable((column, repeat(text)) for column, text in zip(columns, others, strict=True))
        return "".join(chain.from_iterable(zip(repeat(first), *pieces, strict=False))).encode("ascii")

    def _plain_columns(self, block: list[Payment]) -> list[Sequence[str]] | None:
        """The texts by column, escaped, when every payment is plain and fine; otherwise `None`.

        A few patterns over whole columns take the place of a check on each value.
        """
        if not self._can_be_plain:
            return None
        profile, columns = self._profile, list(zip(*block, strict=True))
        if any(any(columns[place]) for place in (7, 8, 9, 10)) or type(sum(columns[3])) is not int:
            return None
        if min(columns[3]) <= 0 or max(columns[3]) > self._limit:
            return None
        references = [payment[6] or payment[5] for payment in block] if any(columns[6]) else columns[5]
        signs = profile.characters.characters
        texts: list[Sequence[str]] = []
        for pattern, values in (
            (_column(signs, profile.end_to_end_width), columns[0]),
            (_SORT_CODES, columns[1]),
            (_column(signs, profile.name_width), columns[4]),
            (_ACCOUNT_NUMBERS, columns[2]),
            (_column(signs, profile.reference_width), references),
        ):
            column = "\n".join(values) + "\n"
            # a line feed inside a value would shift the column against the others
            if column.count("\n") != len(block) or not pattern.fullmatch(column):
                return None
            texts.append(column.replace("&", "&amp;").split("\n")[:-1] if "&" in column else values)
        return texts

    def _lay_out_one(self, payment: Payment) -> str:
        profile = self._profile
        form, with_remittance = profile.account_form, profile.reference_place is ReferencePlace.REMITTANCE
        text = payment.roll_number or (payment.reference if with_remittance else "")
        sort_code, account = payment.sort_code, payment.account_number
        if form is AccountForm.IBAN:
            sort_code, account = iban.to_account(payment.iban).sort_code, iban.compact(payment.iban)
        elif form is AccountForm.FOURTEEN_DIGITS:
            account = sort_code + account
        return self._template % (
            f"<InstrId>{escape(payment.instruction_id)}</InstrId>" if payment.instruction_id else "",
            escape(payment.end_to_end_id),
            f"<UETR>{payment.uetr}</UETR>" if payment.uetr else "",
            pounds_of(payment.amount_pence),
            sort_code,
            escape(payment.name),
            address_of(payment.address, profile) if payment.address else "",
            account,
            f"<RmtInf><Ustrd>{escape(text)}</Ustrd></RmtInf>" if text else "",
        )


@cache
def _template(profile: BankProfile, scheme: Scheme) -> str:
    """One payment with gaps, to be filled by `%`; one line of the file."""
    kind = payment_type_of(profile.marker(scheme)) if profile.marker_place is MarkerPlace.PAYMENT else ""
    # one gap for the whole account, with its sort code in front or without
    has_iban = profile.account_form is AccountForm.IBAN
    account = "<Id><IBAN>%s</IBAN></Id>" if has_iban else account_of("", "%s", profile)
    return (
        f"<CdtTrfTxInf><PmtId>%s<EndToEndId>%s</EndToEndId>%s</PmtId>{kind}"
        '<Amt><InstdAmt Ccy="GBP">%s</InstdAmt></Amt>'
        f"<CdtrAgt>{agent_of('%s', profile)}</CdtrAgt><Cdtr><Nm>%s</Nm>%s</Cdtr>"
        f"<CdtrAcct>{account}</CdtrAcct>%s</CdtTrfTxInf>\n"
    )


@cache
def _column(characters: str, width: int) -> re.Pattern[str]:
    """A pattern for a column of texts, each ended by a line feed, none with a space at its ends."""
    sign = f"[{re.escape(characters)}]"
    return re.compile(f"(?:(?! ){sign}{{1,{width}}}+(?<! )\n)*+")
