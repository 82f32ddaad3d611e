"""SFTP as a bank or a bureau offers it: files stored under a temporary name, read back, then renamed once.

The server is known by its key before anything is said to it. A rename is the one of the protocol's third version, which
refuses a name that is taken; OpenSSH's extension that replaces the other file is never asked for. What the server did
not answer is `Silent`: whether it did it is found out by looking, never by guessing.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Awaitable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn, TypeVar, cast

import asyncssh

SECONDS_TO_ANSWER = 60
SECONDS_TO_CONNECT = 20
BLOCK = 256 * 1024
LARGEST_INCOMING = 512 * 1024**2
T = TypeVar("T")


class SftpTrouble(Exception):
    """What stands between us and the server's folder."""


class NotReached(SftpTrouble):
    """No server answered: nothing was said to it. Another try may find it."""


class UnknownServer(SftpTrouble):
    """Whoever answered has not the key that two people confirmed: nothing was said to them."""


class SignInRefused(SftpTrouble):
    """The server does not take the user's key or password."""


class FolderRefused(SftpTrouble):
    """The server refused what was asked of a folder; `asked` says what, and nothing was changed by it."""

    def __init__(self, asked: str, said: str) -> None:
        super().__init__(f"{asked}: {said}")
        self.asked = asked


class NameTaken(SftpTrouble):
    """There is a file of this name already."""


class RenameRefused(SftpTrouble):
    """The server refused the name, and nothing has it."""


class Silent(SftpTrouble):
    """The connection ended in the middle: whether the last thing was done is not known."""


class TooLarge(SftpTrouble):
    """A file that the server offers is larger than any report."""


@dataclass(frozen=True)
class Server:
    """Where, as whom, and by which key the server is known (an OpenSSH public key: type and base64).

    `private_key` (OpenSSH's own form) or `password` signs in; the other one is empty.
    """

    host: str
    port: int
    username: str
    host_key: str
    private_key: str = field(repr=False, default="")
    password: str = field(repr=False, default="")


class Found(NamedTuple):
    """What a file on the server is: bytes, and their SHA-256 in hex."""

    size: int
    sha256: str


class Offered(NamedTuple):
    """A file in a folder: its size, and when it was last written (seconds since 1970), as the server says."""

    name: str
    size: int
    modified_at: int


@contextmanager
def connected(server: Server) -> Iterator[Folder]:
    """Sign in for the block. Raises NotReached, UnknownServer, SignInRefused."""
    with Loop() as loop:
        connection = loop.run(connect(server))
        try:
            yield Folder(loop, within(loop, connection.start_sftp_client()))
        finally:
            connection.abort()
            loop.run(connection.wait_closed())


class Loop:
    """An event loop on a thread of its own: whoever calls may have one that runs already."""

    def __enter__(self) -> Loop:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="sftp", daemon=True)
        self.thread.start()
        return self

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


async def connect(server: Server) -> asyncssh.SSHClientConnection:
    trusted = asyncssh.import_public_key(server.host_key)
    keys = [asyncssh.import_private_key(server.private_key)] if server.private_key else []
    try:
        return await asyncio.wait_for(
            asyncssh.connect(
                server.host,
                server.port,
                # nothing of the machine's own: no agent, no configuration, no keys that lie about
                config=None,
                agent_path=None,
                known_hosts=([trusted], [], []),
                username=server.username,
                client_keys=keys or None,
                password=server.password or None,
                preferred_auth="publickey" if keys else "password",
                compression_algs=None,
                keepalive_interval=15,
            ),
            SECONDS_TO_CONNECT,
        )
    except asyncssh.HostKeyNotVerifiable as error:
        raise UnknownServer(server.host) from error
    except asyncssh.PermissionDenied as error:
        raise SignInRefused(server.username) from error
    except asyncssh.KeyExchangeFailed as error:
        # a server without a key of the known kind is not the known one either
        raise UnknownServer(server.host) from error
    except (OSError, asyncssh.Error, TimeoutError) as error:
        raise NotReached(f"{server.host}: {type(error).__name__}") from error


