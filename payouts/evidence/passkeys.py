"""What passkeys signed, proved from an evidence pack alone: nobody but their holders could have, not even we."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payouts.gates.decision import said_in
from schemes.passkey_signature import PasskeyFault, faults_of

WHY: dict[PasskeyFault, str] = {
    PasskeyFault.UNREADABLE: "what the passkey signed cannot be read",
    PasskeyFault.OTHER_STATEMENT: "the passkey signed another decision than this",
    PasskeyFault.OTHER_SITE: "the passkey signed for another site",
    PasskeyFault.NOBODY_THERE: "the passkey signed while nobody was there",
    PasskeyFault.NOT_VERIFIED: "the passkey signed without making sure who was there",
    PasskeyFault.WRONG_SIGNATURE: "the passkey's signature is wrong",
}


def said_by(decision: Mapping[str, Any]) -> str:
    """Whose word a decision is, by their ids: whoever stood in is named with the one who was away."""
    record = decision["record"]
    away = f" for {record['for']}, who was away" if "for" in record else ""
    return f"the {record['verdict'].replace('_', '-')} at gate {decision['gate']} by {record['person']}{away}"


def passkey_lines(
    decisions: list[dict[str, Any]], manifest: Mapping[str, Any], sites: frozenset[str]
) -> list[tuple[str, bool]]:
    """What is to be said of a pack's decisions, each with whether it holds.

    sites: the hosts that people's passkeys are for. With none given, each is only told.
    """
    lines: list[tuple[str, bool]] = []
    holder: dict[str, str] = {}
    for decision in decisions:
        record = decision["record"]
        what = said_by(decision)
        signed = record.get("passkey")
        if signed is None:
            continue
        faults = faults_of(signed, said_in(record))
        lines += [(f"{what}: {WHY[fault]}", False) for fault in faults]
        if not faults:
            lines.append((f"{what} is what their passkey for {signed['site']} signed", True))
        if sites:
            lines.append((f"{what} was signed for a site of the service", signed["site"] in sites))
        if holder.setdefault(signed["public_key"], record["person"]) != record["person"]:
            lines.append((f"{what} is signed with the passkey of {holder[signed['public_key']]}", False))
    return [*lines, *gate_lines(decisions, manifest)]


def gate_lines(decisions: list[dict[str, Any]], manifest: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """That at the gates that take a passkey nobody's go counts without one."""
    lines = []
    for gate in manifest["gates"]:
        said_go = [
            decision["record"]
            for decision in decisions
            if decision["gate"] == gate["position"]
            and decision["voided_at"] is None
            and decision["record"]["verdict"] == "go"
        ]
        if gate.get("passkey") and said_go:
            what = f"every go at gate {gate['position']} ({gate['kind']}) is signed with a passkey"
            lines.append((what, all("passkey" in record for record in said_go)))
    return lines
