"""Words for how files get to the bank: the connection, where a file is on its way, and what went wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask

from payouts.channels.dispatch import Dispatch, DispatchStatus, GoesByItself, Trouble
from payouts.channels.progress import NothingFound
from payouts.sandbox.bank.days import NotASandbox, NothingMoreToSay
from schemes import openpgp
from schemes.bank_connection import Channel, ConnectionFault, ConnectionTermsRefused, SignIn
from schemes.errors import Refused
from schemes.ssh_key import fingerprint

FAULTS: dict[ConnectionFault, str] = {
    ConnectionFault.HOST: "Enter the server’s name, like sftp.bank.example, without slashes",
    ConnectionFault.PORT: "Enter a port from 1 to 65535. It is 22 unless the bank says otherwise",
    ConnectionFault.USERNAME: "Enter the user name that the bank gave you",
    ConnectionFault.HOST_KEY: "Enter the server’s public key as the bank gave it, like ssh-ed25519 AAAA…",
    ConnectionFault.PASSWORD: "Enter the password that the bank gave you",
    ConnectionFault.FOLDER: "Enter a folder as the bank names it, like in or outgoing/payments",
    ConnectionFault.PGP_UNREADABLE: (
        "Paste the bank’s OpenPGP certificate whole, from BEGIN PGP PUBLIC KEY BLOCK to END PGP PUBLIC KEY BLOCK"
    ),
    ConnectionFault.PGP_SECRET: (
        "This is a private key, and was not kept. Whoever sent it to you has to change it. Paste the bank’s certificate"
    ),
    ConnectionFault.PGP_REVOKED: "This certificate was revoked. Ask the bank for the one that it uses now",
    ConnectionFault.PGP_EXPIRED: "This certificate has expired. Ask the bank for the one that it uses now",
    ConnectionFault.PGP_NO_ENCRYPTION_KEY: (
        "Nothing can be encrypted to this certificate: it has no key for it, or one that is too weak. Ask the bank for "
        "the certificate that files are encrypted to"
    ),
    ConnectionFault.PGP_NOTHING_TO_SIGN: (
        "Only encrypted files are signed. Give the bank’s certificate too, or do not sign"
    ),
    ConnectionFault.PGP_NOTHING_TO_VERIFY: (
        "A signature comes with an encrypted answer and is held against the bank’s certificate. Give the certificate, "
        "and have the bank encrypt its answers"
    ),
}

SIGN_INS: dict[SignIn, str] = {
    SignIn.KEY: "With a key that is made here. You give the bank its public half",
    SignIn.PASSWORD: "With a password that the bank gave you",
}

STATUSES: dict[DispatchStatus, tuple[str, str]] = {
    DispatchStatus.WAITING: ("On its way", "blue"),
    DispatchStatus.STORED: ("On its way", "blue"),
    DispatchStatus.SENDING: ("On its way", "blue"),
    DispatchStatus.SENT: ("With the bank", "green"),
    DispatchStatus.REFUSED: ("Not sent", "red"),
    DispatchStatus.UNCERTAIN: ("Not known", "red"),
    DispatchStatus.WITHDRAWN: ("Taken by hand", "grey"),
}

TROUBLES: dict[Trouble, tuple[str, str]] = {
    Trouble.TOO_LATE: (
        "The cut-off passed before the file could be sent. Nothing was sent.",
        (
            "Ask the bank whether it still takes the file today. If so, send it now. If not, tell those who wait for "
            "their money."
        ),
    ),
    Trouble.NOT_APPROVED_BYTES: (
        "The stored file no longer has the bytes that were approved. Nothing was sent.",
        "Tell the people who run the service at once. Somebody may have changed it.",
    ),
    Trouble.NO_CONNECTION: (
        "There is no connection to the bank any more. Nothing more was sent.",
        "Have an administrator propose the connection again, or take the file to the bank by hand.",
    ),
    Trouble.UNKNOWN_SERVER: (
        (
            "Whoever answered at the bank’s address has another key than the one that two people confirmed. They "
            "were told nothing."
        ),
        (
            "Ask the bank, on a number you know, whether its key has changed. If it has, have an administrator propose "
            "the new one. If it has not, tell the people who run the service."
        ),
    ),
    Trouble.SIGN_IN_REFUSED: (
        "The bank’s server did not let the service in. Nothing was sent.",
        "Ask the bank whether it knows the body’s public key, which stands on the account’s page.",
    ),
    Trouble.FOLDER_REFUSED: (
        "The bank’s server refused its folder. Nothing was sent.",
        "Ask the bank what the folder is called, and whether the body may read and write there.",
    ),
    Trouble.NAME_REFUSED: (
        "The bank’s server took the file but refused its final name. Nothing was sent.",
        "Ask the bank how files have to be called, and whether they may be renamed in its folder.",
    ),
    Trouble.READ_BACK_DIFFERS: (
        (
            "What the bank’s server stored is not the file that was sent. The file did not get its name, so the bank "
            "does not take it."
        ),
        "Send it again. If it happens again, take the file to the bank by hand, and tell the bank.",
    ),
    Trouble.NAME_TAKEN: (
        "The bank’s folder holds another file of this name. Nothing was replaced.",
        "Ask the bank what that file is, and whether it has the approved one too.",
    ),
    Trouble.NEITHER_THERE: (
        (
            "The connection broke just when the file got its final name, and it is not in the folder now. Either the "
            "bank has taken it, or it got lost."
        ),
        (
            "Look in the bank’s portal, or ask the bank, whether it has the file. Don’t send it again on a guess: "
            "everybody could be paid twice."
        ),
    ),
    Trouble.NOT_THERE: (
        "Two people found that the bank does not have the file.",
        "Send it again, or take it to the bank by hand.",
    ),
    Trouble.CERTIFICATE_OVER: (
        "The bank’s OpenPGP certificate has expired, so the file was not encrypted. Nothing was sent.",
        (
            "Ask the bank for its new certificate and have an administrator propose it. Once it is confirmed, send the "
            "file again, or take it to the bank by hand."
        ),
    ),
    Trouble.NOT_ENCRYPTED: (
        "The file could not be encrypted to the bank’s OpenPGP certificate. Nothing was sent.",
        "Ask the bank whether its certificate is still the right one, or take the file to the bank by hand.",
    ),
}

TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    ConnectionTermsRefused: lambda refusal: FAULTS[refusal.fault],
    GoesByItself: lambda refusal: (
        "This file goes to the bank by itself. Whoever took it there as well could pay everybody twice. Look at where "
        "it is first"
    ),
    NotASandbox: lambda refusal: "The days of a real bank pass by themselves",
    NothingMoreToSay: lambda refusal: "The sandbox’s bank has said everything about this payroll",
    NothingFound: lambda refusal: "Nobody has said yet whether the bank has the file",
}


def connection_rows(facts: Mapping[str, Any]) -> dict[str, str]:
    """A proposal's facts, as rows of words."""
    if facts["channel"] == Channel.DOWNLOAD:
        return {"How files get to the bank": "A releaser downloads them and sends them"}
    return {
        "How files get to the bank": "The service puts them into the bank’s folder (SFTP)",
        "Server": f"{facts['host']}, port {facts['port']}",
        "User name": facts["username"],
        "The server’s key": fingerprint(facts["host_key"]),
        "Signs in": SIGN_INS[SignIn(facts["sign_in"])].split(".")[0],
        "The body’s public key": facts["public_key"],
        "Folder for files": facts["outgoing_folder"] or "The one that one is in after signing in",
        "Folder of answers": (facts["incoming_folder"] or "The one that one is in after signing in")
        if facts["collects"]
        else "Answers are not collected",
        **openpgp_rows(facts),
    }


