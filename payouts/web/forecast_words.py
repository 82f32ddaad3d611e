"""Words for who will be told of a payroll and who will not, as long as nobody was."""

from __future__ import annotations

from payouts.notices.connection import TRIAL_A_DAY, KeyKind
from payouts.notices.forecast import Forecast
from payouts.notices.pace import ABROAD, DAY
from payouts.web.figures import count, number
from payouts.web.notice_words import WAYS


def forecast_rows(ahead: Forecast) -> list[list[str]]:
    """By what way how many will be written to."""
    rows = [[WAYS[way], number(many)] for way, many in ahead.by_way.items()]
    return [*rows, ["No address to write to", number(ahead.unreached)]] if ahead.unreached else rows


def forecast_warnings(ahead: Forecast) -> list[str]:
    """What will not go, and what to do about it before payday."""
    told = []
    if not ahead.is_set_up:
        told.append("No GOV.UK Notify is set up, so nothing is sent until there is one")
    if ahead.kind is KeyKind.TEST:
        told.append(f"The key is a test key: Notify pretends to send, and none of {number(ahead.told)} gets anything")
    if ahead.in_trial:
        told.append(
            f"The service in Notify is in trial mode. It sends to its team alone, {TRIAL_A_DAY} messages a day by each "
            f"way: of {count(ahead.told, 'notice')} at least {number(ahead.over_the_day)} will not go, and none to "
            "anybody outside the team. Ask Notify to make the service live"
        )
    elif ahead.team_only:
        told.append(
            f"The key is a team key: of {count(ahead.told, 'notice')} only those to your team in Notify will go. Use a "
            "live key"
        )
    if ahead.abroad:
        told.append(
            f"{count(ahead.abroad, 'text goes', 'texts go')} to a number abroad. Notify sends those only where your "
            f"service has them turned on, {DAY[ABROAD]} a day, and each is paid for as several texts"
        )
    return told
