"""Finding the payments that a response's lines are about, by all the keys that the bank gives, never by one alone.

A credit that comes back is ours where service user number, processing day, amount, account and reference agree (Bacs
messages, ARUCS); a building society's reference is the roll number. A line without an account is found by reference and
amount within its file. A message names the file and the payment in it by ids of ours (status and statements).

What is found depends only on the line and on the payments, not on what else has arrived: so the order does not matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bacs.standard18.layout import CREDIT_CODES
from payouts.files.payment_file import PaymentFile
from payouts.payroll import Payroll
from payouts.responses.line import LineMatch, ResponseLine
from schemes.bank_profile import BankProfile

OUT = "('prepared', 'cancelled', 'taken_out')"
"""Payments of which no bank can know."""

OF_PAYMENT = f"""
    JOIN payroll ON payroll.body_id = payment.body_id AND payroll.id = payment.payroll_id
    JOIN bank_profile ON bank_profile.body_id = payroll.body_id AND bank_profile.id = payroll.bank_profile_id
    JOIN payment_file file ON file.body_id = payment.body_id AND file.id = payment.file_id
   WHERE payment.status NOT IN {OUT}
"""
IN_FILE = """
     AND bank_profile.service_user_number = line.user_number
     AND (line.processing_day IS NULL OR payroll.processing_day = line.processing_day)
     AND (line.serial = '' OR file.serial::text = line.serial)
"""
OF_CREDIT = "AND line.transaction_code = ANY (:codes)"
BY_ROLL = "(line.account_fingerprint = line.roll_fingerprint AND line.roll_fingerprint <> line.fingerprint)"
CHOSEN = """
    WITH line AS MATERIALIZED (
        SELECT * FROM response_line
         WHERE response_id = :response_id AND position BETWEEN :first AND :last AND NOT about_file
    )
"""

# whoever is paid into the account of a line is looked up line by line: PostgreSQL, which has not counted the lines of a
# report that came a moment ago, would rather hold every payment of the payroll against every line
AT_ACCOUNT = f"""{CHOSEN},
    at_account AS MATERIALIZED (
        SELECT line.*, account.id AS account_id, account.payee_id, account.fingerprint AS account_fingerprint FROM line
         CROSS JOIN LATERAL (
             SELECT * FROM account
              WHERE account.body_id = line.body_id
                AND account.fingerprint = ANY (ARRAY[line.fingerprint, line.roll_fingerprint]) OFFSET 0) account
         WHERE line.fingerprint IS NOT NULL
    )
"""  # noqa: S608
BY_ACCOUNT = text(
    f"""{AT_ACCOUNT}
    SELECT line.id, payment.id, payment.id FROM at_account line
     CROSS JOIN LATERAL (
         SELECT * FROM payment there
          WHERE there.body_id = line.body_id AND there.payee_id = line.payee_id AND there.account_id = line.account_id
            AND there.amount_pence = line.amount_pence AND NOT there.combined OFFSET 0) payment
      {OF_PAYMENT} {IN_FILE} {OF_CREDIT}
       AND (payment.reference = line.reference OR {BY_ROLL})
     ORDER BY line.position, payment.id
    """  # noqa: S608  (only our own words are put together)
)
BY_ITEM = text(
    f"""{AT_ACCOUNT}
    SELECT line.id, item.id, payment.id FROM at_account line
      JOIN payment_item item ON item.body_id = line.body_id AND item.payee_id = line.payee_id
                            AND item.account_id = line.account_id
      JOIN payment ON payment.body_id = item.body_id AND payment.payroll_id = item.payroll_id
                  AND payment.payee_id = item.payee_id AND payment.account_id = item.account_id AND payment.combined
      {OF_PAYMENT} {IN_FILE} {OF_CREDIT}
       AND (item.reference = line.reference OR {BY_ROLL})
       AND line.amount_pence = (
           SELECT sum(other.amount_pence) FROM payment other
            WHERE other.body_id = item.body_id AND other.payroll_id = item.payroll_id
              AND other.payee_id = item.payee_id AND other.account_id = item.account_id AND other.combined
              AND other.status NOT IN {OUT})
     ORDER BY line.position, item.id, payment.id
    """  # noqa: S608
)
BY_REFERENCE = text(
    f"""{CHOSEN}
    SELECT line.id, payment.id, payment.id FROM line
      JOIN payment ON payment.body_id = line.body_id AND payment.reference = line.reference
                  AND payment.amount_pence = line.amount_pence
      {OF_PAYMENT} {IN_FILE}
       AND line.fingerprint IS NULL AND line.reference <> '' AND line.processing_day IS NOT NULL AND line.serial <> ''
       AND NOT payment.combined
     ORDER BY line.position, payment.id
    """  # noqa: S608
)
BY_ID = text(
    f"""{CHOSEN},
    named AS MATERIALIZED (
        SELECT *, split_part(payment_ref, '-', 1)::int AS payroll_number, split_part(payment_ref, '-', 2)::int AS place
          FROM line WHERE payment_ref ~ '^[0-9]{{4,6}}-[0-9]{{7,9}}$'
    )
    SELECT line.id, coalesce(item.id, first.id), payment.id, payment.amount_pence, line.amount_pence FROM named AS line
      JOIN payroll named_payroll ON named_payroll.body_id = line.body_id AND named_payroll.number = line.payroll_number
      JOIN payment first ON first.body_id = line.body_id AND first.payroll_id = named_payroll.id
                        AND first.ordinal = line.place
      LEFT JOIN payment_item item ON item.body_id = line.body_id AND item.payroll_id = named_payroll.id
                                 AND item.ordinal = line.place
      JOIN payment ON payment.body_id = first.body_id AND payment.payroll_id = first.payroll_id
                  AND payment.payee_id = first.payee_id
                  AND (payment.id = first.id OR (item.id IS NOT NULL AND payment.combined
                                                 AND payment.account_id = item.account_id))
      {OF_PAYMENT}
       AND file.format <> 'standard18'
       AND (line.message_id <> '' OR line.amount_pence IS NOT NULL)
       AND (line.message_id = ''
            OR line.message_id = 'P' || lpad(payroll.number::text, 4, '0') || '-' || lpad(file.serial::text, 6, '0'))
     ORDER BY line.position, payment.id
    """  # noqa: S608
)


class Line(NamedTuple):
    """Of a line what tells it from others alike."""

    id: UUID
    digest: bytes
    alike: int
    alike_count: int


Credit = tuple[UUID, ...]
"""The payments that one credit at the bank carries."""
Matches = Mapping[UUID, tuple[UUID, ...]]
"""By a line's id the payments that it is about; a line that is about none is not in it."""


