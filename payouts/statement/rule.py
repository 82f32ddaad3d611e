"""Rules of what entries are: those with some words or a code, one way, are charges, interest, transfers or not ours.

Two people make a rule, and two end it. None writes money off: that is decided entry by entry. A new rule is tried on
the entries that wait in suspense too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.statement import posted
from payouts.statement.entry import BankEntry, Match, texts_of, unmatched
from payouts.tasks import outbox
from schemes import audit, change
from schemes.change import Change, ChangeKind
from schemes.change_applied import EFFECTS, Effect
from schemes.database import Base, BodyOwned, stored
from schemes.errors import NotFound, Refused
from schemes.person import Actor, Role

if TYPE_CHECKING:
    from payouts.app import Service

PROPOSERS = (Role.FINANCE,)
CONFIRMERS = (Role.FINANCE, Role.APPROVER)
BY_RULE = (Match.FEE, Match.INTEREST, Match.TRANSFER, Match.REPAYMENT, Match.NOT_OURS)
LONGEST = 80
SHORTEST_WORDS = 3
MOST_RULES = 200
AT_ONCE = 1000


class RuleSaysNothing(Refused):
    """A rule needs words of three letters or more, or a code; a fee only goes out."""


class TooManyRules(Refused):
    """A body has as many rules as there can be: one is ended before another is made."""


class BankRule(BodyOwned, Base):
    """One rule: an entry that goes this way, and has the words in its text and the code, is this. Only its end is set.

    words, code: in capitals, '' for any.
    """

    __tablename__ = "bank_rule"
    __table_args__ = (
        Index("ix_bank_rule_made", "body_id", "made_at"),
        CheckConstraint("words <> '' or code <> ''", name="says_something"),
        CheckConstraint("match <> 'written_off'", name="no_write_off"),
    )

    is_credit: Mapped[bool]
    words: Mapped[str]
    code: Mapped[str]
    match: Mapped[Match] = mapped_column(stored(Match))
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    def fits(self, *, is_credit: bool, code: str, text: str) -> bool:
        if is_credit is not self.is_credit or (self.code and plain(code) != self.code):
            return False
        return not self.words or f" {self.words} " in f" {plain(text)} "


def plain(written: str) -> str:
    return " ".join(written.upper().split())


def rules(session: Session, *, in_force: bool = True) -> Sequence[BankRule]:
    """The body's rules, the oldest first: of two that fit, the older one counts."""
    found = select(BankRule).order_by(BankRule.made_at, BankRule.id)
    return session.scalars(found.where(BankRule.ended_at.is_(None)) if in_force else found).all()


def first_that_fits(those: Iterable[BankRule], *, is_credit: bool, code: str, text: str) -> BankRule | None:
    return next((rule for rule in those if rule.fits(is_credit=is_credit, code=code, text=text)), None)


def get_rule(session: Session, rule_id: UUID) -> BankRule:
    """Raises NotFound."""
    rule = session.get(BankRule, (session.info["body_id"], rule_id))
    if rule is None:
        raise NotFound("bank rule", rule_id)
    return rule


def facts(session: Session, rule_id: UUID) -> dict[str, Any]:
    """What a rule says now, as a proposal's facts; nothing where there is none in force."""
    rule = session.get(BankRule, (session.info["body_id"], rule_id))
    return {} if rule is None or rule.ended_at else said(rule.is_credit, rule.words, rule.code, rule.match)


def said(is_credit: bool, words: str, code: str, match: Match) -> dict[str, Any]:
    return {"is_credit": is_credit, "words": words, "code": code, "match": match.value, "ended": False}


def propose(
    session: Session,
    *,
    change_id: UUID,
    is_credit: bool,
    words: str,
    code: str,
    match: Match,
    reason: str,
    by: Actor,
    at: datetime,
) -> Change:
    """Propose a rule. Raises RuleSaysNothing, TooManyRules, NotAllowed, and as `change.propose`."""
    by.must_be(*PROPOSERS)
    words, code = plain(words)[:LONGEST], plain(code)[:LONGEST]
    if (not code and len(words) < SHORTEST_WORDS) or match not in BY_RULE or (match is Match.FEE and is_credit):
        raise RuleSaysNothing
    must_be_room(session)
    after = said(is_credit, words, code, match)
    return change.propose(
        session,
        ChangeKind.BANK_RULE,
        change_id=change_id,
        subject_id=change_id,
        before={},
        after=after,
        reason=reason,
        by=by,
        at=at,
    )


def propose_end(session: Session, rule_id: UUID, *, change_id: UUID, reason: str, by: Actor, at: datetime) -> Change:
    """Propose that a rule ends. What it matched stays matched. Raises NotFound, NotAllowed, and as `change.propose`."""
    by.must_be(*PROPOSERS)
    get_rule(session, rule_id)
    before = facts(session, rule_id)
    return change.propose(
        session,
        ChangeKind.BANK_RULE,
        change_id=change_id,
        subject_id=rule_id,
        before=before,
        after={**before, "ended": True} if before else {},
        reason=reason,
        by=by,
        at=at,
    )


def must_be_room(session: Session) -> None:
    if len(rules(session)) >= MOST_RULES:
        raise TooManyRules


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """Raises TooManyRules."""
    after = confirmed.after
    if after["ended"]:
        rule = get_rule(session, confirmed.subject_id)
        rule.ended_at = at
    else:
        must_be_room(session)
        rule = BankRule(
            body_id=by.body_id,
            id=confirmed.subject_id,
            is_credit=after["is_credit"],
            words=after["words"],
            code=after["code"],
            match=Match(after["match"]),
            made_at=at,
        )
        session.add(rule)
        outbox.add(session, "statement.rule", once=f"statement.rule/{rule.id}", at=at, rule_id=str(rule.id))
    session.flush()
    act = "ended" if after["ended"] else "made"
    audit.record(session, f"bank_rule.{act}", by=by, about=rule, at=at, match=rule.match.value)


def try_on_suspense(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """The work after a rule was made: match the entries in suspense that it fits."""
    rule, at = get_rule(session, UUID(args["rule_id"])), service.now()
    if rule.ended_at is not None:
        return
    after, matched = None, 0
    while waiting := unmatched(session, after=after, limit=AT_ONCE):
        texts = texts_of(session, service.seals, waiting)
        fit = [
            entry.id
            for entry in waiting
            if entry.matched_by is None and rule.fits(is_credit=entry.is_credit, code=entry.code, text=texts[entry.id])
        ]
        after = waiting[-1].id
        session.execute(
            update(BankEntry)
            .where(BankEntry.body_id == rule.body_id, BankEntry.id.in_(fit), BankEntry.match.is_(None))
            .values(rule_id=rule.id, match=rule.match, matched_at=at)
            .execution_options(synchronize_session=False)
        )
        posted.settle(session, BankEntry.id.in_(fit), at=at)
        matched += len(fit)
        session.expire_all()
        rule = get_rule(session, UUID(args["rule_id"]))
    audit.record(session, "bank_rule.tried", by=None, about=rule, at=at, matched=matched)


EFFECTS[ChangeKind.BANK_RULE] = Effect(CONFIRMERS, facts, apply)
