"""Who is calling the Notify simulator: API keys, and the signed tokens made with them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import jwt

_CLOCK_BOUND_SECONDS = 30

# what a key may do stands last in its name here; a service in trial has keys that send to its team alone
KINDS = ("test", "team", "live", "trial")
# keys which anybody may enter in a sandbox, one of each kind, the last of a service that is in trial: nothing reaches
# anyone
EXAMPLES: dict[str, str] = {
    kind: f"sandbox-{kind}-0b5e9d7e-5f0c-4c9c-8a53-2a4f6c1d7e0{int(kind == 'trial')}"
    f"-0b5e9d7e-5f0c-4c9c-8a53-2a4f6c1d7e0{number}"
    for number, kind in enumerate(KINDS, 1)
}


class NotifyRefused(Exception):
    """A refusal in Notify's shape: an HTTP status and one or more (error, message)."""

    def __init__(self, status: int, error: str, *messages: str) -> None:
        super().__init__(f"{status} {error}: {'; '.join(messages)}")
        self.status = status
        self.errors = [{"error": error, "message": message} for message in messages]


@dataclass(frozen=True)
class ApiKey:
    """``name-service_id-secret``, as Notify gives it out once; the name may itself hold hyphens."""

    name: str
    service_id: str
    secret: str

    @property
    def kind(self) -> str:
        """What the key may do, by the end of its name: a test key where that says nothing."""
        last = self.name.rsplit("-", 1)[-1]
        return last if last in KINDS else "test"

    @classmethod
    def parse(cls, text: str) -> "ApiKey":
        """Take the text apart from the right, as Notify's own clients do. ValueError when it is no API key."""
        name, service_id, secret = text[:-74], text[-73:-37], text[-36:]
        try:
            UUID(service_id), UUID(secret)
        except ValueError:
            raise ValueError("an API key is a name, a service id and a secret, joined by hyphens") from None
        return cls(name, service_id.lower(), secret)


class Keys:
    """The API keys that may call."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Take API keys as texts; ValueError for one that isn't, or when there is none."""
        self._keys: dict[str, list[ApiKey]] = {}
        for key in map(ApiKey.parse, texts):
            self._keys.setdefault(key.service_id, []).append(key)
        if not self._keys:
            raise ValueError("a Notify simulator without an API key could not be called")

    def signed_by(self, authorization: str | None, now: datetime) -> ApiKey:
        """The key that signed this Authorization header, within 30 s of ``now``; else NotifyRefused."""
        if not authorization:
            raise NotifyRefused(401, "AuthError", "Unauthorized: authentication token must be provided")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise NotifyRefused(401, "AuthError", "Unauthorized: authentication bearer scheme must be used")
        service_id = _issuer(token)
        if service_id not in self._keys:
            raise NotifyRefused(403, "AuthError", "Invalid token: service not found")
        for key in self._keys[service_id]:
            issued_at = _issued_at(token, key.secret)
            if issued_at is None:
                continue
            if abs(now.timestamp() - issued_at) > _CLOCK_BOUND_SECONDS:
                raise NotifyRefused(403, "AuthError", "Error: Your system clock must be accurate to within 30 seconds")
            return key
        raise NotifyRefused(403, "AuthError", "Invalid token: API key not found")


def _issuer(token: str) -> str:
    try:
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except jwt.InvalidTokenError:
        raise NotifyRefused(403, "AuthError", "Invalid token: signature, api token is not valid") from None
    if not isinstance(issuer, str):
        raise NotifyRefused(403, "AuthError", "Invalid token: iss field not provided")
    return issuer.lower()


def _issued_at(token: str, secret: str) -> float | None:
    """When the token was signed, in seconds since 1970, or None when it was signed with another secret."""
    try:
        claims = jwt.decode(token, secret, algorithms=["HS256"], options={"verify_iat": False})
    except jwt.InvalidAlgorithmError:
        raise NotifyRefused(403, "AuthError", "Invalid token: algorithm used is not HS256") from None
    except jwt.InvalidSignatureError:
        return None
    except jwt.InvalidTokenError:
        raise NotifyRefused(403, "AuthError", "Invalid token: signature, api token is not valid") from None
    issued_at = claims.get("iat")
    if not isinstance(issued_at, (int, float)):
        raise NotifyRefused(403, "AuthError", "Invalid token: iat field not provided")
    return float(issued_at)
