"""What a confirmed change does, of every kind: those of the register, and those that modules of this package add.

Whoever confirms changes imports the table from here: a command reads no page, and would know of the register's alone.
"""

from __future__ import annotations

from payouts import erasure
from payouts.exports import codes, own_profile
from payouts.going_live import asking, promoting
from payouts.ledger import held, period
from payouts.notices import connection, settings, staff_wording, wording
from payouts.statement import manual, rule
from schemes.change import ChangeKind
from schemes.change_applied import EFFECTS

ADDED = (
    erasure,
    codes,
    own_profile,
    asking,
    promoting,
    held,
    period,
    connection,
    settings,
    staff_wording,
    wording,
    manual,
    rule,
)
assert set(EFFECTS) == set(ChangeKind), f"nothing says what {set(ChangeKind) - set(EFFECTS)} does"
