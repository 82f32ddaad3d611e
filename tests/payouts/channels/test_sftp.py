"""SFTP against OpenSSH's server and the simulated bank's: known server, one name once, silence told from refusal."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import asyncssh
import pytest

from payouts import local
from payouts.channels.sftp import (
    FolderRefused,
    Found,
    NameTaken,
    NotReached,
    RenameRefused,
    Server,
    SignInRefused,
    Silent,
    UnknownServer,
    connected,
)
from payouts.sandbox.bank.sftp_server import BankSftp, Trouble
from tests.payouts.channels.servers import openssh, simulated, sshd

CONTENT = b"VOL1000417\r\n" * 50_000
BLOCKS = [CONTENT[:100_000], CONTENT[100_000:]]
FOUND = Found(len(CONTENT), sha256(CONTENT).hexdigest())


@pytest.fixture(scope="module", params=["simulated", *(["openssh"] if sshd() else [])])
def server_and_home(request, tmp_path_factory):
    root = tmp_path_factory.mktemp(request.param)
    if request.param == "openssh":
        with openssh(root) as (server, home):
            yield server, home
    else:
        with simulated(root) as (server, home, _):
            yield server, home


@pytest.fixture
def server(server_and_home) -> Server:
    return server_and_home[0]


@pytest.fixture
def inbox(server_and_home) -> Path:
    folder = server_and_home[1] / "in"
    for left in folder.iterdir():
        left.unlink()
    return folder


def deliver(server: Server) -> None:
    with connected(server) as folder:
        folder.put("in/a.part", BLOCKS)
        folder.rename("in/a.part", "in/a.txt")


@pytest.fixture
def bank(tmp_path):
    with simulated(tmp_path) as (server, home, bank):
        yield server, home / "in", bank


def test_a_file_is_stored_read_back_and_named_once(server, inbox) -> None:
    with connected(server) as folder:
        assert folder.look("in/a.part") is None
        folder.put("in/a.part", BLOCKS)
        assert folder.look("in/a.part") == FOUND
        folder.rename("in/a.part", "in/a.txt")
        assert folder.look("in/a.part") is None
        assert folder.look("in/a.txt") == FOUND
    assert (inbox / "a.txt").read_bytes() == CONTENT


def test_a_name_that_is_taken_is_refused_and_the_other_file_stays(server, inbox) -> None:
    (inbox / "a.txt").write_bytes(b"another's")
    with connected(server) as folder:
        folder.put("in/a.part", BLOCKS)
        with pytest.raises(NameTaken):
            folder.rename("in/a.part", "in/a.txt")
    assert (inbox / "a.txt").read_bytes() == b"another's"
    assert (inbox / "a.part").read_bytes() == CONTENT


def test_what_was_left_of_an_earlier_try_is_written_over(server, inbox) -> None:
    (inbox / "a.part").write_bytes(CONTENT * 2)
    with connected(server) as folder:
        folder.put("in/a.part", BLOCKS)
        assert folder.look("in/a.part") == FOUND


def test_another_server_at_the_same_place_is_told_nothing(server) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    with pytest.raises(UnknownServer), connected(replace(server, host_key=other)):
        pass


def test_a_key_or_password_that_is_not_ours_is_refused(server) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    with pytest.raises(SignInRefused), connected(replace(server, private_key=stranger)):
        pass
    with pytest.raises(SignInRefused), connected(replace(server, private_key="", password="guess")):
        pass


def test_a_server_that_is_not_there_was_told_nothing(server) -> None:
    with pytest.raises(NotReached), connected(replace(server, port=local.free_port(0))):
        pass


def test_a_folder_that_is_not_there_is_a_refusal_not_silence(server, inbox) -> None:
    with connected(server) as folder:
        with pytest.raises(FolderRefused):
            folder.put("nowhere/a.part", BLOCKS)
        with pytest.raises(RenameRefused):
            folder.rename("in/not-there", "in/a.txt")
        assert folder.look("nowhere/a.part") is None


def test_answers_are_listed_and_fetched(server, inbox) -> None:
    (inbox / "b.xml").write_bytes(b"<b/>")
    (inbox / "a.xml").write_bytes(CONTENT)
    (inbox / "folder").mkdir(exist_ok=True)
    with connected(server) as folder:
        assert [(each.name, each.size) for each in folder.offered("in")] == [("a.xml", len(CONTENT)), ("b.xml", 4)]
        assert folder.fetch("in/a.xml") == CONTENT
    (inbox / "folder").rmdir()


def test_a_password_signs_in_where_the_bank_gave_one(bank) -> None:
    server, _, simulator = bank
    simulator.add_user("by-password", "correct horse")
    with connected(replace(server, username="by-password", private_key="", password="correct horse")) as folder:
        assert folder.offered("in") == []


@pytest.mark.parametrize(
    ("trouble", "there"),
    [
        (Trouble.CUT_WHILE_WRITING, {"a.part"}),
        (Trouble.CUT_BEFORE_RENAME, {"a.part"}),
        (Trouble.CUT_AFTER_RENAME, {"a.txt"}),
    ],
)
def test_a_connection_that_is_cut_is_silence_and_looking_tells_what_happened(bank, trouble, there) -> None:
    server, _, simulator = bank
    simulator.trouble.append(trouble)
    with pytest.raises(Silent):
        deliver(server)
    with connected(server) as folder:
        assert {each.name for each in folder.offered("in")} == there
        whole = folder.look("in/a.part") == FOUND or folder.look("in/a.txt") == FOUND
    assert whole == (trouble is not Trouble.CUT_WHILE_WRITING)


def test_a_byte_that_got_lost_on_the_way_shows_when_it_is_read_back(bank) -> None:
    server, _, simulator = bank
    simulator.trouble.append(Trouble.DROP_A_BYTE)
    with connected(server) as folder:
        folder.put("in/a.part", BLOCKS)
        assert folder.look("in/a.part") != FOUND


def test_nobody_leaves_their_folder(bank, tmp_path) -> None:
    server, _, simulator = bank
    assert isinstance(simulator, BankSftp)
    simulator.add_user("neighbour", "a password")
    (tmp_path / "neighbour" / "out" / "secret.xml").write_bytes(b"theirs")
    with connected(server) as folder:
        assert folder.look("../neighbour/out/secret.xml") is None
        assert folder.look("/neighbour/out/secret.xml") is None


def test_a_caller_may_have_a_loop_of_its_own_that_runs(server, inbox) -> None:
    async def caller() -> None:
        deliver(server)

    # not on this thread, which may have a loop from a browser
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, caller()).result()
    assert (inbox / "a.txt").read_bytes() == CONTENT
