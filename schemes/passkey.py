"""Passkeys: with one, a person signs what they decide by a finger, a face or a PIN, instead of typing a code.

A passkey belongs to a person, as their password does, and the app's role reaches it by functions only. One that was
added signs nothing for 24 hours, in which its owner and the approvers can notice that it was not they who added it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, Session, mapped_column
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_registration_response,
)
from webauthn.helpers import parse_authentication_credential_json, parse_client_data_json
from webauthn.helpers import parse_registration_credential_json as parse_registration
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from schemes import before_body
from schemes.before_body import PasskeyRow
from schemes.database import Base
from schemes.errors import Refused
from schemes.passkey_signature import UNREADABLE_ERRORS, PasskeyFault, PasskeySignature, Site, challenge_of
from schemes.role_change import WAIT

LONGEST_NAME = 60
MOST_PASSKEYS = 10
LASTS = timedelta(minutes=10)
"""How long a challenge waits for its answer: somebody may have to fetch the key, and reads what they sign."""

LONGEST_ANSWER = 20_000
"""Characters of what a browser sends: far beyond a certificate chain, which nobody is asked for."""

ADDING, SIGNING = "adding", "signing"


class Passkey(Base):
    """A person's passkey. public_key: COSE. sign_count: as it told last; a lower one later tells of a copy.

    transports: how the browser reaches it, so that it asks for the right thing. signs_from: it signs nothing before.
    """

    __tablename__ = "passkey"
    __table_args__ = (
        Index("uq_passkey_credential_id", "credential_id", unique=True),
        Index("ix_passkey_person_id", "person_id", postgresql_where=text("removed_at is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    credential_id: Mapped[bytes]
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    transports: Mapped[str]
    made_at: Mapped[datetime]
    signs_from: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """What a person's passkey was asked to answer. It is taken away with the answer, so that none counts twice."""

    __tablename__ = "passkey_challenge"

    challenge: Mapped[bytes] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    purpose: Mapped[str]
    nonce: Mapped[str]
    expires_at: Mapped[datetime]


class PasskeyRefused(Refused):
    """What the browser sent is not the answer of a passkey of this person to what was asked."""

    def __init__(self, fault: PasskeyFault) -> None:
        super().__init__(f"the passkey's answer is refused: {fault}")
        self.fault = fault


class PasskeyTooNew(Refused):
    """The passkey was added a short while ago, and signs nothing before `until` (UTC)."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"the passkey signs nothing before {until:%H:%M} UTC on {until:%d %B %Y}")
        self.until = until


class PasskeyCopied(Refused):
    """The passkey's count did not go up, so that there are two of it: neither may sign any more."""

    def __init__(self, passkey_id: UUID) -> None:
        super().__init__("the passkey's count went back: somebody has a copy of it")
        self.passkey_id = passkey_id


class PasskeyNameMissing(Refused):
    """A passkey has a name by which its owner knows it, of at most LONGEST_NAME characters."""


def passkeys_of(session: Session, person_id: UUID) -> list[PasskeyRow]:
    """A person's passkeys, the oldest first, removed ones too."""
    return before_body.passkeys_of(session, person_id)


def live_passkeys(session: Session, person_id: UUID) -> list[PasskeyRow]:
    return [one for one in passkeys_of(session, person_id) if one.removed_at is None]


def usable_passkeys(session: Session, person_id: UUID, *, at: datetime) -> list[PasskeyRow]:
    """Those that sign now."""
    return [one for one in live_passkeys(session, person_id) if one.signs_from <= at]


def holders(session: Session, people: Iterable[UUID]) -> frozenset[UUID]:
    """Which of these people have a passkey."""
    return before_body.passkey_holders(session, list(people))


def ask_for_new(session: Session, site: Site, person_id: UUID, *, email: str, name: str, at: datetime) -> str:
    """What the browser needs to make a passkey (JSON); that it is really this person was seen by the caller.

    Raises PasskeyRefused where they have as many as anybody may.
    """
    there = live_passkeys(session, person_id)
    if len(there) >= MOST_PASSKEYS:
        raise PasskeyRefused(PasskeyFault.TOO_MANY)
    options = generate_registration_options(
        rp_id=site.id,
        rp_name=site.name,
        user_id=person_id.bytes,
        user_name=email,
        user_display_name=name,
        timeout=milliseconds(LASTS),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=descriptors(there),
    )
    before_body.keep_passkey_challenge(session, options.challenge, person_id, ADDING, "", at, at + LASTS)
    return options_to_json(options)


