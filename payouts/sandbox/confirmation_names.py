"""What the simulated banks hold, and how they compare: magic names and accounts first, then what they were taught."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher

# the account numbers of one provider's own sandbox, at its sort code
MAGIC_SORT_CODE = "123456"
MAGIC_ACCOUNTS = {
    "00934891": "ANNM", "00934892": "MBAM", "00934893": "BANM", "00934894": "PANM", "00934895": "BAMM",
    "00934896": "PAMM", "00934897": "AC01", "00934898": "IVCR", "00934899": "ACNS", "00934900": "OPTO",
    "00934901": "CASS", "00934902": "SCNS",
}  # fmt: skip
TIMEOUT, ERROR = "TIMEOUT", "ERROR"
CODES = frozenset(MAGIC_ACCOUNTS.values())
TELLS_NAME = frozenset({"MBAM", "BAMM", "PAMM"})
HELD_NAME = "Alex Morgan-Reed"

_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "sir", "dame", "rev", "prof"})
_CLOSE = 0.8


@dataclass(frozen=True)
class Held:
    """An account at a simulated bank. `secondary` is the roll number that it goes by, or empty."""

    name: str
    account_type: str = "Personal"
    secondary: str = ""


@dataclass(frozen=True)
class Said:
    """An answer: no code is a match. TIMEOUT and ERROR are trouble instead of one."""

    code: str | None
    name: str | None = None


def magic(name: str, sort_code: str, account_number: str) -> Said | None:
    """The answer that the last word of the name, or the account, asks for; None when it asks for nothing."""
    word = name.split()[-1].upper() if name.split() else ""
    code = word if word in CODES | {TIMEOUT, ERROR, "MATC"} else None
    if code is None and sort_code == MAGIC_SORT_CODE:
        code = MAGIC_ACCOUNTS.get(account_number)
    if code is None:
        return None
    return Said(None if code == "MATC" else code, HELD_NAME if code in TELLS_NAME else None)


def compare(name: str, account_type: str, secondary: str, held: Held) -> Said:
    """What the bank that holds the account says: roll number first, then the name, then the kind of account."""
    if secondary != held.secondary:
        return Said("IVCR")
    same, close = normal(name) == normal(held.name), alike(name, held.name)
    if not close:
        return Said("ANNM")
    if account_type == held.account_type:
        return Said(None) if same else Said("MBAM", held.name)
    business = held.account_type == "Business"
    if same:
        return Said("BANM" if business else "PANM")
    return Said("BAMM" if business else "PAMM", held.name)


def normal(name: str) -> str:
    """A name as banks compare it: no accents, case, titles, punctuation; "Ltd" and "Limited" are one."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).casefold()
    words = re.sub(r"[^a-z0-9]+", " ", plain.replace("&", " and ").replace("'", "").replace("’", "")).split()
    return " ".join("limited" if word == "ltd" else word for word in words if word not in _TITLES)


def alike(name: str, held: str) -> bool:
    """Whether two names may be one: the same surname and first letter, or nearly the same letters."""
    first, second = normal(name).split(), normal(held).split()
    if not first or not second:
        return False
    if first[-1] == second[-1] and first[0][0] == second[0][0]:
        return True
    return SequenceMatcher(None, " ".join(first), " ".join(second)).ratio() >= _CLOSE
