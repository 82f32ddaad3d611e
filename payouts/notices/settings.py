"""How a body's messages to payees go out: under what name, of what people are told, and when texts may be sent.

Two people change it. Texts wake people up, so they are sent between two hours of London's day; e-mails and letters any
time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.calendar import LONDON
from payouts.notices.event import OF_SUBMISSION, NoticeEvent
from payouts.notices.lint import REVEALS
from schemes import audit, change
from schemes.change import Change, ChangeKind
from schemes.change_applied import EFFECTS, Effect
from schemes.database import Base, BodyOwned, new_id
from schemes.errors import FieldFault, FieldsRefused, Misfit
from schemes.person import Actor, Role

CONFIRMERS = (Role.ADMINISTRATOR, Role.APPROVER, Role.FINANCE)
LONGEST_SENDER = 40
# a payee is told of a proposed change of bank details whatever a body would like, of money on its way, and where the
# payment is that they asked for
ALWAYS_TOLD = frozenset({NoticeEvent.DETAILS_CHANGED, NoticeEvent.PAYMENT_LOOKED_FOR, *OF_SUBMISSION})


@dataclass(frozen=True)
class NoticeSettings:
    """sender: who signs, which must not say what the money is for. Hours are London's, the second not included.

    untold: events of which nobody is told.
    """

    sender: str = "The payments team"
    texts_from: int = 8
    texts_until: int = 20
    untold: frozenset[NoticeEvent] = field(default_factory=frozenset)

    def tells(self, event: NoticeEvent) -> bool:
        return event not in self.untold

    def texts_again_at(self, at: datetime) -> datetime | None:
        """When the next text may be sent; None when one may be sent now."""
        here = at.astimezone(LONDON)
        if self.texts_from <= here.hour < self.texts_until:
            return None
        first = datetime.combine(here.date(), time(self.texts_from), LONDON)
        return first if here < first else datetime.combine(here.date() + timedelta(days=1), first.timetz())


USUAL = NoticeSettings()


class NoticeSettingsRow(BodyOwned, Base):
    """A body's settings from the instant on which a second person confirmed them. Never changed."""

    __tablename__ = "notice_settings"
    __table_args__ = (UniqueConstraint("body_id", "number"), CheckConstraint("number >= 1", name="number"))

    number: Mapped[int]
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB)
    set_by: Mapped[UUID]
    set_at: Mapped[datetime]


def settings_json(settings: NoticeSettings) -> dict[str, Any]:
    """Settings as they are kept and proposed."""
    return {
        "sender": settings.sender,
        "texts_from": settings.texts_from,
        "texts_until": settings.texts_until,
        "untold": sorted(event.value for event in settings.untold),
    }


def settings_from(kept: Mapping[str, Any]) -> NoticeSettings:
    """Settings from JSON; what is left out is as usual. Raises FieldsRefused with all that is wrong."""
    sender = str(kept.get("sender", USUAL.sender)).strip()
    first, last = kept.get("texts_from", USUAL.texts_from), kept.get("texts_until", USUAL.texts_until)
    untold = kept.get("untold", [])
    faults = []
    if not sender:
        faults.append(FieldFault("sender", Misfit.MISSING))
    elif len(sender) > LONGEST_SENDER:
        faults.append(FieldFault("sender", Misfit.TOO_LONG, (LONGEST_SENDER,)))
    elif REVEALS.search(sender):
        faults.append(FieldFault("sender", Misfit.NOT_AS_EXPECTED))
    if not isinstance(first, int) or not isinstance(last, int) or not 0 <= first < last <= 24:
        faults.append(FieldFault("texts_until", Misfit.OUT_OF_RANGE, (0, 24)))
    if not isinstance(untold, list) or any(event not in list(NoticeEvent) for event in untold):
        faults.append(FieldFault("untold", Misfit.UNKNOWN))
    elif ALWAYS_TOLD & {NoticeEvent(event) for event in untold}:
        faults.append(FieldFault("untold", Misfit.STAYS))
    if faults:
        raise FieldsRefused("notice settings", faults)
    return NoticeSettings(sender, first, last, frozenset(NoticeEvent(event) for event in untold))


def current(session: Session) -> NoticeSettings:
    row = session.scalars(select(NoticeSettingsRow).order_by(NoticeSettingsRow.number.desc()).limit(1)).first()
    return settings_from(row.settings) if row else USUAL


def propose(
    session: Session, wanted: NoticeSettings, *, change_id: UUID, reason: str, by: Actor, at: datetime
) -> Change:
    """Propose other settings. Raises FieldsRefused, NotAllowed, and as `change.propose`."""
    by.must_be(Role.ADMINISTRATOR)
    return change.propose(
        session,
        ChangeKind.NOTICE_SETTINGS,
        change_id=change_id,
        subject_id=by.body_id,
        before=settings_json(current(session)),
        after=settings_json(settings_from(settings_json(wanted))),
        reason=reason,
        by=by,
        at=at,
    )


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    row = NoticeSettingsRow(
        body_id=by.body_id,
        id=new_id(),
        number=(session.scalar(select(func.max(NoticeSettingsRow.number))) or 0) + 1,
        settings=settings_json(settings_from(confirmed.after)),
        set_by=by.person_id,
        set_at=at,
    )
    session.add(row)
    session.flush()
    audit.record(session, "notice.settings_set", by=by, about=row, at=at, number=row.number)


EFFECTS[ChangeKind.NOTICE_SETTINGS] = Effect(CONFIRMERS, lambda session, _: settings_json(current(session)), apply)
