"""What a command stands on: settings, a service, the body meant, and the person who acts."""

from __future__ import annotations

import atexit
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from payouts import local
from payouts.app import Service, make_service
from payouts.config import Settings, read_settings
from schemes import before_body, sign_in
from schemes.person import Actor

console = Console()
Command = TypeVar("Command", bound=Callable[..., Any])


def environment() -> Mapping[str, str]:
    """The environment; without a DATABASE_URL, that of the local installation, started if it does not run."""
    if os.environ.get("DATABASE_URL"):
        return os.environ
    started = local.start()
    atexit.register(started.servers.stop)
    return {**started.environment, **os.environ}


def settings() -> Settings:
    return read_settings(environment())


def service() -> Service:
    return make_service(settings())


def one_body(given: Service, name: str | None) -> UUID:
    """The body of a name (or its beginning), or the only one there is. Fails with what there is otherwise."""
    with given.transaction(None) as session:
        bodies = before_body.all_bodies(session)
    found = [body for body in bodies if name is None or body[1].casefold().startswith(name.casefold())]
    if len(found) == 1:
        return found[0][0]
    there = "; ".join(body[1] for body in bodies) or "none yet: `payouts body add`"
    raise click.ClickException(f"say which body with --body. There is: {there}")


def acting(given: Service, body_id: UUID, email: str, code: str | None) -> Actor:
    """Sign a person in for one command. Whatever they do is recorded as theirs, so it takes what a page would take."""
    password = os.environ.get("PAYOUTS_PASSWORD") or click.prompt("Password", hide_input=True, err=True)
    code = code or os.environ.get("PAYOUTS_CODE") or click.prompt("One-time code", err=True)
    with given.transaction(None) as session:
        signed_in = sign_in.sign_in(
            session, given.seals.ring, email=email, password=str(password), code=str(code), at=given.now()
        )
        if signed_in is not None:
            sign_in.sign_out(session, signed_in.token, at=given.now())
    if signed_in is None:
        raise click.ClickException("the e-mail address, password or one-time code is wrong")
    with given.transaction(None) as session:
        person = before_body.person_of_id(session, signed_in.person_id)
        memberships = sign_in.memberships(session, signed_in.person_id)
    for membership in memberships:
        if membership.body_id == body_id and person is not None:
            return sign_in.actor(person, membership)
    raise click.ClickException(f"{email} does not belong to this body")


def body_option(command: Command) -> Command:
    return click.option("--body", "body_name", help="The body's name, or its beginning; not needed if there is one.")(
        command
    )


def person_options(command: Command) -> Command:
    """Who acts: --as, with password and code asked for unless PAYOUTS_PASSWORD and PAYOUTS_CODE have them."""
    command = click.option("--code", help="A one-time code (else PAYOUTS_CODE, else asked for).")(command)
    return click.option("--as", "email", required=True, help="Who does it: their e-mail address.")(command)


class PaceColumn(ProgressColumn):
    """How many a second, once there is something to go by."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        # of a step in a few chunks a pace says nothing
        return Text(f"{speed:,.0f}/s" if speed and (task.total or 0) >= 100 else "", no_wrap=True)


@contextmanager
def bars() -> Iterator[Progress]:
    """Progress bars for long work."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<34}"),
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        PaceColumn(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
    )
    with Progress(*columns, console=console) as progress:
        yield progress


def follow(
    progress: Progress, what: str, state: Callable[[], tuple[int, int, bool]], *, patience: float = 600.0
) -> None:
    """Show a bar until `state` (done, total, finished) says that it is finished. Fails when nothing moves for long."""
    bar = progress.add_task(what, total=None)
    last, moved = (-1, -1), time.monotonic()
    while True:
        done, total, finished = state()
        if (done, total) != last:
            last, moved = (done, total), time.monotonic()
        if finished:
            progress.update(bar, completed=total or done or 1, total=total or done or 1)
            return
        progress.update(bar, completed=done, total=total or None)
        if time.monotonic() - moved > patience:
            raise click.ClickException(f"{what}: nothing has moved for {patience:.0f} seconds; see `payouts task list`")
        time.sleep(0.1)
