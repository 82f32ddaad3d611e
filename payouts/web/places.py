"""The pages of the service by the names that people look for them under."""

from __future__ import annotations

from typing import NamedTuple

from flask import url_for

from payouts.web.access import may_see

MOST = 8


class Place(NamedTuple):
    """A page without an id in its address. also: other words that people call it by."""

    name: str
    endpoint: str
    also: str = ""


PLACES = (
    Place("Home", "pages.home", "start waits tasks"),
    Place("Payees", "pages.show_payees", "people recipients register beneficiaries"),
    Place("Find payees by a whole account number", "pages.find_payees_by_account", "bank sort code"),
    Place("Files of payees", "pages.show_imports", "imports upload csv excel spreadsheet"),
    Place("Bring payees in from a file", "pages.begin_import", "import upload csv excel spreadsheet"),
    Place("Payees who may be one person", "pages.show_duplicates", "duplicates twice merge"),
    Place("Beneficiaries who may be one person", "pages.show_beneficiary_pairs", "duplicates twice"),
    Place("Names checked with the bank", "pages.show_names", "confirmation of payee"),
    Place("Corrections of bank details from the bank", "pages.show_corrections", "awacs accounts moved"),
    Place("What was paid too much", "pages.show_overpayments", "overpayments recovery"),
    Place("Recoveries", "pages.show_recoveries", "overpayments owed"),
    Place("One-off payments", "pages.show_one_offs", "grants refunds"),
    Place("Payrolls", "pages.show_payrolls", "runs pay date payments"),
    Place("Calendar", "pages.show_calendar", "deadlines dates bank holidays cut-off"),
    Place("From the bank", "pages.show_responses", "responses reports arucs input report files"),
    Place("Payments that came back", "pages.show_returned", "returns returned rejected"),
    Place("Lines from the bank without a payment", "pages.show_suspense", "suspense unmatched"),
    Place("Payments that are looked for", "pages.show_traces", "traces missing not arrived"),
    Place("Bank statements", "pages.show_statements", "camt reconciliation"),
    Place("Entries of statements that nothing explains", "pages.show_unmatched", "unmatched suspense reconciliation"),
    Place("Where the money is", "pages.show_ledger", "ledger accounts balance books"),
    Place("Control of the books", "pages.show_controls", "ledger differences reconciliation"),
    Place("Files for the finance system", "pages.show_exports", "exports journals ledger"),
    Place("Reports", "pages.show_report", "figures charts returns on time cost"),
    Place("Schemes", "pages.show_schemes", "programmes grants rates"),
    Place("Changes", "pages.show_changes", "proposals confirm second person"),
    Place("Settings", "pages.show_settings", "body details colour name"),
    Place("Who runs a payroll", "pages.show_duties", "duties pattern two people cover separation"),
    Place("Accounts to pay from", "pages.show_bank_profiles", "bank profile service user number limit"),
    Place("Rules for bank details", "pages.show_bank_details_rules", "cooling-off call back"),
    Place("People", "pages.show_people", "users roles invite staff"),
    Place("Audit", "pages.show_audit", "trail history log events"),
    Place("API keys", "pages.show_api_keys", "integration token"),
    Place("Webhooks", "pages.show_webhooks", "integration"),
    Place("What is kept, and how long", "pages.show_retention", "retention erasure deletion gdpr"),
    Place("Outbox", "pages.show_outbox", "sandbox messages notices emails"),
    Place("Payees and accounts for every outcome", "pages.show_magic", "sandbox magic test"),
    Place("Your account", "pages.show_account", "password sessions sign-in history authenticator"),
    Place("Your passkeys", "pages.show_passkeys", "sign security key"),
    Place("When you are away", "pages.show_absences", "absence delegation holiday stand in"),
)


def places_called(search: str) -> list[tuple[str, str]]:
    """The pages whose name or other words begin like each word of a search, for whoever may see them."""
    wanted = search.casefold().split()
    if not wanted:
        return []
    found = []
    for place in PLACES:
        words = f"{place.name} {place.also}".casefold().split()
        if all(any(word.startswith(start) for word in words) for start in wanted) and may_see(place.endpoint):
            found.append((place.name, url_for(place.endpoint)))
    return found[:MOST]
