"""Words for looking back at a payroll: the five headings, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from payouts.looking_back.look_back import ActionRefused, ActionsOpen, Heading, NothingSaid
from payouts.web.figures import count
from schemes.errors import Refused


class Told(NamedTuple):
    """A heading and the question under it."""

    name: str
    question: str


HEADINGS: dict[Heading, Told] = {
    Heading.COMMUNICATION: Told("Communication", "Did everybody hear in time what they had to know, payees too?"),
    Heading.DECISION_MAKING: Told("Decision making", "Did the right people decide, with what they needed to see?"),
    Heading.TESTING: Told("Testing", "What did the checks or the rehearsal find, and what did they miss?"),
    Heading.DESIGN: Told("Design", "What in the scheme, the files or the pages made work that nobody needs?"),
    Heading.MOMENTUM: Told("Momentum", "Where did the payroll wait, and for whom?"),
}

TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    NothingSaid: lambda refusal: "Say something under one of the headings at least",
    ActionRefused: lambda refusal: "Enter what is to be done, somebody of your body, and today or a day to come",
    ActionsOpen: lambda refusal: (
        f"{count(refusal.count, 'action')} of earlier payrolls {'has' if refusal.count == 1 else 'have'} no answer. "
        f"Say of each that it is done, or why it is carried on"
    ),
}

ACTS: dict[str, str] = {
    "payroll.looked_back": "Looked back at the payroll ({headings})",
    "look_back.action_added": "Added an action for the next payroll ({heading})",
    "look_back.action_done": "Said that an action of an earlier payroll is done",
    "look_back.action_carried": "Carried an action of an earlier payroll on",
}
