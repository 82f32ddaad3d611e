"""An earlier payroll in the body that `payroll` measures: what arrears and the comparison with a last payroll cost.

Made a month before, in one process, with nineteen in twenty of the register; whoever comes late to it is owed arrears.
Since then one award in fifty was raised, from a day before the last payroll on, and one in a hundred suspended. How the
earlier one got its decisions is not measured: it is moved to `submitted` as the database's owner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg

from payouts.app import Service
from payouts.demo.harbour import Harbour
from payouts.embedded import Servers
from schemes.database import new_id

ONE_IS_LATE = 20


def a_month_before(service: Service) -> Service:
    """The same service before the last month's payroll."""
    now = service.now()
    ago = now - (now.replace(day=1) - timedelta(days=8)).replace(hour=12)
    return replace(service, now=lambda: service.now() - ago)


def cut(register: Path) -> tuple[Path, Path]:
    """The register of those who were there for the earlier payroll, and of those who came after it."""
    paths = register.with_name("register-early.csv"), register.with_name("register-late.csv")
    with register.open("rb") as whole, paths[0].open("wb") as early, paths[1].open("wb") as late:
        header = whole.readline()
        early.write(header)
        late.write(header)
        for number, line in enumerate(whole):
            (late if number % ONE_IS_LATE == 1 else early).write(line)
    return paths


def release(servers: Servers) -> None:
    """Move the only payroll and its payments on, as if every gate had said go and its file was submitted."""
    with psycopg.connect(servers.owner_url("benchmark")) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE payment SET status = 'submitted'")
        connection.execute("UPDATE payroll SET status = 'submitted'")


def change_awards(servers: Servers, harbour: Harbour, *, at: datetime) -> None:
    """Raise one award in fifty by ten pounds, since before the earlier payroll, and suspend one in a hundred."""
    values = {
        "body": harbour.body_id,
        "by": next(iter(harbour.people.values())).person_id,
        "raised_from": (at.replace(day=1) - timedelta(days=40)).date(),
        "suspended_from": at.replace(day=1).date(),
        "at": at,
    }
    every = "FROM (SELECT *, row_number() OVER (ORDER BY id) AS place FROM award) AS award WHERE place % %(n)s = 0"
    raised = (
        "INSERT INTO award_version (body_id, id, award_id, number, from_day, last_day, inputs, payee_id, reason, "
        "made_by, made_at) SELECT body_id, uuidv7(), id, 2, greatest(%(raised_from)s, first_day), last_day, "
        "jsonb_build_object('amount_pence', amount_pence + 1000), payee_id, 'Raised', %(by)s, %(at)s "
    )
    suspended = (
        "INSERT INTO suspension (body_id, id, award_id, from_day, review_on, reason, placed_by, placed_at) "
        "SELECT body_id, uuidv7(), id, greatest(%(suspended_from)s, first_day), %(at)s::date + 90, 'Looked into', "
        "%(by)s, %(at)s "
    )
    with psycopg.connect(servers.owner_url("benchmark")) as connection:
        connection.execute("SET LOCAL row_security = off")
        connection.execute(raised + every.replace("% %(n)s", "%% 50"), values)
        connection.execute(suspended + every.replace("% %(n)s", "%% 100"), values)


def pay(
    service: Service,
    servers: Servers,
    harbour: Harbour,
    register: Path,
    *,
    bring_in: Callable[[Service, Path], None],
    build: Callable[[Service, UUID], None],
) -> None:
    """Bring the register in and pay it once, a month ago; then let those who are late come in, and awards change."""
    early, late = cut(register)
    then = a_month_before(service)
    bring_in(then, early)
    build(then, new_id())
    release(servers)
    bring_in(service, late)
    change_awards(servers, harbour, at=service.now())
