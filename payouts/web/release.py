"""The files for the bank: asking for them, and after the last gate taking them to whoever submits them."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from flask import Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from payouts.app import Service
from payouts.channels.download import BytesDiffer, download
from payouts.files import sealing
from payouts.files.payment_file import PaymentFile, get_file
from payouts.files.segment import blocks_of
from payouts.payroll import get_payroll
from payouts.web import words
from payouts.web.access import allowed
from payouts.web.pages import actor, now, pages, service, transaction
from schemes.errors import NotFound, NotNow, Refused
from schemes.older_copy import OlderCopy
from schemes.person import Role


@pages.route("/payrolls/<uuid:payroll_id>/files", methods=["POST"])
@allowed(Role.PREPARER)
def ask_for_files(payroll_id: UUID) -> ResponseReturnValue:
    try:
        with transaction() as session:
            sealing.ask_for_files(session, get_payroll(session, payroll_id, lock=True), by=actor(), at=now())
    except NotFound:
        raise
    except Refused as refused:
        flash(words.sentence(refused), "refused")
    return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)


@pages.route("/payrolls/<uuid:payroll_id>/files/<uuid:file_id>/download", methods=["POST"])
@allowed(Role.RELEASER)
def download_file(payroll_id: UUID, file_id: UUID) -> ResponseReturnValue:
    """A POST, because a download is recorded: it is what a submission can follow."""
    try:
        with transaction() as session:
            payroll = get_payroll(session, payroll_id, lock=True)
            file = download(session, service().seals, payroll, file_id, by=actor(), at=now())
    except (NotNow, BytesDiffer, OlderCopy) as refused:
        flash(words.sentence(refused), "refused")
        return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
    response = Response(content_of(service(), file), mimetype="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=file.name)
    response.content_length = file.byte_count
    return response


def content_of(given: Service, file: PaymentFile) -> Iterator[bytes]:
    """The file's bytes while they are sent, in a transaction of their own: no server holds a file of millions whole."""
    with given.transaction(file.body_id) as session:
        yield from blocks_of(session, given.seals, get_file(session, file.payroll_id, file.id))
