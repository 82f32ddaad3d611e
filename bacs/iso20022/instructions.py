"""Reading pain.001 back: our own files, and those of others."""

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
from bacs.xmlstream import Element, finished

_NAMES = frozenset({"GrpHdr", "PmtInf", "CdtTrfTxInf"})


@dataclass(frozen=True, slots=True)
class GroupHeader:
    """What stands above the batches."""

    message_id: str
    created_at: str
    count: int | None
    total_pence: int | None
    initiating_party: str
    initiating_party_id: str


@dataclass(frozen=True, slots=True)
class BatchHeader:
    """What stands above a batch's payments; it comes before them."""

    batch_id: str
    count: int | None
    total_pence: int | None
    execution_day: date | None
    service_level: str
    local_instrument: str
    debtor_name: str
    debtor_account: str
    debtor_sort_code: str


class Instruction(NamedTuple):
    """One payment as the file asks for it."""

    batch_id: str
    instruction_id: str
    end_to_end_id: str
    uetr: str
    amount_pence: int | None
    amount: str
    currency: str
    creditor_name: str
    creditor_account: str
    creditor_sort_code: str
    remittance: str


Record = GroupHeader | BatchHeader | Instruction | Mismatch


def read(source: bytes | BinaryIO) -> Iterator[Record]:
    """Yield the group header, then each batch's header and payments, and a `Mismatch` where a total is wrong.

    Flat memory. Raises `Unreadable` and `HostileXml`, possibly after records were yielded.
    """
    require(source, "pain.001")
    group: GroupHeader | None = None
    batch: BatchHeader | None = None
    count = pence = all_count = all_pence = 0
    for name, element in finished(source, _NAMES):
        if name == "GrpHdr":
            group = _group(values_of(element)[0])
            yield group
            continue
        if name not in _NAMES:
            continue
        if batch is None:
            batch = _batch(element if name == "PmtInf" else element.getparent())
            yield batch
        if name == "CdtTrfTxInf":
            instruction = _instruction(element, batch)
            count += 1
            pence += instruction.amount_pence or 0
            yield instruction
        else:
            yield from _compare(f"batch {batch.batch_id}", (batch.count, batch.total_pence), (count, pence))
            all_count, all_pence = all_count + count, all_pence + pence
            batch, count, pence = None, 0, 0
    if group is not None:
        yield from _compare("message", (group.count, group.total_pence), (all_count, all_pence))


def _compare(what: str, said: tuple[int | None, int | None], found: tuple[int, int]) -> Iterator[Mismatch]:
    for name, says, is_found in zip(("count", "pence"), said, found, strict=True):
        if says is not None and says != is_found:
            yield Mismatch(f"{what} {name}", str(says), str(is_found))


def _group(values: Values) -> GroupHeader:
    return GroupHeader(
        first_value(values, "MsgId"),
        first_value(values, "CreDtTm"),
        number_of(first_value(values, "NbOfTxs")),
        pence_of(first_value(values, "CtrlSum")),
        first_value(values, "InitgPty/Nm"),
        first_value(values, "InitgPty/Id/OrgId/Othr/Id"),
    )


def _batch(element: Element) -> BatchHeader:
    values, _ = values_of(element, "CdtTrfTxInf")
    return BatchHeader(
        batch_id=first_value(values, "PmtInfId"),
        count=number_of(first_value(values, "NbOfTxs")),
        total_pence=pence_of(first_value(values, "CtrlSum")),
        execution_day=day_of(first_value(values, "ReqdExctnDt", "ReqdExctnDt/Dt", "ReqdExctnDt/DtTm")),
        service_level=first_value(values, "PmtTpInf/SvcLvl/Cd", "PmtTpInf/SvcLvl/Prtry"),
        local_instrument=first_value(values, "PmtTpInf/LclInstrm/Cd", "PmtTpInf/LclInstrm/Prtry"),
        debtor_name=first_value(values, "Dbtr/Nm"),
        debtor_account=first_value(values, "DbtrAcct/Id/IBAN", "DbtrAcct/Id/Othr/Id"),
        debtor_sort_code=first_value(values, "DbtrAgt/FinInstnId/ClrSysMmbId/MmbId"),
    )


def _instruction(element: Element, batch: BatchHeader) -> Instruction:
    values, _ = values_of(element)
    amount = first_value(values, "Amt/InstdAmt", "Amt/EqvtAmt/Amt")
    return Instruction(
        batch_id=batch.batch_id,
        instruction_id=first_value(values, "PmtId/InstrId"),
        end_to_end_id=first_value(values, "PmtId/EndToEndId"),
        uetr=first_value(values, "PmtId/UETR"),
        amount_pence=pence_of(amount),
        amount=amount,
        currency=first_value(values, "Amt/InstdAmt@Ccy", "Amt/EqvtAmt/Amt@Ccy"),
        creditor_name=first_value(values, "Cdtr/Nm"),
        creditor_account=first_value(values, "CdtrAcct/Id/IBAN", "CdtrAcct/Id/Othr/Id"),
        creditor_sort_code=first_value(values, "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId"),
        remittance=one_line(first_value(values, "RmtInf/Ustrd")),
    )
