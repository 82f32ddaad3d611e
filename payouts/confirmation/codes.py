"""What a bank can answer: the scheme's codes, the class of each, and what each means for using the bank details."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from schemes.name_policy import Outcome


class Code(StrEnum):
    """The scheme's reason codes. `MATC` is the answer without one; `NO_ANSWER` is ours: nobody said anything."""

    MATC = "MATC"
    MBAM = "MBAM"
    BANM = "BANM"
    PANM = "PANM"
    BAMM = "BAMM"
    PAMM = "PAMM"
    ANNM = "ANNM"
    AC01 = "AC01"
    IVCR = "IVCR"
    ACNS = "ACNS"
    OPTO = "OPTO"
    CASS = "CASS"
    SCNS = "SCNS"
    NO_ANSWER = "no_answer"


class Use(StrEnum):
    """What an answer means for using the bank details."""

    PROCEED = "proceed"
    CONFIRM = "confirm"  # a person looks at the difference and says that it is right
    STOP = "stop"  # only a person with a reason goes on
    BLOCK = "block"  # nobody goes on: the details are wrong
    OTHER_EVIDENCE = "other_evidence"
    NEW_DETAILS = "new_details"
    ASK_AGAIN = "ask_again"


class Rule(NamedTuple):
    """A code's class, and what the answer means for use."""

    outcome: Outcome
    use: Use


RULES: dict[Code, Rule] = {
    Code.MATC: Rule(Outcome.MATCH, Use.PROCEED),
    Code.MBAM: Rule(Outcome.CLOSE, Use.CONFIRM),
    Code.BANM: Rule(Outcome.CLOSE, Use.CONFIRM),
    Code.PANM: Rule(Outcome.CLOSE, Use.CONFIRM),
    Code.BAMM: Rule(Outcome.CLOSE, Use.CONFIRM),
    Code.PAMM: Rule(Outcome.CLOSE, Use.CONFIRM),
    Code.ANNM: Rule(Outcome.NO_MATCH, Use.STOP),
    Code.AC01: Rule(Outcome.NO_MATCH, Use.BLOCK),
    Code.IVCR: Rule(Outcome.NO_MATCH, Use.BLOCK),
    Code.ACNS: Rule(Outcome.UNABLE, Use.OTHER_EVIDENCE),
    Code.OPTO: Rule(Outcome.UNABLE, Use.OTHER_EVIDENCE),
    Code.CASS: Rule(Outcome.SWITCHED, Use.NEW_DETAILS),
    Code.SCNS: Rule(Outcome.UNABLE, Use.OTHER_EVIDENCE),
    Code.NO_ANSWER: Rule(Outcome.UNABLE, Use.ASK_AGAIN),
}

# a close match of the name is the only answer with which the bank tells the name that it holds
TELLS_NAME = frozenset({Code.MBAM, Code.BAMM, Code.PAMM})