def add(
    session: Session, site: Site, person_id: UUID, *, passkey_id: UUID, name: str, answer: str, at: datetime
) -> PasskeyRow:
    """Keep the passkey that the browser made. The same id again is the same passkey.

    Raises PasskeyNameMissing, PasskeyRefused.
    """
    there = next((one for one in passkeys_of(session, person_id) if one.id == passkey_id), None)
    if there is not None:
        return there
    called = read_name(name)
    try:
        credential = parse_registration(answer[:LONGEST_ANSWER])
        challenge = parse_client_data_json(credential.response.client_data_json).challenge
    except UNREADABLE_ERRORS:
        raise PasskeyRefused(PasskeyFault.UNREADABLE) from None
    if before_body.take_passkey_challenge(session, challenge, person_id, ADDING, at) is None:
        raise PasskeyRefused(PasskeyFault.CHALLENGE_GONE)
    try:
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except UNREADABLE_ERRORS:
        raise PasskeyRefused(PasskeyFault.OTHER_SITE) from None
    transports = " ".join(way.value for way in credential.response.transports or ())
    row = PasskeyRow(
        passkey_id, verified.credential_id, verified.credential_public_key, verified.sign_count, called, transports,
        at, at + WAIT, None, None,
    )  # fmt: skip
    if not before_body.add_passkey(session, person_id, row):
        raise PasskeyRefused(PasskeyFault.KNOWN_ALREADY)
    return row


def read_name(name: str) -> str:
    """Raises PasskeyNameMissing."""
    called = " ".join(name.split())
    if not 0 < len(called) <= LONGEST_NAME:
        raise PasskeyNameMissing
    return called


def remove(session: Session, person_id: UUID, passkey_id: UUID, *, at: datetime) -> bool:
    """Take a passkey away; whether there was one. What it signed stays signed."""
    return before_body.remove_passkeys(session, person_id, passkey_id, at) > 0


def remove_all(session: Session, person_id: UUID, *, at: datetime) -> int:
    """Take all of somebody's passkeys away, as when their credentials are set anew; returns how many."""
    return before_body.remove_passkeys(session, person_id, None, at)


def ask_to_sign(session: Session, site: Site, person_id: UUID, statement: Mapping[str, Any], *, at: datetime) -> str:
    """What the browser needs to have a statement signed (JSON). Raises PasskeyRefused, PasskeyTooNew."""
    there = live_passkeys(session, person_id)
    usable = [one for one in there if one.signs_from <= at]
    if not there:
        raise PasskeyRefused(PasskeyFault.UNKNOWN)
    if not usable:
        raise PasskeyTooNew(min(one.signs_from for one in there))
    nonce = secrets.token_urlsafe(24)
    challenge = challenge_of(statement, nonce)
    before_body.keep_passkey_challenge(session, challenge, person_id, SIGNING, nonce, at, at + LASTS)
    return options_to_json(
        generate_authentication_options(
            rp_id=site.id,
            challenge=challenge,
            timeout=milliseconds(LASTS),
            allow_credentials=descriptors(usable),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def take_signature(
    session: Session, site: Site, person_id: UUID, statement: Mapping[str, Any], *, answer: str, at: datetime
) -> PasskeySignature:
    """The signature of one of a person's passkeys on a statement, from what the browser sent; it counts once.

    Raises PasskeyRefused, PasskeyTooNew, PasskeyCopied.
    """
    try:
        credential = parse_authentication_credential_json(answer[:LONGEST_ANSWER])
        challenge = parse_client_data_json(credential.response.client_data_json).challenge
    except UNREADABLE_ERRORS:
        raise PasskeyRefused(PasskeyFault.UNREADABLE) from None
    nonce = before_body.take_passkey_challenge(session, challenge, person_id, SIGNING, at)
    if nonce is None:
        raise PasskeyRefused(PasskeyFault.CHALLENGE_GONE)
    known = {one.credential_id: one for one in live_passkeys(session, person_id)}
    passkey = known.get(credential.raw_id)
    handle = credential.response.user_handle
    if passkey is None or (handle and handle != person_id.bytes):
        raise PasskeyRefused(PasskeyFault.UNKNOWN)
    if at < passkey.signs_from:
        raise PasskeyTooNew(passkey.signs_from)
    signed = PasskeySignature(
        site=site,
        credential_id=passkey.credential_id,
        public_key=passkey.public_key,
        nonce=nonce,
        authenticator_data=credential.response.authenticator_data,
        client_data=credential.response.client_data_json,
        signature=credential.response.signature,
    )
    for fault in signed.faults(statement):
        raise PasskeyRefused(fault)
    # only after the signature held: nobody else can put the count up, or have a passkey stopped
    if not before_body.use_passkey(session, person_id, passkey.id, signed.sign_count, at):
        raise PasskeyCopied(passkey.id)
    return signed


def descriptors(passkeys: Iterable[PasskeyRow]) -> list[PublicKeyCredentialDescriptor]:
    known = {way.value for way in AuthenticatorTransport}
    return [
        PublicKeyCredentialDescriptor(
            id=one.credential_id,
            transports=[AuthenticatorTransport(way) for way in one.transports.split() if way in known] or None,
        )
        for one in passkeys
    ]


def milliseconds(time: timedelta) -> int:
    return int(time.total_seconds() * 1000)
