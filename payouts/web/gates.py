"""Deciding at a gate: the page shows what is signed, asks for go or no-go and for a code, and records the word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from govuk_frontend_wtf.wtforms_widgets import GovFileInput, GovRadioInput, GovSubmitInput
from sqlalchemy.orm import Session
from wtforms import HiddenField, RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired

from payouts.channels.release import DaysGone, ReleaseRefused, TooLate, record_refusal, release_if_passed
from payouts.checks.acceptance import reasons_of
from payouts.files.payment_file import files_of
from payouts.gates.amendment import since_sealing
from payouts.gates.amount import amount_of
from payouts.gates.attachment import LARGEST, Attachment, attach, attached_by
from payouts.gates.deciding import PasskeyAnswer, Said, ask_for_passkey, decide
from payouts.gates.decision import GateState, Verdict, gate_states
from payouts.gates.gate import Gate, get_gate
from payouts.gates.manifest import manifest_of
from payouts.gates.opening import NotOpened
from payouts.gates.query import queries_of
from payouts.gates.release_freeze import Frozen
from payouts.gates.release_funds import FundsLacking
from payouts.gates.standing_in import away_for
from payouts.parallel_run.parallel_run import statement_of
from payouts.payroll import Payroll, get_payroll
from payouts.stopped_since import stopped_since
from payouts.urgent import urgent_of
from payouts.web import words
from payouts.web.access import allowed
from payouts.web.differences import difference_of
from payouts.web.finding_words import KINDS
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.funds import funds_shown
from payouts.web.gate_words import after_go, after_release
from payouts.web.looking_back import actions_at
from payouts.web.looking_through import looked_through, unopened
from payouts.web.next_step import why_not
from payouts.web.one_time_code import code_field, code_is_right
from payouts.web.pages import actor, now, pages, service, transaction
from payouts.web.passkey_signing import CODE, PASSKEY, sign_page, stop_copied
from payouts.web.payroll_timeline import said_so_far
from payouts.web.urgent import urgent_facts
from schemes.database import new_id
from schemes.duties import london_day
from schemes.errors import NotAllowed, NotFound, Refused
from schemes.freeze import Freeze, freezes_between
from schemes.gate_rule import EvidenceForm, GateKind
from schemes.passkey import PasskeyCopied, live_passkeys, usable_passkeys
from schemes.person import Role, names
from schemes.scheme import get_scheme


class DecideGate(Form):
    manifest_digest = HiddenField()
    verdict = RadioField(
        "Your decision",
        widget=GovRadioInput(),
        choices=[SelectChoice(Verdict.GO.value, "Go"), SelectChoice(Verdict.NO_GO.value, "No-go")],
        validators=[InputRequired("Choose go or no-go")],
    )
    reason = WordsField("Reason", hint="Needed for a no-go: say what has to be put right. Everyone involved reads it")
    evidence = WordsField("Evidence")
    for_person = RadioField(
        "For whom do you decide?", widget=GovRadioInput(), choices=[SelectChoice("", "Yourself")], default=""
    )
    attachment_id = MadeField()
    file = FileField(
        "File",
        description="A PDF, a PNG or JPEG image, a CSV file or an Excel workbook without macros. At most 10 megabytes",
        widget=GovFileInput(),
    )
    sign_with = RadioField("How do you sign?", widget=GovRadioInput(), choices=[], default=CODE)
    code = code_field()
    answer = HiddenField()
    submit = SubmitField("Sign the decision", widget=GovSubmitInput())

    def is_complete(self, gate: Gate, attached: Attachment | None, unopened: int) -> bool:
        """What the gate needs besides the fields, asked before the code is used up."""
        if self.verdict.data == Verdict.GO and unopened:
            self.refuse(words.sentence(NotOpened(unopened)), self.verdict)
        if self.verdict.data == Verdict.NO_GO and not (self.reason.data or "").strip():
            self.refuse("Say why it is a no-go", self.reason)
        asked = f"{gate.evidence_asked[:1].lower()}{gate.evidence_asked[1:]}"
        if self.verdict.data == Verdict.GO and asked:
            if gate.evidence_form is EvidenceForm.FILE and attached is None:
                self.refuse(f"Choose a file: {asked}", self.file)
            elif gate.evidence_form is not EvidenceForm.FILE and not (self.evidence.data or "").strip():
                self.refuse(f"Enter the evidence: {asked}", self.evidence)
        if gate.needs_passkey and self.verdict.data == Verdict.GO and self.sign_with.data != PASSKEY:
            self.refuse("A go at this gate is signed with a passkey", self.sign_with)
        return self.status == 200

    def offer_signatures(self, gate: Gate, usable: bool) -> None:
        """How whoever decides may sign: with a passkey if they have one that signs, or by a code."""
        if usable:
            self.submit.label.text = "Continue"
            self.sign_with.choices.append(SelectChoice(PASSKEY, "With your passkey"))
        only = " (for a no-go only)" if gate.needs_passkey else ""
        self.sign_with.choices.append(SelectChoice(CODE, f"With a one-time code{only}"))
        if not self.is_submitted():
            self.sign_with.data = PASSKEY if usable else CODE


DECIDERS = (Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER, Role.ADMINISTRATOR)


@pages.route("/payrolls/<uuid:payroll_id>/gates/<uuid:gate_id>", methods=["GET", "POST"])
@allowed(*DECIDERS)
def decide_gate(payroll_id: UUID, gate_id: UUID) -> ResponseReturnValue:
    form = DecideGate()
    with transaction() as session:
        gate = get_gate(session, payroll_id, gate_id)
        payroll = get_payroll(session, payroll_id)
        actor().must_be(*gate.roles, scheme=payroll.scheme_id)
        urgent = urgent_of(session, payroll)
        form.for_person.choices += away_choices(session, payroll, gate)
        form.offer_signatures(gate, usable=bool(usable_passkeys(session, actor().person_id, at=now())))
    if "change" in request.form:
        # back from the page of signing, with all that was said
        form.code.data = form.answer.data = ""
        return gate_page(payroll_id, gate_id, form)
    kept = form.validate_on_submit() and is_kept(form, payroll_id, gate_id)
    complete = kept and form.is_complete(gate, attached_here(payroll_id, gate_id), unopened(payroll_id, gate_id))
    if complete and form.sign_with.data == PASSKEY and not form.answer.data:
        asked = page_to_sign(payroll_id, gate_id, form)
        if asked is not None:
            return asked
    elif complete and (form.sign_with.data == PASSKEY or code_is_right(form)):
        released = try_to_decide(payroll_id, gate_id, form)
        if released is not None:
            flash(
                f"You said go, and every gate has. {after_release(urgent)}"
                if released
                else f"You said {'go' if form.verdict.data == Verdict.GO else 'no-go'} at {gate.name}"
            )
            return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
    # neither is ever shown again, and each works only once
    form.code.data = form.answer.data = ""
    return gate_page(payroll_id, gate_id, form)


def away_choices(session: Session, payroll: Payroll, gate: Gate) -> list[SelectChoice]:
    """Those who are away and handed their decisions at this gate to whoever is signed in."""
    people = names(session)
    away = {
        person_id
        for role in gate.roles
        if actor().holds(role, payroll.scheme_id)
        for person_id in away_for(session, payroll, actor().person_id, role, at=now())
    }
    return [SelectChoice(str(person_id), f"{people[person_id]}, who is away") for person_id in sorted(away)]


def is_kept(form: DecideGate, payroll_id: UUID, gate_id: UUID) -> bool:
    """Keep the file that was chosen, if one was: whoever then mistypes the code need not choose it again."""
    given = form.file.data
    if not given:
        return True
    with form.refusing({Refused: form.file}):
        with transaction() as session:
            attach(
                session,
                service().seals,
                get_payroll(session, payroll_id),
                attachment_id=form.attachment_id.id_of_what_is_made,
                gate_id=gate_id,
                file_name=given.filename or "",
                content=given.read(LARGEST + 1),
                by=actor(),
                at=now(),
            )
        form.attachment_id.data = str(new_id())
    return form.status == 200


def attached_here(payroll_id: UUID, gate_id: UUID) -> Attachment | None:
    with transaction() as session:
        return attached_by(session, get_payroll(session, payroll_id), gate_id, actor().person_id)


def said(session: Session, payroll: Payroll, state: GateState, form: DecideGate) -> Said:
    """What the form says, with what the page shows now."""
    return {
        "gate_id": state.gate.id,
        "verdict": Verdict(form.verdict.data),
        "reason": form.reason.data or "",
        "evidence": form.evidence.data or "",
        "manifest_digest": form.manifest_digest.data or "",
        "shown": shown(session, payroll, state),
        "attached": attached_by(session, payroll, state.gate.id, actor().person_id),
        "for_person_id": UUID(form.for_person.data) if form.for_person.data else None,
    }


def page_to_sign(payroll_id: UUID, gate_id: UUID, form: DecideGate) -> ResponseReturnValue | None:
    """The page on which a passkey signs what the form says, or None and the reason as an error of the form."""
    try:
        with transaction() as session:
            payroll = get_payroll(session, payroll_id, lock=True)
            state = state_of(session, payroll, gate_id)
            what = said(session, payroll, state, form)
            options = ask_for_passkey(session, service().passkey_site, payroll, by=actor(), at=now(), **what)
            away = names(session).get(what["for_person_id"], "") if what["for_person_id"] else ""
            attached = what["attached"].name if what["attached"] else ""
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        form.refuse(words.sentence(refused))
        return None
    return sign_page(form, payroll, state, options, away=away, attached=attached)


def try_to_decide(payroll_id: UUID, gate_id: UUID, form: DecideGate) -> bool | None:
    """Record the decision; whether it released the payroll, or None and the reason as an error of the form."""
    given = service()
    try:
        with transaction() as session:
            service().must_know_the_time(session)
            payroll = get_payroll(session, payroll_id, lock=True)
            what = said(session, payroll, state_of(session, payroll, gate_id), form)
            by_passkey = form.sign_with.data == PASSKEY
            passkey = PasskeyAnswer(given.passkey_site, form.answer.data or "") if by_passkey else None
            decide(session, given.signer, payroll, passkey=passkey, by=actor(), at=now(), **what)
            return release_if_passed(session, given.seals, given.signer, given.calendar, payroll, by=actor(), at=now())
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        if isinstance(refused, ReleaseRefused | TooLate | DaysGone | Frozen | FundsLacking):
            with transaction() as session:
                record_refusal(session, payroll_id, refused, by=actor(), at=now())
        if isinstance(refused, PasskeyCopied):
            stop_copied(refused.passkey_id)
        form.refuse(words.sentence(refused))
        return None


def state_of(session: Session, payroll: Payroll, gate_id: UUID) -> GateState:
    return next(state for state in gate_states(session, payroll) if state.gate.id == gate_id)


def shown(session: Session, payroll: Payroll, state: GateState) -> dict[str, Any]:
    """What the page shows of what is signed, kept with the decision. Dates and amounts as JSON values."""
    manifest = manifest_of(session, payroll)
    return {
        "question": state.gate.question,
        "payment_count": payroll.payment_count,
        "total_pence": payroll.total_pence,
        "unpaid_count": payroll.unpaid_count,
        **shown_amount(session, payroll, state),
        "pay_date": payroll.pay_date.isoformat(),
        "processing_day": payroll.processing_day.isoformat(),
        "input_day": payroll.input_day.isoformat(),
        "files": [
            {
                "name": file.name,
                "sha256": file.sha256,
                "payment_count": file.payment_count,
                "item_count": file.item_count,
                "total_pence": file.total_pence,
            }
            for file in files_of(session, payroll.id)
        ],
        "accepted": [
            {"kind": kind.value, "reason": reason, "by": str(person_id), "count": count}
            for kind, reason, person_id, count in reasons_of(session, payroll)
        ],
        "manifest": manifest.digest if manifest else None,
        "parallel_run": statement_of(session, payroll),
        "changed": [
            {
                "move": change.amendment.move.value,
                "reason": change.amendment.reason,
                "by": str(change.amendment.made_by),
                "payment_count": change.amendment.payment_count,
                "total_pence": change.amendment.total_pence,
                "left": [[row.taken.reference, row.taken.amount_pence] for row in change.left],
            }
            for change in since_sealing(session, payroll.amendment_id)
        ],
    }


def shown_amount(session: Session, payroll: Payroll, state: GateState) -> dict[str, Any]:
    """How many people it takes, and what that goes by, where it depends on an amount."""
    if not state.gate.tiers:
        return {}
    amount = amount_of(session, payroll)
    return {
        "people_needed": {role.value: people for role, people in state.needs.items()},
        "amount_pence": amount.pence,
        "payrolls": [share._asdict() for share in amount.payrolls],
    }


def freezes_today(session: Session, gate: Gate) -> Sequence[Freeze]:
    """What keeps this day's releases back, for whoever is asked to release."""
    today = london_day(now())
    return freezes_between(session, today, today) if gate.kind is GateKind.RELEASE else ()


