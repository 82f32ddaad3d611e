"""Words for the steps of a first payroll, and for what is refused on the way into a sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from payouts.first_hour.practice import OnlyInASandbox
from payouts.first_hour.sign_up import LONGEST_NAME, SandboxNameRefused, SignUpSlowed
from payouts.first_hour.steps import State, Step
from payouts.web.figures import instant
from schemes.errors import Refused


class Told(NamedTuple):
    """A step in words: what it is, then what to do, what is left once it began, and what it led to.

    endpoint: the page to begin on.
    """

    name: str
    hint: str
    begun: str
    done: str
    endpoint: str


TASKS: dict[Step, Told] = {
    Step.ACCOUNT: Told(
        "Say which account pays",
        "The account that the money leaves, and how its files are made.",
        "It waits for a second person.",
        "There is an account to pay from.",
        "pages.show_bank_profiles",
    ),
    Step.PEOPLE: Told(
        "Bring your colleagues in",
        "A payroll takes at least three people: one prepares it, others see to the money, approve and release it.",
        "They have not come yet.",
        "Every role is somebody’s.",
        "pages.show_people",
    ),
    Step.SCHEME: Told(
        "Define a scheme",
        "What you pay, how often, up to how much, and who has to agree.",
        "It is written, and waits to be proposed or confirmed by a second person.",
        "You have a scheme.",
        "pages.begin_scheme",
    ),
    Step.PAYEES: Told(
        "Bring payees in",
        "From a file. Every row is read as a trial first; the wrong ones come back with the reason.",
        "The file was sent. See what was read, and say which rows to keep.",
        "Your register has payees.",
        "pages.begin_import",
    ),
    Step.DETAILS: Told(
        "Confirm the bank details",
        "Somebody who did not send the file looks at the bank details and confirms them.",
        "They wait for somebody who did not send the file.",
        "A second person confirmed them.",
        "pages.show_imports",
    ),
    Step.REHEARSE: Told(
        "Rehearse: build the payroll and see what the checks find",
        "Create a payroll. Put right what is found, or accept it with a reason, then build the files.",
        "The payroll is there. Put right what was found, or accept it, then build the files.",
        "The files for the bank are built and sealed.",
        "pages.show_payrolls",
    ),
    Step.GATES: Told(
        "Go through the gates",
        "Ready, Funds, Approve, Release: each is a go or a no-go of a person, signed with a one-time code.",
        "The next gate waits for its person.",
        "Every gate said go.",
        "pages.show_payrolls",
    ),
    Step.HAND_OVER: Told(
        "Hand the file over",
        "The releaser downloads the file, sends it with the Bacs software, and records that it was submitted.",
        "Download the file, then record the submission.",
        "The file is with the bank.",
        "pages.show_payrolls",
    ),
    Step.BANK: Told(
        "Read the bank’s word",
        "In a sandbox you let the bank’s days pass; its reports say who was paid and what came back.",
        "Let the bank’s next day pass, and read what it says.",
        "The bank has answered.",
        "pages.show_payrolls",
    ),
}

GROUPS: tuple[tuple[str, tuple[Step, ...]], ...] = (
    ("Set up", (Step.ACCOUNT, Step.PEOPLE, Step.SCHEME)),
    ("The register", (Step.PAYEES, Step.DETAILS)),
    ("Pay", (Step.REHEARSE, Step.GATES, Step.HAND_OVER, Step.BANK)),
)

STATES: dict[State, tuple[str, str]] = {
    State.DONE: ("Completed", ""),
    State.BEGUN: ("In progress", "light-blue"),
    State.NEXT: ("Not yet started", "blue"),
    State.LATER: ("Cannot start yet", "none"),
}

TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    SignUpSlowed: lambda refusal: f"Too many sandboxes were asked for. Try again after {instant(refusal.until)}",
    SandboxNameRefused: lambda refusal: (
        f"Enter a name of at most {LONGEST_NAME} characters, of letters, digits and spaces"
    ),
    OnlyInASandbox: lambda refusal: "This is for a sandbox only. In a live body everybody signs in as themselves",
}

ACTS: dict[str, str] = {
    "body.signed_up": "Somebody asked for this sandbox",
    "body.sign_up_forgotten": "Forgot who asked for this sandbox, since nobody opened the link",
    "practice.colleague_added": "Added a practice colleague ({role})",
    "practice.worked_as": "Began to work as a practice colleague",
}
