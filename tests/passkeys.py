"""People with passkeys, for tests: added a day ago, so that they sign."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from payouts.gates import deciding
from payouts.gates.decision import Verdict
from payouts.gates.gate import gates_of
from payouts.gates.manifest import manifest_of
from payouts.payroll import get_payroll
from schemes import before_body, passkey, passkey_rule
from schemes.before_body import PasskeyRow
from schemes.database import new_id
from schemes.errors import Refused
from schemes.gate_rule import GateKind
from schemes.passkey import PasskeyCopied, PasskeyNameMissing, PasskeyRefused, PasskeyTooNew
from schemes.passkey_signature import PasskeyFault
from schemes.person import Actor, Role
from schemes.role_change import WAIT
from tests.authenticator import Authenticator
from tests.office import Office

REFUSALS: list[Refused] = [
    deciding.PasskeyNeeded(),
    PasskeyTooNew(datetime(2026, 11, 24, 9, 30, tzinfo=UTC)),
    PasskeyCopied(UUID(int=1)),
    PasskeyNameMissing(),
    *(PasskeyRefused(fault) for fault in PasskeyFault),
]
"""One of each thing that is refused about passkeys, for the words that people read."""


def give_passkey(office: Office, person: Actor, authenticator: Authenticator | None = None) -> Authenticator:
    """A passkey that a person added a day ago."""
    key, at = authenticator or Authenticator(), office.service.now()
    row = PasskeyRow(new_id(), key.credential_id, key.cose(), key.count, "Key", "usb", at - WAIT, at, None, None)
    with office.service.transaction(None) as session:
        assert before_body.add_passkey(session, person.person_id, row)
    return key


def ask_for_passkeys(office: Office, *kinds: GateKind) -> None:
    """Two people agree that a go at these gates takes a passkey, for payrolls created from now on."""
    by, other = office.person_with(Role.ADMINISTRATOR), office.person_with(Role.ADMINISTRATOR)
    change_id, at = new_id(), office.service.now()
    with office.transaction() as session:
        passkey_rule.propose(session, kinds, change_id=change_id, reason="more money", by=by, at=at)
    office.confirm_change(change_id, by=other)


def what_is_said(office: Office, payroll_id: UUID, position: int, **changes: Any) -> dict[str, Any]:
    """A go at a gate, as its page would have it."""
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        manifest = manifest_of(session, payroll)
        return {
            "gate_id": gates_of(session, payroll_id)[position - 1].id,
            "verdict": Verdict.GO,
            "reason": "",
            "evidence": "balance seen",
            "manifest_digest": manifest.digest if manifest else "",
            "shown": {"total_pence": payroll.total_pence},
            **changes,
        }


def asked(office: Office, payroll_id: UUID, position: int, *, by: Actor, **changes: Any) -> str:
    """What a person's browser is given to have their go signed."""
    said = what_is_said(office, payroll_id, position, **changes)
    with office.transaction() as session:
        payroll, site = get_payroll(session, payroll_id), office.service.passkey_site
        return deciding.ask_for_passkey(session, site, payroll, by=by, at=office.service.now(), **said)


def decide_with(
    office: Office, payroll_id: UUID, position: int, key: Authenticator, *, by: Actor, **changes: Any
) -> bool:
    """Say go at a gate, signed with a passkey; whether it released the payroll."""
    answer = key.sign(asked(office, payroll_id, position, by=by, **changes))
    return answer_with(office, payroll_id, position, answer, by=by, **changes)


def answer_with(office: Office, payroll_id: UUID, position: int, answer: str, *, by: Actor, **changes: Any) -> bool:
    given = deciding.PasskeyAnswer(office.service.passkey_site, answer)
    return office.decide(payroll_id, position, by=by, passkey=given, **changes)


def remove_passkeys(office: Office, person: Actor) -> None:
    with office.service.transaction(None) as session:
        passkey.remove_all(session, person.person_id, at=office.service.now())
