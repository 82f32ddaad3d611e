"""Things by what other systems call them: our id, or the body's own reference, code or number."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from marshmallow import Schema, fields

from payouts.api.door import field, must_see_scheme
from payouts.api.fields import UUID_TEXT
from payouts.api.ground import session
from payouts.payroll import Payroll, get_payroll, payroll_of_number
from schemes.called import Called, called
from schemes.errors import NotFound
from schemes.payee import (
    Beneficiary,
    Payee,
    beneficiary_of_reference,
    get_beneficiary,
    get_payee,
    payee_of_reference,
)
from schemes.scheme import Scheme, get_scheme, scheme_of_code

MOST_NUMBER = 2**31 - 1


class PersonSchema(Schema):
    """Somebody of the register, told shortly."""

    id = fields.UUID(required=True)
    reference = fields.String(required=True)
    name = fields.String(required=True)


class SchemeNameSchema(Schema):
    """A scheme, told shortly."""

    id = fields.UUID(required=True)
    code = fields.String(required=True)


def id_in(named: str) -> UUID | None:
    """The id, where it is one and no reference: references are shorter."""
    return UUID(named) if UUID_TEXT.fullmatch(named) else None


def payee(named: str, *, lock: bool = False) -> Payee:
    """Raises NotFound."""
    found = id_in(named) or payee_of_reference(session(), named.upper()).id
    there = get_payee(session(), found, lock=lock)
    if there.erased_at is not None:
        raise NotFound("payee", named)
    return there


def beneficiary(named: str) -> Beneficiary:
    """Raises NotFound."""
    found = id_in(named)
    there = get_beneficiary(session(), found) if found else beneficiary_of_reference(session(), named.upper())
    if there.erased_at is not None:
        raise NotFound("beneficiary", named)
    return there


def scheme(named: str) -> Scheme:
    """Raises NotFound, for a scheme that the key is not for, too."""
    found = id_in(named)
    there = get_scheme(session(), found) if found else scheme_of_code(session(), named)
    must_see_scheme(there.id, "scheme", named)
    return there


def at_once(names: Mapping[str, str]) -> dict[str, Called]:
    """A scheme, a beneficiary and a payee by the fields of a body that name them. Raises Refusal."""
    wanted = {kind: id_in(name) or name.upper() for kind, name in names.items()}
    found = called(session(), wanted)
    for kind, name in names.items():
        with field(kind):
            if kind not in found:
                raise NotFound(kind, name)
            if kind == "scheme":
                must_see_scheme(found[kind].id, kind, name)
    return found


def payroll(named: str) -> Payroll:
    """Raises NotFound, for one of a scheme that the key is not for, too."""
    found = id_in(named)
    if found:
        there = get_payroll(session(), found)
    elif named.isascii() and named.isdigit() and len(named) < 11 and int(named) <= MOST_NUMBER:
        there = payroll_of_number(session(), int(named))
    else:
        raise NotFound("payroll", named)
    must_see_scheme(there.scheme_id, "payroll", named)
    return there
