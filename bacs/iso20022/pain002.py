"""Reading pain.002: what the bank did with a pain.001 (status and statements, pain.002).

A status at group or batch level covers every payment below that has no status of its own. A payment that is not
named has no news, and has never for that reason succeeded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from bacs.iso20022.reading import StatusReason, first_value, number_of, reason_of, require, values_of
from bacs.xmlstream import Element, finished, local_name

_NAMES = frozenset({"GrpHdr", "OrgnlGrpInfAndSts", "OrgnlPmtInfAndSts", "TxInfAndSts"})


@dataclass(frozen=True, slots=True)
class Report:
    """The report itself; `message_id` tells two deliveries of one report."""

    message_id: str
    created_at: str


@dataclass(frozen=True, slots=True)
class GroupStatus:
    """What became of a whole file, "" where the report does not say."""

    message_id: str
    message_name: str
    status: str
    reasons: tuple[StatusReason, ...]
    count: int | None


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """What became of a batch; its payments' own statuses come before it."""

    message_id: str
    batch_id: str
    status: str
    reasons: tuple[StatusReason, ...]
    count: int | None


class PaymentStatus(NamedTuple):
    """What became of one payment."""

    message_id: str
    batch_id: str
    instruction_id: str
    end_to_end_id: str
    uetr: str
    status: str
    reasons: tuple[StatusReason, ...]
    servicer_reference: str
    clearing_reference: str


Record = Report | GroupStatus | BatchStatus | PaymentStatus


def read(source: bytes | BinaryIO) -> Iterator[Record]:
    """Yield the report, the group's status, and payments' and batches' statuses as they come.

    Statuses and codes are as the bank wrote them, also those of no list. Raises `Unreadable` and `HostileXml`,
    possibly after records were yielded: keep them only when the loop has ended.
    """
    require(source, "pain.002")
    message_id = ""
    for name, element in finished(source, _NAMES):
        if name == "GrpHdr":
            values, _ = values_of(element)
            yield Report(first_value(values, "MsgId"), first_value(values, "CreDtTm"))
        elif name == "OrgnlGrpInfAndSts":
            group = _group(element)
            message_id = group.message_id
            yield group
        elif name == "TxInfAndSts":
            yield _payment(element, message_id)
        elif name == "OrgnlPmtInfAndSts":
            yield _batch(element, message_id)


def _group(element: Element) -> GroupStatus:
    values, reasons = values_of(element, "StsRsnInf")
    return GroupStatus(
        first_value(values, "OrgnlMsgId"),
        first_value(values, "OrgnlMsgNmId"),
        first_value(values, "GrpSts"),
        tuple(reason_of(each) for each in reasons),
        number_of(first_value(values, "OrgnlNbOfTxs")),
    )


def _batch(element: Element, message_id: str) -> BatchStatus:
    # the payments left in the tree have reasons of their own
    reasons = [child for child in element if local_name(child) == "StsRsnInf"]
    values, _ = values_of(element, "TxInfAndSts")
    return BatchStatus(
        message_id,
        first_value(values, "OrgnlPmtInfId"),
        first_value(values, "PmtInfSts"),
        tuple(reason_of(each) for each in reasons),
        number_of(first_value(values, "OrgnlNbOfTxs")),
    )


def _payment(element: Element, message_id: str) -> PaymentStatus:
    values, reasons = values_of(element, "StsRsnInf")
    parent = element.getparent()
    batch = (
        next((child.text for child in parent if local_name(child) == "OrgnlPmtInfId"), "") if parent is not None else ""
    )
    return PaymentStatus(
        message_id=first_value(values, "OrgnlGrpInf/OrgnlMsgId") or message_id,
        batch_id=(batch or "").strip(),
        instruction_id=first_value(values, "OrgnlInstrId"),
        end_to_end_id=first_value(values, "OrgnlEndToEndId"),
        uetr=first_value(values, "OrgnlUETR"),
        status=first_value(values, "TxSts"),
        reasons=tuple(reason_of(each) for each in reasons),
        servicer_reference=first_value(values, "AcctSvcrRef"),
        clearing_reference=first_value(values, "ClrSysRef"),
    )
