"""Reading camt.052, .053 and .054: what happened on the account, one plain record for each booking and payment.

A record's amount is positive, and its own indicator gives the direction of the booking itself: a reversal does not
flip it. Balances and totals are checked when their statement ends (status and statements, camt).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, NamedTuple

from bacs.iso20022.reading import (
    Mismatch,
    Values,
    day_of,
    first_value,
    number_of,
    one_line,
    pence_of,
    require,
    values_of,
)
from bacs.iso20022.shapes import Shapes, is_named
from bacs.xmlstream import Element, finished

_STATEMENTS = frozenset({"Stmt", "Ntfctn", "Rpt"})
_ENTRY = frozenset({"Ntry"})
_NAMES = _STATEMENTS | _ENTRY | {"TxDtls"}
_RETURNS = frozenset({"RRTN", "ARET", "RPCR"})
_NOT_PROVIDED = ("NOTPROVIDED", "NOT PROVIDED")
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance by its ISO code, negative when overdrawn; `None` when it cannot be read."""

    code: str
    amount_pence: int | None
    currency: str
    day: date | None


@dataclass(frozen=True, slots=True)
class Statement:
    """What stands above the entries of one account. It comes before them."""

    statement_id: str
    sequence_number: str
    legal_sequence_number: str
    page: str
    is_last_page: bool
    account: str
    currency: str
    balances: tuple[Balance, ...]


class Entry(NamedTuple):
    """One booking on the account; its transactions, if it has any, come before it.

    `status` is BOOK, PDNG, INFO or FUTR. `bank_code` is domain, family and sub-family with slashes.
    `transaction_pence` is what its transactions come to, `None` when one of them has no amount; where it differs
    from `amount_pence`, the entry's amount is the truth.
    """

    statement_id: str
    account: str
    entry_reference: str
    servicer_reference: str
    amount_pence: int | None
    amount: str
    currency: str
    is_credit: bool
    is_reversal: bool
    status: str
    booked_on: date | None
    value_day: date | None
    bank_code: str
    proprietary_code: str
    batch_message_id: str
    batch_id: str
    batch_count: int | None
    text: str
    is_return: bool
    transaction_count: int = 0
    transaction_pence: int | None = 0


class Transaction(NamedTuple):
    """One payment inside a booking, with all that is needed to match it. `entry` is its booking as far as known.

    An end-to-end id that the bank says was not provided is "". `reason` is a code of the return reasons,
    `reason_text` all text that came with it.
    """

    entry: Entry
    message_id: str
    batch_id: str
    instruction_id: str
    end_to_end_id: str
    transaction_id: str
    uetr: str
    clearing_reference: str
    servicer_reference: str
    amount_pence: int | None
    amount: str
    currency: str
    is_credit: bool
    bank_code: str
    creditor_name: str
    creditor_account: str
    creditor_sort_code: str
    debtor_name: str
    debtor_account: str
    remittance: str
    reason: str
    reason_proprietary: str
    reason_text: str
    text: str
    is_return: bool


Record = Statement | Entry | Transaction | Mismatch


def read(source: bytes | BinaryIO) -> Iterator[Record]:
    """Yield each statement, then its transactions and entries in order, then where it does not agree with itself.

    Flat memory, whatever the size of a batch. Raises `Unreadable` and `HostileXml`, possibly after records were
    yielded: keep them only when the loop has ended.
    """
    require(source, "camt.052", "camt.053", "camt.054")
    statement = _OpenStatement()
    transactions = _Transactions()
    shapes = Shapes("TxDtls")
    for name, element in finished(source, _NAMES):
        if name == "TxDtls":
            # the last one is read together with its entry, which mostly has only one
            previous = element.getprevious()
            if is_named(previous, "TxDtls"):
                if statement.head is None:
                    yield from statement.begin(_ancestor(element, _STATEMENTS))
                yield transactions.next(values_of(previous)[0], element, statement.head)
        elif name == "Ntry":
            if statement.head is None:
                yield from statement.begin(element.getparent())
            values, last = shapes.values(element)
            if last is None:
                entry = _entry(values, statement.head)
            elif transactions.is_empty:
                entry = _entry_of_one(values, last, statement.head)
                yield _transaction(last, entry, leans_on_entry=True)
            else:
                transaction, entry = transactions.last(last, _entry(values, statement.head))
                transactions = _Transactions()
                yield transaction
            statement.book(entry)
            yield entry
        elif name in _STATEMENTS:
            yield from statement.begin(element)
            yield from statement.end(element)
            statement = _OpenStatement()


