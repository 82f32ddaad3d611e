"""What every table holds of people, and when that goes: the one list. A table that is not in it fails a test.

`payouts retention tables` prints it, and docs/retention.md has it for a body's own record of processing (UK GDPR,
Article 30).
"""

from __future__ import annotations

from enum import StrEnum


class Kept(StrEnum):
    """What a table holds, and when it goes."""

    ERASED = "Of payees. Written over, or its key destroyed, when the person is erased after the body's years"
    BOTH = "Of payees, from the bank. Written over when the person is erased, or after the body's years with its file"
    BY_AGE = "Of payees, in a sealed file. Its key is destroyed after the body's years"
    FOR_DAYS = "Of payees. Deleted by the clock after days"
    TYPED = "What staff typed, and ids. Kept for good: reasons are no place for a name, and the pages say so"
    STAFF = "Of staff and systems: who may do what, and how they sign in. Kept while the audit trail names them"
    TRAIL = "Ids, amounts, counts, days and digests only. Kept for good"
    RULES = "What the body decided, and nothing of any person. Every version is kept"


def each(kept: Kept, names: str) -> dict[str, Kept]:
    return dict.fromkeys(names.split(), kept)


TABLES: dict[str, Kept] = {
    **each(
        Kept.ERASED,
        """
        account beneficiary beneficiary_key beneficiary_pair call_back change confirmation contact
        correction_line details_warning due_for_erasure duplicate_pair finding hold import_row mandate match_key
        note notice one_off payee revision sealing_key subject_access suspension trace trace_step unmasking
        """,
    ),
    **each(Kept.BOTH, "bank_entry response_line"),
    **each(
        Kept.BY_AGE,
        "attachment correction_report dispatch_segment file_segment one_off_file payment_file response statement_file",
    ),
    **each(Kept.FOR_DAYS, "api_reply parallel_run parallel_run_page webhook_attempt webhook_delivery"),
    **each(
        Kept.TYPED,
        """
        acceptance amendment award award_version carried_action claim cover_review decision delegation dispatch
        file_check file_word go_live_decision go_live_request import_source kept_reason line_match look_back
        look_back_action parallel_run_reason payroll payroll_query readiness_owner readiness_word recall recovery
        register_import return_outcome shared_account_word suspense told_return urgent_payment write_off
        """,
    ),
    **each(
        Kept.STAFF,
        """
        api_key api_secret calendar_feed credential_reset invitation last_look membership passkey passkey_challenge
        person recovery_code sign_in_wait staff_message used_code web_session webhook webhook_secret
        """,
    ),
    **each(
        Kept.TRAIL,
        """
        audit_event audit_link audit_pending bank_day bank_posting bank_posting_sum bank_statement check_chunk
        cleared_funds collected_file comparison comparison_cause comparison_line confirmation_run control_total
        dispatch_message
        duplicate_search finding_group finding_opening first_use gate_reminder ledger_closing ledger_control
        ledger_entry ledger_export ledger_posting manifest merged_award named_award notice_count overpayment payment
        payment_item payment_part reissue returned_payment sandbox_account shared_account submission taken_out
        task unpaid
        """,
    ),
    **each(
        Kept.RULES,
        """
        bank_connection bank_profile bank_rule body channel_cost check_settings cover export_profile gate
        ledger_codes name_policy notice_settings notice_wording notify_connection office_days passkey_rule
        rehearsed_in
        release_freeze scheme scheme_draft scheme_version staff_wording
        """,
    ),
}


def as_markdown() -> str:
    """The list as docs/retention.md has it."""
    rows = [f"| {table} | {kept.value} |" for table, kept in sorted(TABLES.items())]
    return "\n".join(["| Table | What it holds, and when it goes |", "| --- | --- |", *rows]) + "\n"
