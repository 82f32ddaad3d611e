"""Writing pain.001: a customer's credit transfers, as a stream (pain.001, structure and limits).

The schema cannot count, add or tell pence from thousandths: counts, sums, uniqueness, amounts, characters and widths
are checked here.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from itertools import islice

from bacs.calendar import LONDON
from bacs.errors import FieldReason, FieldRefused, MessageReason, MessageRefused
from bacs.iso20022.elements import (
    account_of,
    address_of,
    agent_of,
    digits_of,
    iban_account_of,
    payment_type_of,
    pounds_of,
    text_of,
)
from bacs.iso20022.message import Batch, Message, Party, Payment
from bacs.iso20022.profile import AccountForm, BankProfile, MarkerPlace, Version
from bacs.iso20022.transfers import ID_WIDTH, Identifiers, Transfers

BLOCK = 1000
"""Payments to a block of bytes."""

NAME_WIDTH = 140
END_OF_BATCH = b"</PmtInf>\n"
END_OF_MESSAGE = b"</CstmrCdtTrfInitn></Document>\n"
_LEI = re.compile(r"[A-Z0-9]{18}[0-9]{2}")


def write(message: Message, profile: BankProfile) -> Iterator[bytes]:
    """The bytes of a message for one bank, in blocks of whole payments.

    What can be refused before the first byte is refused at once (`MessageRefused` and field errors); a payment when
    its turn comes, as `ItemRefused` with its number over the whole message. What was yielded before that is no file.
    """
    totals = [_totals_of(batch) for batch in message.batches]
    _check(message, profile, totals)
    head = _group_header(message, profile, totals)
    batch_heads = [_batch_header(batch, profile, each) for batch, each in zip(message.batches, totals, strict=True)]
    return _message(message, profile, head, batch_heads, totals)


def _totals_of(batch: Batch) -> tuple[int, int]:
    if batch.count is not None and batch.total_pence is not None:
        return batch.count, batch.total_pence
    if isinstance(batch.payments, (list, tuple)):
        return len(batch.payments), sum(payment.amount_pence for payment in batch.payments)
    raise MessageRefused(MessageReason.TOTALS_UNKNOWN, batch.batch_id)


def _check(message: Message, profile: BankProfile, totals: list[tuple[int, int]]) -> None:
    if not message.batches:
        raise MessageRefused(MessageReason.NO_BATCHES)
    ids = [batch.batch_id for batch in message.batches]
    if len(set(ids)) < len(ids):
        raise MessageRefused(MessageReason.IDENTIFIER_TWICE, "batch_id")
    for batch, (count, _) in zip(message.batches, totals, strict=True):
        if not count:
            raise MessageRefused(MessageReason.NO_PAYMENTS, batch.batch_id)
    count = sum(count for count, _ in totals)
    if profile.payments_per_file and count > profile.payments_per_file:
        raise MessageRefused(MessageReason.TOO_MANY_PAYMENTS, f"{count} of {profile.payments_per_file}")
    if message.created_at.tzinfo is None:
        raise MessageRefused(MessageReason.INSTANT_WITHOUT_ZONE)


def _group_header(message: Message, profile: BankProfile, totals: list[tuple[int, int]]) -> str:
    zone = UTC if profile.in_utc else LONDON
    created = message.created_at.astimezone(zone).replace(tzinfo=None, microsecond=0).isoformat()
    count, pence = sum(count for count, _ in totals), sum(pence for _, pence in totals)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="{profile.version.namespace}"><CstmrCdtTrfInitn>\n'
        f"<GrpHdr><MsgId>{text_of('message_id', message.message_id, ID_WIDTH, profile, required=True)}</MsgId>"
        f"<CreDtTm>{created}{'Z' if profile.in_utc else ''}</CreDtTm>"
        f"<NbOfTxs>{count}</NbOfTxs><CtrlSum>{pounds_of(pence)}</CtrlSum>"
        f"<InitgPty>{_party(message.initiating_party, profile, NAME_WIDTH)}</InitgPty></GrpHdr>\n"
    )


def _batch_header(batch: Batch, profile: BankProfile, totals: tuple[int, int]) -> str:
    count, pence = totals
    day = batch.execution_day.isoformat()
    booking = "" if profile.batch_booking is None else f"<BtchBookg>{str(profile.batch_booking).lower()}</BtchBookg>"
    marker = profile.marker(batch.scheme)
    bearer = f"<ChrgBr>{profile.charge_bearer}</ChrgBr>" if profile.charge_bearer else ""
    if profile.account_form is AccountForm.IBAN:
        account = iban_account_of(batch.debtor_iban)
    else:
        account = account_of(
            digits_of("debtor_sort_code", batch.sort_code, 6),
            digits_of("debtor_account_number", batch.account_number, 8),
            profile,
        )
    return (
        f"<PmtInf><PmtInfId>{text_of('batch_id', batch.batch_id, ID_WIDTH, profile, required=True)}</PmtInfId>"
        f"<PmtMtd>TRF</PmtMtd>{booking}<NbOfTxs>{count}</NbOfTxs><CtrlSum>{pounds_of(pence)}</CtrlSum>"
        f"{payment_type_of(marker) if profile.marker_place is MarkerPlace.BATCH else ''}"
        f"<ReqdExctnDt>{day if profile.version is Version.V03 else f'<Dt>{day}</Dt>'}</ReqdExctnDt>"
        f"<Dbtr>{_party(batch.debtor, profile, profile.debtor_name_width)}</Dbtr>"
        f"<DbtrAcct>{account}</DbtrAcct>"
        f"<DbtrAgt>{agent_of(batch.sort_code, profile)}</DbtrAgt>{bearer}\n"
    )


def _party(party: Party, profile: BankProfile, name_width: int) -> str:
    parts = [f"<Nm>{text_of('name', party.name, name_width, profile, required=True)}</Nm>"]
    if party.address:
        parts.append(address_of(party.address, profile))
    organisation = ""
    if party.lei:
        if profile.version is Version.V03:
            raise MessageRefused(MessageReason.NOT_IN_VERSION, "lei")
        if not _LEI.fullmatch(party.lei):
            raise FieldRefused("lei", party.lei, FieldReason.OUT_OF_RANGE)
        organisation += f"<LEI>{party.lei}</LEI>"
    if party.identification:
        scheme = text_of("identification_scheme", party.identification_scheme, ID_WIDTH, profile)
        named = f"<SchmeNm><Prtry>{scheme}</Prtry></SchmeNm>" if scheme else ""
        value = text_of("identification", party.identification, ID_WIDTH, profile)
        organisation += f"<Othr><Id>{value}</Id>{named}</Othr>"
    if organisation:
        parts.append(f"<Id><OrgId>{organisation}</OrgId></Id>")
    return "".join(parts)


def _message(
    message: Message, profile: BankProfile, head: str, batch_heads: list[str], totals: list[tuple[int, int]]
) -> Iterator[bytes]:
    yield head.encode("ascii")
    seen = Identifiers()
    before = 0
    for batch, batch_head, announced in zip(message.batches, batch_heads, totals, strict=True):
        yield batch_head.encode("ascii")
        count = pence = 0
        transfers = Transfers(profile, batch.scheme, seen)
        payments = iter(batch.payments)
        while block := list(islice(payments, BLOCK)):
            yield transfers.lay_out(block, before + count)
            count += len(block)
            pence += sum([payment[3] for payment in block])
        if (count, pence) != announced:
            raise MessageRefused(MessageReason.TOTALS_DIFFER, f"{count} payments of {pounds_of(pence)}")
        before += count
        yield END_OF_BATCH
    yield END_OF_MESSAGE


@dataclass(frozen=True, slots=True)
class Pieces:
    """A message of one batch, whose payments several processes write, each some of them.

    `opening()`, the `records` of all payments in order and `closing()` are the bytes that `write` gives. The batch
    announces `count` and `total_pence`; that its payments come to these, and that no end-to-end id is used twice in two
    pieces, is for the caller to see.
    """

    message: Message
    profile: BankProfile

    def opening(self) -> bytes:
        """What stands before the payments. Raises what `write` raises at once."""
        [batch] = self.message.batches
        totals = [_totals_of(batch)]
        _check(self.message, self.profile, totals)
        head = _group_header(self.message, self.profile, totals)
        return (head + _batch_header(batch, self.profile, totals[0])).encode("ascii")

    def records(self, payments: Iterable[Payment], *, before: int = 0) -> Iterator[bytes]:
        """Some of the payments, in blocks. Raises `ItemRefused`, numbered on from those `before`."""
        [batch] = self.message.batches
        transfers = Transfers(self.profile, batch.scheme, Identifiers())
        rest = iter(payments)
        while block := list(islice(rest, BLOCK)):
            yield transfers.lay_out(block, before)
            before += len(block)

    def closing(self) -> bytes:
        """What stands after the payments."""
        return END_OF_BATCH + END_OF_MESSAGE