def match_lines(session: Session, response_id: UUID, first: int, last: int) -> tuple[list[Line], Matches]:
    """The lines about payments between two positions, and of each the payments that it is certainly about."""
    lines = [
        Line(*row)
        for row in session.execute(
            select(ResponseLine.id, ResponseLine.digest, ResponseLine.alike, ResponseLine.alike_count)
            .where(
                ResponseLine.response_id == response_id,
                ResponseLine.position.between(first, last),
                ResponseLine.about_file.is_(False),
            )
            .order_by(ResponseLine.position)
        )
    ]
    candidates = credits_for(session, {"response_id": response_id, "first": first, "last": last})
    known = matched_before(session, [line.digest for line in lines])
    found: dict[UUID, Credit] = {}
    for line in lines:
        mine = known.get(line.digest) or settled(line, candidates.get(line.id, ()))
        if mine:
            found[line.id] = mine
    return lines, found


def credits_for(session: Session, chosen: Mapping[str, Any]) -> dict[UUID, list[Credit]]:
    """By line, the credits that it may be about: each of one payment, or of several that went to the bank as one."""
    found: dict[UUID, dict[UUID, list[UUID]]] = defaultdict(lambda: defaultdict(list))
    codes = {"codes": ["", *CREDIT_CODES]}
    for query, more in ((BY_ACCOUNT, codes), (BY_ITEM, codes), (BY_REFERENCE, {})):
        for line_id, credit_id, payment_id in session.execute(query, {**chosen, **more}):
            found[line_id][credit_id].append(payment_id)
    pence: dict[tuple[UUID, UUID], int] = defaultdict(int)
    wanted: dict[UUID, int | None] = {}
    for line_id, credit_id, payment_id, amount, asked in session.execute(BY_ID, chosen):
        found[line_id][credit_id].append(payment_id)
        pence[line_id, credit_id] += amount
        wanted[line_id] = asked
    return {
        line_id: [
            tuple(payments)
            for credit_id, payments in credits_of.items()
            if wanted.get(line_id) is None or pence[line_id, credit_id] == wanted[line_id]
        ]
        for line_id, credits_of in found.items()
    }


def settled(line: Line, candidates: Sequence[Credit]) -> Credit:
    """The one credit that a line is about: of lines that are all alike, each has its own.

    Two payments that differ in nothing that the bank tells, of which one came back, are for a person.
    """
    if not candidates or len(candidates) != line.alike_count:
        return ()
    return candidates[line.alike - 1]


def matched_before(session: Session, digests: Sequence[bytes]) -> dict[bytes, tuple[UUID, ...]]:
    """Facts that are matched already: by an earlier file, or by people."""
    known: dict[bytes, tuple[UUID, ...]] = {}
    rows = select(LineMatch.digest, LineMatch.payment_id).where(LineMatch.digest.in_(digests))
    for digest, payment_id in session.execute(rows.order_by(LineMatch.payment_id)):
        known[bytes(digest)] = (*known.get(bytes(digest), ()), payment_id)
    return known


def file_of(session: Session, line: ResponseLine) -> PaymentFile | None:
    """The file of ours that a line about a whole file means.

    By service user number, processing day and serial number; or by our message id. A submitter's software may number
    its submissions itself: then by count and total, where only one file of that day and number has them.
    """
    files = (
        select(PaymentFile)
        .join(Payroll, (Payroll.body_id == PaymentFile.body_id) & (Payroll.id == PaymentFile.payroll_id))
        .join(BankProfile, (BankProfile.body_id == Payroll.body_id) & (BankProfile.id == Payroll.bank_profile_id))
        .where(PaymentFile.sealed_at.is_not(None), PaymentFile.withdrawn_at.is_(None))
    )
    if line.message_id:
        payroll_number, _, serial = line.message_id.removeprefix("P").partition("-")
        if not (line.message_id.startswith("P") and payroll_number.isdecimal() and serial.isdecimal()):
            return None
        named = files.where(Payroll.number == int(payroll_number), PaymentFile.serial == int(serial))
        return session.scalars(named.where(PaymentFile.format != "standard18")).one_or_none()
    ours = files.where(
        BankProfile.service_user_number == line.user_number, Payroll.processing_day == line.processing_day
    )
    if line.serial:
        by_serial = session.scalars(ours.where(PaymentFile.serial == int(line.serial))).all()
        if len(by_serial) == 1:
            return by_serial[0]
    count, pence = line.beside.get("all_count"), line.beside.get("all_pence")
    if count is None or pence is None:
        return None
    alike = session.scalars(ours.where(PaymentFile.item_count == count, PaymentFile.total_pence == pence)).all()
    return alike[0] if len(alike) == 1 else None
