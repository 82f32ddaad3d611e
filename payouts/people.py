"""What follows when people come, go or change: who is told by e-mail, with which link and in which words."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts import when
from payouts.notices import staff
from payouts.notices.staff import StaffEvent
from payouts.notices.words import plain
from schemes import (
    audit,
    before_body,
    change_applied,
    credential_reset,
    database,
    invitation,
    recovery_code,
    safe_contact_change,
)
from schemes.body import get_body
from schemes.change import Change, ChangeKind
from schemes.credential_reset import CredentialReset
from schemes.delegation import Delegation
from schemes.invitation import Invitation, get_invitation
from schemes.person import Actor, Person, Role, people
from schemes.role_change import WAIT
from schemes.sign_in import SignedIn

if TYPE_CHECKING:
    from payouts.app import Service

NOT_YOU = "If you did not expect this, contact an administrator of your body at once."


def confirm(session: Session, service: Service, waiting: Change, *, by: Actor, at: datetime) -> None:
    """A second person confirms a change, and those whom it concerns are told. Raises as `change_applied.confirm`."""
    if waiting.confirmed_by == by.person_id:
        return
    change_applied.confirm(session, waiting, by=by, at=at)
    match waiting.kind:
        case ChangeKind.SAFE_CONTACT:
            safe_contact_change.keep_history(session, service.seals, waiting, by=by, at=at)
        case ChangeKind.PROMOTION:
            for told in waiting.after["items"]:
                if invited := told.get("invitation_id"):
                    send_invitation(session, service, get_invitation(session, UUID(invited)), at=at)
        case ChangeKind.INVITATION:
            send_invitation(session, service, get_invitation(session, waiting.subject_id), at=at)
        case ChangeKind.CREDENTIALS:
            send_reset(session, service, session.get_one(CredentialReset, (by.body_id, waiting.id)), at=at)
        case ChangeKind.DELEGATION:
            made = session.scalars(select(Delegation).where(Delegation.change_id == waiting.id)).one()
            tell_of_delegation(session, service, made, at=at)
        case ChangeKind.ROLES:
            if Role.APPROVER in waiting.after["roles"] and Role.APPROVER not in waiting.before["roles"]:
                tell_of_approver(session, service, waiting.subject_id, at=at)


def send_invitation(session: Session, service: Service, invited: Invitation, *, at: datetime) -> None:
    """Send the link; one sent before works no more. Raises NotNow once it was accepted or withdrawn."""
    token = invitation.new_link(invited, at=at)
    body = get_body(session)
    text = (
        f"You are invited to work with {body.name} in Payouts.\n\n"
        f"Accept the invitation here:\n\n{service.settings.base_url}/invitations/{token}\n\n"
        f"The link works until {when.instant(invited.expires_at)}, and once. Have a telephone with an authenticator "
        f"app ready. If you do not know {body.name}, do nothing."
    )
    subject = f"Join {body.name} in Payouts"
    staff.plan(
        session,
        service,
        StaffEvent.INVITATION,
        email=invited.email,
        name=invited.name,
        subject=subject,
        text=text,
        at=at,
    )


def send_again(session: Session, service: Service, invited: Invitation, *, by: Actor, at: datetime) -> None:
    """Send an invitation anew: what is sent was confirmed, so one person may. Raises NotNow, NotAllowed."""
    by.must_be(Role.ADMINISTRATOR)
    send_invitation(session, service, invited, at=at)
    audit.record(session, "person.invitation_sent_again", by=by, about=invited, at=at)


def send_reset(session: Session, service: Service, reset: CredentialReset, *, at: datetime) -> None:
    """Send the link to whoever lost their password or codes, and tell every approver."""
    token = credential_reset.new_link(reset, at=at)
    person = session.get_one(Person, reset.person_id)
    text = (
        "Two people of your body agreed that you set a new password and new one-time codes.\n\n"
        f"Do it here:\n\n{service.settings.base_url}/resets/{token}\n\n"
        f"The link works until {when.instant(reset.expires_at)}, and once. Afterwards you decide at no gate "
        f"for 24 hours. {NOT_YOU}"
    )
    tell(session, service, StaffEvent.RESET_LINK, person, "Set a new password and new codes", text, at=at)
    text = (
        f"{plain(person.name)} may set a new password and new one-time codes, since theirs were lost. Afterwards they "
        f"decide at no gate for 24 hours. If they did not ask for it, have an administrator remove them at once."
    )
    tell_approvers(session, service, StaffEvent.RESET_CONFIRMED, "Somebody’s password is being reset", text, at=at)


def tell_of_approver(session: Session, service: Service, person_id: UUID, *, at: datetime) -> None:
    """Tell every approver, the new one too, that there is a new one."""
    person = session.get_one(Person, person_id)
    text = (
        f"{plain(person.name)} is an approver of {get_body(session).name} now. They approve nothing before "
        f"{when.instant(at + WAIT)}. {NOT_YOU}"
    )
    tell_approvers(session, service, StaffEvent.NEW_APPROVER, "There is a new approver", text, at=at)


def tell_of_delegation(session: Session, service: Service, made: Delegation, *, at: datetime) -> None:
    """Tell both who is away and who decides for them. Told once: a form sent twice has told them already."""
    if made.made_at != at:
        return
    away, instead = session.get_one(Person, made.person_id), session.get_one(Person, made.delegate_id)
    days = f"from {when.day(made.first_day)} to {when.day(made.last_day)}"
    text = (
        f"{plain(instead.name)} decides at gates of {get_body(session).name} for {plain(away.name)} {days}. Both can "
        f"end it earlier on the page Who is away. {NOT_YOU}"
    )
    for person in (away, instead):
        tell(session, service, StaffEvent.HANDED_OVER, person, "Decisions were handed over", text, at=at)


def tell_approvers(
    session: Session, service: Service, event: StaffEvent, subject: str, text: str, *, at: datetime
) -> None:
    for person, roles in people(session):
        if Role.APPROVER in roles:
            tell(session, service, event, person, subject, text, at=at)


def tell(
    session: Session, service: Service, event: StaffEvent, person: Person, subject: str, text: str, *, at: datetime
) -> None:
    staff.plan(session, service, event, email=person.email, name=person.name, subject=subject, text=text, at=at)


def tell_of_recovery_code(session: Session, service: Service, signed_in: SignedIn, *, at: datetime) -> None:
    """Tell somebody that a recovery code opened their account, in the transaction of the sign-in."""
    text = (
        f"A recovery code was used to sign in to your account on {when.instant(at)}. Codes that you have left: "
        f"{recovery_code.left(session, signed_in.person_id)}. {NOT_YOU}"
    )
    tell_own(
        session, service, StaffEvent.RECOVERY_CODE_USED, signed_in.person_id, "A recovery code was used", text, at=at
    )


def tell_of_password(session: Session, service: Service, person_id: UUID, *, at: datetime) -> None:
    text = f"The password of your account was changed on {when.instant(at)}. {NOT_YOU}"
    tell_own(session, service, StaffEvent.PASSWORD_CHANGED, person_id, "Your password was changed", text, at=at)


def tell_of_authenticator(session: Session, service: Service, person_id: UUID, *, at: datetime) -> None:
    """Tell somebody, and every approver, that their codes come from another app now."""
    person = session.get_one(Person, person_id)
    text = (
        f"{plain(person.name)} changed their authenticator app on {when.instant(at)}. They decide at no gate for "
        f"24 hours. If they did not do it, have an administrator remove them at once."
    )
    tell_approvers(
        session, service, StaffEvent.RESET_CONFIRMED, "Somebody changed their authenticator app", text, at=at
    )
    text = f"The authenticator app of your account was changed on {when.instant(at)}. {NOT_YOU}"
    changed = "Your authenticator app was changed"
    tell_own(session, service, StaffEvent.RESET_CONFIRMED, person_id, changed, text, at=at)


def tell_of_passkey(session: Session, service: Service, person_id: UUID, happened: str, *, at: datetime) -> None:
    """Tell somebody, and every approver and administrator, what happened to a passkey of theirs."""
    person = session.get_one(Person, person_id)
    text = f"{happened} on {when.instant(at)}. {NOT_YOU}"
    tell_own(session, service, StaffEvent.PASSKEYS_CHANGED, person_id, "Your passkeys changed", text, at=at)
    text = (
        f"{happened} on {when.instant(at)}: it is {plain(person.name)}’s. A new passkey signs no decision "
        "for 24 hours. If they did not expect this, have an administrator remove them at once."
    )
    for other, roles in people(session):
        if other.id != person_id and not {Role.APPROVER, Role.ADMINISTRATOR}.isdisjoint(roles):
            tell(session, service, StaffEvent.PASSKEYS_CHANGED, other, "Somebody’s passkeys changed", text, at=at)


def tell_own(
    session: Session, service: Service, event: StaffEvent, person_id: UUID, subject: str, text: str, *, at: datetime
) -> None:
    """Tell a person about their own account, through the body they are in or their first: Notify is a body's."""
    if session.info["body_id"] is None:
        memberships = before_body.memberships_of(session, person_id)
        if not memberships:
            return
        database.go_on_in(session, memberships[0].body_id)
    tell(session, service, event, session.get_one(Person, person_id), subject, text, at=at)
