"""Words for a scheme's settings of the checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payouts.checks.finding import Kind, Severity
from payouts.web.figures import count, number, pounds
from payouts.web.finding_words import KINDS, SEVERITIES
from schemes.check_settings import Check, Weight, settings_from

THRESHOLDS: dict[str, str] = {
    "times_the_median": "How many times the middle payment is unusually large",
    "change_percent": "By how much a payment may differ from the award’s last ones (percent)",
    "change_least_pence": "Smaller differences from them are never mentioned (pounds)",
    "change_payments": "How many of the award’s last payments it is compared with",
    "days_back": "How many days before and after are compared with other payrolls",
    "total_percent": "By how much the total may differ from the last payroll’s (percent)",
    "count_percent": "By how much the number of payments may differ from the last payroll’s (percent)",
}


def check_title(check: Check) -> str:
    return KINDS[Kind(check.value)].title


def weight_words(weight: Weight) -> str:
    return SEVERITIES[Severity(weight.value)][0]


def threshold_words(name: str, value: int) -> str:
    if name.endswith("_pence"):
        return pounds(value)
    if name.endswith("_percent"):
        return f"{number(value)}%"
    unit = {"days_back": "day", "change_payments": "payment"}.get(name)
    return count(value, unit) if unit else f"{number(value)} times"


def settings_rows(facts: Mapping[str, Any]) -> dict[str, str]:
    """A proposal's facts, row by row."""
    settings = settings_from({name: facts[name] for name in ("weights", "thresholds")})
    return {
        **{check_title(check): weight_words(settings.weight(check)) for check in Check},
        **{THRESHOLDS[name]: threshold_words(name, value) for name, value in settings.thresholds._asdict().items()},
    }
