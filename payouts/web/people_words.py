"""Words for people, their roles and invitations, and for what is refused about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Flask

from payouts.gates.deciding import DecidesLater
from payouts.web.figures import instant
from schemes.credential_reset import BelongsToLiveBody
from schemes.delegation import DelegationFault, DelegationRefused
from schemes.errors import NotAddressed, PasswordGuessable, Refused
from schemes.invitation import AnotherPerson, InvitationState, InvitedAlready, LinkUsedUp, MemberAlready
from schemes.person import Role
from schemes.role_change import NoRole, NotPerScheme

ROLES: dict[Role, str] = {
    Role.ADMINISTRATOR: "administrator",
    Role.PREPARER: "preparer",
    Role.FINANCE: "finance officer",
    Role.APPROVER: "approver",
    Role.RELEASER: "releaser",
    Role.AUDITOR: "auditor",
    Role.ENQUIRY: "enquiry officer",
}

# what each may do, where one is chosen
ROLE_HINTS: dict[Role, str] = {
    Role.ADMINISTRATOR: "Looks after people, rules and settings",
    Role.PREPARER: "Brings payees in, prepares payrolls and decides at the gate Ready",
    Role.FINANCE: "Confirms bank details and decides at the gate Funds",
    Role.APPROVER: "Decides at the gate Approve, and confirms changes",
    Role.RELEASER: "Decides at the gate Release, and takes the files to the bank",
    Role.AUDITOR: "Reads everything, the audit trail too, and changes nothing",
    Role.ENQUIRY: "Finds payees and payments, with the last four digits of accounts only",
}

STATES: dict[InvitationState, tuple[str, str]] = {
    InvitationState.OPEN: ("Sent", "yellow"),
    InvitationState.EXPIRED: ("Expired", "red"),
    InvitationState.ACCEPTED: ("Accepted", "green"),
    InvitationState.WITHDRAWN: ("Withdrawn", "grey"),
}


def role_words(roles: Mapping[str, Sequence[str]]) -> str:
    """`approver (HIL only), auditor`: roles with the codes of their schemes, where they are not for all."""
    return ", ".join(
        f"{name} ({', '.join(roles[role])} only)" if roles[role] else name
        for role, name in ROLES.items()
        if role in roles
    )


DELEGATION_FAULTS: dict[DelegationFault, str] = {
    DelegationFault.ONESELF: "Choose somebody else: nobody stands in for themselves",
    DelegationFault.ENDS_BEFORE_IT_BEGINS: "The last day must not be before the first",
    DelegationFault.OVER: "Enter a last day that has not passed",
    DelegationFault.TOO_LONG: "Enter 92 days at most. Whoever is away for longer has to be replaced",
    DelegationFault.LACKS_ROLE: "Choose somebody who has one of the same roles. Two people can give it to them first",
    DelegationFault.OTHER_THERE: "Somebody decides for this person on these days already. End that first",
    DelegationFault.AWAY_TOO: "One of the two is away on these days, or decides for somebody. Choose another person",
}

TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    DecidesLater: lambda refusal: (
        f"You can say go from {instant(refusal.until)}. For 24 hours after somebody becomes an approver, or after "
        "their password and codes were set anew, they let no money go"
    ),
    DelegationRefused: lambda refusal: DELEGATION_FAULTS[refusal.fault],
    NotPerScheme: lambda refusal: f"The role {ROLES[Role(refusal.role)]} is for the whole body, not for some schemes",
    PasswordGuessable: lambda _: (
        "This password is easily guessed. Use three or more words that have nothing to do with each other"
    ),
    NotAddressed: lambda _: "Enter an email address, like name@example.gov.uk",
    NoRole: lambda _: "Choose at least one role. To take all roles away, remove the person",
    MemberAlready: lambda _: "Somebody with this email address is in your body already. Change their roles instead",
    InvitedAlready: lambda _: "An invitation to this email address is open, or waits for a second person",
    LinkUsedUp: lambda _: "This link works no more",
    AnotherPerson: lambda _: "The invitation is for another email address",
    BelongsToLiveBody: lambda _: "This person works in a live body too. They can only be given a new password there",
}


def register(app: Flask) -> None:
    app.add_template_filter(STATES.__getitem__, "invitation_state")
    app.add_template_filter(role_words)
