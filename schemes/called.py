"""A scheme and people by what other systems call them, all at one question: what a call of the API begins with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from schemes.database import ask


class Called(NamedTuple):
    """A thing of the register; `reference` is the code of a scheme."""

    kind: str
    id: UUID
    reference: str
    name: str


BY_REFERENCE = {
    "scheme": "SELECT 'scheme' AS kind, id, code, name FROM scheme WHERE code = %(scheme)s",
    "beneficiary": (
        "SELECT 'beneficiary' AS kind, id, reference, name FROM beneficiary "
        "WHERE reference = %(beneficiary)s AND erased_at IS NULL"
    ),
    "payee": "SELECT 'payee' AS kind, id, reference, name FROM payee WHERE reference = %(payee)s AND erased_at IS NULL",
}


def called(session: Session, names: Mapping[str, str | UUID]) -> dict[str, Called]:
    """By kind those of the named that are there: by our id, or by the body's own reference; whoever was erased is not.

    names: of the kinds `scheme`, `beneficiary` and `payee`, each once.
    """
    questions = (
        BY_REFERENCE[kind].replace("reference = %", "id = %").replace("code = %", "id = %")
        if isinstance(name, UUID)
        else BY_REFERENCE[kind]
        for kind, name in names.items()
    )
    return {row.kind: Called._make(row) for row in ask(session, " UNION ALL ".join(questions), **names)}
