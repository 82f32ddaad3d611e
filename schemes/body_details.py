"""What a body is called, how it looks and how people reach it; and how long it keeps what it knows.

One administrator changes the first, which moves no money and is seen at once. A rule takes two people.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from schemes import audit, change
from schemes.body import LEAST_RETENTION_YEARS, MOST_RETENTION_YEARS, Body, get_body
from schemes.change import Change, ChangeKind
from schemes.colour import read_colour
from schemes.contact_value import read_email, read_phone
from schemes.errors import OutOfRange, Refused
from schemes.person import Actor, Role

LONGEST_NAME = 100


class NameMissing(Refused):
    """A body has a name, of at most LONGEST_NAME characters."""


def set_details(
    session: Session, *, name: str, colour: str, contact_email: str, contact_phone: str, by: Actor, at: datetime
) -> Body:
    """Change how the body is called, looks and is reached; an empty phone number is none.

    Raises NameMissing, ColourRefused, ContactRefused, NotAllowed. Nothing is recorded where nothing is changed.
    """
    by.must_be(Role.ADMINISTRATOR)
    body = get_body(session)
    wanted = {
        "name": " ".join(name.split()),
        "colour": read_colour(colour),
        "contact_email": read_email(contact_email),
        "contact_phone": read_phone(contact_phone) if contact_phone.strip() else "",
    }
    if not 0 < len(wanted["name"]) <= LONGEST_NAME:
        raise NameMissing
    changed = [field for field, value in wanted.items() if getattr(body, field) != value]
    for field in changed:
        setattr(body, field, wanted[field])
    if changed:
        session.flush()
        audit.record(session, "body.details_set", by=by, about=body, at=at, changed=changed)
    return body


def retention(session: Session) -> dict[str, Any]:
    """The setting as a proposal's facts."""
    return {"years": get_body(session).retention_years}


def propose_retention(session: Session, years: int, *, change_id: Any, reason: str, by: Actor, at: datetime) -> Change:
    """Propose how many financial years are kept besides the current one. Raises OutOfRange, NotAllowed, and as
    `change.propose`.
    """
    by.must_be(Role.ADMINISTRATOR)
    if not LEAST_RETENTION_YEARS <= years <= MOST_RETENTION_YEARS:
        raise OutOfRange("retention", years, LEAST_RETENTION_YEARS, MOST_RETENTION_YEARS)
    return change.propose(
        session,
        ChangeKind.RETENTION,
        change_id=change_id,
        subject_id=by.body_id,
        before=retention(session),
        after={"years": years},
        reason=reason,
        by=by,
        at=at,
    )


def apply_retention(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    body = get_body(session)
    body.retention_years = confirmed.after["years"]
    audit.record(session, "body.retention_set", by=by, about=body, at=at, years=body.retention_years)
