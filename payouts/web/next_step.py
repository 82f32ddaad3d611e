"""What happens next to a payroll, who does it, and whether the person who looks at it is one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from payouts.channels.dispatch import ON_ITS_WAY, DispatchStatus, dispatches_of
from payouts.channels.submission import files_to_submit
from payouts.checks.finding import groups_of
from payouts.files.payment_file import files_of
from payouts.gates.amendment import amendments_of
from payouts.gates.deciding import DecidesLater
from payouts.gates.decision import GateState, Verdict, bar_to, decisions_of, gate_states, may_still_decide
from payouts.gates.voiding import Move
from payouts.payroll import Payroll, PayrollStatus
from payouts.urgent import by_cheque, has_files
from payouts.web.figures import count
from payouts.web.gate_words import BARS
from payouts.web.pages import now
from payouts.web.people_words import TELLERS
from schemes.bank_profile import BankProfile
from schemes.person import Actor, Role, may_decide_from, people
from schemes.person import names as people_names

Roles = Sequence[Role]

BUILD_THE_FILES = "Nothing stands against this payroll. Build the files for the bank, so that people can decide."


@dataclass(frozen=True)
class NextStep:
    """`who` are the names of those who can do it, empty where nobody has to. `href` and `action` are for `mine` only.

    sends: whether the action changes something by itself, and is a form.
    """

    words: str
    who: tuple[str, ...] = ()
    mine: bool = False
    action: str = ""
    href: str = ""
    sends: bool = False
    why_not: str = ""


def able(session: Session, scheme_id: UUID | None = None) -> dict[Role, tuple[str, ...]]:
    """The names of the body's people by the role that they have in a scheme, or in any."""
    names: dict[Role, tuple[str, ...]] = {}
    for person, roles in people(session, scheme_id=scheme_id):
        for role in roles:
            names[role] = (*names.get(role, ()), person.name)
    return names


AT_THE_BANK = {
    PayrollStatus.SUBMITTED: "The files are with the bank. Payees are being told that their money is on its way.",
    PayrollStatus.ACCEPTED: "The bank has taken the files. The payroll closes once the account was debited and the "
    "days in which payments come back have passed.",
    PayrollStatus.CLOSED: "This payroll is closed. A payment that comes back later still finds it.",
    PayrollStatus.REJECTED: "The bank took none of the files, so nobody is paid by this payroll. "
    "Pay the payments again once you know why.",
}


def next_step(session: Session, payroll: Payroll, actor: Actor, names: Mapping[Role, Iterable[str]]) -> NextStep:
    """The one thing that a payroll waits for now."""

    def step(
        role: Role, words: str, action: str, href: str, *, sends: bool = False, why_not: str = "", others: Roles = ()
    ) -> NextStep:
        mine = any(actor.holds(one, payroll.scheme_id) for one in (role, *others)) and not why_not
        who = dict.fromkeys(name for one in (role, *others) for name in names.get(one, ()))
        return NextStep(words, tuple(who), mine, action, href, sends, why_not)

    def page(endpoint: str) -> str:
        return url_for(f"pages.{endpoint}", payroll_id=payroll.id)

    if not has_files(session, payroll) and (made := made_outside(session, payroll, step, page)):
        return made
    match payroll.status:
        case PayrollStatus.BUILDING:
            return NextStep("The payroll is being built. This takes seconds, for a large register minutes.")
        case PayrollStatus.CHECKED:
            left = sum(group.open_count for group in groups_of(session, payroll.id))
            if left:
                words = f"{count(left, 'finding has', 'findings have')} to be put right, or accepted with a reason."
                return step(Role.PREPARER, words, "Look at the findings", page("show_findings"))
            words = came_back(session, payroll) or BUILD_THE_FILES
            return step(Role.PREPARER, words, "Build the files", page("ask_for_files"), sends=True)
        case PayrollStatus.SEALING:
            return NextStep("The files for the bank are being built. Then the gates open.")
        case PayrollStatus.SEALED:
            waiting = next((state for state in gate_states(session, payroll) if state.is_waiting), None)
            if waiting is None:
                return NextStep(
                    "Every gate said go, but the payroll is not released. Ask the people who run the service."
                )
            href = url_for("pages.decide_gate", payroll_id=payroll.id, gate_id=waiting.gate.id)
            names = left_to_decide(session, payroll, waiting)
            words = f"{waiting.gate.name}: {waiting.gate.question}" + ("" if all(names.values()) else NOBODY_LEFT)
            first, *others = waiting.lacks
            bar = why_not(session, payroll, waiting, actor)
            return step(first, words, "Decide", href, why_not=bar, others=others)
        case PayrollStatus.RELEASED:
            ways = dispatches_of(session, payroll.id).values()
            stuck = [way for way in ways if way.status in (DispatchStatus.REFUSED, DispatchStatus.UNCERTAIN)]
            if stuck:
                href = url_for("pages.show_dispatch", payroll_id=payroll.id, file_id=stuck[0].file_id)
                return step(Role.RELEASER, "A file did not get to the bank by itself.", "See what happened", href)
            if any(way.status in ON_ITS_WAY for way in ways):
                return NextStep("Every gate said go. The service is putting the files into the bank’s folder.")
            if any(file.first_downloaded_at is None for file in files_of(session, payroll.id)):
                words = f"Every gate said go. Download the files and send them {way_of_files(session, payroll)}."
                return step(Role.RELEASER, words, "Go to the files", page("show_payroll") + "#files")
            files, left = files_of(session, payroll.id), len(files_to_submit(session, payroll.id))
            words = (
                "Once the files are sent, record that they were submitted. Only then are payees told."
                if left == len(files)
                else f"{count(left, 'file is', 'files are')} still to be sent, or to be recorded as submitted."
            )
            return step(Role.RELEASER, words, "Record the submission", page("record_submission"))
        case PayrollStatus.SUBMITTED | PayrollStatus.ACCEPTED | PayrollStatus.CLOSED | PayrollStatus.REJECTED:
            return NextStep(AT_THE_BANK[payroll.status])
        case PayrollStatus.CANCELLED:
            return NextStep("This payroll was cancelled. Nobody is paid by it.")


