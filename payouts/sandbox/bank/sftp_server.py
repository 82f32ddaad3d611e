"""The simulated bank's door: SFTP with a folder for each user, which nobody leaves.

Each user has `in`, where files to pay go, and `out`, where the bank's answers lie. Trouble is asked for by name, as of
the other simulators: a connection cut before or after a rename is the loss of an answer.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path

import asyncssh

FOLDERS = ("in", "out")


class Trouble(StrEnum):
    """What the server does wrong, once for each time it is asked to."""

    CUT_WHILE_WRITING = "cut_while_writing"
    CUT_BEFORE_RENAME = "cut_before_rename"
    CUT_AFTER_RENAME = "cut_after_rename"
    DROP_A_BYTE = "drop_a_byte"
    REFUSE_RENAME = "refuse_rename"
    TAKE_AWAY_BEFORE_RENAME = "take_away_before_rename"


class BankSftp:
    """An SFTP server on a thread of its own, from `start` to `stop`.

    users: the OpenSSH public key or the password of each; a value that begins with `ssh-` is a key. `taken` is told of
    each file that got its final name: user and path.
    """

    def __init__(
        self, root: Path, users: dict[str, str], *, host: str = "127.0.0.1", port: int = 0,
        taken: Callable[[str, Path], None] | None = None,
    ) -> None:  # fmt: skip
        self.root = root
        self.users = dict(users)
        self.host, self.port = host, port
        self.taken = taken
        self.trouble: list[Trouble] = []
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="bank sftp", daemon=True)

    @property
    def host_key(self) -> str:
        """Its public key, as two people would confirm it."""
        return " ".join(self.key.export_public_key("openssh").decode().split()[:2])

    def folder(self, user: str, name: str) -> Path:
        return self.root / user / name

    def start(self) -> None:
        for user in self.users:
            self.add_folders(user)
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self.loop).result(20)

    def add_user(self, user: str, secret: str) -> None:
        self.users[user] = secret
        self.add_folders(user)

    def add_folders(self, user: str) -> None:
        for name in FOLDERS:
            self.folder(user, name).mkdir(parents=True, exist_ok=True)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self.loop).result(20)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(20)
        self.loop.close()

    def next_trouble(self, *wanted: Trouble) -> Trouble | None:
        """Take the next trouble off the list if it is one of these."""
        if self.trouble and self.trouble[0] in wanted:
            return self.trouble.pop(0)
        return None

    async def _listen(self) -> None:
        self.acceptor = await asyncssh.create_server(
            lambda: _Door(self),
            self.host,
            self.port,
            server_host_keys=[self.key],
            sftp_factory=lambda channel: _Chamber(channel, self),
            allow_scp=False,
            config=None,
        )
        self.port = self.acceptor.get_port()

    async def _close(self) -> None:
        self.acceptor.close()
        await self.acceptor.wait_closed()


class _Door(asyncssh.SSHServer):
    """Who is let in."""

    def __init__(self, bank: BankSftp) -> None:
        self.bank = bank

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        written = " ".join(key.export_public_key("openssh").decode().split()[:2])
        return self.bank.users.get(username, "").startswith(written)

    def validate_password(self, username: str, password: str) -> bool:
        secret = self.bank.users.get(username, "")
        return bool(secret) and not secret.startswith("ssh-") and secret == password


class _Chamber(asyncssh.SFTPServer):
    """A user's own folder. Renaming refuses a name that is taken, and nothing replaces it."""

    def __init__(self, channel: asyncssh.SSHServerChannel, bank: BankSftp) -> None:
        self.bank = bank
        self.user = channel.get_extra_info("username")
        self.wire = channel.get_connection()
        super().__init__(channel, chroot=str(bank.root / self.user).encode())

    def write(self, file_obj: object, offset: int, data: bytes) -> int | Awaitable[int]:
        if self.bank.next_trouble(Trouble.CUT_WHILE_WRITING):
            super().write(file_obj, offset, data[: len(data) // 2])
            self.cut()
        if self.bank.next_trouble(Trouble.DROP_A_BYTE):
            data = data[:-1]
        return super().write(file_obj, offset, data)

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        trouble = self.bank.next_trouble(
            Trouble.CUT_BEFORE_RENAME, Trouble.CUT_AFTER_RENAME, Trouble.REFUSE_RENAME, Trouble.TAKE_AWAY_BEFORE_RENAME
        )
        if trouble is Trouble.REFUSE_RENAME:
            raise asyncssh.SFTPPermissionDenied("names like this are not taken")
        if trouble is Trouble.TAKE_AWAY_BEFORE_RENAME:
            Path(self.map_path(oldpath).decode()).unlink()
        if trouble is Trouble.CUT_BEFORE_RENAME:
            self.cut()
        super().rename(oldpath, newpath)
        if self.bank.taken is not None:
            self.bank.taken(self.user, Path(self.map_path(newpath).decode()))
        if trouble is Trouble.CUT_AFTER_RENAME:
            self.cut()

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPOpUnsupported("rename only")

    def cut(self) -> None:
        """End the connection as a network does: without a word."""
        self.wire.abort()
        raise asyncssh.SFTPConnectionLost("cut")
