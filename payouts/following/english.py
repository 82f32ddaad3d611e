"""What is told in English to whoever follows a payment."""

from __future__ import annotations

from payouts.following.progress import Stage

CODE = "en"
REVIEWED = True

STAGES: dict[Stage, tuple[str, str, str]] = {
    Stage.BEING_PREPARED: (
        "We are preparing this payment",
        "We check every payment before we make it.",
        "Once it is approved you can see here how much it is and when you get it.",
    ),
    Stage.APPROVED: (
        "This payment is approved",
        "We send it to our bank next.",
        "It should be in the account by the end of {day}.",
    ),
    Stage.CHEQUE_APPROVED: (
        "This payment is approved",
        "We make out a cheque next.",
        "It comes by post, unless we agreed something else with you.",
    ),
    Stage.CHEQUE_POSTED: (
        "We have sent a cheque",
        "We made it out on {day}. It comes by post, unless we agreed something else with you.",
        "If it has not come within a week, contact us. We stop it and send another.",
    ),
    Stage.CHEQUE_STOPPED: (
        "This cheque was stopped",
        "A bank does not pay it any more. The money is safe with us.",
        "Do not pay the cheque in. Contact us, so that we can agree how to pay you instead.",
    ),
    Stage.ON_ITS_WAY: (
        "This payment is on its way",
        "We have sent it to our bank.",
        "It should be in the account by the end of {day}.",
    ),
    Stage.DUE_TODAY: (
        "This payment is due today",
        "It should be in the account by the end of today, {day}.",
        "Most payments arrive in the morning.",
    ),
    Stage.SHOULD_HAVE_ARRIVED: (
        "This payment should be in the account",
        "It was due on {day}.",
        "If it is not there, look for the reference and the amount on your bank statement before you contact us.",
    ),
    Stage.PAID: (
        "This payment was made",
        "It went to the account on {day}, and no bank has sent it back.",
        "You do not need to do anything.",
    ),
    Stage.CAME_BACK: (
        "This payment did not arrive",
        "It did not go into the account. The money is safe with us.",
        "Contact us, so that we can put it right. We will never ask for bank details by email, text or a link.",
    ),
    Stage.PAID_AGAIN: (
        "This payment was replaced by another",
        "It was not made, or did not arrive.",
        "We make it again as a new payment.",
    ),
    Stage.STOPPED: (
        "This payment is not being made",
        "It was stopped before it was sent.",
        "Contact us if you expected it.",
    ),
}
"""Of each stage: how it is called, what happened, and what happens next or what to do. `{day}` is the pay date."""

PAGE: dict[str, str] = {
    "follow": "Follow a payment",
    "payment": "Your payment",
    "payments": "Your payments",
    "none": "No payment has been made yet. Come back when you expect one.",
    "next": "What happens next",
    "steps": "How far it is",
    "step_approved": "Approved",
    "step_sent": "Sent to our bank",
    "step_arrived": "In the account",
    "done": "Done",
    "not_yet": "Not yet",
    "stopped": "Did not happen",
    "details": "The payment",
    "scheme": "Scheme",
    "for": "For",
    "amount": "Amount",
    "pay_date": "Payment date",
    "account": "Account",
    "ending": "ending {digits}",
    "reference": "Reference on the bank statement",
    "in_one_credit": "It arrives in one amount together with other payments.",
    "again": "See the new payment",
    "missing": "If it does not arrive",
    "missing_wait": "Banks add most payments in the morning, some later in the day. Wait until the end of {day}.",
    "missing_contact": "If it is not there by then, contact {body} and give the reference above.",
    "missing_never": "We will never ask for your bank details, a password or a code by email, text or on this page.",
    "contact": "Contact {body}",
    "period": "{first} to {last}",
    "expected": "Expected",
    "who": "Who pays you?",
    "find_intro": (
        "The quickest way is the link in the message that we sent. Without it, use the reference of the payment."
    ),
    "find_reference": "Reference of the payment",
    "find_reference_hint": "It is in our message and on the bank statement, like HIL-0007-000125",
    "find_fact": "Date of birth or postcode",
    "find_fact_hint": "Of the person whose payment it is, like 27 3 1985 or LS1 4DY",
    "find": "Find the payment",
    "find_again": "find a payment by its reference",
    "no_reference": "Enter the reference of the payment",
    "no_fact": "Enter a date of birth or a postcode",
    "not_found": (
        "We cannot find a payment with this reference and date of birth or postcode. Check both, or contact whoever "
        "pays you"
    ),
    "problem": "There is a problem",
    "never": "We will never ask for your bank details, a password or a code on this page.",
    "unknown": "We cannot show this payment",
    "unknown_copied": (
        "If you copied the link from a message, check that you copied all of it. Links stop working about a year after "
        "the payment."
    ),
    "unknown_else": (
        "You can also contact whoever pays you, at the address in their message or on a number that you have used "
        "before. Or"
    ),
    "slowed": "Too many tries",
    "slowed_wait": "Minutes to wait before you try again: {minutes}.",
    "slowed_link": "The link in our message works all the time.",
    "language": "Language",
    "other_language": "Cymraeg",
    "other_code": "cy",
    "unreviewed": "",
    "see": "See this payment",
    "questions": "Questions about a payment:",
    "sandbox": "SANDBOX: no money moves. The people and accounts here are made up.",
}

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
