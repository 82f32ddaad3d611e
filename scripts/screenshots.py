"""Take the pictures of the pages that the README and the guide show: `make screenshots`.

Runs a local installation with a small register from its import to the bank's word, in a folder of its own, and drives a
real browser over it: as wide as the README shows it, and narrower for the guide, where a picture stands among words.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from uuid import UUID

from fewer_colours import fewer_colours
from playwright.sync_api import Browser, FloatRect, Page, sync_playwright
from rich.progress import Progress
from sqlalchemy import select

from payouts import local
from payouts.app import make_service
from payouts.config import read_settings
from payouts.demo.harbour import seed
from payouts.demo.main_job import MainJob
from payouts.demo.processes import Processes
from payouts.demo.register import write_register
from payouts.payment import Payment, PaymentStatus
from schemes.person import Role

PROJECT = Path(__file__).parent.parent
README, GUIDE = PROJECT / "docs" / "screenshots", PROJECT / "payouts" / "web" / "guide" / "pictures"
PEOPLE = 1200
# of a picture in the guide, in pixels, the header left out: it is shown in two thirds of a page
WIDE, HIGH = 800, 640
# how many payments the sandbox's bank sends back
RETURNED = 3


def main() -> None:
    """Write the pictures of the README and of the guide."""
    work = Path(tempfile.mkdtemp(prefix="payouts-screenshots-"))
    work.chmod(0o711)
    os.environ["PAYOUTS_LOCAL"] = str(work)
    started = local.start(afresh=True)
    web, notify = local.free_port(0), local.free_port(0)
    environment = {
        **started.environment,
        "PORT": str(web),
        "PAYOUTS_BASE_URL": f"http://localhost:{web}",
        "SANDBOX_NOTIFY_URL": f"http://127.0.0.1:{notify}",
    }
    processes = Processes(environment, work / "logs")
    try:
        for name in ("sandbox", "serve", "worker", "clock"):
            processes.start(name)
        processes.wait_for(f"http://localhost:{web}/sign-in")
        with Progress(disable=True) as progress:
            settings = read_settings(environment)
            service = make_service(settings)
            take(MainJob(service, seed(service), base_url=settings.base_url, progress=progress), work)
    finally:
        processes.stop()
        started.servers.stop()


def take(job: MainJob, work: Path) -> None:
    register = work / "harbour-register.csv"
    write_register(register, people=PEOPLE)
    for folder in (README, GUIDE):
        folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=arguments)
        import_id = job.bring_in(register)
        in_the_guide(browser, job, Role.FINANCE, "/", "finance-home")
        job.confirm_bank_details(import_id)
        payroll_id = job.create_payroll()
        in_the_guide(browser, job, Role.PREPARER, f"/payrolls/{payroll_id}/checks", "checks")
        job.accept_findings(payroll_id)
        job.seal(payroll_id)
        job.decide(payroll_id, Role.PREPARER, "")
        job.decide(payroll_id, Role.FINANCE, "Treasury reference T-1182")
        at_the_gate(browser, job, import_id, payroll_id)
        job.decide(payroll_id, Role.APPROVER, "")
        in_the_guide(browser, job, Role.RELEASER, gate_of(job, Role.RELEASER, payroll_id), "release")
        job.decide(payroll_id, Role.RELEASER, "")
        job.download(payroll_id, work / "files")
        in_the_guide(browser, job, Role.RELEASER, f"/payrolls/{payroll_id}/submission", "submission")
        job.record_submission(payroll_id)
        job.follow_notices(payroll_id)
        job.hear_the_bank(payroll_id, returned=RETURNED)
        in_the_guide(browser, job, Role.FINANCE, "/bank/returns", "returns")
        in_the_guide(browser, job, Role.PREPARER, f"/payrolls/{payroll_id}", "payroll")
        in_the_guide(browser, job, Role.AUDITOR, "/audit", "audit")
        in_the_guide(browser, job, Role.ADMINISTRATOR, "/go-live", "going-live")
        in_the_guide(browser, job, Role.ENQUIRY, payee_of(job, payroll_id), "payee")
        browser.close()


def at_the_gate(browser: Browser, job: MainJob, import_id: UUID, payroll_id: UUID) -> None:
    """What the approver sees before they decide: for the README, and on a phone."""
    page = signed_in(browser, job, Role.APPROVER, width=1280, height=1500)
    gate = gate_of(job, Role.APPROVER, payroll_id)
    for name, address in (
        ("import", f"/imports/{import_id}"),
        ("payroll", f"/payrolls/{payroll_id}"),
        ("checks", f"/payrolls/{payroll_id}/checks"),
        ("approve", gate),
    ):
        picture(page, job.base_url + address, README / f"{name}.png")
    in_the_guide(browser, job, Role.APPROVER, gate, "gate")
    in_the_guide(browser, job, Role.APPROVER, gate, "gate-on-a-phone", width=390)


def gate_of(job: MainJob, role: Role, payroll_id: UUID) -> str:
    """The address of the gate that waits."""
    [address] = job.visitor(role).get(f"/payrolls/{payroll_id}").links(rf"/payrolls/{payroll_id}/gates/[0-9a-f-]+")
    return address


def payee_of(job: MainJob, payroll_id: UUID) -> str:
    """The address of somebody whose payment came back."""
    with job.service.transaction(job.harbour.body_id) as session:
        payees = select(Payment.payee_id).where(Payment.payroll_id == payroll_id)
        came_back = payees.where(Payment.status == PaymentStatus.RETURNED).order_by(Payment.id)
        return f"/payees/{session.scalars(came_back.limit(1)).one()}"


def signed_in(browser: Browser, job: MainJob, role: Role, *, width: int, height: int) -> Page:
    context = browser.new_context(viewport={"width": width, "height": height})
    for cookie in job.visitor(role).http.cookies:
        context.add_cookies([{"name": cookie.name, "value": cookie.value or "", "url": job.base_url}])
    return context.new_page()


def in_the_guide(browser: Browser, job: MainJob, role: Role, address: str, name: str, width: int = WIDE) -> None:
    page = signed_in(browser, job, role, width=width, height=3 * HIGH)
    page.goto(job.base_url + address)
    box = page.locator("main").bounding_box()
    assert box is not None
    part: FloatRect = {"x": 0, "y": box["y"], "width": width, "height": min(box["height"], HIGH)}
    to = GUIDE / f"{name}.png"
    keep(page, to, clip=part)
    # the pages that it stands on stay under 150 kB
    to.write_bytes(fewer_colours(to.read_bytes()))
    page.context.close()


def picture(page: Page, address: str, to: Path) -> None:
    page.goto(address)
    keep(page, to)


def keep(page: Page, to: Path, clip: FloatRect | None = None) -> None:
    page.screenshot(path=str(to), clip=clip)
    print(to.relative_to(PROJECT))


if __name__ == "__main__":
    main()