class _OpenStatement:
    """A statement whose entries go by."""

    def __init__(self) -> None:
        self.head: Statement | None = None
        self._booked_pence: int | None = 0
        self._count = 0
        self._page_is_whole = True

    def begin(self, element: Element | None) -> Iterator[Statement]:
        if self.head is None and element is not None:
            self.head = _statement(element)
            yield self.head

    def book(self, entry: Entry) -> None:
        self._count += 1
        if entry.status != "BOOK":
            return
        if entry.amount_pence is None or self._booked_pence is None:
            self._booked_pence = None
        else:
            self._booked_pence += entry.amount_pence if entry.is_credit else -entry.amount_pence

    def end(self, element: Element) -> Iterator[Mismatch]:
        assert self.head is not None
        values, _ = values_of(element, "Ntry")
        said = number_of(first_value(values, "TxsSummry/TtlNtries/NbOfNtries"))
        if said is not None and said != self._count:
            yield Mismatch("entries", str(said), str(self._count))
        opening, closing = self._balance(*_OPENING), self._balance(*_CLOSING)
        if opening is None or closing is None or self._booked_pence is None or self.head.page not in ("", "1"):
            return
        if self.head.is_last_page and opening + self._booked_pence != closing:
            yield Mismatch("closing_balance_pence", str(closing), str(opening + self._booked_pence))

    def _balance(self, *codes: str) -> int | None:
        assert self.head is not None
        for code in codes:
            found = [balance.amount_pence for balance in self.head.balances if balance.code == code]
            if found:
                return found[0] if code in _OPENING else found[-1]
        return None


class _Transactions:
    """The transactions of an entry as they go by."""

    def __init__(self) -> None:
        self._entry: Entry | None = None
        self._count = 0
        self._pence: int | None = 0
        self._all_return = True

    def next(self, values: Values, element: Element, head: Statement | None) -> Transaction:
        """One of several, with its entry as far as it is known: the entry's text comes after them."""
        if self._entry is None:
            around = _ancestor(element, _ENTRY)
            self._entry = _entry(values_of(around, "TxDtls")[0] if around is not None else {}, head)
        return self._tally(_transaction(values, self._entry))

    def last(self, values: Values, entry: Entry) -> tuple[Transaction, Entry]:
        """The last one, and the entry with what its transactions come to."""
        transaction = self._tally(_transaction(values, entry))
        entry = entry._replace(
            transaction_count=self._count,
            transaction_pence=self._pence,
            is_return=entry.is_return or self._all_return,
        )
        return transaction._replace(entry=entry), entry

    @property
    def is_empty(self) -> bool:
        return not self._count

    def _tally(self, transaction: Transaction) -> Transaction:
        self._count += 1
        self._all_return = self._all_return and transaction.is_return
        amount = transaction.amount_pence
        if amount is None or self._pence is None:
            self._pence = None
        else:
            self._pence += amount if transaction.is_credit == transaction.entry.is_credit else -amount
        return transaction


def _ancestor(element: Element, names: frozenset[str]) -> Element | None:
    for each in element.iterancestors():
        if each.tag.rpartition("}")[2] in names:
            return each
    return None


def _statement(element: Element) -> Statement:
    values, balances = values_of(element, "Bal")
    return Statement(
        statement_id=first_value(values, "Id"),
        sequence_number=first_value(values, "ElctrncSeqNb"),
        legal_sequence_number=first_value(values, "LglSeqNb"),
        page=first_value(values, "StmtPgntn/PgNb", "NtfctnPgntn/PgNb", "RptPgntn/PgNb").lstrip("0"),
        is_last_page=first_value(values, "StmtPgntn/LastPgInd", "NtfctnPgntn/LastPgInd", "RptPgntn/LastPgInd")
        not in ("false", "0"),
        account=first_value(values, "Acct/Id/IBAN", "Acct/Id/Othr/Id"),
        currency=first_value(values, "Acct/Ccy"),
        balances=tuple(_balance(each) for each in balances),
    )


def _balance(element: Element) -> Balance:
    values, _ = values_of(element)
    amount = pence_of(first_value(values, "Amt"))
    if amount is not None and first_value(values, "CdtDbtInd") == "DBIT":
        amount = -amount
    code = first_value(values, "Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry")
    return Balance(code, amount, first_value(values, "Amt@Ccy"), day_of(first_value(values, "Dt/Dt", "Dt/DtTm", "Dt")))


