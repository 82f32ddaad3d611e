"""`payouts demo`: a whole payroll on the bundled register, with the real processes, on one's own machine."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import click
from rich.table import Table

from bacs import pence
from payouts import local
from payouts.app import make_service
from payouts.commands.ground import bars, console
from payouts.config import Settings, read_settings
from payouts.demo.harbour import PEOPLE, seed
from payouts.demo.main_job import RETURNED, MainJob, Outcome
from payouts.demo.processes import Processes, end_leftovers
from payouts.demo.put_right import put_right
from payouts.demo.register import write_register
from schemes.person import DEMO_PASSWORD


@click.command()
@click.option("--once", is_flag=True, help="Stop everything when the payroll is done, instead of leaving the site up.")
@click.option("--people", default=5000, show_default=True, type=click.IntRange(60), help="Rows in the register.")
@click.option("--port", default=5000, show_default=True, help="For the site; another one if somebody has it.")
def demo(*, once: bool, people: int, port: int) -> None:
    """Run a payroll end to end, from a register in CSV to notices sent, and leave the site up until Ctrl-C.

    Begins afresh each time: an empty database, a new register.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        # set for SIGINT too: a shell that starts the demo in the background has it ignored
        signal.signal(number, stop)
    console.print("Starting PostgreSQL and Valkey, and making a fresh database ...")
    end_leftovers(local.folder() / "logs")
    started = local.start(afresh=True)
    web_port, notify_port, confirmation_port = local.free_port(port), local.free_port(0), local.free_port(0)
    addresses = {
        "PORT": str(web_port),
        "PAYOUTS_BASE_URL": f"http://localhost:{web_port}",
        # so that a receiver on this machine can be tried out
        "PAYOUTS_WEBHOOK_HOSTS": "localhost,127.0.0.1",
        "SANDBOX_NOTIFY_URL": f"http://127.0.0.1:{notify_port}",
        "SANDBOX_CONFIRMATION_URL": f"http://127.0.0.1:{confirmation_port}",
    }
    local.remember(started.folder, addresses)
    environment = {**started.environment, **addresses}
    processes = Processes(environment, started.folder / "logs")
    try:
        for name in ("sandbox", "serve", "worker", "clock"):
            processes.start(name)
        settings = read_settings(environment)
        processes.wait_for(f"{settings.base_url}/sign-in")
        tell(run_main_job(settings, started.folder, people), settings)
        if not once:
            console.print("\nThe site stays up until you press Ctrl-C.")
            while True:
                processes.check()
                time.sleep(1)
    except KeyboardInterrupt:
        console.print("\nStopping.")
    finally:
        processes.stop()
        started.servers.stop()


def stop(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def run_main_job(settings: Settings, folder: Path, people: int) -> Outcome:
    service = make_service(settings)
    harbour = seed(service)
    register = folder / "harbour-register.csv"
    write_register(register, people=people)
    console.print(f"The register is {register}")
    with bars() as progress:
        job = MainJob(service, harbour, base_url=settings.base_url, progress=progress)
        outcome = job.run(register, folder / "files")
        assert outcome.payroll_id is not None, "the job made a payroll"
        job.hear_the_bank(outcome.payroll_id, returned=RETURNED)
        put_right(job, folder / "files")
        job.hold_the_books()
        return outcome


def tell(outcome: Outcome, settings: Settings) -> None:
    """Say what happened, where the file is, and how to sign in."""
    told = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    told.add_row("Register", f"{outcome.rows:,} rows: {outcome.kept:,} kept, {outcome.refused:,} refused with a reason")
    told.add_row("Payments", f"{outcome.payments:,}, in total {pence.format(outcome.total_pence)}")
    told.add_row("Not paid", f"{outcome.unpaid:,}")
    told.add_row("Findings", ", ".join(f"{kind.replace('_', ' ')} {n:,}" for kind, n in outcome.findings.items()))
    told.add_row(
        "Notices", ", ".join(f"{count:,} {status.replace('_', ' ')}" for status, count in outcome.notices.items())
    )
    if outcome.money is not None:
        money = outcome.money
        on_its_way, held = pence.format(money.on_its_way_pence), pence.format(money.returned_and_held_pence)
        told.add_row("Came back", f"{outcome.came_back:,}, of them put right and paid again {outcome.paid_again:,}")
        told.add_row(
            "The money", f"{on_its_way} on its way, {held} held, {pence.format(money.reissued_pence)} paid again"
        )
    if outcome.differences is not None:
        said = "agree to the penny" if not outcome.differences else f"differ in {outcome.differences:,} places"
        told.add_row("Books", f"ledger, files and bank {said}")
    told.add_row("Took", f"{outcome.seconds:.1f} seconds")
    console.print()
    console.print(told)
    # plain prints: a path or a digest is copied, so it must not be wrapped
    print(f"\nFile     {outcome.file}\nSHA-256  {outcome.sha256}\n\nSite     {settings.base_url}")
    print(f"\nSign in as one of these, with the password “{DEMO_PASSWORD}”.")
    print("The sign-in page shows their one-time codes, because this is a sandbox.")
    for name, email, role in PEOPLE:
        print(f"  {role:<13} {email:<26} {name}")
