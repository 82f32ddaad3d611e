"""A site with its real processes, and a real browser that looks at every page with axe."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from payouts import embedded, local
from payouts.app import Service, make_service
from payouts.config import Settings
from payouts.demo.harbour import Harbour, seed
from schemes.person import DEMO_PASSWORD, Role
from tests.axe import violations_on
from tests.conftest import TEMPLATE, settings_on
from tests.forking import ForkedProcesses, Nursery

# building and sending run beside the rest of the suite, on two cores
expect.set_options(timeout=30_000)
NOTIFY_KEY = "journey-5c3f6f5e-1f0a-4b1e-8a53-0d7e0a5a9f11-9a8f3d2e-7b6c-4d5e-8f90-a1b2c3d4e5f6"
NUMBERS = count(1)


@dataclass(frozen=True)
class Site:
    """A running site with one body whose register is empty."""

    url: str
    service: Service
    harbour: Harbour


@pytest.fixture(scope="session")
def running(servers: embedded.Servers, nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The site's processes, for all journeys of a test process."""
    web, notify, folder, database = local.free_port(0), local.free_port(0), tmp_path_factory.mktemp("site"), "journeys"
    servers.make_database(database, template=TEMPLATE)
    given = {
        "redis_url": servers.redis_url.removesuffix("/0") + "/1",
        "base_url": f"http://localhost:{web}",
        "port": web,
        "sandbox_notify_url": f"http://127.0.0.1:{notify}",
        "sandbox_notify_api_key": NOTIFY_KEY,
        "notify_receipts_token": "a token of the journey",
        "sandbox_notify_store": folder / "notify",
    }
    settings = Settings(**{**settings_on(servers, database, folder / "audit-heads"), **given})  # type: ignore[arg-type]
    processes = ForkedProcesses(environment_of(settings), folder / "logs", nursery)
    service = make_service(settings)
    try:
        for name in ("sandbox", "serve", "worker", "clock"):
            processes.start(name)
        processes.wait_for(f"{settings.base_url}/sign-in")
        yield service
    finally:
        processes.stop()
        service.engine.dispose()
        servers.drop_database(database)


@pytest.fixture
def site(running: Service) -> Site:
    """The site, with a new body for each journey."""
    return Site(running.settings.base_url, running, seed(running, domain=f"harbour-{next(NUMBERS)}.example"))


def environment_of(settings: Settings) -> dict[str, str]:
    return {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "PAYOUTS_KEY_RING": settings.key_ring,
        "PAYOUTS_FINGERPRINT_KEY": settings.fingerprint_key,
        "PAYOUTS_SIGNING_KEY": settings.signing_key,
        "PAYOUTS_SECRET_KEY": settings.secret_key,
        "PAYOUTS_AUDIT_HEADS": str(settings.audit_heads),
        "PAYOUTS_BASE_URL": settings.base_url,
        "PORT": str(settings.port),
        "SANDBOX_NOTIFY_URL": settings.sandbox_notify_url,
        "SANDBOX_NOTIFY_API_KEY": settings.sandbox_notify_api_key,
        "SANDBOX_NOTIFY_STORE": str(settings.sandbox_notify_store),
        "NOTIFY_RECEIPTS_TOKEN": settings.notify_receipts_token,
        "PAYOUTS_DEMO": "1",
    }


class Desk:
    """One person's browser. Every page that they come to is looked at with axe, which must find nothing."""

    def __init__(self, context: BrowserContext, site: Site, *, runs_scripts: bool) -> None:
        self.site = site
        self.runs_scripts = runs_scripts
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.page.on("console", self.listen)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def listen(self, message: ConsoleMessage) -> None:
        # Chromium logs each form that came back with its errors
        if message.type == "error" and "status of 422" not in message.text:
            self.errors.append(message.text)

    def sign_in(self, role: Role) -> None:
        """With the code that the sandbox's own sign-in page shows."""
        email = self.site.harbour.people[role].email
        self.page.goto(f"{self.site.url}/sign-in")
        self.look()
        row = self.page.get_by_role("row").filter(has_text=email)
        code = re.search(r"\b\d{6}\b", row.inner_text())
        assert code is not None
        self.page.get_by_label("Email address").fill(email)
        self.page.get_by_label("Password", exact=True).fill(DEMO_PASSWORD)
        # as people paste it: with a space in the middle
        self.page.get_by_label("One-time code").fill(f"{code[0][:3]} {code[0][3:]}")
        self.page.get_by_role("button", name="Sign in").click()
        # nothing ever waits for an auditor
        self.look("What happens here" if role is Role.AUDITOR else "What waits for you")

    def code_for_a_decision(self, role: Role) -> str:
        """From the page that a demo links to beside the field, in a tab of its own."""
        with self.page.expect_popup() as opened:
            self.page.get_by_role("link", name="See the codes").click()
        row = opened.value.get_by_role("row").filter(has_text=self.site.harbour.people[role].email)
        code = re.search(r"\b\d{6}\b", row.inner_text())
        assert code is not None
        opened.value.close()
        return code[0]

    def look(self, heading: str | None = None) -> None:
        """The page is the one expected, and nobody is shut out from it. Without JavaScript axe cannot run either."""
        if heading is not None:
            expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        if not self.runs_scripts:
            return
        assert violations_on(self.page) == []
        assert not self.errors, self.errors


@pytest.fixture
def desk(browser: Browser, site: Site) -> Iterator[Callable[..., Desk]]:
    """Opens a browser for one person: `desk(Role.PREPARER)`, signed in."""
    contexts: list[BrowserContext] = []

    def sit_down(role: Role, *, java_script_enabled: bool = True) -> Desk:
        context = browser.new_context(
            viewport={"width": 1280, "height": 900}, locale="en-GB", java_script_enabled=java_script_enabled
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        seat = Desk(context, site, runs_scripts=java_script_enabled)
        seat.sign_in(role)
        return seat

    yield sit_down
    for context in contexts:
        context.close()
