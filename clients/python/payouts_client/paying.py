"""What is due and what is paid: awards, one-off payments, payrolls and payments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from payouts_client.answers import Award, OneAward, OnePayment, Payment, Trace
from payouts_client.connection import Connection, part
from payouts_client.listing import Listing
from payouts_client.new import NewInputs, given
from payouts_client.one_off_answers import OneOffPayment
from payouts_client.overpaid_answers import AwardOverpayments
from payouts_client.payroll_answers import Difference, DifferenceLine, Finding, OnePayroll, PaymentFile, Payroll, Unpaid
from payouts_client.words import PayrollStatus


class AllFiles(msgspec.Struct, frozen=True):
    data: tuple[PaymentFile, ...]


class AllTraces(msgspec.Struct, frozen=True):
    data: tuple[Trace, ...]


def of(award: Award | UUID) -> str:
    return f"/awards/{award.id if isinstance(award, Award) else award}"


def version_of(award: Award | UUID) -> str | None:
    return award.etag if isinstance(award, Award) else None


class Awards:
    """What is due to whom in each period. A change of an award that was read is made only if nobody else was first."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def list(
        self,
        *,
        scheme: str | UUID | None = None,
        beneficiary: str | None = None,
        payee: str | None = None,
        updated_since: datetime | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Listing[Award]:
        params = {
            "scheme": scheme,
            "beneficiary": beneficiary,
            "payee": payee,
            "updated_since": updated_since,
            "cursor": cursor,
            "limit": limit,
        }
        return Listing(self.connection, "/awards", Award, params)

    def get(self, award: Award | UUID) -> OneAward:
        return self.connection.get(of(award), OneAward)

    def create(
        self,
        *,
        scheme: str | UUID,
        beneficiary: str | UUID,
        first_day: date,
        last_day: date | None = None,
        amount_pence: int | UnsetType = UNSET,
        inputs: NewInputs | UnsetType = UNSET,
        component: str | UnsetType = UNSET,
        payee: str | UUID | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> OneAward:
        """Either amount_pence or inputs, as the scheme's component asks."""
        content = given(
            scheme=scheme,
            beneficiary=beneficiary,
            first_day=first_day,
            last_day=last_day,
            amount_pence=amount_pence,
            inputs=inputs,
            component=component,
            payee=payee,
        )
        return self.connection.post("/awards", content, OneAward, idempotency_key=idempotency_key)

    def change(
        self,
        award: Award | UUID,
        *,
        from_day: date,
        reason: str,
        last_day: date | None = None,
        amount_pence: int | UnsetType = UNSET,
        inputs: NewInputs | UnsetType = UNSET,
        payee: str | UUID | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> OneAward:
        """Say what an award is from a day on. Raises ChangedSince."""
        content = given(
            from_day=from_day,
            reason=reason,
            last_day=last_day,
            amount_pence=amount_pence,
            inputs=inputs,
            payee=payee,
        )
        return self.ask(award, "versions", content, idempotency_key)

    def end(self, award: Award | UUID, *, last_day: date, reason: str, idempotency_key: str | None = None) -> OneAward:
        """last_day: the last that is paid. Raises ChangedSince."""
        return self.ask(award, "end", {"last_day": last_day, "reason": reason}, idempotency_key)

    def suspend(
        self,
        award: Award | UUID,
        *,
        from_day: date,
        reason: str,
        last_day: date | None = None,
        review_on: date | None = None,
        idempotency_key: str | None = None,
    ) -> OneAward:
        """Pay nothing from a day on. Only a person lets it be paid again. Raises ChangedSince."""
        content = {"from_day": from_day, "reason": reason, "last_day": last_day, "review_on": review_on}
        return self.ask(award, "suspensions", content, idempotency_key)

    def overpayments(self, award: Award | UUID) -> AwardOverpayments:
        """What it was paid too much, and what is done about it."""
        return self.connection.get(f"{of(award)}/overpayments", AwardOverpayments)

    def ask(self, award: Award | UUID, what: str, content: dict[str, object], idempotency_key: str | None) -> OneAward:
        return self.connection.post(
            f"{of(award)}/{what}", content, OneAward, if_match=version_of(award), idempotency_key=idempotency_key
        )


class OneOffPayments:
    """What no award makes due. A person confirms each, and a payroll pays it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def list(
        self,
        *,
        scheme: str | UUID | None = None,
        payee: str | None = None,
        beneficiary: str | None = None,
        updated_since: datetime | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Listing[OneOffPayment]:
        params = {
            "scheme": scheme,
            "payee": payee,
            "beneficiary": beneficiary,
            "updated_since": updated_since,
            "cursor": cursor,
            "limit": limit,
        }
        return Listing(self.connection, "/one_off_payments", OneOffPayment, params)

    def get(self, one_off_payment: UUID) -> OneOffPayment:
        return self.connection.get(f"/one_off_payments/{one_off_payment}", OneOffPayment)

    def create(
        self,
        *,
        scheme: str | UUID,
        beneficiary: str | UUID,
        amount_pence: int,
        about: date,
        pay_from: date,
        reason: str,
        payee: str | UUID | UnsetType = UNSET,
        component: str | UnsetType = UNSET,
        further_because: str = "",
        sequence: int | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> OneOffPayment:
        """about: a day of the period that it is for; pay_from: no payroll before it pays it.

        The same thing asked for twice is paid once, also under another key, a year later.
        """
        content = given(
            scheme=scheme,
            beneficiary=beneficiary,
            amount_pence=amount_pence,
            about=about,
            pay_from=pay_from,
            reason=reason,
            payee=payee,
            component=component,
            further_because=further_because,
            sequence=sequence,
        )
        return self.connection.post("/one_off_payments", content, OneOffPayment, idempotency_key=idempotency_key)

    def withdraw(
        self, one_off_payment: OneOffPayment | UUID, *, reason: str, idempotency_key: str | None = None
    ) -> OneOffPayment:
        """Raises NotNow, once a payroll pays it."""
        which = one_off_payment.id if isinstance(one_off_payment, OneOffPayment) else one_off_payment
        path = f"/one_off_payments/{which}/withdraw"
        return self.connection.post(path, {"reason": reason}, OneOffPayment, idempotency_key=idempotency_key)


class Payrolls:
    """The payments of a scheme for a pay date. People decide about them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def list(
        self,
        *,
        scheme: str | UUID | None = None,
        status: PayrollStatus | None = None,
        updated_since: datetime | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Listing[Payroll]:
        params = {
            "scheme": scheme,
            "status": status,
            "updated_since": updated_since,
            "cursor": cursor,
            "limit": limit,
        }
        return Listing(self.connection, "/payrolls", Payroll, params)

    def get(self, payroll: int | UUID) -> OnePayroll:
        """By its number or id."""
        return self.connection.get(f"/payrolls/{part(str(payroll))}", OnePayroll)

    def findings(self, payroll: int | UUID, *, kind: str | None = None) -> Listing[Finding]:
        """What the checks found, one by one."""
        return Listing(self.connection, f"/payrolls/{part(str(payroll))}/findings", Finding, {"kind": kind})

    def difference(self, payroll: int | UUID) -> Difference:
        """To the last payroll, by cause. Raises NotNow, while it was not compared yet."""
        return self.connection.get(f"/payrolls/{part(str(payroll))}/difference", Difference)

    def difference_by(self, payroll: int | UUID, cause: str) -> Listing[DifferenceLine]:
        """The awards of one cause."""
        path = f"/payrolls/{part(str(payroll))}/difference/{part(cause)}"
        return Listing(self.connection, path, DifferenceLine, {})

    def files(self, payroll: int | UUID) -> Sequence[PaymentFile]:
        """The sealed files, with the digests of their bytes."""
        return self.connection.get(f"/payrolls/{part(str(payroll))}/files", AllFiles).data

    def unpaid(self, payroll: int | UUID, *, reason: str | None = None) -> Listing[Unpaid]:
        """The awards that it does not pay, and why."""
        return Listing(self.connection, f"/payrolls/{part(str(payroll))}/unpaid", Unpaid, {"reason": reason})


class Payments:
    """What was paid, to whom, and what became of it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def list(
        self,
        *,
        payroll: int | UUID | None = None,
        payee: str | None = None,
        beneficiary: str | None = None,
        reference: str | None = None,
        updated_since: datetime | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Listing[Payment]:
        """reference: as it stands on the payee's statement."""
        params = {
            "payroll": payroll,
            "payee": payee,
            "beneficiary": beneficiary,
            "reference": reference,
            "updated_since": updated_since,
            "cursor": cursor,
            "limit": limit,
        }
        return Listing(self.connection, "/payments", Payment, params)

    def get(self, payment: UUID) -> OnePayment:
        return self.connection.get(f"/payments/{payment}", OnePayment)

    def traces(self, payment: UUID) -> Sequence[Trace]:
        """Whether it is or was looked for, the newest first."""
        return self.connection.get(f"/payments/{payment}/traces", AllTraces).data

    def look_for(
        self,
        payment: UUID,
        *,
        why: str,
        told_by: str,
        told_on: date,
        said: str,
        idempotency_key: str | None = None,
    ) -> Trace:
        """Say that it is not there (`not_arrived`) or went to a `wrong_account`. People find out. Raises NotNow."""
        content = {"why": why, "told_by": told_by, "told_on": told_on, "said": said}
        path = f"/payments/{payment}/traces"
        return self.connection.post(path, content, Trace, idempotency_key=idempotency_key)
