"""Words for records that may be of one person: what speaks for it, how likely it is, and what became of the pair."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask

from payouts.web.figures import count
from schemes.change import Change, ChangeKind
from schemes.duplicates.likeness import ALIKE, Fact, Likelihood
from schemes.duplicates.merge import MergeBar, MergeRefused
from schemes.duplicates.pair import PairStatus
from schemes.duplicates.shared_account import Holder
from schemes.errors import Refused

LIKELIHOODS: dict[Likelihood, tuple[str, str]] = {
    Likelihood.LIKELY: ("Probably one person", "orange"),
    Likelihood.POSSIBLE: ("Possibly one person", "yellow"),
}

STATUSES: dict[PairStatus, tuple[str, str]] = {
    PairStatus.OPEN: ("To be looked at", "blue"),
    PairStatus.NOT_SAME: ("Two people", "green"),
    PairStatus.MERGED: ("Merged", "grey"),
    PairStatus.NO_LONGER_ALIKE: ("No longer alike", "grey"),
}

FACTS: dict[Fact, str] = {
    Fact.ACCOUNT: "bank account",
    Fact.BIRTH: "date of birth",
    Fact.POSTCODE: "address",
    Fact.EMAIL: "email address",
}

MERGE_BARS: dict[MergeBar, str] = {
    MergeBar.MERGED_ALREADY: "One of the two was merged into somebody else already. Look at that payee’s page",
    MergeBar.BANK_DETAILS_WAIT: "Bank details of one of the two wait for a second person. Confirm or reject them first",
    MergeBar.BOTH_HAVE_AWARD: (
        "Both have an award of the same scheme for the same days, so one person would be paid twice. Find out which "
        "award is right, end the other one, and come back"
    ),
    MergeBar.ONE_ALREADY: "The two are taken for one person already",
    MergeBar.NOT_MERGED: "The two are not merged, so there is nothing to undo",
    MergeBar.MERGED_AGAIN: (
        "The payee who stayed was merged into somebody else since then. Undo that merge first, then this one"
    ),
    MergeBar.ONE_BY_ANOTHER: (
        "Something else says that the two are one person: another pair, or a merge of their payees. Undo that first"
    ),
}

HOLDERS: dict[Holder, tuple[str, str]] = {
    Holder.UNKNOWN: ("To be looked at", "blue"),
    Holder.PROVIDER: ("A care provider’s", "green"),
    Holder.PUBLIC_BODY: ("A council’s or another public body’s", "green"),
    Holder.ORGANISATION: ("Another organisation’s, like a credit union’s or a charity’s", "green"),
    Holder.HOUSEHOLD: ("A household’s, of people who live together", "green"),
}

TELLERS: dict[type[Refused], Callable[[Any], str]] = {MergeRefused: lambda refused: MERGE_BARS[refused.why]}

# words and the tag's colour, for a row of the comparison
SAME, DIFFERENT, NOT_KNOWN = ("Same", "orange"), ("Different", "green"), ("Not known", "grey")


def name_verdict(likeness: int) -> tuple[str, str]:
    """How alike two names are, in words. likeness: of 100."""
    if likeness == 100:
        return "Same", "orange"
    return ("Nearly the same", "yellow") if likeness >= ALIKE else ("Different", "green")


def verdict(evidence: Mapping[str, Any], fact: str) -> tuple[str, str]:
    """Whether a fact is the same on both sides."""
    if fact in evidence["same"]:
        return SAME
    return DIFFERENT if fact in evidence["different"] else NOT_KNOWN


def what_agrees(evidence: Mapping[str, Any]) -> str:
    """`Same name and bank account`: the evidence in a few words, for a list."""
    name = {"Same": "same name", "Nearly the same": "nearly the same name"}.get(name_verdict(evidence["name"])[0])
    same = [FACTS[Fact(fact)] for fact in evidence["same"]]
    parts = [name] if name else []
    if same:
        parts.append("same " + " and ".join(same))
    return ", ".join(parts).capitalize()


# what stood in a proposal of somebody who was erased since
ERASED = "somebody who was erased"
SECOND = "The second record"


def merge_rows(facts: Mapping[str, Any], _: Any) -> dict[str, str]:
    awards = f" ({count(facts['awards'], 'award')})" if "awards" in facts else ""
    return {"The awards are paid to": f"payee {facts.get('payee', ERASED)}{awards}"}


def unmerge_rows(facts: Mapping[str, Any], _: Any) -> dict[str, str]:
    return {"What the merge moved is paid to": f"payee {facts.get('payee', ERASED)}"}


def one_person_rows(facts: Mapping[str, Any], _: Any) -> dict[str, str]:
    return {SECOND: of_second(facts, now="somebody of their own", then="the same person as")}


def two_people_rows(facts: Mapping[str, Any], _: Any) -> dict[str, str]:
    return {SECOND: of_second(facts, now="the same person as the first", then="another person than")}


def of_second(facts: Mapping[str, Any], *, now: str, then: str) -> str:
    """What the second record is. Only what stands there now counts awards; what would be names the first."""
    beneficiary = f"beneficiary {facts.get('beneficiary', ERASED)}"
    return f"{beneficiary}, {now}" if "awards" in facts else f"{then} {beneficiary}"


def merge_title(change: Change, _: Any) -> str:
    return f"Payee {change.before.get('payee', ERASED)} merged into {change.after.get('payee', ERASED)}"


def unmerge_title(change: Change, _: Any) -> str:
    return f"Payee {change.after.get('payee', ERASED)} parted from {change.before.get('payee', ERASED)} again"


def one_person_title(change: Change, _: Any) -> str:
    both = f"{change.after.get('beneficiary', ERASED)} and {change.before.get('beneficiary', ERASED)}"
    number = "one person" if change.kind is ChangeKind.ONE_BENEFICIARY else "two people after all"
    return f"Beneficiaries {both}: {number}"


def register(app: Flask) -> None:
    app.add_template_filter(LIKELIHOODS.__getitem__, "likelihood")
    app.add_template_filter(STATUSES.__getitem__, "pair_status")
    app.add_template_filter(HOLDERS.__getitem__, "account_holder")
    app.add_template_filter(name_verdict)
    app.add_template_filter(verdict)
    app.add_template_filter(what_agrees)
