"""How alike two payees or beneficiaries are: what is compared, by which keys pairs are found, what it amounts to.

Pure: rows in, evidence out. Comparing all with all is out of the question for a million payees, so two are compared
only when a key of theirs is the same; each key is a fact that two records of one person would mostly share.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from rapidfuzz import fuzz

TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "sir", "dame", "rev", "prof"})
# of 100: a typing mistake, a missing middle name or a hyphen stays above the first, a short form of a name above none
ALIKE = 88
NEARLY = 75


class Fact(StrEnum):
    """What two may have in common, besides their names. POSTCODE: where they live, as far as both addresses tell."""

    ACCOUNT = "account"
    BIRTH = "birth"
    POSTCODE = "postcode"
    EMAIL = "email"


class Likelihood(StrEnum):
    """What the evidence amounts to. In the order of the alphabet the likely ones stand first."""

    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True)
class Compared:
    """What is compared of one payee or beneficiary.

    account: the fingerprint of the newest bank details that were not rejected; a beneficiary has none.
    """

    id: UUID
    name: str
    email: str | None
    account: bytes | None
    birth: date | None = None
    postcode: str | None = None
    address: str | None = None

    def fact(self, fact: Fact) -> Any:
        match fact:
            case Fact.ACCOUNT:
                return self.account
            case Fact.BIRTH:
                return self.birth
            case Fact.POSTCODE:
                return plain_postcode(self.postcode)
            case Fact.EMAIL:
                return self.email.strip().casefold() if self.email else None


@dataclass(frozen=True)
class Evidence:
    """What speaks for and against one person behind two records. name: how alike the names are, of 100."""

    name: int
    same: tuple[Fact, ...]
    different: tuple[Fact, ...]

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "same": list(self.same), "different": list(self.different)}

    @property
    def likelihood(self) -> Likelihood | None:
        """None: not worth a person's time. Two of one name, and nothing else known to differ, are worth a look."""
        same, different = set(self.same), set(self.different)
        if Fact.ACCOUNT in same:
            return Likelihood.LIKELY if self.name >= ALIKE and Fact.BIRTH not in different else Likelihood.POSSIBLE
        if Fact.BIRTH in different:
            return None
        if Fact.BIRTH in same and self.name >= ALIKE:
            return Likelihood.LIKELY
        if same and self.name >= ALIKE:
            return Likelihood.POSSIBLE if Fact.ACCOUNT in different or same == {Fact.EMAIL} else Likelihood.LIKELY
        if Fact.BIRTH in same and Fact.POSTCODE in same and self.name >= NEARLY:
            return Likelihood.POSSIBLE
        return Likelihood.POSSIBLE if self.name == 100 and not different - {Fact.ACCOUNT} else None


def words_of(name: str) -> list[str]:
    """The words of a name without accents, points and titles, in the order of the alphabet."""
    unaccented = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(character for character in unaccented if not unicodedata.combining(character))
    words = re.sub(r"[^a-z0-9 ]", "", letters.replace("-", " ")).split()
    return sorted(word for word in words if word not in TITLES) or sorted(words)


def plain_postcode(postcode: str | None) -> str | None:
    return "".join(postcode.upper().split()) or None if postcode else None


def keys_of(compared: Compared) -> Iterator[tuple[str, ...]]:
    """The keys of a payee, each with what it is first. Two payees are compared when they share one."""
    words = words_of(compared.name)
    if words:
        yield "name", *words
    # sorted first letters: the order of names and what stands between them do not matter
    initials = "".join(sorted({word[0] for word in words}))
    if compared.account is not None:
        yield Fact.ACCOUNT, compared.account.hex()
    if compared.birth is not None:
        yield Fact.BIRTH, compared.birth.isoformat(), initials[-1:]
        yield Fact.BIRTH, compared.birth.isoformat(), initials[:1]
    postcode = plain_postcode(compared.postcode)
    if postcode:
        yield Fact.POSTCODE, postcode, initials
    if compared.email:
        yield Fact.EMAIL, compared.email.strip().casefold()


def compare(first: Compared, second: Compared) -> Evidence:
    """What two payees have in common. Which of them is asked about first makes no difference."""
    facts = [(fact, first.fact(fact), second.fact(fact)) for fact in Fact]
    known = [(fact, mine == theirs) for fact, mine, theirs in facts if mine is not None and theirs is not None]
    if not same_house(first.address, second.address):
        known = [(fact, agrees and fact is not Fact.POSTCODE) for fact, agrees in known]
    return Evidence(
        name_likeness(words_of(first.name), words_of(second.name)),
        tuple(fact for fact, agrees in known if agrees),
        tuple(fact for fact, agrees in known if not agrees),
    )


def same_house(one: str | None, other: str | None) -> bool:
    """Whether two addresses may be one: written in other words, but with no other numbers. An unknown one may be any.

    The numbers of one may be among those of the other: a flat that only one of them names.
    """
    if not one or not other:
        return True
    first, second = (words_of(address.replace("\n", " ")) for address in (one, other))
    numbers, others = ({word for word in words if any(map(str.isdigit, word))} for words in (first, second))
    return (numbers <= others or others <= numbers) and fuzz.token_set_ratio(
        " ".join(first), " ".join(second)
    ) >= NEARLY


def name_likeness(first: list[str], second: list[str]) -> int:
    """Of 100. An initial counts as its name, so that `J Smith` is as near to `John Smith` as a typing mistake is."""
    if not first or not second:
        return 0
    whole = fuzz.ratio(" ".join(first), " ".join(second))
    if whole < ALIKE and len(first) == len(second) and all(map(is_short_for, first, second)):
        whole = ALIKE
    return round(whole)


def is_short_for(one: str, other: str) -> bool:
    return one == other or (one[0] == other[0] and 1 in (len(one), len(other)))
