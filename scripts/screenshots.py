"""Take the pictures of the pages that the README shows: `make screenshots`.

Runs a local installation with a small register up to the approver's gate, in a folder of its own, and drives a real
browser over it.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from rich.progress import Progress

from payouts import local
from payouts.app import make_service
from payouts.config import read_settings
from payouts.demo.harbour import seed
from payouts.demo.main_job import MainJob
from payouts.demo.processes import Processes
from payouts.demo.register import write_register
from schemes.person import Role

FOLDER = Path(__file__).parent.parent / "docs" / "screenshots"
PEOPLE = 1200


def main() -> None:
    """Write payroll.png, checks.png, approve.png and import.png."""
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
    import_id = job.bring_in(register)
    job.confirm_bank_details(import_id)
    payroll_id = job.create_payroll()
    job.accept_findings(payroll_id)
    job.seal(payroll_id)
    job.decide(payroll_id, Role.PREPARER, "")
    job.decide(payroll_id, Role.FINANCE, "Treasury reference T-1182")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=arguments)
        context = browser.new_context(viewport={"width": 1280, "height": 1500})
        for cookie in job.visitor(Role.APPROVER).http.cookies:
            context.add_cookies([{"name": cookie.name, "value": cookie.value or "", "url": job.base_url}])
        page = context.new_page()
        picture(page, f"{job.base_url}/imports/{import_id}", "import")
        picture(page, f"{job.base_url}/payrolls/{payroll_id}", "payroll")
        picture(page, f"{job.base_url}/payrolls/{payroll_id}/checks", "checks")
        page.goto(f"{job.base_url}/payrolls/{payroll_id}")
        gate = page.locator("main a[href*='/gates/']").first.get_attribute("href")
        picture(page, f"{job.base_url}{gate}", "approve")
        browser.close()


def picture(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.screenshot(path=str(FOLDER / f"{name}.png"))
    print(f"docs/screenshots/{name}.png")


if __name__ == "__main__":
    main()
