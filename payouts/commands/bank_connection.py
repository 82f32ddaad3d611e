"""`payouts bank-connection` and `payouts file way`: SFTP to the bank, and where each file is on its way there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO
from uuid import UUID

import click
from sqlalchemy.orm import Session

from payouts.channels import progress, sftp
from payouts.channels.dispatch import dispatches_of
from payouts.channels.sending import server_of
from payouts.commands import ground
from payouts.files.payment_file import files_of
from payouts.payroll import get_payroll, payroll_of_number
from payouts.web.channel_words import TROUBLES
from schemes import bank_connection as connections
from schemes import openpgp
from schemes.bank_connection import BankConnection, Channel, ConnectionTerms, SignIn
from schemes.bank_profile import bank_profiles
from schemes.database import new_id
from schemes.ssh_key import fingerprint, plain_key


@click.group("bank-connection")
def bank_connection() -> None:
    """How the files of an account to pay from get to the bank."""


def line_of(session: Session, name: str) -> UUID:
    found = next((each for each in bank_profiles(session) if each.name == name), None)
    if found is None:
        raise click.ClickException(f"there is no account called {name}: `payouts bank-profile list`")
    return found.line_id


def counting(session: Session, name: str) -> BankConnection:
    found = connections.connection_of(session, line_of(session, name))
    if found is None or found.channel is Channel.DOWNLOAD:
        raise click.ClickException(f"the files of {name} are downloaded: there is no connection")
    return found


@bank_connection.command("show")
@click.argument("name")
@ground.body_option
def show(name: str, body_name: str | None) -> None:
    """Server, its key, user name, folders, and the body's public key for the bank."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        found = counting(session, name)
        click.echo(f"server\t{found.host}:{found.port}\t{fingerprint(found.host_key)}")
        click.echo(f"user\t{found.username}\tby {found.sign_in}")
        click.echo(
            f"folders\t{found.outgoing_folder or '.'}\t{found.incoming_folder or '.' if found.collects else '-'}"
        )
        click.echo(f"public key\t{found.public_key or '-'}")
        ends = f"{found.pgp_ends_at:%Y-%m-%d}" if found.pgp_ends_at else "never"
        to = openpgp.fingerprint(found.pgp_certificate)
        click.echo(
            f"encrypted to\t{to or '-'}" + (f"\tends {ends}\t{'signed' if found.signs else 'unsigned'}" if to else "")
        )
        believed = "\tonly signed answers" if found.requires_signature else ""
        click.echo(f"our OpenPGP key\t{openpgp.fingerprint(found.our_certificate) or '-'}{believed}")


@bank_connection.command("certificate")
@click.argument("name")
@ground.body_option
def certificate(name: str, body_name: str | None) -> None:
    """The body's OpenPGP certificate, for the bank."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        found = counting(session, name)
        if not found.our_certificate:
            raise click.ClickException(f"the connection of {name} has no OpenPGP key: `bank-connection propose --sign`")
        click.echo(found.our_certificate.strip())


@bank_connection.command("propose")
@click.argument("name")
@click.option("--download", is_flag=True, help="Back to downloading files; needs nothing else but --reason.")
@click.option("--host")
@click.option("--port", type=click.IntRange(1, 65535), default=connections.STANDARD_PORT, show_default=True)
@click.option("--username")
@click.option("--host-key", help="The server's public key, from the bank's letter or site: ssh-ed25519 AAAA…")
@click.option("--password", "by_password", is_flag=True, help="Sign in with a password, which is asked for.")
@click.option("--new-key", is_flag=True, help="Make another key instead of keeping the one there is.")
@click.option("--folder", default="", help="For files to pay, as the bank names it.")
@click.option("--answers", help="The folder of the bank's answers, to be collected; '' for the first one.")
@click.option(
    "--encrypt-to", type=click.File("r"), help="The bank's OpenPGP certificate, which files are encrypted to."
)
@click.option("--sign", "signs", is_flag=True, help="Sign each encrypted file with the body's OpenPGP key.")
@click.option("--encrypted-answers", is_flag=True, help="The bank encrypts its answers to the body's OpenPGP key.")
@click.option("--signed-answers", is_flag=True, help="Believe only answers that the bank signed with that certificate.")
@click.option("--new-openpgp-key", is_flag=True, help="Make another OpenPGP key instead of keeping the one there is.")
@click.option("--reason", required=True)
@ground.person_options
@ground.body_option
def propose(
    name: str,
    host: str | None,
    port: int,
    username: str | None,
    host_key: str | None,
    folder: str,
    answers: str | None,
    encrypt_to: TextIO | None,
    reason: str,
    email: str,
    code: str | None,
    body_name: str | None,
    *,
    download: bool,
    by_password: bool,
    new_key: bool,
    signs: bool,
    encrypted_answers: bool,
    signed_answers: bool,
    new_openpgp_key: bool,
) -> None:
    """Propose how files get to the bank; `payouts change confirm` by somebody else makes it count."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    password = str(click.prompt("The bank's password", hide_input=True, err=True)) if by_password else ""
    by = ground.acting(given, body_id, email, code)
    terms = ConnectionTerms(Channel.DOWNLOAD)
    if not download:
        terms = ConnectionTerms(
            Channel.SFTP,
            host or "",
            port,
            username or "",
            plain_key(host_key or ""),
            SignIn.PASSWORD if by_password else SignIn.KEY,
            folder,
            answers or "",
            answers is not None,
            encrypt_to.read().strip() if encrypt_to else "",
            signs,
            encrypted_answers,
            signed_answers,
        )
    with given.transaction(body_id) as session:
        proposed = connections.propose(
            session,
            given.seals,
            terms,
            password=password,
            makes_key=new_key,
            makes_pgp_key=new_openpgp_key,
            change_id=new_id(),
            line_id=line_of(session, name),
            reason=reason,
            by=by,
            at=given.now(),
        )
        public_key, our_certificate = proposed.after["public_key"], proposed.after["our_certificate"]
    click.echo(f"Proposed, {proposed.id}.")
    if public_key:
        click.echo(f"For the bank: {public_key}")
    if our_certificate:
        click.echo(f"For the bank:\n{our_certificate.strip()}")


