"""Words for who receives what is owed to somebody who has died."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from schemes.claim import ClaimFault, ClaimRefused, Document
from schemes.errors import Refused

DOCUMENTS: dict[Document, str] = {
    Document.GRANT_OF_PROBATE: "Grant of probate",
    Document.LETTERS_OF_ADMINISTRATION: "Letters of administration",
    Document.CONFIRMATION: "Confirmation (Scotland)",
    Document.SMALL_ESTATE: "Signed statement for a small estate, where no grant was asked for",
}

FAULTS: dict[ClaimFault, str] = {
    ClaimFault.NOBODY_DIED: "Nobody here counts as dead. Record the death on the payee’s page first",
    ClaimFault.THE_SAME_PAYEE: "This is who was paid before. Enter the reference of the payee who receives it now",
    ClaimFault.NO_MANDATE: (
        "This payee has no mandate that allows it. Give them one on their page first: as executor or administrator of "
        "the estate if the beneficiary has died, otherwise in their capacity for the beneficiary"
    ),
    ClaimFault.DOCUMENT_MISSING: "Choose the document that shows who receives it for the estate",
    ClaimFault.DAY_MISSING: "Enter the date of the document",
    ClaimFault.DAY_IN_THE_FUTURE: "The date of the document must be in the past",
}

TELLERS: dict[type[Refused], Callable[[Any], str]] = {ClaimRefused: lambda refused: FAULTS[refused.fault]}


def register(app: Flask) -> None:
    app.add_template_filter(DOCUMENTS.__getitem__, "claim_document")
