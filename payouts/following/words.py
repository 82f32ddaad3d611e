"""What is told to whoever follows a payment, in the payee's language.

One table a language, with the same keys: what a language lacks is a fault that a test finds, not a gap that a reader
meets. No word says what the payment is for beyond the scheme's own name.
"""

from __future__ import annotations

from datetime import date

from payouts.following import english, welsh
from payouts.following.progress import Progress
from schemes.payee import Language

ENGLISH, WELSH = Language.ENGLISH, Language.WELSH
REVIEWED = {ENGLISH: english.REVIEWED, WELSH: welsh.REVIEWED}
CODES = {ENGLISH: english.CODE, WELSH: welsh.CODE}
STAGES = {ENGLISH: english.STAGES, WELSH: welsh.STAGES}
PAGE = {ENGLISH: english.PAGE, WELSH: welsh.PAGE}
WEEKDAYS = {ENGLISH: english.WEEKDAYS, WELSH: welsh.WEEKDAYS}
MONTHS = {ENGLISH: english.MONTHS, WELSH: welsh.MONTHS}


def day(value: date, language: Language) -> str:
    """`25 November 2026`, `25 Tachwedd 2026`."""
    return f"{value.day} {MONTHS[language][value.month - 1]} {value.year}"


def weekday(value: date, language: Language) -> str:
    """`Wednesday 25 November 2026`, `dydd Mercher 25 Tachwedd 2026`."""
    return f"{WEEKDAYS[language][value.weekday()]} {day(value, language)}"


def said(progress: Progress, language: Language) -> tuple[str, str, str]:
    """How a payment's stage is called, what happened, and what happens next."""
    when = weekday(progress.pay_date, language) if progress.pay_date else ""
    name, happened, following = STAGES[language][progress.stage]
    return name, happened.format(day=when), following.format(day=when)
