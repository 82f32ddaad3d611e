"""Words for the audit trail: each act in a plain sentence, with a way to what it happened to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from string import Formatter
from typing import Any, NamedTuple
from uuid import UUID

from flask import url_for

from payouts.checks.finding import Kind
from payouts.web import first_payroll_words, going_live_words, looking_back_words, promotion_words, response_words
from payouts.web.figures import day, pounds
from payouts.web.finding_words import KINDS
from schemes.audit import AuditEvent

# what was done, with the facts that belong into the sentence
ACTS: dict[str, str] = {
    **first_payroll_words.ACTS,
    **going_live_words.ACTS,
    **looking_back_words.ACTS,
    **promotion_words.ACTS,
    **response_words.ACTS,
    "body.added": "Added the body",
    "body.held": "Held the body: a backup was restored, which has {position} of {published} in the trail",
    "body.let_go_on": "An operator let the body go on, with {position} of {published} in the trail",
    "person.added": "Added a person",
    "body.details_set": "Changed the {changed} of the body",
    "body.retention_set": "Set how long records are kept to {years} financial years besides the current one",
    "person.invited": "Invited somebody ({roles})",
    "person.invitation_sent_again": "Sent an invitation again",
    "person.invitation_withdrawn": "Withdrew an invitation",
    "person.joined": "Accepted an invitation ({roles})",
    "person.roles_changed": "Changed somebody’s roles ({roles})",
    "person.removed": "Removed somebody from the body",
    "person.reset_confirmed": "Let somebody set their password and codes anew",
    "person.credentials_set": "Somebody’s password and codes were set anew",
    "person.signed_out_everywhere": "Signed out everywhere",
    "person.password_changed": "Changed their own password",
    "person.authenticator_replaced": "Changed their own authenticator app",
    "person.passkey_added": "Added a passkey of their own",
    "person.passkey_removed": "Removed a passkey of their own",
    "person.passkey_copied": "Used a passkey of which there seem to be two: it was removed",
    "passkey_rule.set": "Set at which gates a go is signed with a passkey ({kinds})",
    "person.recovery_codes_renewed": "Made new recovery codes for themselves",
    "staff.told": "Sent a message to somebody who works here ({event}: {outcome})",
    "body.duties_set": "Set how many people run a payroll to {pattern}",
    "body.cooling_off_set": "Set the cooling-off to {ordinary_days} working days ({high_days} where the risk is high)",
    "payroll.files_destroyed": "Destroyed files whose time was over: {files}",
    "payroll.amended_take_out": "Took {payment_count} payments out (decisions that are void: {decisions_voided})",
    "payroll.moved": "Moved the pay date to {pay_date}",
    "webhook.added": "Set up a webhook ({payload})",
    "webhook.changed": "Changed what a webhook is told ({payload})",
    "webhook.paused": "Paused a webhook ({because})",
    "webhook.resumed": "Let a webhook go on",
    "webhook.removed": "Removed a webhook",
    "webhook.secret_taken": "Took a secret of a webhook (those before count {overlap_hours} hours more)",
    "webhook.replayed": "Had messages sent to a webhook again ({count})",
    "webhook.test": "Had a webhook tried",
    "payment.rejected": "The bank’s files say that the payment was not taken",
    "payment.recalled": "The bank’s files say that the payment was taken back",
    "payment.returned": "The bank’s files say that the payment came back",
    "return.reason_found": "The bank told a further reason why the payment came back",
    "return.reissued": "The payment that came back was made again",
    "api_key.made": "Made an API key ({kind}; {scopes})",
    "api_key.revoked": "Revoked an API key",
    "api_key.secret_taken": "Took a secret of an API key (days for which those before go on working: {overlap_days})",
    "api_key.refused": "An API key was refused ({why})",
    "query.asked": "Asked a colleague about the payroll",
    "query.answered": "Answered a question about the payroll",
    "payroll.amended_re_date": "Moved the pay date (decisions that are void: {decisions_voided})",
    "difference.taken": "Took out the difference to the last payroll ({lines} lines)",
    "unpaid.taken": "Took out the list of who is not paid ({people} people)",
    "findings.kept": "Kept the reasons of findings that were accepted before ({count})",
    "funds.recorded": "Recorded the money available on an account",
    "control_total.entered": "Entered what the payroll should come to ({payment_count} payments)",
    "checks.set": "Set what the checks find and what it means (version {number})",
    "evidence.taken": "Took out the evidence of the payroll",
    "file.checked": "Held a file against the approved one ({outcome})",
    "parallel_run.begun": "Took in another system’s file to compare the payroll with",
    "parallel_run.compared": "Compared it with another system’s file (the same: {same}, differing: {differing})",
    "parallel_run.unreadable": "Another system’s file could not be read",
    "parallel_run.explained": "Explained differences from another system’s file ({part})",
    "parallel_run.forgotten": "Destroyed the list of differences from another system’s file",
    "change.proposed": "Proposed a change ({kind})",
    "change.confirmed": "Confirmed a change ({kind})",
    "change.rejected": "Rejected a change ({kind})",
    "bank_details.proposed": "Proposed version {version} of the bank details, which came by {came_by}",
    "bank_details.confirmed": "Confirmed version {version} of the bank details",
    "bank_details.match_confirmed": "A match at the bank confirmed version {version} of the bank details, "
    "under rule number {rule} about names",
    "bank_details.told": "Told contacts that version {version} of the bank details was proposed ({contacts})",
    "bank_details.held": "Said, by a link, that version {version} of the bank details is not theirs: it is held",
    "bank_details.disowned": "Said, by a link, that version {version} of the bank details, in use, is not theirs",
    "bank_details.let_go_on": "Looked into version {version} of the bank details and let it go on",
    "bank_details.rejected": "Rejected version {version} of the bank details",
    "bank_details.waived": "Waived the cooling-off of version {version} of the bank details",
    "bank_details.stopped": "Marked version {version} of the bank details as {stopped_as}",
    "bank_details.returned": "Stopped the bank details that a payment came back from",
    "bank_details.unmasked": "Looked at version {version} of the bank details in full",
    "correction_report.read": "Read corrections from the bank ({lines} lines, proposed: {proposed})",
    "name_policy.set": "Set what the banks’ answers about names mean",
    "confirmation.asked": "Checked the name of version {version} of the bank details with the bank ({outcome})",
    "confirmation.begun": "Asked to check names with the bank ({count})",
    "confirmation.answered": "Checked names with the bank ({count}, without an answer: {silent})",
    "hold.on_hold": "Put payments on hold (concerns the {concerns})",
    "hold.deceased": "Recorded a death (concerns the {concerns})",
    "hold.told_deceased": "Stopped payments, because the bank told of a death",
    "hold.closed": "Closed payments (concerns the {concerns})",
    "hold.restricted": "Restricted the record (concerns the {concerns})",
    "hold.lifted": "Let payments go on",
    "duplicates.search_begun": "Looked for people who are in the register twice ({payees} compared)",
    "subject_access.asked": "Asked for everything about the person (concerns the {concerns})",
    "subject_access.taken": "Downloaded everything about the person",
    "payee.erased": "Erased the payee (old files destroyed: {files_destroyed})",
    "payee.merged": "Merged the payee into another (awards moved: {awards})",
    "payee.merged_here": "Merged another payee into this one",
    "payee.unmerged": "Undid the merge of the payee into another (awards moved back: {awards})",
    "payee.unmerged_here": "Undid the merge of another payee into this one",
    "beneficiary.found_one": "Took two beneficiaries for one person",
    "beneficiary.found_two": "Took two beneficiaries for two people after all",
    "duplicates.not_same": "Said that two records are of two people",
    "duplicates.account_settled": "Said whose an account of many payees is ({holder}, payees: {payees})",
    "payee.added": "Added a payee (receives the money as: {capacity})",
    "payee.corrected": "Corrected what the register says of a payee ({subjects})",
    "beneficiary.corrected": "Corrected what the register says of a beneficiary ({subjects})",
    "payee.payment_method_set": "Changed how a payee is paid ({method})",
    "payee.payments_combined_set": "Changed whether a payee’s payments go as one (as one: {combined})",
    "payee.searched_by_account": "Looked for payees by a whole account number (found: {found})",
    "remittance.taken": "Took the remittance advice of a payee ({payments} payments)",
    "claim.proposed": "Proposed who receives what is owed to somebody who died",
    "claim.confirmed": "Confirmed who receives what is owed to somebody who died",
    "claim.rejected": "Rejected a proposal of who receives what is owed to somebody who died",
    "mandate.given": "Kept that a payee receives the money for a beneficiary ({capacity})",
    "mandate.ended": "Ended a payee’s mandate, its last day being {last_day}",
    "note.written": "Wrote a note about a payee",
    "contact.added": "Added a contact of a payee ({channel})",
    "contact.ended": "Stopped using a contact of a payee ({channel})",
    "safe_contact.marked": "Marked which contacts of a payee are safe",
    "safe_contact.lifted": "Took the safe-contact mark off a payee",
    "payee.preference_set": "Changed how a payee wants to be written to",
    "award.added": "Added an award",
    "award.changed": "Changed the award from {from_day} on (version {version})",
    "award.ended": "Ended the award: nothing is due from {from_day} on (version {version})",
    "award.payee_moved": "The award is paid to another record of the same person",
    "award.suspended": "Suspended the award from {from_day} on",
    "award.suspension_lifted": "Lifted the suspension of the award (suspended days are paid after all: {pays_arrears})",
    "bank_profile.account_seen": "Saw the whole number of a proposed account to pay from",
    "recovery.proposed": "Proposed to recover what an award was paid too much",
    "recovery.confirmed": "Confirmed a recovery",
    "recovery.rejected": "Rejected a recovery",
    "payroll.made_outside": "Recorded that the payment was made ({method})",
    "payroll.cleared_outside": "Recorded that the bank took the payment ({method})",
    "one_off_file.read": "Sent a file of one-off payments ({good} good rows, {refused} refused)",
    "one_off_file.entered": "Entered one-off payments from a file ({good})",
    "one_off_file.confirmed": "Confirmed the one-off payments of a file ({count})",
    "one_off_file.rejected": "Rejected the one-off payments of a file",
    "one_off_file.discarded": "Discarded a file of one-off payments",
    "one_off.proposed": "Entered a one-off payment",
    "one_off.confirmed": "Confirmed a one-off payment",
    "one_off.ended": "Rejected or withdrew a one-off payment",
    "write_off.proposed": "Proposed to end a recovery, or to write off what was paid too much",
    "write_off.confirmed": "Confirmed the end of a recovery or a write-off",
    "write_off.rejected": "Rejected the end of a recovery or a write-off",
    "scheme.added": "Added the scheme",
    "scheme.version_added": "Put version {number} of the scheme into force",
    "bank_profile.added": "Added the account to pay from",
    "bank_profile.changed": "Changed the account to pay from (version {version})",
    "import.begun": "Sent a file of payees",
    "import.read": "Read the file (good rows: {good}, refused: {refused}, in the register already: {unchanged})",
    "import.terms_told": "Said how the payments of the file are taken ({count})",
    "import.columns_told": "Said what the columns of the file are ({columns})",
    "import.not_landed": "Wrote nothing of the file, because rows came in by another file (refused: {refused})",
    "import_source.remembered": "Kept what the columns of a source of files are ({columns})",
    "import_source.forgotten": "Forgot the columns of a source of files",
    "import.row_corrected": "Corrected line {line} of the file ({outcome})",
    "import.unreadable": "Could not read the file",
    "import.kept": "Kept the good rows of the file ({good})",
    "import.discarded": "Discarded the file",
    "import.landed": "Wrote the good rows into the register ({rows})",
    "import.confirmed": "Confirmed the bank details of the file (payees: {accounts})",
    "import.refused_rows_downloaded": "Downloaded the refused rows ({rows})",
    "payroll.created": "Created payroll {number}",
    "payroll.building": "Asked for the payroll to be built again",
    "payroll.checked": "Built and checked the payroll",
    "payroll.checked from sealed": "Took the payroll back from the gates",
    "payroll.sealing": "Asked for the files",
    "payroll.sealing from sealed": "Had the files built anew",
    "payroll.files_sealed": "Built the files and sealed them",
    "payroll.sealed": "Opened the gates",
    "payroll.returned": "Returned the payroll to its preparer (decisions void: {decisions_voided})",
    "payroll.gates_passed": "Passed every gate (payrolls of the day: {payrolls})",
    "payroll.released": "Released the payroll",
    "payroll.release_refused": "Refused the release, because something was not as approved: {differences}",
    "payroll.cover_reviewed": "Reviewed a payroll that two people released",
    "payroll.payments_submitted": "The bank’s files say that it has payments ({count})",
    "payroll.payments_paid": "The bank’s files say that payments were made ({count})",
    "payroll.submitted": "Recorded that the files are with the bank",
    "payroll.cancelled": "Cancelled the payroll",
    "findings.accepted": "Accepted findings ({finding_title}: {count})",
    "finding.opened": "Opened a finding before approving ({finding_title})",
    "gate.go": "Said go at the gate {gate}",
    "body.office_days_set": "Set the days on which the offices work ({country})",
    "calendar_feed.made": "Made an address for their own calendar",
    "calendar_feed.ended": "Let the address of their own calendar work no more",
    "delegation.made": "Had somebody decide for a person who is away, from {first_day} to {last_day}",
    "delegation.ended": "Ended that somebody decides for a person who is away",
    "statement.received": "Sent a bank statement",
    "statement.read": "A bank statement was read ({entries} new entries, matched: {matched})",
    "statement.refused": "A bank statement was refused ({fault})",
    "statement.taken_out": "Took out a refused bank statement",
    "bank_entry.matched": "Said what a bank entry is ({match})",
    "bank_rule.made": "Made a rule for entries of statements ({match})",
    "bank_rule.ended": "Ended a rule for entries of statements ({match})",
    "bank_rule.tried": "Tried a new rule on the entries in suspense (matched: {matched})",
    "export_profile.set": "Set how journals are laid out (version {version})",
    "ledger_codes.set": "Set the codes of the accounts in the finance system (version {version})",
    "ledger.export_taken_again": "Took an exported journal again",
    "bank_files.forgotten": "Destroyed files from outside that came before {kept_from} ({files}), with their lines",
    "ledger.exported": "Exported a journal ({lines} lines)",
    "ledger.controlled": "Held the ledger against payrolls, files and the bank (differences: {differences})",
    "ledger.closed": "Closed the books up to {last_day}",
    "payment.recovered": "Ended held money: it is owed to nobody any more",
    "payment.written_off": "Ended held money: it was written off",
    "freeze.begun": "Stopped releases from {first_day} to {last_day}",
    "freeze.ended": "Let releases go on before the end of the days without",
    "gate.evidence_attached": "Attached a file as evidence at the gate {gate} (SHA-256 {sha256})",
    "gate.evidence_taken": "Downloaded a file of evidence (SHA-256 {sha256})",
    "gate.no_go": "Said no-go at the gate {gate}",
    "file.downloaded": "Downloaded the file for the bank",
    "notify.connection_changed": "Changed what messages to payees are sent through ({kind} key, version {version})",
    "notices.sent_again": "Sent notices that did not arrive again ({count})",
    "notice.told": "Told a payee by hand",
    "notice.wording_set": "Changed the words of a message ({event}, {way}, {language}, version {number})",
    "notice.settings_set": "Changed what payees are told, and when (version {number})",
    "notify.tried": "Sent themselves a message to try Notify (version {version})",
    "notify.token_shown": "Looked at the token of Notify’s receipts",
    "bank_connection.changed": "Changed how files get to the bank (version {version})",
    "response.too_large": "Left a file of the bank’s folder alone: it is larger than any report ({bytes} bytes)",
    "sandbox.bank_day": "The sandbox’s bank let {day} pass ({files} files)",
    "file.encrypted": "Encrypted a file to the bank’s certificate {encrypted_to} (the message: {message_sha256})",
    "file.stored": "Stored a file in the bank’s folder under a temporary name, and read it back",
    "file.sending": "Asked the bank’s server for the final name of a file",
    "file.sent": "Sent a file to the bank’s folder",
    "file.refused": "A file was not sent to the bank ({trouble})",
    "file.uncertain": "It is not known whether the bank has a file ({trouble})",
    "file.waiting": "Had a file sent again",
    "file.withdrawn": "Took a file from the service to the bank by hand",
    "file.looked_for": "Said what was found about a file at the bank (there: {there})",
    "file.not_as_found": "Did not find it as a colleague had said",
    "submission.recorded": "Recorded that a file was submitted (SHA-256 {sha256})",
    "notices.count_asked": "Had it counted anew by what way how many payees will be told",
    "notices.planned": "Prepared the notices to payees ({count})",
    "notices.sent": "Sent notices to payees ({sent})",
    "access.not_found": "Asked for a {kind} that is not in this body",
}

# facts that say nothing to a reader of sentences: the trail itself keeps them
UNTOLD = frozenset(
    {
        "hold",
        "access",
        "change",
        "into",
        "other",
        "contact",
        "contacts",
        "mandate",
        "claim",
        "to_payee",
        "of_estate",
        "note",
        "decision",
        "finding",
        "submission",
        "notice",
        "file",
        "payroll",
        "payroll_id",
        "query",
        "amendment",
        "moved_from",
        "asked_for",
        "bytes",
    }
)
DIGEST = 64
DAY = re.compile(r"\d{4}-\d\d-\d\d")
# "1 files" of a sentence that is mostly about several
ONE_OF_MANY = re.compile(r"(?<![\d,.])1 (file|line|payment|row|byte|message|working day)s\b")

PAGES: dict[str, tuple[str, str]] = {
    "bank_profile": ("pages.show_bank_profile", "bank_profile_id"),
    "change": ("pages.decide_change", "change_id"),
    "scheme": ("pages.show_scheme", "scheme_id"),
    "payee": ("pages.show_payee", "payee_id"),
    "award": ("pages.show_award", "award_id"),
    "one_off": ("pages.show_one_off", "one_off_id"),
    "one_off_file": ("pages.show_one_off_file", "one_off_file_id"),
    "register_import": ("pages.show_import", "import_id"),
    "correction_report": ("pages.show_correction_report", "correction_report_id"),
    "payroll": ("pages.show_payroll", "payroll_id"),
    "duplicate_pair": ("pages.show_pair", "pair_id"),
    "beneficiary_pair": ("pages.show_beneficiary_pair", "beneficiary_pair_id"),
    "shared_account": ("pages.show_shared_account", "shared_account_id"),
}


class Told(NamedTuple):
    """An event as a person reads it. `href` leads to the thing, `facts` are the rest in few words."""

    at: datetime
    who: str
    what: str
    href: str | None
    facts: str


def told(events: Iterable[AuditEvent], names: Mapping[UUID, str]) -> list[Told]:
    return [
        Told(
            event.at,
            "The service" if event.actor_id is None else names.get(event.actor_id, "Someone who has left"),
            act(event),
            way_to(event),
            ", ".join(f"{fact_name(name)} {fact(name, value)}" for name, value in left_over(event)),
        )
        for event in events
    ]


def act(event: AuditEvent) -> str:
    """The sentence, filled with its facts; the action's own name where it has no sentence yet."""
    sentence = sentence_of(event)
    if not sentence:
        return event.action.replace(".", " ").replace("_", " ").capitalize()
    facts = Facts({name: fact(name, value) for name, value in event.facts.items()})
    if "{finding_title}" in sentence:
        facts["finding_title"] = KINDS[Kind(event.facts["kind"])].title
    return ONE_OF_MANY.sub(r"1 \1", sentence.format_map(facts))


