"""To whom a key may send, and how much in a day: a team's key and a service in trial are kept short, as by Notify."""

from __future__ import annotations

import re
import threading
from collections import Counter
from datetime import UTC, date, datetime

from payouts.sandbox.notify_keys import ApiKey, NotifyRefused
from payouts.sandbox.templates import TemplateType

TRIAL_A_DAY = 50
ABROAD_A_DAY = 100
# a sandbox's payees live at the domains that are set aside for examples: nobody's team does
STRANGERS = re.compile(r"@example\.(com|org|net)$", re.IGNORECASE)
GUESTS = frozenset({"+447700900801", "07700900801"})


class Allowance:
    """What was sent today, counted by service. In memory only: a restarted simulator begins its day anew."""

    def __init__(self) -> None:
        self._sent: Counter[tuple[date, str, str]] = Counter()
        self._lock = threading.Lock()

    def take(self, key: ApiKey, type: TemplateType, recipient: str, now: datetime) -> None:
        """Let one message through, or raise NotifyRefused as Notify does."""
        if key.kind in ("team", "trial"):
            must_be_of_the_team(key, type, recipient)
        if key.kind == "trial":
            self._count(key, type, TRIAL_A_DAY, now)
        if key.kind == "live" and type == "sms" and goes_abroad(recipient):
            self._count(key, "international_sms", ABROAD_A_DAY, now)

    def _count(self, key: ApiKey, what: str, most: int, now: datetime) -> None:
        today = (now.astimezone(UTC).date(), key.service_id, what)
        with self._lock:
            if self._sent[today] >= most:
                raise NotifyRefused(429, "TooManyRequestsError", f"Exceeded send limits ({what}: {most}) for today")
            self._sent[today] += 1


def must_be_of_the_team(key: ApiKey, type: TemplateType, recipient: str) -> None:
    trial = key.kind == "trial"
    if type == "letter":
        with_what = "when service is in trial mode" if trial else "with a team api key"
        raise NotifyRefused(403, "BadRequestError", f"Cannot send letters {with_what}")
    if STRANGERS.search(recipient) or (type == "sms" and re.sub(r"[^0-9+]", "", recipient) not in GUESTS):
        why = "when service is in trial mode" if trial else "using a team-only API key"
        raise NotifyRefused(400, "BadRequestError", f"Can’t send to this recipient {why}")


def goes_abroad(recipient: str) -> bool:
    digits = re.sub(r"[^0-9+]", "", recipient)
    return digits.startswith(("+", "00")) and not digits.startswith(("+44", "0044"))
