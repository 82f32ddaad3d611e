"""Whether a decision is signed by a passkey of the person who made it, wherever its gate takes that: proved anew."""

from __future__ import annotations

from sqlalchemy.orm import Session
from webauthn.helpers import bytes_to_base64url

from payouts.gates.decision import Decision, Verdict
from payouts.gates.gate import Gate
from schemes.passkey import passkeys_of


def is_proved(session: Session, decision: Decision, gate: Gate) -> bool:
    """Whether a decision is one that a passkey signed, or that needs none.

    The passkey has to be the person's own by the register as it is now, and must have been good when they decided: one
    that was removed since signed all the same.
    """
    if decision.passkey is None:
        return not (gate.needs_passkey and decision.verdict is Verdict.GO)
    if decision.passkey_faults():
        return False
    signed_by = (decision.passkey["credential_id"], decision.passkey["public_key"])
    return any(
        (bytes_to_base64url(one.credential_id), bytes_to_base64url(one.public_key)) == signed_by
        and one.signs_from <= decision.decided_at
        and (one.removed_at is None or decision.decided_at <= one.removed_at)
        for one in passkeys_of(session, decision.person_id)
    )
