"""How long records are kept: whole financial years, which end on 31 March, and so many besides the current one.

Financial records of the public sector are kept for six years and the current one (Limitation Act 1980, section 5: six
years for a claim under a contract), unless a body's own schedule says otherwise; personal data no longer than they are
needed for that (UK GDPR, Article 5(1)(e)).
"""

from __future__ import annotations

from datetime import date

YEAR_END = (3, 31)


def financial_year_end(day: date) -> date:
    """The last day of the financial year that a day falls in."""
    ends = date(day.year, *YEAR_END)
    return ends if day <= ends else date(day.year + 1, *YEAR_END)


def kept_until(last_day: date, years: int) -> date:
    """The last day on which a record is kept whose last entry is of `last_day`."""
    return date(financial_year_end(last_day).year + years, *YEAR_END)


def first_day_kept(today: date, years: int) -> date:
    """Records whose last entry is older than this day are no longer needed."""
    return date(financial_year_end(today).year - 1 - years, 4, 1)
