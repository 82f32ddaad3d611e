"""SFTP servers for tests: OpenSSH's own where the machine has it, and the simulated bank's."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh

from payouts import local
from payouts.channels.sftp import Server
from payouts.sandbox.bank.sftp_server import BankSftp

USER = "harbour"


def sshd() -> str | None:
    """OpenSSH's server, which systems keep out of people's way."""
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@contextmanager
def openssh(root: Path) -> Iterator[tuple[Server, Path]]:
    """A real OpenSSH server for this user, and the folder that its `in` is."""
    root.mkdir(parents=True, exist_ok=True)
    host, client = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    (root / "host_key").touch(mode=0o600)
    host.write_private_key(root / "host_key")
    (root / "authorized").write_bytes(client.export_public_key())
    home, port = root / "home", local.free_port(0)
    (home / "in").mkdir(parents=True)
    if os.geteuid() == 0:
        # where its child without rights lives; without it the server does not start
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    settings = {
        "ListenAddress": "127.0.0.1",
        "Port": port,
        "HostKey": root / "host_key",
        "AuthorizedKeysFile": root / "authorized",
        "PidFile": "none",
        "StrictModes": "no",
        "UsePAM": "no",
        "PermitRootLogin": "yes",
        "PasswordAuthentication": "no",
        "Subsystem": "sftp internal-sftp",
        "ForceCommand": f"internal-sftp -d {home}",
    }
    (root / "config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    with (root / "log").open("wb") as log:
        server = subprocess.Popen([str(sshd()), "-D", "-e", "-f", root / "config"], stderr=log)
    try:
        wait_for(port, root / "log")
        me = pwd.getpwuid(os.geteuid()).pw_name
        key = " ".join(host.export_public_key().decode().split()[:2])
        yield Server("127.0.0.1", port, me, key, client.export_private_key().decode()), home
    finally:
        server.terminate()
        server.wait(10)


@contextmanager
def simulated(root: Path) -> Iterator[tuple[Server, Path, BankSftp]]:
    """The simulated bank's server, one user, and the user's folder."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    bank = BankSftp(root, {USER: " ".join(key.export_public_key().decode().split()[:2])})
    bank.start()
    try:
        server = Server("127.0.0.1", bank.port, USER, bank.host_key, key.export_private_key().decode())
        yield server, root / USER, bank
    finally:
        bank.stop()


def wait_for(port: int, log: Path) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > until:
                raise AssertionError(log.read_text()) from None
            time.sleep(0.05)
        else:
            return