def gate_page(payroll_id: UUID, gate_id: UUID, form: DecideGate) -> ResponseReturnValue:
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        state = state_of(session, payroll, gate_id)
        manifest = manifest_of(session, payroll)
        if manifest is None:
            # nothing to decide on: the files were withdrawn, or never built
            return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
        if not form.manifest_digest.data or form.manifest_digest.data != manifest.digest:
            form.manifest_digest.data = manifest.digest
        people = names(session)
        seen = shown(session, payroll, state)
        return render_template(
            "gates/decide_gate.html",
            form=form,
            payroll=payroll,
            scheme=get_scheme(session, payroll.scheme_id),
            state=state,
            shown=seen,
            amount=amount_of(session, payroll),
            funds=funds_shown(session, payroll),
            freezes=freezes_today(session, state.gate),
            attached=attached_by(session, payroll, gate_id, actor().person_id),
            difference=difference_of(session, payroll),
            **urgent_facts(session, payroll),
            accepted=[
                (KINDS[kind].title, reason, people.get(person_id, "Someone who has left"), count)
                for kind, reason, person_id, count in reasons_of(session, payroll)
            ],
            changes=since_sealing(session, payroll.amendment_id),
            queries=queries_of(session, payroll_id),
            said=said_so_far(gate_states(session, payroll), people),
            actions=actions_at(session, payroll, state.gate),
            names=people,
            bar=why_not(session, payroll, state, actor()),
            passkeys=live_passkeys(session, actor().person_id),
            after_go=after_go(state.gate.kind, urgent_of(session, payroll)),
            demo=service().settings.demo,
            **looked_through(session, payroll, state.gate, manifest),
            stopped_payments=stopped_since(session, payroll),
        ), form.status
