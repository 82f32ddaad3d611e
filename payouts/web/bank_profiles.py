"""Bank profiles: the accounts that a body pays from, how files reach the bank, and proposals to change that."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSelect, GovSubmitInput, GovTextInput
from wtforms import (
    Field,
    IntegerField,
    SelectChoice,
    SelectField,
    StringField,
    SubmitField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length

from bacs import pence
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.bank_profile_words import FAULTS, FORMATS
from payouts.web.figures import time_of_day
from payouts.web.form import Form, MadeField, PoundsField, WordsField
from payouts.web.pages import actor, now, pages, service, transaction
from schemes import bank_profile_change
from schemes.bank_connection import Channel, channel_at
from schemes.bank_profile import (
    LAST_RECALL,
    RECOVERY_DAYS,
    TRACE_DAYS,
    BankProfile,
    bank_profiles,
    newest_profile,
    versions_of,
)
from schemes.bank_profile_change import ProfileFault, ProfileRefused, Terms
from schemes.body import get_body
from schemes.change import ChangeKind, waiting_of
from schemes.database import new_id
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.file_format import FileFormat
from schemes.file_naming import FIELDS, FIRST_PATTERN, example_name, fits
from schemes.person import Role

FIRST_TERMS = {
    "file_naming": FIRST_PATTERN,
    "items_per_file": 50_000,
    "recall_by": time_of_day(LAST_RECALL),
    "trace_days": TRACE_DAYS,
    "recovery_days": RECOVERY_DAYS,
}
TIMES = ("%H:%M", "%I:%M%p", "%I%p", "%I.%M%p", "%H.%M")


class TimeField(StringField):
    """A time of day as people write it: `17:00`, `5pm`, `9:30am`; `time` is what it comes to."""

    widget = GovTextInput()
    time: time | None = None

    def pre_validate(self, form: Any) -> None:
        self.time = read_time(self.data or "")
        if self.time is None:
            raise ValidationError("Enter a time, like 5pm or 17:00")


def read_time(typed: str) -> time | None:
    written = typed.replace(" ", "").lower().replace("midday", "12pm")
    for form in TIMES:
        try:
            # a time of a clock on a wall: of no day, and so in no zone
            return datetime.strptime(written, form).time()  # noqa: DTZ007
        except ValueError:
            continue
    return None


class CountField(IntegerField):
    """A whole number, with or without commas."""

    widget = GovTextInput()

    def __init__(self, label: str, *, wrong: ProfileFault, **kwargs: Any) -> None:
        self.wrong = FAULTS[wrong]
        super().__init__(label, validators=[InputRequired(self.wrong)], **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata([value.replace(",", "") for value in valuelist])
        except ValueError:
            raise ValueError(self.wrong) from None


def text(label: str, missing: str = "", **kwargs: Any) -> StringField:
    checks = [InputRequired(missing)] if missing else []
    return StringField(label, widget=GovTextInput(), validators=[*checks, Length(max=200)], **kwargs)


class ProposeProfile(Form):
    change_id = MadeField()
    line_id = MadeField()
    name = text("What you call this account", "Enter a name", description="For your own lists, like Grants account")
    sort_code = text("Sort code")
    account_number = text("Account number")
    account_name = text(
        "Name on the account", "Enter the name on the account", description="Up to 18 letters and digits reach the bank"
    )
    service_user_number = text("Service user number", description="6 digits, from your sponsoring bank")
    service_user_name = text(
        "Service user name",
        "Enter the service user name",
        description="Payees see it on their statement, up to 18 letters and digits",
    )
    bureau_number = text(
        "Bureau number (optional)",
        description="Of the company that submits for you, like B12345. Empty if you submit yourself",
    )
    cut_off = TimeField(
        "Files must be sent by",
        description="Your submitter’s own cut-off in London time, 2 working days before the pay date, like 5pm",
    )
    recall_by = TimeField(
        "A single payment can be recalled until",
        description="On the processing day, the working day before the pay date, like 11am. Ask your bank",
    )
    trace_days = CountField("Working days in which your bank says where a payment is", wrong=ProfileFault.DAYS)
    recovery_days = CountField(
        "Working days in which your bank gets a payment back from a wrong account", wrong=ProfileFault.DAYS
    )
    item_limit = PoundsField(
        "Most for one payment", description="Your bank’s limit", validators=[InputRequired("Enter an amount in pounds")]
    )
    file_limit = PoundsField(
        "Most for one file", description="Your bank’s limit", validators=[InputRequired("Enter an amount in pounds")]
    )
    items_per_file = CountField("Most payments in one file", wrong=ProfileFault.ITEMS_PER_FILE)
    file_format = SelectField(
        "Form of the files",
        description="What your Bacs software, your bureau or your bank’s site takes. Ask them before the first file",
        widget=GovSelect(),
        choices=[SelectChoice(each.value, words_) for each, words_ in FORMATS.items()],
    )
    file_naming = text("How files are called", FAULTS[ProfileFault.FILE_NAMING])
    reason = WordsField("Why?", hint="Whoever confirms it reads this")
    preview = SubmitField("Show what a file would be called", widget=GovSubmitInput())
    submit = SubmitField("Propose this account", widget=GovSubmitInput())

    @property
    def terms(self) -> Terms:
        assert self.cut_off.time is not None, "a form that is valid has a time"
        assert self.recall_by.time is not None, "and both of them"
        return Terms(
            name=self.name.data.strip(),
            account_name=self.account_name.data.strip(),
            service_user_name=self.service_user_name.data.strip(),
            service_user_number=(self.service_user_number.data or "").strip(),
            bureau_number=(self.bureau_number.data or "").strip().upper(),
            cut_off=self.cut_off.time,
            recall_by=self.recall_by.time,
            trace_days=self.trace_days.data or 0,
            recovery_days=self.recovery_days.data or 0,
            item_limit_pence=self.item_limit.pence or 0,
            file_limit_pence=self.file_limit.pence or 0,
            items_per_file=self.items_per_file.data or 0,
            file_naming=self.file_naming.data.strip(),
            file_format=FileFormat(self.file_format.data),
        )

    @property
    def account(self) -> tuple[str, str] | None:
        typed = (self.sort_code.data or "").strip(), (self.account_number.data or "").strip()
        return typed if any(typed) else None

    def field_of(self, refused: Refused) -> Field | None:
        """Where what was refused was typed."""
        if isinstance(refused, ProfileRefused):
            return self[
                {"item_limit_pence": "item_limit", "file_limit_pence": "file_limit"}.get(refused.field, refused.field)
            ]
        return self.reason if isinstance(refused, ReasonNotGiven) else None


@pages.route("/bank-profiles")
@allowed(ANYONE_SIGNED_IN)
def show_bank_profiles() -> ResponseReturnValue:
    with transaction() as session:
        return render_template("bank_profiles/show_bank_profiles.html", profiles=bank_profiles(session))


@pages.route("/bank-profiles/<uuid:bank_profile_id>")
@allowed(ANYONE_SIGNED_IN)
def show_bank_profile(bank_profile_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        profile = newest_profile(session, bank_profile_id)
        return render_template(
            "bank_profiles/show_bank_profile.html",
            profile=profile,
            versions=versions_of(session, profile.line_id),
            waiting=waiting_of(session, ChangeKind.BANK_PROFILE, profile.line_id),
            example=example_name(profile.file_naming, sandbox=get_body(session).is_sandbox),
            by_sftp=channel_at(session, profile.line_id, now()) is Channel.SFTP,
        )


@pages.route("/bank-profiles/new", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def add_bank_profile() -> ResponseReturnValue:
    form = ProposeProfile(data={**FIRST_TERMS, "line_id": str(new_id())} if request.method == "GET" else None)
    return propose(form, None)


@pages.route("/bank-profiles/<uuid:bank_profile_id>/change", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def change_bank_profile(bank_profile_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        profile = newest_profile(session, bank_profile_id)
    form = ProposeProfile(data=typed_of(profile) if request.method == "GET" else None)
    form.line_id.data = str(profile.line_id)
    return propose(form, profile)


def typed_of(profile: BankProfile) -> dict[str, Any]:
    """The version that counts, as somebody would type it; its account stays unless another is typed."""
    same = ("name", "account_name", "service_user_name", "service_user_number", "bureau_number", "items_per_file")
    return {
        **{name: getattr(profile, name) for name in same},
        "cut_off": time_of_day(profile.cut_off),
        "recall_by": time_of_day(profile.recall_by),
        "trace_days": profile.trace_days,
        "recovery_days": profile.recovery_days,
        "item_limit": pence.format(profile.item_limit_pence).removeprefix("£"),
        "file_limit": pence.format(profile.file_limit_pence).removeprefix("£"),
        "file_naming": profile.file_naming,
        "file_format": profile.file_format.value,
    }


def propose(form: ProposeProfile, profile: BankProfile | None) -> ResponseReturnValue:
    """The form of a new profile, or of another version of one."""
    if not form.preview.data and form.validate_on_submit() and is_proposed(form):
        flash("You proposed the change. It counts once somebody else confirms it")
        return redirect(url_for("pages.decide_change", change_id=form.change_id.id_of_what_is_made), 303)
    pattern = (form.file_naming.data or "").strip()
    with transaction() as session:
        sandbox = get_body(session).is_sandbox
    return render_template(
        "bank_profiles/propose_bank_profile.html",
        form=form,
        profile=profile,
        sandbox=sandbox,
        fields=[f"{{{name}}}" for name in FIELDS],
        example=example_name(pattern, sandbox=sandbox) if fits(pattern) else "",
    ), form.status


def is_proposed(form: ProposeProfile) -> bool:
    try:
        with transaction() as session:
            bank_profile_change.propose(
                session,
                service().seals,
                form.terms,
                account=form.account,
                change_id=form.change_id.id_of_what_is_made,
                line_id=form.line_id.id_of_what_is_made,
                reason=form.reason.data or "",
                by=actor(),
                at=now(),
            )
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        form.refuse(words.sentence(refused), form.field_of(refused))
    return form.status == 200
