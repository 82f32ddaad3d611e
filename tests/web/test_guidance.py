"""Help on every page: the guide by role and the accessibility statement."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib import resources

import pytest

from payouts.app import create_app
from payouts.config import SettingsWrong, read_settings
from payouts.web.guidance import GUIDE, SECTIONS
from schemes.person import Role
from tests.web.test_every_page import faults_of
from tests.web.visitor import Visitor


def test_whoever_is_not_signed_in_reads_every_part_of_the_guide(visitor):
    titles = set()
    page = visitor.get("/help")
    assert faults_of(page) == []
    for link in page.soup.select("main a[href^='/help/']"):
        page = visitor.get(link["href"])
        assert (page.status, faults_of(page)) == (200, [])
        titles.add(page.h1)
    assert len(titles) == len(GUIDE)
    assert visitor.get("/help/nothing").status == 404
    assert visitor.get("/help/..%2f..%2fconfig").status == 404


def test_every_picture_of_the_guide_is_described_shown_and_comes_when_it_is_scrolled_to(visitor):
    shown = set()
    for name in GUIDE:
        for image in visitor.get(f"/help/{name}").soup.select("main img"):
            assert len(image["alt"]) > 20
            assert (image["loading"], int(image["width"]) > 0) == ("lazy", True)
            shown.add(image["src"])
    for picture in shown:
        answer = visitor.client.get(f"/help/{picture}")
        assert (answer.status_code, answer.mimetype, answer.data[:4]) == (200, "image/png", b"\x89PNG")
        assert (len(answer.data) < 40_000, answer.headers["Cache-Control"]) == (True, "max-age=86400, public")
    kept = resources.files("payouts.web").joinpath("guide", "pictures").iterdir()
    assert {f"pictures/{one.name}" for one in kept} == shown
    assert visitor.get("/help/pictures/nothing.png").status == 404


@pytest.mark.parametrize(
    ("role", "address", "part"),
    [
        (Role.PREPARER, "/payrolls", "preparers"),
        (Role.APPROVER, "/payrolls", "approvers"),
        (Role.AUDITOR, "/ledger", "auditors"),
    ],
)
def test_the_foot_of_a_page_leads_to_the_help_for_whoever_reads_it(signed_in, role, address, part):
    links = {a.get_text(): a["href"] for a in signed_in(role).get(address).soup.select("footer a")}
    assert links["Help with this page"] == f"/help/{part}"
    assert links["Accessibility"] == "/help/accessibility"


def test_each_section_of_the_service_has_a_part_and_each_role_too():
    assert set(SECTIONS.values()) <= set(GUIDE)
    assert set(Role) == {role for role in GUIDE.values() if role}


def test_links_inside_the_guide_lead_somewhere():
    for name in GUIDE:
        text = resources.files("payouts.web").joinpath("guide", f"{name}.md").read_text(encoding="utf-8")
        assert all(target in GUIDE for target in re.findall(r"(?<!!)\[[^]]*\]\(([^)]*)\)", text))


@pytest.mark.parametrize(
    ("written", "link"),
    [("hello@fund.example", "mailto:hello@fund.example"), ("https://fund.example/say", "https://fund.example/say")],
)
def test_the_foot_of_a_page_leads_to_where_feedback_goes(service, written, link):
    app = create_app(replace(service, settings=replace(service.settings, feedback=written)))
    assert link in [a["href"] for a in Visitor(app.test_client()).get("/help").soup.select("footer a")]


@pytest.mark.parametrize("written", ["javascript:alert(1)", "http://fund.example", "a@b@c", "nowhere", "x:y@z"])
def test_an_address_for_feedback_that_is_none_is_refused(written):
    needed = dict.fromkeys(("DATABASE_URL", "REDIS_URL", "PAYOUTS_KEY_RING", "PAYOUTS_FINGERPRINT_KEY"), "x")
    needed |= {"PAYOUTS_SIGNING_KEY": "x", "PAYOUTS_SECRET_KEY": "x", "PAYOUTS_FEEDBACK": written}
    with pytest.raises(SettingsWrong, match="PAYOUTS_FEEDBACK"):
        read_settings(needed)
