"""The register: schemes, beneficiaries, payees with their contacts, holds, mandates and bank details."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from payouts_client.answers import (
    BankDetails,
    Beneficiary,
    ComingPayment,
    Contact,
    Hold,
    Mandate,
    Note,
    Notice,
    OneBeneficiary,
    OnePayee,
    OneScheme,
    Payee,
    Proposal,
    Scheme,
)
from payouts_client.connection import Connection, part
from payouts_client.listing import Listing
from payouts_client.new import NewBankDetails, NewContact, NewPreference, TermsOfMandate, Whose, given
from payouts_client.words import Capacity, Channel, HoldKind, PaymentMethod

Named = str | UUID | Payee
"""A payee by the body's own reference, by id, or as it was read."""


class AllBankDetails(msgspec.Struct, frozen=True):
    data: tuple[BankDetails, ...]


class AllComing(msgspec.Struct, frozen=True):
    data: tuple[ComingPayment, ...]


class Notes(msgspec.Struct, frozen=True):
    data: tuple[Note, ...]


def of(payee: Named) -> str:
    return f"/payees/{part(payee.id if isinstance(payee, Payee) else payee)}"


def version_of(payee: Named) -> str | None:
    return payee.etag if isinstance(payee, Payee) else None


class Schemes:
    """What the body pays for."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def list(self) -> Listing[Scheme]:
        return Listing(self.connection, "/schemes", Scheme, {})

    def get(self, scheme: str | UUID) -> OneScheme:
        """By its code or id."""
        return self.connection.get(f"/schemes/{part(scheme)}", OneScheme)


class Beneficiaries:
    """Whose money it is."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def list(
        self,
        *,
        reference: str | None = None,
        updated_since: datetime | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Listing[Beneficiary]:
        params = {"reference": reference, "updated_since": updated_since, "cursor": cursor, "limit": limit}
        return Listing(self.connection, "/beneficiaries", Beneficiary, params)

    def get(self, beneficiary: str | UUID) -> OneBeneficiary:
        return self.connection.get(f"/beneficiaries/{part(beneficiary)}", OneBeneficiary)

    def correct(
        self,
        beneficiary: str | UUID | OneBeneficiary,
        *,
        reason: str,
        name: str | UnsetType = UNSET,
        date_of_birth: date | UnsetType | None = UNSET,
        address: str | UnsetType = UNSET,
    ) -> OneBeneficiary:
        """Put right what the register says; address: a line each. One that was got is changed only if nobody else was
        first.

        Raises ChangedSince.
        """
        content = given(reason=reason, name=name, date_of_birth=date_of_birth, address=address)
        if isinstance(beneficiary, OneBeneficiary):
            path, version = f"/beneficiaries/{beneficiary.id}", beneficiary.etag
            return self.connection.patch(path, content, OneBeneficiary, if_match=version)
        return self.connection.patch(f"/beneficiaries/{part(beneficiary)}", content, OneBeneficiary)


