"""What is wrong with the words of a message, found when they are entered or previewed and not on the pay day.

A text message is counted as the networks count it: 160 characters of GSM 7-bit (3GPP TS 23.038), 153 in each part of
several, the extended ones counting twice; any other character makes it UCS-2, with 70 and 67. GOV.UK Notify sends four
fragments at the most for what one would pay for, and itself turns curly quotes, dashes and the like into plain ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from payouts.notices.connection import Way
from payouts.notices.event import FIELDS, NoticeEvent
from payouts.notices.words import HOLDS, Words, fields_in, fill
from schemes.errors import Refused

MOST_FRAGMENTS = 4
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = set("^{}\\[~]|€\f")
PLAIN = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " ", "\t": " "}
)

LINK = re.compile(r"https?://|www\.|\(\((link|follow_link)\)\)", re.IGNORECASE)
DETAILS = re.compile(
    r"bank details|sort code|account number|account details|card number|card details|\bPIN\b|password|passcode|"
    r"manylion(?:ion)? banc|cod didoli|rhif (?:y )?cyfrif|cyfrinair",
    re.IGNORECASE,
)
ASKS = re.compile(
    r"\b(enter|send|confirm|update|give|provide|reply|verify|check|submit|type|fill|click|tap|follow|go to|tell)\b|"
    r"\b(rhowch|anfonwch|cadarnhewch|diweddarwch|darparwch|atebwch|gwiriwch|cliciwch|dywedwch)\b",
    re.IGNORECASE,
)
DENIES = re.compile(r"\b(never|not|neither|nor|don[’']t|won[’']t|byth|nid|ni|peidiwch)\b", re.IGNORECASE)
SENTENCE = re.compile(r"[^.!?\n]+")
# words that tell whoever sees a locked phone or an envelope's window about somebody's health or need
REVEALS = re.compile(
    r"\b(disab\w*|benefits?|universal credit|personal independence|independent living|\bPIP\b|\bDLA\b|\bESA\b|\bILF\b|"
    r"allowances?|care needs|carers?|mental\w*|illness\w*|impair\w*|wheelchair\w*|attendance|mobility|hardship|poverty|"
    r"low income|pensions?|refuge\w*|asylum|domestic abuse|cancer|"
    r"anabl\w*|budd-dal\w*|lwfans\w*|gofalwyr?|iechyd meddwl|salwch|pensiwn)\b",
    re.IGNORECASE,
)
# as long as what is filled in can well be: a message that fits with these fits for nearly everybody
LONG = {
    "name": "Alexandra Featherstonehaugh-Cholmondeley",
    "contact": "payments@a-county-council.gov.uk or 01234 567890",
    "contact_email": "payments@a-county-council.gov.uk",
    "contact_phone": "01234 567890",
    "sender": "The payments team",
    "date": "Wednesday 25 November 2026",
    "new_date": "Wednesday 25 November 2026",
    "payment": "a payment of £12,345.67",
    "payment_start": "The payment of £12,345.67",
    "a_payment": "A payment of £12,345.67",
    "amount": "£12,345.67",
    "count": "12",
    "account": "the account ending in 1234",
    "last_four": "1234",
    "taken_off": "£1,234.56",
    "link": "https://payouts.a-county-council.gov.uk/not-me/" + "x" * 43,
    "until": "25 December 2026",
    "why": "the bank could not put it into the account.",
    "step": "It went to another account. Our bank has asked for it back. This can take some weeks.",
    "what_to_do": "Check the account with your bank, and then call or write to us.",
    "several": HOLDS,
    "recovered": HOLDS,
    "can_follow": HOLDS,
    "follow_link": "https://payouts.a-county-council.gov.uk/follow/" + "x" * 43,
    "for_another": HOLDS,
}


class Fault(StrEnum):
    """What is wrong."""

    EMPTY = "empty"
    UNKNOWN_FIELD = "unknown_field"
    BRACKETS = "brackets"
    TOO_LONG = "too_long"
    ASKS_FOR_DETAILS = "asks_for_details"
    REVEALS = "reveals"


class WordingFault(NamedTuple):
    """One thing that is wrong, with where it stands (`subject` or `body`) and the words or numbers in question."""

    fault: Fault
    place: str
    facts: tuple[str, ...] = ()


class WordingRefused(Refused):
    """Words that must not be sent, with everything that has to be put right."""

    def __init__(self, faults: Iterable[WordingFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.place}: {fault.fault} {' '.join(fault.facts)}" for fault in self.faults))


def look(event: NoticeEvent, way: Way, words: Words) -> list[WordingFault]:
    """Everything that is wrong with words as they are written."""
    places = ("body",) if way is Way.TEXT else ("subject", "body")
    faults = look_at_fields(words, FIELDS[event], places)
    for place in places:
        if asks_for_details(getattr(words, place), words):
            faults.append(WordingFault(Fault.ASKS_FOR_DETAILS, place))
    return faults + look_at_filled(way, fill(words, LONG))


def look_at_fields(
    words: Words, known: frozenset[str], places: Iterable[str] = ("subject", "body")
) -> list[WordingFault]:
    """What is wrong with how words are written: nothing said, fields that are unknown or were not closed."""
    faults = []
    for place in places:
        text: str = getattr(words, place)
        if not text.strip():
            faults.append(WordingFault(Fault.EMPTY, place))
        unknown = [name for name in fields_in(text) if name not in known]
        if unknown:
            faults.append(WordingFault(Fault.UNKNOWN_FIELD, place, tuple(unknown)))
        if text.count("((") != len(list(re.finditer(r"\(\(\w+(\?\?|\)\))", text))):
            faults.append(WordingFault(Fault.BRACKETS, place))
    return faults


def look_at_filled(way: Way, filled: Words) -> list[WordingFault]:
    """What is wrong with a message as its reader gets it: what it reveals, and a text that is too long."""
    faults = []
    seen = {"body": filled.body} if way is Way.TEXT else {"subject": filled.subject}
    for place, text in seen.items():
        told = tuple(dict.fromkeys(found[0].lower() for found in REVEALS.finditer(text)))
        if told:
            faults.append(WordingFault(Fault.REVEALS, place, told))
    if way is Way.TEXT and fragments(filled.body) > MOST_FRAGMENTS:
        faults.append(WordingFault(Fault.TOO_LONG, "body", (str(fragments(filled.body)),)))
    return faults


def asks_for_details(text: str, words: Words) -> bool:
    """Whether a message with a link asks for bank details: what a fraudster's message does, and ours never do."""
    if not LINK.search(f"{words.subject}\n{words.body}"):
        return False
    sentences = (found[0] for found in SENTENCE.finditer(text))
    return any(DETAILS.search(one) and ASKS.search(one) and not DENIES.search(one) for one in sentences)


def as_sent(text: str) -> str:
    """A text message with plain quotes and dashes, as Notify sends it."""
    return text.translate(PLAIN)


def fragments(text: str) -> int:
    """In how many parts a text message goes.

    >>> fragments("a" * 160), fragments("a" * 161), fragments("ŵ" * 70), fragments("ŵ" * 71), fragments("€" * 81)
    (1, 2, 1, 2, 2)
    """
    text = as_sent(text)
    if all(character in GSM or character in GSM_EXTENDED for character in text):
        length, alone, in_several = len(text) + sum(character in GSM_EXTENDED for character in text), 160, 153
    else:
        length, alone, in_several = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= alone else -(-length // in_several)
