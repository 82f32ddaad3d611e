"""Which decisions a move on a sealed payroll voids: exactly those whose facts it changes, by one table."""

from __future__ import annotations

from enum import StrEnum

from schemes.gate_rule import GateKind


class Move(StrEnum):
    """What may happen to a payroll whose files are sealed, before it is released."""

    NO_GO = "no_go"
    REOPEN = "reopen"
    CANCEL = "cancel"
    TAKE_OUT = "take_out"
    RE_DATE = "re_date"
    QUERY = "query"


EVERY_GATE = frozenset(GateKind)

VOIDS: dict[Move, frozenset[GateKind]] = {
    Move.NO_GO: EVERY_GATE,
    Move.REOPEN: EVERY_GATE,
    Move.CANCEL: EVERY_GATE,
    # fewer payments are as complete and as funded as they were; who approved has not seen that somebody left
    Move.TAKE_OUT: frozenset({GateKind.APPROVE, GateKind.RELEASE}),
    # another day asks anew whether the money is there; that the payments are right does not hang on the day
    Move.RE_DATE: frozenset({GateKind.FUNDS, GateKind.APPROVE, GateKind.RELEASE}),
    Move.QUERY: frozenset(),
}
