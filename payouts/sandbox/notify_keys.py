"""Who is calling the Notify simulator: API keys, and the signed tokens made with them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import jwt

_CLOCK_BOUND_SECONDS = 30

# keys of a service of its own, one of each kind, which anybody may enter in a sandbox: nothing reaches anyone
EXAMPLES: dict[str, str] = {
    kind: f"sandbox-{kind}-0b5e9d7e-5f0c-4c9c-8a53-2a4f6c1d7e00-0b5e9d7e-5f0c-4c9c-8a53-2a4f6c1d7e0{number}"
    for number, kind in enumerate(("test", "team", "live"), 1)
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
        self._secrets: dict[str, list[str]] = {}
        for key in map(ApiKey.parse, texts):
            self._secrets.setdefault(key.service_id, []).append(key.secret)
        if not self._secrets:
            raise ValueError("a Notify simulator without an API key could not be called")

    def service_id(self, authorization: str | None, now: datetime) -> str:
        """The service whose key signed this Authorization header, within 30 s of ``now``; else NotifyRefused."""
        if not authorization:
            raise NotifyRefused(401, "AuthError", "Unauthorized: authentication token must be provided")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise NotifyRefused(401, "AuthError", "Unauthorized: authentication bearer scheme must be used")
        service_id = _issuer(token)
        if service_id not in self._secrets:
            raise NotifyRefused(403, "AuthError", "Invalid token: service not found")
        for secret in self._secrets[service_id]:
            issued_at = _issued_at(token, secret)
            if issued_at is None:
                continue
            if abs(now.timestamp() - issued_at) > _CLOCK_BOUND_SECONDS:
                raise NotifyRefused(403, "AuthError", "Error: Your system clock must be accurate to within 30 seconds")
            return service_id
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
