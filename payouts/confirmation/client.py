"""Asks a provider over HTTP: `POST …/name-verification`, in the shape of Open Banking's account name verification.

A question is asked once: a second try could bring another answer and hide the first. Whatever is not plainly an answer
to this very question counts as none.
"""

from __future__ import annotations

import json
import threading
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import requests

from payouts.confirmation.codes import RULES, TELLS_NAME, Code, Outcome
from payouts.confirmation.provider import AccountType, Answer, Silence
from schemes.account import BankDetails

LONGEST_NAME = 140
LONGEST_ANSWER = 64 * 1024
TOO_MANY = 429
CORRELATION = "X-Correlation-ID"


class Unreadable(ValueError):
    """The answer is not one, contradicts itself, or is to another question."""


class HttpProvider:
    """The real client: for a sandbox body it talks to the simulator. A connection for each thread that asks."""

    def __init__(self, url: str, token: str, *, timeout: float, through_proxy: bool = True) -> None:
        """timeout: seconds of silence from the provider that count as no answer."""
        self.name = urlsplit(url).hostname or url
        self.address = f"{url.rstrip('/')}/name-verification"
        self.token = token
        self.timeout = timeout
        self.through_proxy = through_proxy
        self.local = threading.local()

    def verify(self, name: str, account_type: AccountType, details: BankDetails) -> Answer:
        """Ask the payee's bank. Time-out, 5xx, refusal and nonsense are `NO_ANSWER` with the reason."""
        correlation = str(uuid4())
        try:
            response = self.session().post(
                self.address,
                json={"Data": question(name, account_type, details)},
                headers={CORRELATION: correlation},
                timeout=self.timeout,
                # bank details go to the address that was set up and nowhere else
                allow_redirects=False,
                stream=True,
            )
            with response:
                if response.status_code != requests.codes.ok:
                    return Answer(Code.NO_ANSWER, silence=silence_of(response.status_code))
                if response.headers.get(CORRELATION) != correlation:
                    return Answer(Code.NO_ANSWER, silence=Silence.UNREADABLE)
                return read(body_of(response))
        except requests.Timeout:
            return Answer(Code.NO_ANSWER, silence=Silence.TIMED_OUT)
        except (requests.RequestException, OSError):
            return Answer(Code.NO_ANSWER, silence=Silence.UNREACHABLE)
        except Unreadable:
            return Answer(Code.NO_ANSWER, silence=Silence.UNREADABLE)

    def session(self) -> requests.Session:
        if not hasattr(self.local, "session"):
            self.local.session = requests.Session()
            self.local.session.trust_env = self.through_proxy
            # as auth, not as a header: a .netrc of the machine would replace the header
            self.local.session.auth = self.sign
        session: requests.Session = self.local.session
        return session

    def sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def question(name: str, account_type: AccountType, details: BankDetails) -> dict[str, str]:
    """The request's fields: 14 digits as one identification; the roll number where the account goes by one."""
    asked = {
        "SchemeName": "SortCodeAccountNumber",
        "Identification": f"{details.sort_code}{details.account_number}",
        "Name": name,
        "AccountType": account_type.value,
    }
    if details.roll_number:
        asked["SecondaryIdentification"] = details.roll_number
    return asked


def silence_of(status: int) -> Silence:
    if status == TOO_MANY:
        return Silence.BUSY
    return Silence.SERVER_ERROR if status >= 500 else Silence.REFUSED


def body_of(response: requests.Response) -> object:
    """The answer's JSON. Raises Unreadable, also for more than an answer can be."""
    body = b""
    for part in response.iter_content(8192):
        body += part
        if len(body) > LONGEST_ANSWER:
            raise Unreadable("too long")
    try:
        return json.loads(body)
    except ValueError as error:
        raise Unreadable("not JSON") from error


def read(body: object) -> Answer:
    """The answer in a response's body. Raises Unreadable.

    Rules of the scheme: matched and a reason against it contradict each other; a code that is not the scheme's is not
    guessed at; the name that the bank holds is taken only with a close match, whatever else is sent.
    """
    report = inside(inside(body, "Data"), "VerificationReport")
    matched, reason, name = report.get("Matched"), report.get("ReasonCode"), report.get("Name")
    if not isinstance(matched, bool) or not isinstance(reason, str | None) or not isinstance(name, str | None):
        raise Unreadable("fields missing or of the wrong kind")
    code = Code.MATC if matched and not reason else scheme_code(reason)
    if matched != (RULES[code].outcome is Outcome.MATCH):
        raise Unreadable("matched and its reason contradict each other")
    if name and len(name) > LONGEST_NAME:
        raise Unreadable("a name longer than the scheme allows")
    return Answer(code, name=(name or "").strip() if code in TELLS_NAME else "")


def inside(value: object, name: str) -> dict[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, dict):
        raise Unreadable(f"no {name}")
    return found


def scheme_code(reason: str | None) -> Code:
    if reason is None or reason == Code.NO_ANSWER or reason not in list(Code):
        raise Unreadable("no code of the scheme")
    return Code(reason)
