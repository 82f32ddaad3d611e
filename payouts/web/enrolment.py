"""Setting a password and an authenticator app: what an invitation and a reset of credentials have in common."""

from __future__ import annotations

import base64
import binascii

import pyotp
import segno
from flask import request
from govuk_frontend_wtf.wtforms_widgets import GovPasswordInput, GovTextInput
from markupsafe import Markup
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from payouts.web import words
from payouts.web.form import Form
from payouts.web.pages import now, service
from schemes.errors import KeyMissing, PasswordGuessable, PasswordTooShort, Refused, SealBroken
from schemes.invitation import link_digest
from schemes.password import LEAST_PASSWORD

LONGEST = 1024
WRONG_CODE = "The code does not fit the QR code. Enter the 6 digits that your authenticator app shows now for Payouts"


class Enrol(Form):
    """The secret of the one-time codes travels in the form, wrapped: the QR code stays the same after a mistake."""

    secret = HiddenField()
    password = PasswordField(
        "Choose a password",
        description=f"At least {LEAST_PASSWORD} characters. Three or more unrelated words are easy to remember",
        widget=GovPasswordInput(),
        validators=[InputRequired("Enter a password"), Length(max=LONGEST, message="Use at most 1,024 characters")],
    )
    code = StringField(
        "One-time code",
        description="The 6 digits that your authenticator app shows now",
        widget=GovTextInput(),
        validators=[InputRequired("Enter the one-time code"), Length(max=32, message="Enter the 6 digits")],
    )

    def code_secret(self, token: str) -> str:
        """The secret that the page showed; a new one where there is none, or it is not one of ours for this link."""
        where = b"enrolment/" + link_digest(token)
        ring = service().seals.ring
        key_id, _, wrapped = (self.secret.data or "").partition(".")
        try:
            return ring.unwrap(key_id, base64.urlsafe_b64decode(wrapped), where).decode()
        except (KeyMissing, SealBroken, UnicodeDecodeError, binascii.Error, ValueError):
            secret = pyotp.random_base32()
            key_id, sealed = ring.wrap(secret.encode(), where)
            self.secret.data = f"{key_id}.{base64.urlsafe_b64encode(sealed).decode()}"
            return secret

    def has_code_of(self, secret: str) -> bool:
        """Whether the app shows what the secret gives, within 30 seconds either way."""
        written = "".join(character for character in self.code.data if character in "0123456789")
        if pyotp.TOTP(secret).verify(written, for_time=now(), valid_window=1):
            return True
        self.refuse(WRONG_CODE, self.code)
        return False

    def refuse_password(self, refused: Refused) -> None:
        self.refuse(words.sentence(refused), self.password)


PASSWORD_FAULTS = (PasswordTooShort, PasswordGuessable)


def qr_code(secret: str, email: str, body_name: str) -> Markup:
    """What an authenticator app photographs, drawn in the page: no other address learns the secret."""
    address = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=f"Payouts, {body_name}")
    drawn = segno.make(address, error="m").svg_inline(
        scale=4, border=4, light="#ffffff", dark="#0b0c0c", svgclass="app-qr"
    )
    return Markup(drawn)  # noqa: S704  made here, of a base32 secret and escaped text


def grouped(secret: str) -> str:
    """The secret in fours, for whoever types it."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def browser_name() -> str:
    return request.user_agent.string