class Payees:
    """Who receives the money."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def list(
        self,
        *,
        reference: str | None = None,
        name: str | None = None,
        updated_since: datetime | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Listing[Payee]:
        """name: how it begins."""
        params = {
            "reference": reference,
            "name": name,
            "updated_since": updated_since,
            "cursor": cursor,
            "limit": limit,
        }
        return Listing(self.connection, "/payees", Payee, params)

    def get(self, payee: Named) -> OnePayee:
        return self.connection.get(of(payee), OnePayee)

    def create(
        self,
        *,
        reference: str,
        name: str,
        date_of_birth: date | None = None,
        capacity: Capacity = Capacity.SELF,
        beneficiary: Whose | UnsetType = UNSET,
        mandate: TermsOfMandate | UnsetType = UNSET,
        payment_method: PaymentMethod = PaymentMethod.ACCOUNT,
        preference: NewPreference | UnsetType = UNSET,
        contacts: Sequence[NewContact] = (),
        contacts_source: str = "",
        bank_details: NewBankDetails | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> OnePayee:
        """Add a payee, and the beneficiary unless they are known. Bank details wait for a person."""
        content = given(
            reference=reference,
            name=name,
            date_of_birth=date_of_birth,
            capacity=capacity,
            beneficiary=beneficiary,
            mandate=mandate,
            payment_method=payment_method,
            preference=preference,
            contacts=list(contacts),
            contacts_source=contacts_source,
            bank_details=bank_details,
        )
        return self.connection.post("/payees", content, OnePayee, idempotency_key=idempotency_key)

    def correct(
        self,
        payee: Named,
        *,
        reason: str,
        name: str | UnsetType = UNSET,
        date_of_birth: date | UnsetType | None = UNSET,
        payment_method: PaymentMethod | UnsetType = UNSET,
        payments_combined: bool | UnsetType = UNSET,
        preference: NewPreference | UnsetType = UNSET,
    ) -> OnePayee:
        """Put right what the register says. A payee that was read is changed only if nobody else was first.

        Raises ChangedSince.
        """
        content = given(
            reason=reason,
            name=name,
            date_of_birth=date_of_birth,
            payment_method=payment_method,
            payments_combined=payments_combined,
            preference=preference,
        )
        return self.connection.patch(of(payee), content, OnePayee, if_match=version_of(payee))

    def add_contact(
        self, payee: Named, *, channel: Channel, value: str, source: str, idempotency_key: str | None = None
    ) -> Contact:
        """source: where it comes from."""
        content = {"channel": channel, "value": value, "source": source}
        return self.connection.post(f"{of(payee)}/contacts", content, Contact, idempotency_key=idempotency_key)

    def end_contact(
        self, payee: Named, contact: Contact | UUID, *, reason: str, idempotency_key: str | None = None
    ) -> Contact:
        """Use it no longer."""
        which = contact.id if isinstance(contact, Contact) else contact
        path = f"{of(payee)}/contacts/{which}/end"
        return self.connection.post(path, {"reason": reason}, Contact, idempotency_key=idempotency_key)

    def propose_safe_contacts(
        self,
        payee: Named,
        contacts: Sequence[Contact | UUID],
        *,
        reason: str,
        safe_contacts_only: bool = True,
        idempotency_key: str | None = None,
    ) -> Proposal:
        """That they are reached by these contacts alone. A person confirms it. Raises WaitingAlready."""
        ids = [contact.id if isinstance(contact, Contact) else contact for contact in contacts]
        content = {"safe_contacts_only": safe_contacts_only, "contacts": ids, "reason": reason}
        return self.connection.post(f"{of(payee)}/safe_contacts", content, Proposal, idempotency_key=idempotency_key)

    def end_mandate(
        self,
        payee: Named,
        mandate: Mandate | UUID,
        *,
        last_day: date,
        reason: str,
        idempotency_key: str | None = None,
    ) -> Mandate:
        """Let it end earlier than it was given for."""
        which = mandate.id if isinstance(mandate, Mandate) else mandate
        content = {"last_day": last_day, "reason": reason}
        path = f"{of(payee)}/mandates/{which}/end"
        return self.connection.post(path, content, Mandate, idempotency_key=idempotency_key)

    def coming_payments(self, payee: Named) -> Sequence[ComingPayment]:
        """What their awards come to in the next twelve months, as everything stands today."""
        return self.connection.get(f"{of(payee)}/coming_payments", AllComing).data

    def messages(self, payee: Named, *, limit: int | None = None) -> Listing[Notice]:
        """What they were told of what they are paid, the newest first."""
        return Listing(self.connection, f"{of(payee)}/messages", Notice, {"limit": limit})

    def notes(self, payee: Named) -> Sequence[Note]:
        """The last hundred, the newest first."""
        return self.connection.get(f"{of(payee)}/notes", Notes).data

    def add_note(self, payee: Named, text: str, *, idempotency_key: str | None = None) -> Note:
        """For people to read."""
        return self.connection.post(f"{of(payee)}/notes", {"text": text}, Notes, idempotency_key=idempotency_key).data[
            0
        ]

    def give_mandate(
        self,
        payee: Named,
        *,
        beneficiary: str | UUID,
        capacity: Capacity,
        first_day: date | None = None,
        last_day: date | None = None,
        evidence: str = "",
        evidence_reference: str = "",
        idempotency_key: str | None = None,
    ) -> Mandate:
        """Say that a payee receives the money for a beneficiary, too."""
        content = {
            "beneficiary": beneficiary,
            "capacity": capacity,
            "first_day": first_day,
            "last_day": last_day,
            "evidence": evidence,
            "evidence_reference": evidence_reference,
        }
        return self.connection.post(f"{of(payee)}/mandates", content, Mandate, idempotency_key=idempotency_key)

    def hold(
        self,
        payee: Named,
        *,
        kind: HoldKind,
        reason: str,
        since: date,
        review_on: date | None = None,
        beneficiary: str | UUID | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> Hold:
        """Stop payments at once, all of them or those for one beneficiary. Only a person lets them go on."""
        content = given(kind=kind, reason=reason, since=since, review_on=review_on, beneficiary=beneficiary)
        return self.connection.post(f"{of(payee)}/holds", content, Hold, idempotency_key=idempotency_key)

    def bank_details(self, payee: Named) -> Sequence[BankDetails]:
        """Every version, the newest first."""
        return self.connection.get(f"{of(payee)}/bank_details", AllBankDetails).data

    def propose_bank_details(
        self, payee: Named, details: NewBankDetails, *, idempotency_key: str | None = None
    ) -> BankDetails:
        """A person confirms them; what is in use stays until then. Raises WaitingAlready."""
        path = f"{of(payee)}/bank_details"
        return self.connection.post(path, details, BankDetails, idempotency_key=idempotency_key)

    def check_name(
        self, payee: Named, details: BankDetails | UUID, *, idempotency_key: str | None = None
    ) -> BankDetails:
        """Have the bank asked whether the name fits; the answer comes in a moment, as `name_check`."""
        which = details.id if isinstance(details, BankDetails) else details
        path = f"{of(payee)}/bank_details/{which}/check_name"
        return self.connection.post(path, {}, BankDetails, idempotency_key=idempotency_key)

    def stop_bank_details(
        self, payee: Named, details: BankDetails | UUID, *, stopped_as: str, idempotency_key: str | None = None
    ) -> BankDetails:
        """Let nothing be paid into an account any more, at once: `closed` or `compromised`."""
        which = details.id if isinstance(details, BankDetails) else details
        path = f"{of(payee)}/bank_details/{which}/stop"
        return self.connection.post(path, {"stopped_as": stopped_as}, BankDetails, idempotency_key=idempotency_key)
