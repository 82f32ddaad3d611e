"""The words of a message: text with ((fields)), the defaults that the service brings, and what fills the fields.

`((field))` is filled in, and `((field??words))` stands only where the field holds, as in Notify's own templates. Names
are the only thing that payees choose themselves: they lose whatever Notify would take for Markdown or a link.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from bacs import pence
from payouts.notices.connection import Way
from payouts.notices.event import NoticeEvent
from payouts.returns.reason import Reason
from payouts.returns.trace import StepKind
from schemes.body import Body
from schemes.payee import Language

FIELD = re.compile(r"\(\((\w+)(?:\?\?((?:(?!\)\)).)*))?\)\)", re.DOTALL)
HOLDS = "yes"

DAYS = {
    Language.ENGLISH: ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    Language.WELSH: ("Llun", "Mawrth", "Mercher", "Iau", "Gwener", "Sadwrn", "Sul"),
}
MONTHS = {
    Language.ENGLISH: (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
    Language.WELSH: (
        "Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai", "Mehefin", "Gorffennaf", "Awst", "Medi", "Hydref", "Tachwedd",
        "Rhagfyr",
    ),
}  # fmt: skip


class Words(NamedTuple):
    """A message as it is written; the subject of a text message is empty."""

    subject: str
    body: str


@cache
def defaults() -> dict[tuple[NoticeEvent, Way, Language], Words]:
    """The words that count until a body has its own."""
    found = {}
    for language in Language:
        written = tomllib.loads(files("payouts.notices").joinpath(f"texts/{language}.toml").read_text("utf-8"))
        for event, ways in written.items():
            for way, words in ways.items():
                key = NoticeEvent(event), Way(way), language
                found[key] = Words(words.get("subject", ""), words["body"].strip())
    return found


def fields_in(text: str) -> list[str]:
    """The fields of a text, each once, in the order in which they stand."""
    return list(dict.fromkeys(found[1] for found in FIELD.finditer(text)))


def fill(words: Words, values: Mapping[str, str]) -> Words:
    """The message as its reader gets it. A field without a value is left empty."""

    def filled(found: re.Match[str]) -> str:
        if found[2] is None:
            return values.get(found[1], "")
        return found[2] if values.get(found[1]) == HOLDS else ""

    # a paragraph that was left empty leaves no gap
    body = re.sub(r"\n{3,}", "\n\n", FIELD.sub(filled, words.body))
    return Words(FIELD.sub(filled, words.subject).strip(), body.strip())


def plain(name: str) -> str:
    """A name without what Notify or a mail program would make a link of: people choose their own names."""
    return re.sub(r"[^\w .,'’-]", "", name)


def day_words(day: date, language: Language) -> str:
    """`Wednesday 25 November 2026`, or `Mercher 25 Tachwedd 2026`."""
    return f"{DAYS[language][day.weekday()]} {day.day} {MONTHS[language][day.month - 1]} {day.year}"


def always(body: Body, name: str, sender: str, language: Language) -> dict[str, str]:
    """What every message can say."""
    either = " neu " if language is Language.WELSH else " or "
    return {
        "name": plain(name),
        "contact_email": body.contact_email,
        "contact_phone": body.contact_phone,
        "contact": either.join(filter(None, (body.contact_email, body.contact_phone))),
        "sender": sender,
    }


def of_payments(count: int, total_pence: int, last_four: str, language: Language) -> dict[str, str]:
    """The payments of a notice, as phrases of its language."""
    amount, number = pence.format(total_pence), f"{count:,}"
    if language is Language.WELSH:
        payment = f"{number} o daliadau, cyfanswm o {amount}" if count > 1 else f"taliad o {amount}"
        short = f"{number} o daliadau" if count > 1 else payment
        account = f"y cyfrif sy'n gorffen â {last_four}"
    else:
        payment = f"{number} payments that come to {amount}" if count > 1 else f"a payment of {amount}"
        short = f"{number} payments" if count > 1 else payment
        account = f"the account ending in {last_four}"
    start = f"The {payment[2:]}" if payment.startswith("a ") else payment
    return {
        "amount": amount,
        "count": number,
        "payment": payment,
        "payment_start": start[:1].upper() + start[1:],
        "a_payment": short[:1].upper() + short[1:] if language is Language.ENGLISH else short,
        "account": account,
        "last_four": last_four,
        "several": HOLDS if count > 1 else "",
    }


# what a payee is told of a return, and what they can do: (why, what to do). Nobody is told of a death
RETURNS: dict[Reason, tuple[tuple[str, str], tuple[str, str]]] = {
    Reason.CLOSED: (
        ("the bank says that the account is closed.", "Tell us which account we can pay into, by phone or by letter."),
        (
            "mae'r banc yn dweud bod y cyfrif wedi cau.",
            "Dywedwch wrthym i ba gyfrif y gallwn dalu, dros y ffôn neu drwy lythyr.",
        ),
    ),
    Reason.REFUSED_BY_PAYEE: (
        ("the bank says that the payment was sent back from the account.", "Tell us if you still want to be paid."),
        (
            "mae'r banc yn dweud bod y taliad wedi'i anfon yn ôl o'r cyfrif.",
            "Dywedwch wrthym a ydych am gael eich talu o hyd.",
        ),
    ),
    Reason.REQUESTED: (
        (
            "we asked the bank to send it back.",
            "You do not need to do anything. We will tell you what happens next.",
        ),
        (
            "gofynnwyd i'r banc ei anfon yn ôl.",
            "Nid oes angen i chi wneud dim. Byddwn yn rhoi gwybod i chi beth fydd yn digwydd nesaf.",
        ),
    ),
}
BAD_ACCOUNT = (
    ("the bank could not put it into the account.", "Check the account with your bank, and then call or write to us."),
    (
        "nid oedd y banc yn gallu ei roi yn y cyfrif.",
        "Gwiriwch y cyfrif gyda'ch banc, ac yna ffoniwch neu ysgrifennwch atom.",
    ),
)
NOT_THEIRS = (
    ("the bank sent it back.", "You do not need to do anything. We look into it, and pay you again."),
    ("anfonodd y banc ef yn ôl.", "Nid oes angen i chi wneud dim. Byddwn yn edrych arno, ac yn eich talu eto."),
)
OURS = (Reason.OURS, Reason.DUPLICATE, Reason.UNKNOWN)


def of_return(reason: Reason, language: Language) -> dict[str, str]:
    """Why a payment came back, and what its payee can do."""
    told = RETURNS.get(reason, NOT_THEIRS if reason in OURS else BAD_ACCOUNT)
    why, what = told[1 if language is Language.WELSH else 0]
    return {"why": why, "what_to_do": what}


# what a payee is told of a payment that is looked for, in English and Welsh; a comparison is the body's own affair
STEPS: dict[StepKind, tuple[str, str]] = {
    StepKind.OPENED: (
        "We were told that it has not arrived where it should. We are looking for it.",
        "Dywedwyd wrthym nad yw wedi cyrraedd lle y dylai. Rydym yn chwilio amdano.",
    ),
    StepKind.ASKED: (
        "We have asked our bank where it is. This can take some working days.",
        "Rydym wedi gofyn i'n banc ble y mae. Gall hyn gymryd rhai diwrnodau gwaith.",
    ),
    StepKind.CREDITED: (
        "Our bank says that it is in the account that we sent it to. If it is not on your statement, tell us.",
        "Mae ein banc yn dweud ei fod yn y cyfrif yr anfonwyd ef iddo. Os nad yw ar eich cyfriflen, dywedwch wrthym.",
    ),
    StepKind.RETURNED: (
        "Our bank says that it was sent back to us. We will be in touch about paying it again.",
        "Mae ein banc yn dweud ei fod wedi'i anfon yn ôl atom. Byddwn mewn cysylltiad ynghylch ei dalu eto.",
    ),
    StepKind.MISDIRECTED: (
        "It went to another account. Our bank has asked for it back. This can take some weeks.",
        "Aeth i gyfrif arall. Mae ein banc wedi gofyn amdano yn ôl. Gall hyn gymryd rhai wythnosau.",
    ),
    StepKind.RECOVERED: (
        "Our bank got it back. We will be in touch about paying it again.",
        "Mae ein banc wedi'i gael yn ôl. Byddwn mewn cysylltiad ynghylch ei dalu eto.",
    ),
    StepKind.REFUSED: (
        "Our bank could not get it back. We will be in touch about what happens now.",
        "Ni allai ein banc ei gael yn ôl. Byddwn mewn cysylltiad ynghylch beth sy'n digwydd nawr.",
    ),
    StepKind.FOUND: (
        "We are not looking for it any longer, because it was found.",
        "Nid ydym yn chwilio amdano mwyach, oherwydd cafwyd hyd iddo.",
    ),
    StepKind.CAME_BACK: (
        "It has come back to us. We will be in touch about paying it again.",
        "Mae wedi dod yn ôl atom. Byddwn mewn cysylltiad ynghylch ei dalu eto.",
    ),
}


def of_step(kind: StepKind, language: Language) -> dict[str, str]:
    """Where a payment is that is looked for. Of a step that stands in none of the words, nothing is told."""
    return {"step": STEPS[kind][1 if language is Language.WELSH else 0]}
