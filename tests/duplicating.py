"""Beneficiaries who may be one, and accounts of many, as a search would have found them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from schemes.account import Account
from schemes.database import new_id
from schemes.duplicates.likeness import Likelihood
from schemes.duplicates.pair import BeneficiaryPair, PairStatus
from schemes.duplicates.shared_account import SharedAccount
from schemes.payee import Beneficiary

if TYPE_CHECKING:
    from tests.office import Office


def a_beneficiary_pair(office: Office, *references: str) -> UUID:
    """Two beneficiaries noted as probably one: those of these references, or the first two."""
    with office.transaction() as session:
        wanted = select(Beneficiary.id).order_by(Beneficiary.id).limit(2)
        if references:
            wanted = wanted.where(Beneficiary.reference.in_(references))
        first, second = session.scalars(wanted)
        pair = BeneficiaryPair(
            body_id=office.harbour.body_id,
            id=new_id(),
            first_beneficiary_id=first,
            second_beneficiary_id=second,
            likelihood=Likelihood.LIKELY,
            evidence={"name": 100, "same": ["birth"], "different": []},
            status=PairStatus.OPEN,
            found_at=office.service.now(),
        )
        session.add(pair)
        return pair.id


def a_shared_account(office: Office) -> UUID:
    """An account of many: that of somebody in the register."""
    with office.transaction() as session:
        fingerprint = session.scalars(select(Account.fingerprint).order_by(Account.id).limit(1)).one()
        shared = SharedAccount(
            body_id=office.harbour.body_id,
            id=new_id(),
            fingerprint=fingerprint,
            payee_count=12,
            found_at=office.service.now(),
        )
        session.add(shared)
        return shared.id
