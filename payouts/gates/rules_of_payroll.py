"""The rules that a payroll was made under, as one digest each: the manifest says more of them than their numbers.

Rules change by new versions, which an open payroll never looks at. A version that somebody changes in place, beside the
service, has the same number and another digest: release names it.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from payouts.payroll import Payroll
from schemes.bank_profile import BankProfile
from schemes.check_settings import USUAL, row_at, settings_json
from schemes.scheme_version import SchemeVersion
from schemes.signer import digest

TERMS = (
    BankProfile.service_user_number,
    BankProfile.bureau_number,
    BankProfile.service_user_name,
    BankProfile.account_name,
    BankProfile.file_naming,
    BankProfile.file_format,
    BankProfile.cut_off,
    BankProfile.item_limit_pence,
    BankProfile.file_limit_pence,
    BankProfile.items_per_file,
    func.encode(BankProfile.sealed_account, "hex"),
)


def rules_statement(session: Session, payroll: Payroll) -> dict[str, str]:
    """A SHA-256 of the version of the scheme, of the bank profile and of the settings of the checks."""
    scheme = select(cast(SchemeVersion.kept, Text)).where(
        SchemeVersion.scheme_id == payroll.scheme_id, SchemeVersion.number == payroll.scheme_version
    )
    terms = session.execute(select(*TERMS).where(BankProfile.id == payroll.bank_profile_id)).one()
    checks = row_at(session, payroll.scheme_id, payroll.made_at)
    return {
        "scheme": hashlib.sha256((session.scalar(scheme) or "").encode()).hexdigest(),
        "bank_profile": digest([str(term) for term in terms]),
        # as they are kept: what somebody made weaker than a scheme may be could not even be read
        "check_settings": digest(checks.settings if checks else settings_json(USUAL)),
    }
