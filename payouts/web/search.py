"""Search from anywhere: one box, what it finds in groups, each under the rights and the masking of its own page.

The box is a form that is posted, since somebody may type an account number into it, which must not stand in an address
or in the log of a proxy. What holds no such number goes on to an address of its own, which can be kept and
gone back to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from payouts.payment_search import payments_called
from payouts.payroll import Payroll, payroll_of_number
from payouts.web import words
from payouts.web.access import EVERY_ROLE, allowed, may_see
from payouts.web.pages import actor, now, pages, service, transaction
from payouts.web.payee_search import fields_of
from payouts.web.places import places_called
from payouts.web.register_words import SEARCHES
from schemes.award_search import awards_called
from schemes.errors import NotFound
from schemes.imports.register_import import RegisterImport, imports_of_body
from schemes.payee import Payee
from schemes.payee_search import SearchBy, find_by_account, find_payees
from schemes.scheme import Scheme, schemes_of_body
from schemes.typed_details import DetailsRefused

LONGEST = 140
FEW = 6
FILES = 200
"""Of files so many of the newest are looked through: their names have no index, and need none."""

ACCOUNT = re.compile(r"(\d{2}[- ]?\d{2}[- ]?\d{2})[\s,/:]*(\d{4} ?\d{4}|\d{6,8})")
IBAN = re.compile(r"GB\d{2}[A-Z]{4}(\d{6})(\d{8})")
PAYROLL = re.compile(r"(?:payroll\s+)?(\d{1,6})", re.IGNORECASE)


class PayeesFound(NamedTuple):
    """Payees that one field finds. more: where the rest is."""

    heading: str
    payees: Sequence[Payee]
    more: str | None


def account_in(search: str) -> tuple[str, str] | None:
    """The sort code and account number that somebody typed or pasted, together or as an IBAN."""
    iban = IBAN.fullmatch(search.replace(" ", "").upper())
    found = iban or ACCOUNT.fullmatch(search.strip())
    return (found[1], found[2].replace(" ", "")) if found else None


def may_be_an_account(search: str) -> bool:
    """Whether it must not stand in an address: six digits and more and no word could be a part of bank details."""
    return account_in(search) is not None or bool(re.fullmatch(r"(?:[\s,/:-]*\d){6,}[\s,/:-]*", search))


def asked_for(given: str) -> str:
    return " ".join(given.split())[:LONGEST]


@pages.route("/find", methods=["POST"], endpoint="find")
@allowed(EVERY_ROLE)
def find_from_anywhere() -> ResponseReturnValue:
    search = asked_for(request.form.get("find", ""))
    if not may_be_an_account(search):
        return redirect(url_for("pages.show_found", find=search), 303)
    account = account_in(search)
    if account is None:
        return page_of(search, is_number=True)
    if not may_see("pages.find_payees_by_account"):
        return page_of(
            "", refused="Ask a finance officer, an approver or an administrator to search by a whole account"
        )
    try:
        with transaction() as session:
            found = find_by_account(
                session,
                service().seals,
                sort_code=account[0],
                account_number=account[1],
                roll_number="",
                by=actor(),
                at=now(),
            )
    except DetailsRefused as refused:
        return page_of("", refused=words.sentence(refused))
    return page_of("", of_account=found)


@pages.route("/find")
@allowed(EVERY_ROLE)
def show_found() -> ResponseReturnValue:
    search = asked_for(request.args.get("find", ""))
    if may_be_an_account(search):
        return page_of("", refused="Type numbers of accounts into the box, and not into the address")
    return page_of(search)


def page_of(
    search: str, *, is_number: bool = False, of_account: Sequence[Payee] | None = None, refused: str = ""
) -> ResponseReturnValue:
    """What a search finds. search: empty for one by account, whose digits are not shown again."""
    with transaction() as session:
        found = found_by(session, search) if search else {}
        anything = any(found.values()) or bool(of_account)
        return render_template(
            "find/show_found.html",
            search=search,
            found=found,
            anything=anything,
            of_account=of_account,
            refused=refused,
            is_number=is_number,
        )


def found_by(session: Session, search: str) -> dict[str, Any]:
    """What a search finds, by kind: each by an index, or by going through the few that a body has of it."""
    reads_all = may_see("pages.show_payroll")
    return {
        "places": places_called(search),
        "payrolls": payrolls_called(session, search),
        "payees": [found for by in fields_of(search) if (found := payees_by(session, search, by)).payees],
        "payments": payments_called(session, search, limit=FEW) if len(search) > 1 else [],
        "awards": awards_called(session, search, limit=FEW) if reads_all and len(search) > 1 else [],
        "imports": imports_called(session, search) if reads_all else [],
        "schemes": schemes_called(session, search),
    }


def payrolls_called(session: Session, search: str) -> list[Payroll]:
    number = PAYROLL.fullmatch(search)
    if number is None:
        return []
    try:
        return [payroll_of_number(session, int(number[1]))]
    except NotFound:
        return []


def payees_by(session: Session, search: str, by: SearchBy) -> PayeesFound:
    payees = find_payees(session, search, by, limit=FEW + 1)
    more = url_for("pages.show_payees", search=search, by=by.value) if len(payees) > FEW else None
    return PayeesFound(SEARCHES[by][1], payees[:FEW], more)


def imports_called(session: Session, search: str) -> list[RegisterImport]:
    start = search.casefold()
    files = imports_of_body(session, limit=FILES)
    return [brought for brought in files if start in brought.file_name.casefold()][:FEW] if len(search) > 1 else []


def schemes_called(session: Session, search: str) -> list[Scheme]:
    start = search.casefold()
    return [
        scheme
        for scheme in schemes_of_body(session)
        if scheme.code.casefold() == start
        or any(word.startswith(start) for word in scheme.name.casefold().split())
        or scheme.name.casefold().startswith(start)
    ][:FEW]