def _entry(
    values: Values, head: Statement | None, count: int = 0, total: int | None = 0, *, returns: bool = False
) -> Entry:
    get = values.get
    is_credit = get("CdtDbtInd") == "CRDT"
    is_reversal = get("RvslInd") in ("true", "1")
    amount = get("Amt", "")
    return Entry(
        statement_id=head.statement_id if head else "",
        account=head.account if head else "",
        entry_reference=get("NtryRef", ""),
        servicer_reference=get("AcctSvcrRef", ""),
        amount_pence=pence_of(amount),
        amount=amount,
        currency=get("Amt@Ccy", ""),
        is_credit=is_credit,
        is_reversal=is_reversal,
        status=get("Sts/Cd") or get("Sts") or get("Sts/Prtry") or "",
        booked_on=day_of(get("BookgDt/Dt") or get("BookgDt/DtTm") or get("BookgDt") or ""),
        value_day=day_of(get("ValDt/Dt") or get("ValDt/DtTm") or get("ValDt") or ""),
        bank_code=_bank_code(values),
        proprietary_code=get("BkTxCd/Prtry/Cd", ""),
        batch_message_id=get("NtryDtls/Btch/MsgId", ""),
        batch_id=get("NtryDtls/Btch/PmtInfId", ""),
        batch_count=number_of(get("NtryDtls/Btch/NbOfTxs", "")),
        text=one_line(get("AddtlNtryInf", "")),
        is_return=returns or (is_credit and is_reversal) or get("BkTxCd/Domn/Fmly/SubFmlyCd") in _RETURNS,
        transaction_count=count,
        transaction_pence=total,
    )


def _entry_of_one(values: Values, only: Values, head: Statement | None) -> Entry:
    """An entry with a single transaction, which may leave its amount to the entry."""
    where = _place_of_amount(only)
    pence = pence_of(only[where] if where else values.get("Amt", ""))
    indicator = only.get("CdtDbtInd")
    if pence is not None and indicator and indicator != values.get("CdtDbtInd"):
        pence = -pence
    return _entry(values, head, 1, pence, returns=_is_return(only))


def _bank_code(values: Values) -> str:
    domain = values.get("BkTxCd/Domn/Cd")
    if not domain:
        return ""
    return f"{domain}/{values.get('BkTxCd/Domn/Fmly/Cd', '')}/{values.get('BkTxCd/Domn/Fmly/SubFmlyCd', '')}"


def _place_of_amount(values: Values) -> str:
    for path in ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt"):
        if path in values:
            return path
    return ""


def _is_return(values: Values) -> bool:
    """Whether a transaction says of itself that it is a return."""
    if values.get("BkTxCd/Domn/Fmly/SubFmlyCd") in _RETURNS:
        return True
    return any(
        path in values
        for path in ("RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry", "RtrInf/AddtlInf", "RtrInf/OrgnlBkTxCd/Domn/Cd")
    )


def _transaction(values: Values, entry: Entry, *, leans_on_entry: bool = False) -> Transaction:
    get = values.get
    end_to_end_id = get("Refs/EndToEndId", "")
    indicator = get("CdtDbtInd")
    where = _place_of_amount(values)
    amount = values[where] if where else entry.amount if leans_on_entry else ""
    return Transaction(
        entry=entry,
        message_id=get("Refs/MsgId", ""),
        batch_id=get("Refs/PmtInfId") or entry.batch_id,
        instruction_id=get("Refs/InstrId", ""),
        end_to_end_id="" if end_to_end_id in _NOT_PROVIDED else end_to_end_id,
        transaction_id=get("Refs/TxId", ""),
        uetr=get("Refs/UETR", ""),
        clearing_reference=get("Refs/ClrSysRef", ""),
        servicer_reference=get("Refs/AcctSvcrRef", ""),
        amount_pence=pence_of(amount),
        amount=amount,
        currency=get(f"{where}@Ccy") or entry.currency,
        is_credit=indicator == "CRDT" if indicator else entry.is_credit,
        bank_code=_bank_code(values) or entry.bank_code,
        creditor_name=get("RltdPties/Cdtr/Pty/Nm")
        or get("RltdPties/Cdtr/Nm")
        or get("RltdPties/Cdtr/Agt/FinInstnId/Nm")
        or "",
        creditor_account=get("RltdPties/CdtrAcct/Id/Othr/Id") or get("RltdPties/CdtrAcct/Id/IBAN") or "",
        creditor_sort_code=get("RltdAgts/CdtrAgt/FinInstnId/ClrSysMmbId/MmbId", ""),
        debtor_name=get("RltdPties/Dbtr/Pty/Nm")
        or get("RltdPties/Dbtr/Nm")
        or get("RltdPties/Dbtr/Agt/FinInstnId/Nm")
        or "",
        debtor_account=get("RltdPties/DbtrAcct/Id/Othr/Id") or get("RltdPties/DbtrAcct/Id/IBAN") or "",
        remittance=one_line(get("RmtInf/Ustrd") or get("RmtInf/Strd/CdtrRefInf/Ref") or ""),
        reason=get("RtrInf/Rsn/Cd", ""),
        reason_proprietary=get("RtrInf/Rsn/Prtry", ""),
        reason_text=one_line(get("RtrInf/AddtlInf", "")),
        text=one_line(get("AddtlTxInf", "")),
        is_return=entry.is_return or _is_return(values),
    )
