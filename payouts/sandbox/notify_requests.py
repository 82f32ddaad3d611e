"""What a request to send must look like: Notify's rules about fields, recipients and addresses, in Notify's words."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from payouts.sandbox.notify_keys import NotifyRefused
from payouts.sandbox.templates import MissingPersonalisation, Template, TemplateType

EMAIL_LIMIT_BYTES = 2_000_000

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\\-]+@([A-Za-z0-9-]{1,63}\.)+[A-Za-z][A-Za-z0-9-]{1,62}")
_MAGIC_EMAIL = re.compile(r"(temp|perm)-fail@simulator\.notify", re.IGNORECASE)  # its domain doesn't exist, on purpose
_POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]?[0-9][A-Z]{2}")
_COUNTRY = re.compile(r"[^\W\d_][^\d_]*[^\W\d_]")
_BAD_LINE_START = tuple('@()=[]”"\\/,<>')


@dataclass(frozen=True)
class SendRequest:
    """A request to send, checked and its template filled."""

    template: Template
    recipient: str
    reference: str | None
    subject: str | None
    body: str
    one_click_unsubscribe_url: str | None = None


@dataclass(frozen=True)
class _Field:
    check: Callable[[str, Any], str | None]
    required: bool = False


def read_send_request(type: TemplateType, body: object, templates: Mapping[str, Template]) -> SendRequest:
    """Check a request to send and fill its template, or raise NotifyRefused 400.

    First the shapes of its fields, with a ValidationError for each that is wrong; then, with one BadRequestError,
    the template and what it needs. ``sanitise_content_for`` is taken and changes nothing: nothing is rendered here.
    """
    if not isinstance(body, dict):
        raise NotifyRefused(400, "BadRequestError", "Invalid JSON supplied in POST data")
    _check_fields(_FIELDS[type], body)
    template = templates.get(str(UUID(body["template_id"])))
    if template is None:
        raise NotifyRefused(400, "BadRequestError", "Template not found")
    if template.type != type:
        raise NotifyRefused(400, "BadRequestError", f"{template.type} template is not suitable for {type} notification")
    personalisation = body.get("personalisation", {})
    recipient = _address(personalisation) if type == "letter" else body[_RECIPIENT[type]]
    subject, text = fill(template, personalisation)
    size = len(text.encode())
    if type == "email" and size > EMAIL_LIMIT_BYTES:
        message = f"Emails cannot be longer than {EMAIL_LIMIT_BYTES} bytes. Your message is {size} bytes."
        raise NotifyRefused(400, "BadRequestError", message)
    return SendRequest(template, recipient, body.get("reference"), subject, text, body.get("one_click_unsubscribe_url"))


def fill(template: Template, personalisation: Mapping[str, object]) -> tuple[str | None, str]:
    """Subject and body of a template. NotifyRefused 400 BadRequestError for what is missing, or for a file."""
    if any(isinstance(value, dict) for value in personalisation.values()):
        raise NotifyRefused(400, "BadRequestError", "Send files by email has not been set up")
    try:
        return template.fill(personalisation)
    except MissingPersonalisation as missing:
        raise NotifyRefused(400, "BadRequestError", f"Missing personalisation: {missing}") from None


def is_uuid(text: object) -> bool:
    """Whether a text is a UUID, in any of the ways one is written."""
    try:
        UUID(str(text))
    except ValueError:
        return False
    return True


def _check_fields(fields: Mapping[str, _Field], body: Mapping[str, Any]) -> None:
    faults = [f"{name} is a required property" for name, field in fields.items() if field.required and name not in body]
    faults += [
        f"Additional properties are not allowed ({name} was unexpected)" for name in sorted(body) if name not in fields
    ]
    for name, field in fields.items():
        fault = field.check(name, body[name]) if name in body else None
        if fault:
            faults.append(fault)
    if faults:
        raise NotifyRefused(400, "ValidationError", *faults)


def _address(personalisation: Mapping[str, object]) -> str:
    """The address lines of a letter, joined by newlines; a postcode or a country stands last."""
    numbered = [personalisation.get(f"address_line_{number}") for number in range(1, 8)]
    lines = [str(line).strip() for line in numbered if line is not None and str(line).strip()]
    if len(lines) < 3:
        raise NotifyRefused(400, "ValidationError", "Address must be at least 3 lines")
    if any(line.startswith(_BAD_LINE_START) for line in lines):
        raise NotifyRefused(
            400, "ValidationError",
            "Address lines must not start with any of the following characters: @ ( ) = [ ] ” \\ / , < >",
        )  # fmt: skip
    if not all(any(character.isalnum() for character in line) for line in lines[:2]):
        raise NotifyRefused(400, "ValidationError", "Address lines 1 and 2 must have a letter or a number")
    last = lines[-1]
    if not (_POSTCODE.fullmatch(re.sub(r"\s", "", last).upper()) or _COUNTRY.fullmatch(last)):
        message = "Last line of address must be a real UK postcode or another country"
        raise NotifyRefused(400, "ValidationError", message)
    return "\n".join(lines)


def _is_text(name: str, value: object) -> str | None:
    return None if isinstance(value, str) else f"{name} {value} is not of type string"


def _is_id(name: str, value: object) -> str | None:
    return None if isinstance(value, str) and is_uuid(value) else f"{name} is not a valid UUID"


def _is_object(name: str, value: object) -> str | None:
    return None if isinstance(value, dict) else f"{name} {value} is not of type object"


def _is_list(name: str, value: object) -> str | None:
    return None if isinstance(value, list) else f"{name} {value} is not of type array"


def _is_email(name: str, value: object) -> str | None:
    if not isinstance(value, str):
        return f"{name} {value} is not of type string"
    local, _, domain = value.strip().rpartition("@")
    odd = ".." in local or local.startswith(".") or local.endswith(".") or len(value) > 320 or len(domain) > 253
    if _MAGIC_EMAIL.fullmatch(value.strip()) or (_EMAIL.fullmatch(value.strip()) and not odd):
        return None
    return f"{name} Not a valid email address"


def _is_phone(name: str, value: object) -> str | None:
    if not isinstance(value, str):
        return f"{name} {value} is not of type string"
    if re.search(r"[^0-9+() \-.]", value):
        return f"{name} Must not contain letters or symbols"
    digits = re.sub(r"[^0-9+]", "", value)
    if digits.startswith(("+", "00")) and not digits.startswith(("+44", "0044")):
        return None if 8 <= len(digits.lstrip("+0")) <= 15 else f"{name} Number is not valid"
    national = re.sub(r"^(\+44|0044|44)?0?", "", digits)
    if not national.startswith("7"):
        return f"{name} Not a UK mobile number"
    if len(national) != 10:
        return f"{name} {'Too many digits' if len(national) > 10 else 'Not enough digits'}"
    return None


def _is_https(name: str, value: object) -> str | None:
    if isinstance(value, str) and urlsplit(value).scheme == "https" and urlsplit(value).hostname:
        return None
    return f"{name} is not a valid https url"


def _is_unknown_sender(name: str, value: object) -> str | None:
    # a sandbox has one sender, so every id of another one is one that Notify couldn't find either
    return f"{name} {value} does not exist in database for this service"


_RECIPIENT = {"email": "email_address", "sms": "phone_number"}
_COMMON = {"template_id": _Field(_is_id, required=True), "reference": _Field(_is_text)}
_FIELDS: dict[str, dict[str, _Field]] = {
    "email": {
        "email_address": _Field(_is_email, required=True),
        "personalisation": _Field(_is_object),
        "email_reply_to_id": _Field(_is_unknown_sender),
        "one_click_unsubscribe_url": _Field(_is_https),
        "sanitise_content_for": _Field(_is_list),
        **_COMMON,
    },
    "sms": {
        "phone_number": _Field(_is_phone, required=True),
        "personalisation": _Field(_is_object),
        "sms_sender_id": _Field(_is_unknown_sender),
        **_COMMON,
    },
    "letter": {"personalisation": _Field(_is_object, required=True), **_COMMON},
}