def sentence_of(event: AuditEvent) -> str:
    """The action's sentence: for a few moves it depends on where they started."""
    started = f"{event.action} from {event.facts.get('moved_from')}"
    return ACTS.get(started) or ACTS.get(event.action, "")


class Facts(dict[str, str]):
    """Facts for a sentence. An old event may lack one that the sentence has gained since."""

    def __missing__(self, name: str) -> str:
        return "some"


def left_over(event: AuditEvent) -> list[tuple[str, Any]]:
    """The facts that stand neither in the sentence nor behind the scenes."""
    told_already = {name for _, name, _, _ in Formatter().parse(sentence_of(event)) if name}
    if "finding_title" in told_already:
        told_already.add("kind")
    # what is None says only that there was none
    told_already |= {name for name, value in event.facts.items() if value is None}
    return [(name, value) for name, value in event.facts.items() if name not in UNTOLD | told_already]


def way_to(event: AuditEvent) -> str | None:
    if event.subject_id is None or event.subject_type not in PAGES:
        return None
    endpoint, argument = PAGES[event.subject_type]
    values: dict[str, Any] = {argument: event.subject_id}
    return url_for(endpoint, **values)


def fact_name(name: str) -> str:
    return name.removesuffix("_pence").replace("_", " ").replace("sha256", "SHA-256")


def fact(name: str, value: Any) -> str:
    return pounds(value) if name.endswith("_pence") and isinstance(value, int) else written(value)


def written(value: Any) -> str:
    if isinstance(value, list):
        return " and ".join(written(part) for part in value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, str) and DAY.fullmatch(value):
        return day(date.fromisoformat(value))
    # the first digits of a digest are enough to find it again
    return f"{value[:12]}…" if isinstance(value, str) and len(value) == DIGEST else str(value).replace("_", " ")
