"""An installation of one's own: embedded servers, a database and secrets in a folder of the checkout.

For the demo and a first look, when no DATABASE_URL says where the real one is. Whatever a command changes here, the
next `make demo` begins afresh.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from payouts import embedded, migrating

ROOT = Path(__file__).parent.parent
DATABASE = "payouts"


def make_secrets() -> dict[str, str]:
    """Fresh secrets for an installation, as the settings take them."""

    def key() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode()

    return {
        "PAYOUTS_KEY_RING": f"k{secrets.token_hex(3)}:{key()}",
        "PAYOUTS_FINGERPRINT_KEY": key(),
        "PAYOUTS_SIGNING_KEY": key(),
        "PAYOUTS_SECRET_KEY": secrets.token_urlsafe(32),
    }


def folder() -> Path:
    """This user's folder below `var/`, or below the user's own state folder where the checkout is another's."""
    chosen = os.environ.get("PAYOUTS_LOCAL")
    root = Path(chosen) if chosen else ROOT / "var"
    try:
        return embedded.folder_of_user(root)
    except PermissionError:
        return embedded.folder_of_user(Path.home() / ".local" / "state" / "payouts")


@dataclass(frozen=True)
class Local:
    """A running local installation. `environment` is what its processes need in their environment."""

    folder: Path
    servers: embedded.Servers
    environment: dict[str, str]


def kept_secrets(at: Path) -> dict[str, str]:
    """The folder's secrets, made at the first use. One process makes them, whichever comes first."""
    path = at / "secrets.json"
    with (at / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        made = {
            **make_secrets(),
            "NOTIFY_RECEIPTS_TOKEN": secrets.token_urlsafe(24),
            "SANDBOX_NOTIFY_API_KEY": f"sandbox-{uuid4()}-{uuid4()}",
            "SANDBOX_CONFIRMATION_TOKEN": secrets.token_urlsafe(24),
        }
        if not made.keys() <= kept.keys():
            # a folder of an older version lacks the newer ones; what it has must stay
            kept = {**made, **kept}
            path.touch(mode=0o600)
            path.write_text(json.dumps(kept, indent=1))
    return kept


def start(*, afresh: bool = False) -> Local:
    """Start, or join, this user's local installation, migrated. afresh: with an empty database and no messages."""
    at = folder()
    servers = embedded.start(at)
    if afresh or not servers.has_database(DATABASE):
        servers.make_database(DATABASE)
        for leftover in (at / "audit-heads").glob("*.jsonl"):
            leftover.unlink()
        (at / "notify" / "notify.jsonl").unlink(missing_ok=True)
    migrating.migrate(servers.owner_url(DATABASE))
    environment = {
        **kept_secrets(at),
        **remembered(at),
        "DATABASE_URL": servers.app_url(DATABASE),
        "OWNER_DATABASE_URL": servers.owner_url(DATABASE),
        "REDIS_URL": servers.redis_url,
        "PAYOUTS_AUDIT_HEADS": str(at / "audit-heads"),
        "SANDBOX_NOTIFY_STORE": str(at / "notify"),
        "PAYOUTS_DEMO": "1",
    }
    return Local(at, servers, environment)


def remember(at: Path, addresses: dict[str, str]) -> None:
    """Keep the addresses that the demo chose, so that other commands find its processes."""
    (at / "addresses.json").write_text(json.dumps(addresses))


def remembered(at: Path) -> dict[str, str]:
    path = at / "addresses.json"
    found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return found


OUTSIDE_PASSING_PORTS = range(20_000, 32_000)
"""Below those that systems give to whoever calls out: one of these is not taken between the look and the use."""


def free_port(wanted: int) -> int:
    """The port wanted if nobody has it, any other otherwise."""
    others = secrets.SystemRandom().sample(OUTSIDE_PASSING_PORTS, 100)
    for port in (wanted, *others) if wanted else others:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise OSError("no local port is free")
