"""Words for the way to live: the points of the checklist, how each stands, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from payouts.going_live.answering import OtherList
from payouts.going_live.asking import NotReady, OnlyPractises
from payouts.going_live.readiness import ADMINISTRATORS, REHEARSALS, NotSaid, Point, PointRow
from payouts.web.figures import count
from payouts.web.people_words import ROLES
from schemes.errors import Refused
from schemes.person import Role


class Told(NamedTuple):
    """A point in words. asks: what has to be so. endpoint, link: the page on which it is done, and the words to it."""

    name: str
    asks: str
    endpoint: str = ""
    link: str = ""


POINTS: dict[Point, Told] = {
    Point.REHEARSED: Told(
        "Rehearsals",
        f"At least {REHEARSALS} payrolls of this sandbox went all the way until its bank took them.",
        "pages.show_payrolls",
        "Rehearse a payroll",
    ),
    Point.LOOKED_BACK: Told(
        "A payroll that was looked back at",
        "After a rehearsal your people said what went well and what cost them time.",
        "pages.show_payrolls",
        "Look back at a payroll",
    ),
    Point.TRAINED: Told(
        "People are trained",
        "Everybody who decides at a gate has done so in a rehearsal, and knows whom to ask.",
    ),
    Point.ADMINISTRATORS: Told(
        "A second administrator",
        f"At least {ADMINISTRATORS} real people administer the body, so that nobody is alone or locked out.",
        "pages.show_people",
        "Give somebody the role",
    ),
    Point.PEOPLE: Told(
        "People for every gate",
        "Your own people can run a payroll of each scheme without practice colleagues.",
        "pages.show_duties",
        "See who can run a payroll",
    ),
    Point.BANK_PROFILE: Told(
        "Accounts to pay from are tried",
        "A rehearsal went through every account that a scheme pays from, and the sandbox’s bank took it.",
        "pages.show_bank_profiles",
        "See the accounts",
    ),
    Point.BANK_SAID_YES: Told(
        "Your bank took a test file",
        "Your bank, or your bureau, read a test file with your own service user number and said yes.",
    ),
    Point.NOTIFY: Told(
        "Messages reach people",
        "This installation has a live key of GOV.UK Notify and a template for staff. Its operator sets them.",
    ),
    Point.DATA_PROTECTION: Told(
        "Data protection is agreed",
        "The impact assessment is signed, and your privacy notice names this service.",
    ),
    Point.SUPPORT: Told(
        "Help is arranged",
        "People know whom to call when a payroll is stuck on its last day, and payees know whom to ask.",
    ),
}

GROUPS: tuple[tuple[str, tuple[Point, ...]], ...] = (
    ("Practice", (Point.REHEARSED, Point.LOOKED_BACK, Point.TRAINED)),
    ("People", (Point.ADMINISTRATORS, Point.PEOPLE, Point.SUPPORT)),
    ("The bank", (Point.BANK_PROFILE, Point.BANK_SAID_YES)),
    ("Messages and data", (Point.NOTIFY, Point.DATA_PROTECTION)),
)


def shown(row: PointRow) -> str:
    """How far a point is that the service looks up: what shows it, or what is missing. "" where a person says it."""
    match row.point:
        case Point.REHEARSED:
            return f"{count(row.number, 'payroll')} so far." if row.number else "None so far."
        case Point.LOOKED_BACK:
            return "" if row.done else "Nobody has looked back yet."
        case Point.ADMINISTRATORS:
            return f"{count(row.number, 'real administrator')}."
        case Point.PEOPLE:
            if row.lacks:
                return f"Missing: {'; '.join(lack_words(lack) for lack in row.lacks)}."
            return "" if row.done else "There is no scheme yet."
        case Point.BANK_PROFILE:
            if row.lacks:
                return f"Not tried yet: {', '.join(row.lacks)}."
            return "" if row.done else "There is no scheme yet."
        case Point.NOTIFY:
            return "" if row.done else "It is not set up: ask whoever runs this installation."
    return ""


def lack_words(lack: str) -> str:
    scheme, _, role = lack.partition(": ")
    return f"{ROLES[Role(role)].lower()} for {scheme}"


def request_rows(facts: Mapping[str, Any]) -> dict[str, str]:
    """A request to go live as a change that a second administrator confirms."""
    if "live_name" not in facts:
        return {}
    done = sum(point["done"] for point in facts["checklist"].values())
    return {
        "Name of the live body": facts["live_name"],
        "Payees write to": facts["contact_email"],
        "Checklist": f"{done} of {count(len(facts['checklist']), 'point')} completed",
    }


TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    NotReady: lambda refusal: (
        f"{count(refusal.count, 'point')} of the checklist {'is' if refusal.count == 1 else 'are'} open"
    ),
    NotSaid: lambda refusal: "The service looks this up itself: no words make it so",
    OnlyPractises: lambda refusal: "A practice colleague cannot ask for a live body. Work as yourself",
    OtherList: lambda refusal: "The checklist that waits is not the one that was named. Read it again",
}

ACTS: dict[str, str] = {
    "readiness.given": "Said who sees to a point of the way to live ({point})",
    "readiness.said": "Said that a point of the way to live is so ({point})",
    "readiness.taken_back": "Took back that a point of the way to live is so ({point})",
    "go_live.asked": "Confirmed the request to go live",
    "go_live.withdrawn": "Took the request to go live back",
    "go_live.approved": "Whoever runs the installation approved the request to go live",
    "go_live.declined": "Whoever runs the installation declined the request to go live",
    "body.rehearsed_in": "Whoever runs the installation said in which sandbox this body rehearses",
}
