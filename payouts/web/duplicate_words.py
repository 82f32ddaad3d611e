"""Words for payees who may be one: what speaks for it, how likely it is, and what became of the pair."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask

from schemes.duplicates.likeness import ALIKE, Fact, Likelihood
from schemes.duplicates.merge import MergeBar, MergeRefused
from schemes.duplicates.pair import PairStatus
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
    Fact.POSTCODE: "postcode",
    Fact.EMAIL: "email address",
}

MERGE_BARS: dict[MergeBar, str] = {
    MergeBar.MERGED_ALREADY: "One of the two was merged into somebody else already. Look at that payee’s page",
    MergeBar.BANK_DETAILS_WAIT: "Bank details of one of the two wait for a second person. Confirm or reject them first",
    MergeBar.BOTH_HAVE_AWARD: (
        "Both have an award of the same scheme for the same days, so one person would be paid twice. Find out which "
        "award is right, end the other one, and come back"
    ),
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


def register(app: Flask) -> None:
    app.add_template_filter(LIKELIHOODS.__getitem__, "likelihood")
    app.add_template_filter(STATUSES.__getitem__, "pair_status")
    app.add_template_filter(name_verdict)
    app.add_template_filter(verdict)
    app.add_template_filter(what_agrees)