def within(loop: Loop, work: Awaitable[T]) -> T:
    """Wait for the server, but not for ever. Raises Silent."""
    try:
        return loop.run(asyncio.wait_for(work, SECONDS_TO_ANSWER))
    except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, asyncssh.ConnectionLost) as error:
        raise Silent(type(error).__name__) from error
    except (asyncssh.DisconnectError, OSError, TimeoutError) as error:
        raise Silent(type(error).__name__) from error


class Folder:
    """What can be asked of a server, one thing after another."""

    def __init__(self, loop: Loop, client: asyncssh.SFTPClient) -> None:
        self.loop = loop
        self.client = client

    def look(self, path: str) -> Found | None:
        """Read a file back; None when there is none. Raises FolderRefused, Silent."""
        return within(self.loop, self._look(path))

    def put(self, path: str, blocks: Iterable[bytes]) -> None:
        """Write a file of ours, over what there was of it. Raises FolderRefused, Silent."""
        file = within(self.loop, refusing(f"write {path}", self.client.open(path, "wb")))
        try:
            for block in blocks:
                within(self.loop, refusing(f"write {path}", file.write(block)))
        finally:
            within(self.loop, refusing(f"write {path}", file.close()))

    def rename(self, path: str, final: str) -> None:
        """Give a file its final name, once. Raises NameTaken, RenameRefused, FolderRefused, Silent."""
        try:
            within(self.loop, refusing(f"rename to {final}", self.client.rename(path, final)))
        except FolderRefused as error:
            # servers say "failure" for a name that is taken: only looking tells
            if self.look(final) is not None:
                raise NameTaken(final) from None
            raise RenameRefused(str(error)) from error

    def offered(self, folder: str) -> list[Offered]:
        """The files in a folder, by name. Raises FolderRefused, Silent."""
        names = within(self.loop, refusing(f"list {folder}", self.client.readdir(folder)))
        files = [
            Offered(str(each.filename), each.attrs.size or 0, int(each.attrs.mtime or 0))
            for each in names
            if each.attrs.type == asyncssh.FILEXFER_TYPE_REGULAR
        ]
        return sorted(files)

    def fetch(self, path: str) -> bytes:
        """A file's bytes. Raises FolderRefused, TooLarge, Silent."""
        return within(self.loop, self._fetch(path))

    async def _look(self, path: str) -> Found | None:
        running, size = hashlib.sha256(), 0
        try:
            file = await self.client.open(path, "rb")
        except asyncssh.SFTPNoSuchFile:
            return None
        except asyncssh.SFTPError as error:
            raise_refusal(f"read {path}", error)
        async with file:
            while block := await bytes_of(path, file):
                running.update(block)
                size += len(block)
        return Found(size, running.hexdigest())

    async def _fetch(self, path: str) -> bytes:
        read = bytearray()
        async with await refusing(f"read {path}", self.client.open(path, "rb")) as file:
            while block := await bytes_of(path, file):
                read += block
                if len(read) > LARGEST_INCOMING:
                    raise TooLarge(path)
        return bytes(read)


async def bytes_of(path: str, file: asyncssh.SFTPClientFile) -> bytes:
    """The next bytes of a file that was opened for bytes, which the library's types do not tell from text."""
    return cast(bytes, await refusing(f"read {path}", file.read(BLOCK)))


async def refusing(asked: str, work: Awaitable[T]) -> T:
    """Tell a server's refusal from its silence."""
    try:
        answer: T = await work
    except asyncssh.SFTPError as error:
        raise_refusal(asked, error)
    return answer


def raise_refusal(asked: str, error: asyncssh.SFTPError) -> NoReturn:
    if isinstance(error, (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection)):
        raise error
    raise FolderRefused(asked, type(error).__name__) from error
