"""From manifest to manifest: a decision stands on a later one only where nothing but what the move allows differs.

Nothing here trusts a flag. Each manifest names the digest of the one before, so that the chain can't be rearranged;
every statement of the two is compared; and the payments that left, put back among those that stay, have to give the
very digest that was signed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import pairwise
from typing import Any

from payouts.gates.voiding import VOIDS, Move
from schemes.gate_rule import GateKind
from schemes.signer import digest

Statements = Mapping[str, Any]

MAY_DIFFER: dict[Move, frozenset[str]] = {
    Move.TAKE_OUT: frozenset({"follows", "payment_count", "total_pence", "payments", "difference", "files"}),
    Move.RE_DATE: frozenset({"follows", "pay_date", "processing_day", "input_day", "files"}),
}


def unexplained(before: Statements, after: Statements) -> list[str]:
    """The statements in which a manifest differs from the one it follows, though its move does not allow it."""
    follows = after.get("follows")
    if not isinstance(follows, Mapping) or follows.get("manifest") != digest(before):
        return ["follows"]
    if follows.get("move") not in MAY_DIFFER:
        return ["follows"]
    move = Move(follows["move"])
    found = [
        name
        for name in sorted(before.keys() | after.keys())
        if name not in MAY_DIFFER[move] and before.get(name) != after.get(name)
    ]
    if move is Move.TAKE_OUT:
        found += [
            name
            for name in ("payment_count", "total_pence")
            if follows[name] <= 0 or after[name] <= 0 or after[name] + follows[name] != before[name]
        ]
    files = after["files"]
    if sum(file["payments"] for file in files) != after["payment_count"] or (
        sum(file["total_pence"] for file in files) != after["total_pence"]
    ):
        found.append("files")
    return found


def line_of_manifests(newest: Statements, earlier: Mapping[str, Statements]) -> list[Statements]:
    """A manifest and those it follows, newest first, as far as they are among `earlier` (by digest) and explained."""
    line = [newest]
    while isinstance(follows := line[-1].get("follows"), Mapping):
        before = earlier.get(follows.get("manifest", ""))
        # what is named by its digest can't lead in a circle, but what is compared here may be anything
        if before is None or digest(before) != follows["manifest"] or unexplained(before, line[-1]):
            break
        line.append(before)
    return line


def signed_for(kind: GateKind, line: Sequence[Statements]) -> frozenset[str]:
    """Digests of the manifests of a line, newest first, on which a decision at a gate of a kind counts for the newest.

    Back to, and not beyond, the move that voids it.
    """
    counted = [digest(line[0])]
    for after, before in pairwise(line):
        if kind in VOIDS[Move(after["follows"]["move"])]:
            break
        counted.append(digest(before))
    return frozenset(counted)


def payments_before(
    lines: Iterable[bytes], taken: Mapping[str, Sequence[bytes]], line: Sequence[Statements]
) -> dict[str, str]:
    """What the digest of the payments was at each manifest of a line: manifest's digest -> digest of payments.

    lines: those of the payments that stay, by ordinal. taken: those that left, by the digest of the manifest that they
    stood in last. One pass, however long the line is.
    """
    stages = [digest(statements) for statements in line]
    running = [hashlib.sha256() for _ in stages]

    def left_after(stage: int) -> Iterator[tuple[int, int, bytes]]:
        """Payments that stood in a manifest and in none that follows it: all older ones have them."""
        for one in sorted(taken.get(stages[stage], ()), key=ordinal_of):
            yield ordinal_of(one), stage, one

    staying = ((ordinal_of(one), 0, one) for one in lines)
    for _, first, one in merge(staying, *(left_after(stage) for stage in range(1, len(stages)))):
        for hashed in running[first:]:
            hashed.update(one)
    return {stage: hashed.hexdigest() for stage, hashed in zip(stages, running, strict=True)}


def ordinal_of(line: bytes) -> int:
    """The place of a payment: the first value of its line, which begins `["7",`."""
    return int(line[2 : line.index(b'"', 2)])
