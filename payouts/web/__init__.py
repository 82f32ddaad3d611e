"""The pages: GOV.UK Design System, rendered on the server, usable without JavaScript."""

from __future__ import annotations

from flask import Flask
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader

from payouts.web import (
    account,
    audit,
    award_changes,
    award_words,
    awards,
    bank_details,
    bank_details_decision,
    bank_details_rules,
    bank_profiles,
    body_settings,
    body_words,
    changes,
    confirmation_words,
    confirmations,
    contact_words,
    contacts,
    correction_words,
    corrections,
    disowned,
    duplicate_words,
    duplicates,
    duties,
    duty_words,
    errors,
    evidence,
    figures,
    file_checks,
    file_words,
    finding_words,
    findings,
    gate_words,
    gates,
    holds,
    home,
    import_columns,
    import_corrections,
    import_payments,
    import_words,
    imports,
    invitations,
    mandates,
    name_lists,
    navigation,
    new_payee,
    notice_words,
    outbox,
    parallel_run_words,
    parallel_runs,
    payee_details,
    payee_search,
    payee_words,
    payees,
    payments,
    payroll_page,
    payroll_sums,
    payroll_words,
    payrolls,
    people,
    people_words,
    recoveries,
    register_words,
    release,
    remittances,
    resets,
    retention,
    scheme_drafts,
    scheme_examples,
    scheme_gates,
    scheme_words,
    schemes,
    security,
    sign_in,
    stylesheets,
    subject_access,
    suspensions,
    taking_out,
    words,
)
from payouts.web.access import every_view_is_marked
from payouts.web.pages import pages

# a module's import is what puts its views on the blueprint
VIEWS = (
    name_lists,
    account,
    audit,
    award_changes,
    awards,
    bank_details,
    bank_details_decision,
    bank_details_rules,
    bank_profiles,
    body_settings,
    changes,
    confirmations,
    contacts,
    corrections,
    disowned,
    duplicates,
    duties,
    evidence,
    file_checks,
    findings,
    gates,
    holds,
    home,
    import_columns,
    import_corrections,
    import_payments,
    imports,
    invitations,
    mandates,
    new_payee,
    outbox,
    parallel_runs,
    payee_details,
    payee_search,
    payees,
    payments,
    payroll_page,
    payroll_sums,
    payrolls,
    people,
    release,
    remittances,
    resets,
    retention,
    scheme_drafts,
    scheme_examples,
    scheme_gates,
    schemes,
    sign_in,
    subject_access,
    recoveries,
    suspensions,
    taking_out,
)


def register(app: Flask) -> None:
    """Put the pages into an app whose extensions hold the `payouts` service.

    Raises ViewNotMarked for a view that nobody said who may see.
    """
    app.jinja_loader = ChoiceLoader(
        [
            PackageLoader("payouts.web"),
            PrefixLoader(
                {name: PackageLoader(name) for name in ("govuk_frontend_jinja", "govuk_frontend_wtf")},
            ),
        ]
    )
    settings = app.extensions["payouts"].settings
    # a little more than a file may have: the form around it has a few fields of its own
    app.config["MAX_CONTENT_LENGTH"] = settings.upload_limit + 64 * 1024
    security.register(app, base_url=settings.base_url)
    words_of = (
        words,
        body_words,
        correction_words,
        award_words,
        confirmation_words,
        duplicate_words,
        contact_words,
        duty_words,
        file_words,
        gate_words,
        parallel_run_words,
        import_words,
        payee_words,
        register_words,
        payroll_words,
        scheme_words,
        people_words,
        finding_words,
        notice_words,
    )
    for part in (errors, figures, navigation, stylesheets, *words_of):
        part.register(app)
    app.register_blueprint(pages)
    every_view_is_marked(app)