def way_of_files(session: Session, payroll: Payroll) -> str:
    profile = session.get_one(BankProfile, (payroll.body_id, payroll.bank_profile_id))
    return "through your bank’s site" if profile.file_format.is_message else "with your Bacs software"


NOBODY_LEFT = (
    " Nobody who is left may say go, because of what everybody did for this payroll. An administrator can propose "
    "somebody else for the role, or the payroll goes back by a no-go."
)


def left_to_decide(session: Session, payroll: Payroll, state: GateState) -> dict[Role, tuple[str, ...]]:
    """The names of those who may still say go at the gate that waits, by the roles that it lacks."""
    names = people_names(session)
    left = may_still_decide(session, payroll, state)
    return {role: tuple(names[person_id] for person_id in ids) for role, ids in left.items()}


def made_outside(
    session: Session, payroll: Payroll, step: Callable[..., NextStep], page: Callable[[str], str]
) -> NextStep | None:
    """What is other about a payment that somebody makes in the bank's portal; None where nothing is."""
    match payroll.status:
        case PayrollStatus.CHECKED if not any(group.open_count for group in groups_of(session, payroll.id)):
            words = came_back(session, payroll) or "Nothing stands against this payment. Send it to the gates."
            return step(Role.PREPARER, words, "Send it to the gates", page("ask_for_files"), sends=True)
        case PayrollStatus.RELEASED:
            how = "Draw the cheque" if by_cheque(session, payroll) else "Make the payment in the bank’s portal"
            words = f"Every gate said go. {how}, then record it."
            return step(Role.RELEASER, words, "Record that it was made", page("record_made"))
        case PayrollStatus.SUBMITTED:
            words = (
                "The payment was made. The payroll closes once the statement shows it, or a finance officer records "
                "that the bank took it. If it comes back, record that on the payment’s page."
            )
            return step(Role.FINANCE, words, "Record that the bank took it", page("record_cleared"))
        case PayrollStatus.REJECTED:
            return NextStep("The payment came back, so nobody is paid by it. Pay it again once you know why.")
    return None


def came_back(session: Session, payroll: Payroll) -> str:
    """Why the payroll came back from the gates, if it did: the preparer must not overlook it."""
    said = [one for one in decisions_of(session, payroll.id, live=False) if one.verdict is Verdict.NO_GO]
    reopened = [one for one in amendments_of(session, payroll.id) if one.move is Move.REOPEN]
    if reopened and (not said or said[-1].decided_at < reopened[-1].made_at):
        who = people_names(session).get(reopened[-1].made_by, "Someone who has left")
        return f"{who} reopened the payroll: “{reopened[-1].reason}”. Once that is put right, build the files again."
    if not said:
        return ""
    who = people_names(session).get(said[-1].person_id, "Someone who has left")
    return f"{who} said no-go: “{said[-1].reason}”. Once that is put right, build the files again."


def why_not(session: Session, payroll: Payroll, state: GateState, actor: Actor) -> str:
    """Why this person may not say go at the gate that waits, although they have the role for it."""
    role = next((role for role in state.lacks if actor.holds(role, payroll.scheme_id)), None)
    if role is None:
        return ""
    bar = bar_to(session, payroll, state.gate, actor.person_id)
    if bar:
        return BARS[bar]
    later = may_decide_from(session, actor.person_id, role, payroll.scheme_id)
    return TELLERS[DecidesLater](DecidesLater(later)) if later is not None and now() < later else ""
