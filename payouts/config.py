"""Settings, read once from the environment and frozen."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

NOTIFY = "https://api.notifications.service.gov.uk"
# what Notify takes by one kind of key in a rolling minute; its simulator takes whatever it is given
NOTIFY_A_MINUTE = 3000
SANDBOX_NOTIFY_A_MINUTE = 60_000
MEGABYTE = 1024 * 1024


class SettingsWrong(Exception):
    """Settings are missing or cannot be read; each with what it is for."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(["The settings are not complete:", *faults]))
        self.faults = faults


@dataclass(frozen=True)
class Settings:
    """`docs/operating.md` has the same list with examples. Sizes in bytes, times in seconds."""

    database_url: str
    redis_url: str
    key_ring: str = field(repr=False)
    fingerprint_key: str = field(repr=False)
    signing_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    former_signing_keys: str = ""
    owner_database_url: str = field(repr=False, default="")
    base_url: str = "http://localhost:5000"
    passkey_host: str = ""
    host: str = "127.0.0.1"
    port: int = 5000
    trusted_proxies: int = 0
    audit_heads: Path = Path("audit-heads")
    upload_limit: int = 50 * MEGABYTE
    notify_url: str = NOTIFY
    notify_api_key: str = field(repr=False, default="")
    notify_email_template: str = ""
    notify_text_template: str = ""
    notify_letter_template: str = ""
    notify_staff_template: str = ""
    notify_receipts_token: str = field(repr=False, default="")
    notify_a_minute: int = NOTIFY_A_MINUTE
    sandbox_notify_url: str = ""
    sandbox_notify_api_key: str = field(repr=False, default="")
    sandbox_notify_store: Path = Path("sandbox-notify")
    sandbox_notify_a_minute: int = SANDBOX_NOTIFY_A_MINUTE
    confirmation_url: str = ""
    confirmation_token: str = field(repr=False, default="")
    confirmation_timeout: float = 20.0
    confirmations_per_second: float = 20.0
    sandbox_confirmation_url: str = ""
    sandbox_confirmation_token: str = field(repr=False, default="")
    api_rate: int = 3000
    webhook_hosts: str = ""
    metrics_token: str = field(repr=False, default="")
    feedback: str = ""
    demo: bool = False
    sign_up: bool = False
    workers: int = 2
    push_again_after: float = 15.0
    tick: float = 1.0


