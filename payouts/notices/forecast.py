"""How many payees of a payroll will hear of it and by what way, counted before anything is sent.

What Notify will not send has to be known before payday: whoever has no address, and everybody outside the team where
the key or the service sends to the team alone. A count looks at the contacts of every payee, so a job makes it, once
the payroll is checked and when somebody asks for another; pages read the newest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Index, select, text
from sqlalchemy.orm import Mapped, Session

from payouts.notices.again import SENDERS
from payouts.notices.connection import TRIAL_A_DAY, KeyKind, Way, connection_of
from payouts.notices.planning import sender_or_none, ways_open
from payouts.notices.who import HAS_A_NUMBER_ABROAD, WAY_OF_A_PAYEE
from payouts.payroll import Payroll, PayrollStatus, get_payroll
from payouts.tasks import outbox
from schemes import audit
from schemes.database import Base, BodyOwned, new_id, to_body_row
from schemes.errors import NotNow
from schemes.person import Actor

if TYPE_CHECKING:
    from payouts.app import Service

# nobody was told by then, and who is paid is known
COUNTED_IN = (PayrollStatus.CHECKED, PayrollStatus.SEALING, PayrollStatus.SEALED, PayrollStatus.RELEASED)


class NoticeCount(BodyOwned, Base):
    """Whom the notices of a payroll would reach by which way, as it was at an instant. abroad: of the texts."""

    __tablename__ = "notice_count"
    __table_args__ = (
        Index("ix_notice_count_payroll", "body_id", "payroll_id", "id"),
        to_body_row("payroll", "payroll_id"),
    )

    payroll_id: Mapped[UUID]
    email: Mapped[int]
    text: Mapped[int]
    letter: Mapped[int]
    unreached: Mapped[int]
    abroad: Mapped[int]
    counted_at: Mapped[datetime]


@dataclass(frozen=True)
class Forecast:
    """By how many ways payees will be told. `unreached`: nothing could be written to; `abroad`: of the texts.

    counted_at: when; what the rest says of Notify is as it is now. is_set_up: whether there is a Notify to send
    through at all. kind: None where the installation's own sends.
    """

    by_way: dict[Way, int]
    unreached: int
    abroad: int
    counted_at: datetime
    is_set_up: bool
    kind: KeyKind | None = None
    in_trial: bool = False
    told: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "told", sum(self.by_way.values()))

    @property
    def team_only(self) -> bool:
        return self.in_trial or self.kind is KeyKind.TEAM

    @property
    def over_the_day(self) -> int:
        """How many of them are more than a service in trial sends in a day, whoever they are."""
        return sum(max(0, count - TRIAL_A_DAY) for count in self.by_way.values()) if self.in_trial else 0


def forecast(session: Session, service: Service, payroll_id: UUID) -> Forecast | None:
    """The newest count of a payroll, with what stands in the way of sending now; None where none was made yet."""
    mine = select(NoticeCount).where(NoticeCount.payroll_id == payroll_id).order_by(NoticeCount.id.desc())
    counted = session.scalars(mine.limit(1)).first()
    if counted is None:
        return None
    own = connection_of(session)
    ways = {Way.EMAIL: counted.email, Way.TEXT: counted.text, Way.LETTER: counted.letter}
    return Forecast(
        {way: ways[way] for way in Way if ways[way]},
        counted.unreached,
        counted.abroad,
        counted.counted_at,
        sender_or_none(session, service) is not None,
        own.kind if own else None,
        own.in_trial if own else False,
    )


def ask(session: Session, payroll: Payroll, *, once: str, at: datetime) -> None:
    outbox.add(session, "notices.count", once=f"notices.count/{payroll.id}/{once}", at=at, payroll_id=str(payroll.id))


def ask_again(session: Session, payroll: Payroll, *, count_id: UUID, by: Actor, at: datetime) -> None:
    """Have a payroll counted anew, as somebody wants who put contacts right. The same id again is the same asking.

    Raises NotNow once people were told, or before the payroll is checked; NotAllowed.
    """
    by.must_be(*SENDERS, scheme=payroll.scheme_id)
    if payroll.status not in COUNTED_IN:
        raise NotNow("payroll", payroll.status, "counted")
    ask(session, payroll, once=str(count_id), at=at)
    audit.record(session, "notices.count_asked", by=by, about=payroll, at=at)


def count(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Look at the contacts of everybody whom a payroll pays. Of one that pays nobody, or was sent, nothing is kept."""
    payroll = get_payroll(session, UUID(args["payroll_id"]))
    if payroll.status not in COUNTED_IN:
        return
    rows = session.execute(
        text(
            "SELECT way.found, count(*), "  # noqa: S608  no value of anybody's
            f"count(*) FILTER (WHERE way.found = 'text' AND {HAS_A_NUMBER_ABROAD}) "
            "FROM (SELECT DISTINCT payee_id, CAST(ARRAY[] AS text[]) AS used FROM payment "
            "       WHERE payroll_id = :payroll_id AND status NOT IN ('taken_out', 'cancelled')) told "
            f"JOIN payee ON payee.id = told.payee_id {WAY_OF_A_PAYEE} GROUP BY way.found"
        ),
        {"payroll_id": payroll.id, **ways_open(sender_or_none(session, service))},
    ).all()
    found = {way: many for way, many, _ in rows}
    session.add(
        NoticeCount(
            body_id=payroll.body_id,
            id=new_id(),
            payroll_id=payroll.id,
            unreached=found.get("", 0),
            abroad=sum(abroad for *_, abroad in rows),
            counted_at=service.now(),
            **{way.value: found.get(way, 0) for way in Way},
        )
    )