def openpgp_rows(facts: Mapping[str, Any]) -> dict[str, str]:
    """What of a connection is OpenPGP, for a proposal: fingerprints, that two people compare with the bank's letter."""
    # proposals from before there was any have none of it
    certificate, ours = facts.get("pgp_certificate", ""), facts.get("our_certificate", "")
    rows = {"Files are encrypted to (OpenPGP)": openpgp.fingerprint(certificate) or "Not encrypted"}
    if certificate:
        rows["Files are signed"] = "With the body’s OpenPGP key" if facts["signs"] else "No"
    if ours:
        rows["The body’s OpenPGP key"] = openpgp.fingerprint(ours)
        rows["Answers"] = "Encrypted to the body’s OpenPGP key" if facts["opens_answers"] else "As they are"
        only_signed = facts.get("requires_signature", False)
        rows["Answers without the bank’s signature"] = "Are kept, and not read" if only_signed else "Are read"
    return rows


def trouble_words(dispatch: Dispatch) -> tuple[str, str]:
    """What went wrong with a file, and what to do about it; empty where nothing did."""
    return TROUBLES[dispatch.trouble] if dispatch.trouble else ("", "")


def register(app: Flask) -> None:
    app.add_template_filter(lambda status: STATUSES[DispatchStatus(status)], "dispatch_status")
    app.add_template_filter(trouble_words, "dispatch_trouble")
    app.add_template_filter(fingerprint, "key_fingerprint")
    app.add_template_filter(openpgp.fingerprint, "openpgp_fingerprint")