MEANINGS = {
    "DATABASE_URL": "PostgreSQL, as the role payouts_app",
    "REDIS_URL": "Redis or Valkey",
    "PAYOUTS_KEY_RING": "the keys that wrap everybody's keys, written id:base64,id:base64, the current one first",
    "PAYOUTS_FINGERPRINT_KEY": "base64 of 32 bytes: finds equal bank details without opening them; never changes",
    "PAYOUTS_SIGNING_KEY": "base64 of 32 bytes: signs decisions and audit heads (Ed25519)",
    "PAYOUTS_SECRET_KEY": "signs the session cookie",
}


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings. Raises SettingsWrong naming everything that is missing or wrong."""
    must_be_complete(environment)
    read = environment.get
    base_url = read("PAYOUTS_BASE_URL", "http://localhost:5000").rstrip("/")
    try:
        return Settings(
            database_url=environment["DATABASE_URL"],
            redis_url=environment["REDIS_URL"],
            key_ring=environment["PAYOUTS_KEY_RING"],
            fingerprint_key=environment["PAYOUTS_FINGERPRINT_KEY"],
            signing_key=environment["PAYOUTS_SIGNING_KEY"],
            secret_key=environment["PAYOUTS_SECRET_KEY"],
            former_signing_keys=read("PAYOUTS_FORMER_SIGNING_KEYS", ""),
            owner_database_url=read("OWNER_DATABASE_URL", ""),
            base_url=base_url,
            passkey_host=passkey_host(base_url, read("PAYOUTS_PASSKEY_HOST", "")),
            host=read("PAYOUTS_HOST", "127.0.0.1"),
            port=int(read("PORT", "5000")),
            trusted_proxies=int(read("PAYOUTS_TRUSTED_PROXIES", "0")),
            audit_heads=Path(read("PAYOUTS_AUDIT_HEADS", "audit-heads")),
            upload_limit=int(read("PAYOUTS_UPLOAD_LIMIT", str(50 * MEGABYTE))),
            notify_url=read("NOTIFY_URL", NOTIFY),
            notify_api_key=read("NOTIFY_API_KEY", ""),
            notify_email_template=read("NOTIFY_EMAIL_TEMPLATE", ""),
            notify_text_template=read("NOTIFY_TEXT_TEMPLATE", ""),
            notify_letter_template=read("NOTIFY_LETTER_TEMPLATE", ""),
            notify_staff_template=read("NOTIFY_STAFF_TEMPLATE", ""),
            notify_receipts_token=read("NOTIFY_RECEIPTS_TOKEN", ""),
            notify_a_minute=a_minute(read("NOTIFY_A_MINUTE", str(NOTIFY_A_MINUTE))),
            sandbox_notify_url=read("SANDBOX_NOTIFY_URL", ""),
            sandbox_notify_api_key=read("SANDBOX_NOTIFY_API_KEY", ""),
            sandbox_notify_store=Path(read("SANDBOX_NOTIFY_STORE", "sandbox-notify")),
            sandbox_notify_a_minute=a_minute(read("SANDBOX_NOTIFY_A_MINUTE", str(SANDBOX_NOTIFY_A_MINUTE))),
            confirmation_url=read("CONFIRMATION_URL", ""),
            confirmation_token=read("CONFIRMATION_TOKEN", ""),
            confirmation_timeout=float(read("CONFIRMATION_TIMEOUT", "20")),
            confirmations_per_second=float(read("CONFIRMATIONS_PER_SECOND", "20")),
            sandbox_confirmation_url=read("SANDBOX_CONFIRMATION_URL", ""),
            sandbox_confirmation_token=read("SANDBOX_CONFIRMATION_TOKEN", ""),
            webhook_hosts=read("PAYOUTS_WEBHOOK_HOSTS", ""),
            metrics_token=read("PAYOUTS_METRICS_TOKEN", ""),
            feedback=feedback_address(read("PAYOUTS_FEEDBACK", "")),
            api_rate=int(read("PAYOUTS_API_RATE", "3000")),
            demo=read("PAYOUTS_DEMO", "") == "1",
            sign_up=sign_up_is_open(environment),
            workers=int(read("PAYOUTS_WORKERS", "2")),
            push_again_after=float(read("PAYOUTS_PUSH_AGAIN_AFTER", "15")),
            tick=float(read("PAYOUTS_TICK", "1")),
        )
    except ValueError as error:
        raise SettingsWrong([f"  {error}"]) from error


def must_be_complete(environment: Mapping[str, str]) -> None:
    """Raises SettingsWrong."""
    faults = [f"  {name}: {meaning}" for name, meaning in MEANINGS.items() if not environment.get(name, "").strip()]
    if faults:
        raise SettingsWrong([*faults, "`payouts keys new` makes the four secrets."])


def feedback_address(written: str) -> str:
    """A page's address, or a mailbox. Raises ValueError: anything else in a link might run in the reader's browser."""
    if not written or written.startswith("https://") or re.fullmatch(r"[^@\s:/?]+@[^@\s:/?]+", written):
        return written
    raise ValueError(f"PAYOUTS_FEEDBACK is an email address or begins with https://, not {written}")


def a_minute(written: str) -> int:
    """How many messages a minute. Raises ValueError where none would ever go."""
    if int(written) < 1:
        raise ValueError(f"messages a minute are a whole number from 1, not {written}")
    return int(written)


def sign_up_is_open(environment: Mapping[str, str]) -> bool:
    """Whether anybody may make a sandbox: if it is set so, or where the installation is a demo. Raises ValueError."""
    demo = environment.get("PAYOUTS_DEMO", "") == "1"
    match environment.get("PAYOUTS_SIGN_UP", "").strip().lower():
        case "":
            return demo
        case "closed":
            return False
        case "open" if demo or (environment.get("NOTIFY_API_KEY") and environment.get("NOTIFY_STAFF_TEMPLATE")):
            return True
        case "open":
            raise ValueError(
                "PAYOUTS_SIGN_UP: open takes NOTIFY_API_KEY and NOTIFY_STAFF_TEMPLATE, which send the link"
            )
    raise ValueError("PAYOUTS_SIGN_UP is open or closed")


def passkey_host(base_url: str, wanted: str) -> str:
    """For which host passkeys are made: the pages' own, or a parent of it that was set. Raises ValueError.

    A passkey works for the host it was made for and those below it, and for no other, ever.
    """
    host = urlsplit(base_url).hostname or ""
    wanted = wanted.strip().lower()
    if wanted and host != wanted and not host.endswith(f".{wanted}"):
        raise ValueError(
            f"PAYOUTS_PASSKEY_HOST is {host}, the host of PAYOUTS_BASE_URL, or a parent of it: not {wanted}"
        )
    return wanted or host
