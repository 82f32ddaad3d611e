"""What payees are told about, and which fields the words about it may use."""

from __future__ import annotations

from enum import StrEnum


class NoticeEvent(StrEnum):
    """What a notice tells. Of `OF_SUBMISSION` a payee gets one for a payroll: the first that holds, from the top."""

    CHEQUE_POSTED = "cheque_posted"
    CHEQUE_STOPPED = "cheque_stopped"
    FIRST_PAYMENT = "first_payment"
    PAYMENT_REDUCED = "payment_reduced"
    PAYMENT_ON_ITS_WAY = "payment_on_its_way"
    PAYMENT_SHOULD_BE_THERE = "payment_should_be_there"
    PAYMENT_MOVED = "payment_moved"
    PAYMENT_DELAYED = "payment_delayed"
    PAYMENT_HELD = "payment_held"
    PAYMENT_STOPPED = "payment_stopped"
    NOTHING_THIS_TIME = "nothing_this_time"
    PAYMENT_RETURNED = "payment_returned"
    PAYMENT_LOOKED_FOR = "payment_looked_for"
    DETAILS_CHANGED = "details_changed"


OF_SUBMISSION = (
    NoticeEvent.CHEQUE_POSTED,
    NoticeEvent.FIRST_PAYMENT,
    NoticeEvent.PAYMENT_REDUCED,
    NoticeEvent.PAYMENT_ON_ITS_WAY,
)

ALWAYS = frozenset({"name", "contact", "contact_email", "contact_phone", "sender"})
OF_A_PAYROLL = frozenset({"date", "for_another"})
OF_A_PAYMENT = OF_A_PAYROLL | {
    "payment",
    "a_payment",
    "payment_start",
    "amount",
    "count",
    "account",
    "last_four",
    "several",
    "follow_link",
    "can_follow",
}
FIELDS: dict[NoticeEvent, frozenset[str]] = {
    NoticeEvent.CHEQUE_POSTED: ALWAYS | OF_A_PAYMENT - {"account", "last_four", "several"},
    NoticeEvent.CHEQUE_STOPPED: ALWAYS | OF_A_PAYMENT - {"account", "last_four", "several"},
    NoticeEvent.FIRST_PAYMENT: ALWAYS | OF_A_PAYMENT,
    NoticeEvent.PAYMENT_REDUCED: ALWAYS | OF_A_PAYMENT | {"taken_off"},
    NoticeEvent.PAYMENT_ON_ITS_WAY: ALWAYS | OF_A_PAYMENT,
    NoticeEvent.PAYMENT_SHOULD_BE_THERE: ALWAYS | OF_A_PAYMENT,
    # of what is not released nobody is told how much it is
    NoticeEvent.PAYMENT_MOVED: ALWAYS | OF_A_PAYROLL | {"new_date"},
    NoticeEvent.PAYMENT_DELAYED: ALWAYS | OF_A_PAYMENT,
    NoticeEvent.PAYMENT_HELD: ALWAYS | OF_A_PAYROLL,
    NoticeEvent.PAYMENT_STOPPED: ALWAYS | OF_A_PAYROLL,
    NoticeEvent.NOTHING_THIS_TIME: ALWAYS | OF_A_PAYROLL | {"recovered"},
    NoticeEvent.PAYMENT_RETURNED: ALWAYS | OF_A_PAYMENT | {"why", "what_to_do"},
    # it names the amount and the day, never an account: it may have gone to somebody else's
    NoticeEvent.PAYMENT_LOOKED_FOR: ALWAYS | OF_A_PAYMENT - {"account", "last_four", "several"} | {"step"},
    NoticeEvent.DETAILS_CHANGED: ALWAYS | {"link", "until"},
}
"""`((several??…))`, `((for_another??…))`, `((can_follow??…))`
and `((recovered??…))` hold or do not; all others are filled in."""