@bank_connection.command("try")
@click.argument("name")
@ground.body_option
def try_connection(name: str, body_name: str | None) -> None:
    """Sign in and look into the folders. Nothing is written."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        found = counting(session, name)
        server = server_of(session, given.seals, found)
        folders = [found.outgoing_folder, *([found.incoming_folder] if found.collects else [])]
    try:
        with sftp.connected(server) as there:
            for folder in folders:
                click.echo(f"{folder or '.'}\t{len(there.offered(folder or '.')):,} files")
    except sftp.SftpTrouble as trouble:
        raise click.ClickException(f"{type(trouble).__name__}: {trouble}") from trouble


@click.command("way")
@click.argument("number", type=int)
@ground.body_option
def way(number: int, body_name: str | None) -> None:
    """Where each file of a payroll is on its way to the bank by SFTP."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        payroll = payroll_of_number(session, number)
        ways = dispatches_of(session, payroll.id)
        for file in files_of(session, payroll.id):
            found = ways.get(file.id)
            wrong = f"\t{' '.join(TROUBLES[found.trouble])}" if found and found.trouble else ""
            click.echo(f"{file.name}\t{found.status if found else 'by hand'}{wrong}")


ACTS: dict[str, Callable[..., None]] = {
    "again": progress.try_again,
    "by-hand": progress.withdraw,
    "confirm": progress.confirm_found,
    "deny": progress.deny_found,
}


@click.command("decide")
@click.argument("number", type=int)
@click.argument("act", type=click.Choice([*ACTS, "found", "not-found"]))
@click.option("--file", "name", help="Its name; not needed for a payroll of one file.")
@click.option("--reason", default="", help="How you know, with found and not-found.")
@ground.person_options
@ground.body_option
def decide(
    number: int, act: str, name: str | None, reason: str, email: str, code: str | None, body_name: str | None
) -> None:
    """Decide about a file that did not get to the bank by itself.

    again: send it once more; by-hand: take it to the bank yourself; found, not-found: what you saw at the bank's;
    confirm, deny: whether a colleague's finding is right.
    """
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        payroll = get_payroll(session, payroll_of_number(session, number).id, lock=True)
        files = [file for file in files_of(session, payroll.id) if name in (None, file.name)]
        if len(files) != 1:
            raise click.ClickException("say which file with --file: " + ", ".join(file.name for file in files))
        if act in ACTS:
            ACTS[act](session, payroll, files[0].id, by=by, at=given.now())
        else:
            there = act == "found"
            progress.say_found(session, payroll, files[0].id, there=there, reason=reason, by=by, at=given.now())
        status = dispatches_of(session, payroll.id)[files[0].id].status
    click.echo(f"{files[0].name}\t{status}")
